import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import type { Schema } from "../../api/client";
import { useForgetPending, useRestartWithPending } from "../../api/serverMods";
import { printable } from "../../lib/printable";
import { useCan } from "../../session/me";
import { pending as words } from "../../text/serverMods";
import ServerDialog from "../servers/ServerDialogs";
import { ConfirmDialog } from "../ui/ConfirmDialog";
import { StateShape } from "../ui/StateMark";
import { Time } from "../ui/Time";
import classes from "./WaitingMods.module.css";

type Server = Schema["ServerView"];

/** The banner stands above every page: of more changes than these, the newest. */
const SHOWN = 3;

/** What waits for the next start of a server: each change by itself, with who made it and why, the newest last. */
export default function WaitingMods({ server, pending }: { server: Server; pending: Schema["PendingChange"] }) {
  const can = useCan(server.id);
  const [showsAll, setShowsAll] = useState(false);
  const earlier = showsAll ? 0 : Math.max(0, pending.changes.length - SHOWN);
  return (
    <section className={classes.banner} aria-label={words.title}>
      <StateShape tone="warn" size={16} />
      <div className={classes.text}>
        <strong>{words.title}</strong>
        {earlier > 0 && (
          <button type="button" className={classes.earlier} onClick={() => setShowsAll(true)}>
            {words.earlier(earlier)}
          </button>
        )}
        <ol className={classes.changes} aria-label={words.list}>
          {pending.changes.slice(earlier).map((change) => (
            <li key={change.generation}>
              <Change change={change} />
            </li>
          ))}
        </ol>
      </div>
      {can("operator") && <Actions server={server} changes={pending.changes.length} />}
    </section>
  );
}

function Change({ change }: { change: Schema["WaitingChange"] }) {
  const parts = (["added", "updated", "removed", "changed"] as const).filter((part) => change[part].length > 0);
  return (
    <>
      <p className={classes.line}>
        <span className={classes.why}>{printable(change.why)}</span>
        <span className="quiet">
          {change.actor !== null && `${words.by(printable(change.actor))}, `}
          <Time value={change.at} />
        </span>
      </p>
      <p className={classes.line}>
        {parts.map((part) => (
          <span key={part}>{printable(words[part](change[part]))}</span>
        ))}
      </p>
    </>
  );
}

function Actions({ server, changes }: { server: Server; changes: number }) {
  const [asks, setAsks] = useState<"restart" | "forget" | null>(null);
  const restart = useRestartWithPending(server.id);
  const forget = useForgetPending(server.id);
  const close = () => setAsks(null);
  const restartIt = () =>
    server.players_online
      ? setAsks("restart")
      : restart.mutate({}, { onSuccess: () => void notifications.show({ message: words.restarting(server.name) }) });
  return (
    <div className={classes.actions}>
      {server.state === "running" && (
        <Button size="xs" loading={restart.isPending} disabled={server.operation !== null} onClick={restartIt}>
          {words.restart}
        </Button>
      )}
      <Button size="xs" variant="default" disabled={server.operation !== null} onClick={() => setAsks("forget")}>
        {words.forget}
      </Button>
      <ServerDialog
        server={server}
        act="restart"
        opened={asks === "restart"}
        onClose={close}
        onStop={restart.mutateAsync}
        onRestart={restart.mutateAsync}
      />
      <ConfirmDialog
        opened={asks === "forget"}
        onClose={close}
        harmless
        title={words.forgetTitle}
        confirmLabel={words.forget}
        onConfirm={async () => {
          await forget.mutateAsync();
          notifications.show({ message: words.forgotten });
        }}
      >
        <p className={classes.line}>{words.forgetText(changes)}</p>
      </ConfirmDialog>
    </div>
  );
}
