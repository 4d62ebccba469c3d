import { Button, CloseButton } from "@mantine/core";
import { type ReactNode, useState } from "react";
import type { Schema } from "../../api/client";
import { FormError } from "../../components/ui/FormError";
import { StateMark, StateShape } from "../../components/ui/StateMark";
import { printable } from "../../lib/printable";
import { serverConfig as words } from "../../text/serverConfig";
import classes from "./SaveBar.module.css";

const SHOWN = 4;

interface SaveBarProps {
  count: string;
  changes: readonly string[];
  /** Why it can't be saved as it is. */
  wrong: string | null;
  error: unknown;
  isSaving: boolean;
  isReady: boolean;
  onDiscard: () => void;
  children?: ReactNode;
}

/** At the foot of the window while something is unsaved: what would change, and the buttons. */
export function SaveBar({ count, changes, wrong, error, isSaving, isReady, onDiscard, children }: SaveBarProps) {
  const [isOpen, setIsOpen] = useState(false);
  const isLong = changes.length > SHOWN;
  return (
    <section className={classes.bar} aria-label={count}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable with the keyboard */}
      <div className={classes.changes} tabIndex={0}>
        <p className={classes.count} role="status">
          {count}
        </p>
        {(isOpen || !isLong) && (
          <ul className={classes.list}>
            {changes.map((change) => (
              <li key={change}>{printable(change)}</li>
            ))}
          </ul>
        )}
        {isLong && (
          <button type="button" className="text-button" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
            {isOpen ? words.hide : words.show}
          </button>
        )}
        {children}
      </div>
      {wrong !== null ? <p className={classes.wrong}>{wrong}</p> : <FormError error={error} />}
      <div className={classes.buttons}>
        <Button variant="default" onClick={onDiscard}>
          {words.discard}
        </Button>
        <Button type="submit" loading={isSaving} disabled={!isReady}>
          {words.save}
        </Button>
      </div>
    </section>
  );
}

const TONES = { live: "ok", pending: "busy", written: "ok", unchanged: "off" } as const;

interface SavedBarProps {
  outcomes: readonly Schema["ChangeOutcome"][];
  titleOf: (path: readonly string[]) => string;
  onClose: () => void;
}

/** In its place afterwards: what became of each change. */
export function SavedBar({ outcomes, titleOf, onClose }: SavedBarProps) {
  return (
    <div role="status" className={classes.place}>
      {outcomes.length > 0 && (
        <div className={`${classes.bar} ${classes.saved}`}>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable with the keyboard */}
          <div className={classes.changes} tabIndex={0}>
            <StateMark tone="ok" label={words.saved(outcomes)} quiet isSentence />
            <ul className={classes.list} aria-label={words.outcomes}>
              {outcomes.map(({ path, outcome, text }) => (
                <li key={path.join("\n")} className={classes.outcome}>
                  <StateShape tone={TONES[outcome]} size={14} />
                  <span>
                    {printable(titleOf(path))}: {words.outcome[outcome]}
                    {text && <span className="quiet"> · {printable(text)}</span>}
                  </span>
                </li>
              ))}
            </ul>
          </div>
          <CloseButton aria-label={words.dismiss} onClick={onClose} />
        </div>
      )}
    </div>
  );
}
