import { Button, Checkbox, Modal, Textarea } from "@mantine/core";
import { useMounted } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { type FormEvent, useState } from "react";
import type { Schema } from "../../api/client";
import { FormError, fieldErrors } from "../../components/ui/FormError";
import { useNow } from "../../lib/time";
import { make, noteDialog as words } from "../../text/backups";
import { common } from "../../text/common";
import { useChangeBackup } from "./api/backup";
import classes from "./dialogs.module.css";
import { moment } from "./moment";

const MAX_NOTE = 500;

interface NoteDialogProps {
  backup: Schema["BackupSummary"];
  opened: boolean;
  onClose: () => void;
}

export function NoteDialog({ backup, opened, onClose }: NoteDialogProps) {
  const isMounted = useMounted();
  const now = useNow(60);
  return (
    <Modal
      opened={opened && isMounted}
      onClose={onClose}
      title={words.title(moment(backup.made_at, now))}
      closeButtonProps={{ "aria-label": common.close }}
    >
      <NoteForm backup={backup} onDone={onClose} />
    </Modal>
  );
}

function NoteForm({ backup, onDone }: { backup: Schema["BackupSummary"]; onDone: () => void }) {
  const [note, setNote] = useState(backup.note ?? "");
  const [pinned, setPinned] = useState(backup.pinned);
  const change = useChangeBackup(backup.id, { isForm: true });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate(
      { note, pinned },
      {
        onSuccess: () => {
          notifications.show({ message: words.saved });
          onDone();
        },
      },
    );
  };
  return (
    <form className={classes.body} onSubmit={submit} noValidate>
      <Textarea
        label={make.note}
        description={make.noteHint}
        rows={3}
        maxLength={MAX_NOTE}
        value={note}
        error={fieldErrors(change.error).note}
        data-autofocus
        onChange={(event) => setNote(event.currentTarget.value)}
      />
      <Checkbox
        label={make.pin}
        description={make.pinHint}
        checked={pinned}
        onChange={(event) => setPinned(event.currentTarget.checked)}
      />
      <FormError error={change.error} />
      <div className={classes.buttons}>
        <Button variant="default" onClick={onDone}>
          {common.cancel}
        </Button>
        <Button type="submit" loading={change.isPending}>
          {common.save}
        </Button>
      </div>
    </form>
  );
}
