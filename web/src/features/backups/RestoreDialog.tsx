import { Modal } from "@mantine/core";
import { useMounted } from "@mantine/hooks";
import type { Schema } from "../../api/client";
import { useNow } from "../../lib/time";
import { restore as words } from "../../text/backups";
import { common } from "../../text/common";
import { moment } from "./moment";
import { Restore } from "./Restore";

interface RestoreDialogProps {
  backup: Schema["BackupSummary"];
  opened: boolean;
  onClose: () => void;
}

/** What a restore would do, the act, and what came of it. */
export function RestoreDialog({ backup, opened, onClose }: RestoreDialogProps) {
  const isMounted = useMounted();
  const now = useNow(60);
  return (
    <Modal
      opened={opened && isMounted}
      onClose={onClose}
      title={words.title(moment(backup.made_at, now))}
      size={680}
      closeButtonProps={{ "aria-label": common.close }}
    >
      <Restore backup={backup} onClose={onClose} />
    </Modal>
  );
}
