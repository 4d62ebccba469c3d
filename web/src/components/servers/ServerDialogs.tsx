import { TextInput } from "@mantine/core";
import { useState } from "react";
import type { Schema } from "../../api/client";
import { useKillServer } from "../../api/serverActions";
import { serverActions as words } from "../../text/servers";
import { ConfirmDialog } from "../ui/ConfirmDialog";
import classes from "./ServerActions.module.css";

const MAX_REASON = 200;

interface DialogProps {
  server: Schema["ServerView"];
  opened: boolean;
  onClose: () => void;
}

/** Before players are disconnected. */
export function AskBeforeEnd({
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
export function AskBeforeKill({ server, opened, onClose }: DialogProps) {
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
