import { notifications } from "@mantine/notifications";
import { Link } from "@tanstack/react-router";
import type { Schema } from "../../api/client";
import { ConfirmDialog } from "../../components/ui/ConfirmDialog";
import { StateShape } from "../../components/ui/StateMark";
import { compareVersions } from "../../lib/gameVersions";
import { serverVersions as words } from "../../text/serverPage";
import { useSwitchVersion } from "./api/changes";
import classes from "./VersionsTab.module.css";

interface SwitchDialogProps {
  server: Schema["ServerDetails"];
  version: string;
  isInstalled: boolean;
  listed: readonly Schema["GameVersionOut"][];
  opened: boolean;
  onClose: () => void;
}

/** What will happen, one after the other, and what it means for the world. */
export function SwitchDialog({ server, version, isInstalled, listed, opened, onClose }: SwitchDialogProps) {
  const change = useSwitchVersion(server.id);
  const isUp = server.state === "running" || server.state === "starting";
  const direction = server.version === null ? 0 : compareVersions(version, server.version, listed);
  const { steps } = words;
  const confirm = async () => {
    await change.mutateAsync(version);
    notifications.show({ message: words.started(version) });
  };
  return (
    <ConfirmDialog
      opened={opened}
      onClose={onClose}
      harmless={direction !== -1}
      title={words.dialogTitle(server.name, version)}
      confirmLabel={words.switchTo(version)}
      onConfirm={confirm}
    >
      <ol className={classes.steps}>
        {!isInstalled && <li>{steps.download(version)}</li>}
        {isUp && <li>{server.players_online ? steps.stopOnline(server.players_online) : steps.stop}</li>}
        <li>{steps.switch(server.version, version)}</li>
        <li>{isUp ? steps.start : steps.staysStopped}</li>
      </ol>
      {isUp && <p className={classes.text}>{steps.back}</p>}
      <p className={classes.text}>
        <Link
          to="/servers/$serverId/mods/ready"
          params={{ serverId: server.id }}
          search={{ version: `v${version}` }}
          preload={false}
          onClick={onClose}
        >
          {words.modsReadyFor(version)}
        </Link>
      </p>
      {direction !== 0 && (
        <p className={classes.warning}>
          <StateShape tone="warn" size={16} />
          <span>{direction === -1 ? words.older : words.newer}</span>
        </p>
      )}
    </ConfirmDialog>
  );
}
