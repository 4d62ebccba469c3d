import { Button } from "@mantine/core";
import { useState } from "react";
import { ConfirmDialog } from "../../components/ui/ConfirmDialog";
import { Section } from "../../components/ui/Page";
import { Time } from "../../components/ui/Time";
import { printable } from "../../lib/printable";
import { waitingConfig as words } from "../../text/serverConfig";
import classes from "./Config.module.css";
import { inWords, keyOf, type View } from "./draft";

interface WaitingSectionProps {
  view: View;
  mayChange: boolean;
  /** One by its path; null for all. */
  onDrop: (path: readonly string[] | null) => void;
}

/** What of a file waits for the next stop, with who wants it, and a way to let it be. */
export function WaitingSection({ view, mayChange, onDrop }: WaitingSectionProps) {
  const [asks, setAsks] = useState(false);
  const { pending } = view;
  if (pending.length === 0) return null;
  const fields = new Map(view.fields.map((field) => [keyOf(field.path), field]));
  return (
    <Section
      title={words.section}
      actions={
        mayChange &&
        pending.length > 1 && (
          <Button size="xs" variant="default" onClick={() => setAsks(true)}>
            {words.dropAll}
          </Button>
        )
      }
    >
      <p className={classes.lead}>{words.lead}</p>
      <ul className={classes.waiting} aria-label={words.section}>
        {pending.map(({ path, title, before, value, is_secret, actor, at }) => {
          const field = fields.get(keyOf(path));
          const said =
            path.length === 1 && path[0] === "Roles" ? null : [inWords(field, before), inWords(field, value)];
          return (
            <li key={keyOf(path)}>
              <div>
                <strong>{printable(title)}</strong>{" "}
                {is_secret ? words.secret : said && printable(words.change(said[0] ?? "", said[1] ?? ""))}
                <div className={classes.by}>
                  {printable(words.by(actor))}, <Time value={at} />
                </div>
              </div>
              {mayChange && (
                <Button size="xs" variant="default" aria-label={words.dropOf(title)} onClick={() => onDrop(path)}>
                  {words.drop}
                </Button>
              )}
            </li>
          );
        })}
      </ul>
      <ConfirmDialog
        opened={asks}
        onClose={() => setAsks(false)}
        harmless
        title={words.dropAllTitle(pending.length)}
        confirmLabel={words.dropAll}
        onConfirm={async () => onDrop(null)}
      >
        <p className={classes.plain}>{words.dropAllText}</p>
      </ConfirmDialog>
    </Section>
  );
}
