import type { Schema } from "../../api/client";
import { useNow } from "../../lib/time";
import { backups as words } from "../../text/backups";
import { useFetchBackup, useVerifyBackup } from "./api/backup";
import { Begun, BegunDialog } from "./BegunDialog";
import { moment } from "./moment";

interface BackupDialogProps {
  backup: Schema["BackupSummary"];
  opened: boolean;
  onClose: () => void;
}

/** Reads a backup to its end, and tells what came of it. */
export function VerifyDialog({ backup, opened, onClose }: BackupDialogProps) {
  const now = useNow(60);
  return (
    <BegunDialog opened={opened} onClose={onClose} title={words.open(moment(backup.made_at, now))}>
      <Verifying backupId={backup.id} onClose={onClose} />
    </BegunDialog>
  );
}

function Verifying({ backupId, onClose }: { backupId: string; onClose: () => void }) {
  return (
    <Begun
      call={useVerifyBackup(backupId)}
      done={words.verified}
      stopped={words.verifyStopped}
      again={words.verifyAgain}
      onClose={onClose}
    />
  );
}

/** Brings a backup back that lies only elsewhere. */
export function FetchDialog({ backup, opened, onClose }: BackupDialogProps) {
  const now = useNow(60);
  return (
    <BegunDialog opened={opened} onClose={onClose} title={words.open(moment(backup.made_at, now))}>
      <Fetching backupId={backup.id} onClose={onClose} />
    </BegunDialog>
  );
}

function Fetching({ backupId, onClose }: { backupId: string; onClose: () => void }) {
  return (
    <Begun
      call={useFetchBackup(backupId)}
      done={words.fetched}
      stopped={words.fetchStopped}
      again={words.fetchAgain}
      onClose={onClose}
    />
  );
}
