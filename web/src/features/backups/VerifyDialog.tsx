import { Modal } from "@mantine/core";
import { useMounted } from "@mantine/hooks";
import { useEffect, useRef } from "react";
import type { Schema } from "../../api/client";
import { RunOutcome } from "../../components/runs/RunOutcome";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { useNow } from "../../lib/time";
import { backups as words } from "../../text/backups";
import { common } from "../../text/common";
import { useVerifyBackup } from "./api/backup";
import { moment } from "./moment";

interface VerifyDialogProps {
  backup: Schema["BackupSummary"];
  opened: boolean;
  onClose: () => void;
}

/** Reads a backup to its end, as soon as it is opened, and tells what came of it. */
export function VerifyDialog({ backup, opened, onClose }: VerifyDialogProps) {
  const isMounted = useMounted();
  const now = useNow(60);
  return (
    <Modal
      opened={opened && isMounted}
      onClose={onClose}
      title={words.open(moment(backup.made_at, now))}
      size={560}
      closeButtonProps={{ "aria-label": common.close }}
    >
      <Verifying backupId={backup.id} onClose={onClose} />
    </Modal>
  );
}

function Verifying({ backupId, onClose }: { backupId: string; onClose: () => void }) {
  const verify = useVerifyBackup(backupId);
  const begin = verify.mutate;
  const hasBegun = useRef(false);
  useEffect(() => {
    if (hasBegun.current) return;
    hasBegun.current = true;
    begin();
  }, [begin]);
  if (verify.isError) return <ErrorState error={verify.error} onRetry={() => verify.mutate()} />;
  if (!verify.data) return <LoadingState label={words.verifying} rows={2} />;
  return (
    <RunOutcome
      runId={verify.data.id}
      done={() => words.verified}
      stopped={words.verifyStopped}
      onClose={onClose}
      onAgain={() => verify.mutate()}
      again={words.verifyAgain}
    />
  );
}
