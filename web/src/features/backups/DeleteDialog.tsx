import { notifications } from "@mantine/notifications";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { backupStatesQuery } from "../../api/backups";
import type { Schema } from "../../api/client";
import { ConfirmDialog } from "../../components/ui/ConfirmDialog";
import { StateShape } from "../../components/ui/StateMark";
import { printable } from "../../lib/printable";
import { useNow } from "../../lib/time";
import { backups as listWords, deletion as words } from "../../text/backups";
import { useChangeBackup, useDeleteBackup } from "./api/backup";
import { backupsQuery } from "./api/list";
import classes from "./dialogs.module.css";
import { lookOfBackup, placesWith } from "./looks";
import { moment } from "./moment";

interface DeleteDialogProps {
  backup: Schema["BackupSummary"];
  opened: boolean;
  onClose: () => void;
  onDeleted?: () => void;
}

/** What is lost with a backup; one that is pinned has to be unpinned first. */
export function DeleteDialog({ backup, opened, onClose, onDeleted }: DeleteDialogProps) {
  const now = useNow(60);
  const when = moment(backup.made_at, now);
  const remove = useDeleteBackup(backup.id);
  const change = useChangeBackup(backup.id, { isForm: true });
  const states = useQuery(backupStatesQuery()).data?.items;
  const isLastGood = states?.find((state) => state.server_id === backup.server_id)?.last_good?.id === backup.id;
  const others = useInfiniteQuery({
    ...backupsQuery({ server: backup.server_id }),
    enabled: opened && isLastGood,
  }).data?.pages.flatMap((page) => page.items.filter((other) => other.id !== backup.id));
  const hasOtherGood = others?.some((other) => lookOfBackup(other).tone === "ok") ?? false;
  const copies = placesWith(backup, "copied");
  if (backup.pinned) {
    return (
      <ConfirmDialog
        opened={opened}
        onClose={onClose}
        title={words.pinnedTitle(when)}
        confirmLabel={listWords.unpin}
        harmless
        onConfirm={() => change.mutateAsync({ pinned: false })}
      >
        <p className={classes.text}>{words.pinnedText}</p>
      </ConfirmDialog>
    );
  }
  const confirm = async () => {
    await remove.mutateAsync();
    notifications.show({ message: words.done });
    onDeleted?.();
  };
  return (
    <ConfirmDialog
      opened={opened}
      onClose={onClose}
      title={words.title(when)}
      confirmLabel={words.confirm}
      onConfirm={confirm}
    >
      <p className={classes.text}>
        {backup.is_there ? words.text(printable(backup.server_name), when, backup.size_bytes) : words.notThere}
      </p>
      {copies.length > 0 && <p className={classes.text}>{words.copies(copies)}</p>}
      {isLastGood && (
        <p className={classes.notice}>
          <StateShape tone="warn" size={16} />
          <span>{hasOtherGood ? words.newestGood : words.onlyGood}</span>
        </p>
      )}
    </ConfirmDialog>
  );
}
