import { TextInput } from "@mantine/core";
import { useState } from "react";
import type { Schema } from "../../api/client";
import { useKillServer } from "../../api/serverActions";
import { serverActions as words } from "../../text/servers";
import { ConfirmDialog } from "../ui/ConfirmDialog";
import type { Dialog } from "./ServerActions";
import classes from "./ServerActions.module.css";

const MAX_REASON = 200;

interface DialogProps {
  server: Schema["ServerView"];
  opened: boolean;
  onClose: () => void;
}

interface ServerDialogProps extends DialogProps {
  act: Dialog;
  onStop: (why: Schema["Reason"]) => Promise<unknown>;
  onRestart: (why: Schema["Reason"]) => Promise<unknown>;
}

/** What is asked before a server is ended in one way or another. */
export default function ServerDialog({ act, onStop, onRestart, ...dialog }: ServerDialogProps) {
  switch (act) {
    case "stop":
    case "restart":
      return <AskBeforeEnd {...dialog} act={act} onConfirm={act === "stop" ? onStop : onRestart} />;
    case "kill":
      return <AskBeforeKill {...dialog} />;
  }
}

/** Before players are disconnected. */
function AskBeforeEnd({
  server,
  act,
  opened,
  onClose,
  onConfirm,
}: DialogProps & { act: "stop" | "restart"; onConfirm: (why: Schema["Reason"]) => Promise<unknown> }) {
  const [reason, setReason] = useState("");
  const online = server.players_online ?? 0;
  const isStop = act === "stop";
  return (
    <ConfirmDialog
      opened={opened}
      onClose={onClose}
      harmless
      title={isStop ? words.stopTitle(server.name) : words.restartTitle(server.name)}
      confirmLabel={isStop ? words.stop : words.restart}
      onConfirm={() => onConfirm(reason.trim() ? { reason: reason.trim() } : {})}
    >
      <p className={classes.text}>{isStop ? words.stopText(online) : words.restartText(online)}</p>
      <TextInput
        label={words.reason}
        description={words.reasonHint}
        value={reason}
        maxLength={MAX_REASON}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
    </ConfirmDialog>
  );
}

/** Before the game is ended without saving. */
function AskBeforeKill({ server, opened, onClose }: DialogProps) {
  const kill = useKillServer(server.id);
  return (
    <ConfirmDialog
      opened={opened}
      onClose={onClose}
      title={words.killTitle(server.name)}
      confirmLabel={words.killConfirm}
      onConfirm={() => kill.mutateAsync()}
    >
      <p className={classes.text}>{words.killLost(server)}</p>
      <p className={classes.text}>{words.killStays}</p>
    </ConfirmDialog>
  );
}
