import { Button, Modal, TextInput } from "@mantine/core";
import { useMounted } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { type FormEvent, useState } from "react";
import { FormError } from "../../components/ui/FormError";
import { common } from "../../text/common";
import { fileDialogs as words } from "../../text/files";
import { useMoveFile } from "./api/files";
import classes from "./files.module.css";
import { joined } from "./paths";

interface MoveDialogProps {
  serverId: string;
  folder: string;
  /** Null while the dialog is closed. */
  name: string | null;
  onClose: () => void;
}

export function MoveDialog({ name, onClose, ...others }: MoveDialogProps) {
  const isMounted = useMounted();
  return (
    <Modal
      opened={name !== null && isMounted}
      onClose={onClose}
      title={words.moveTitle(name ?? "")}
      closeButtonProps={{ "aria-label": common.close }}
    >
      {name !== null && <MoveForm key={name} name={name} onClose={onClose} {...others} />}
    </Modal>
  );
}

function MoveForm({ serverId, folder, name, onClose }: MoveDialogProps & { name: string }) {
  const before = joined(folder, name);
  const [path, setPath] = useState(before);
  const move = useMoveFile(serverId);
  const isOther = path.trim() !== "" && path.trim() !== before;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isOther) return;
    move.mutate(
      { from: before, to: path.trim() },
      {
        onSuccess: (place) => {
          notifications.show({ message: words.moved(place.path) });
          onClose();
        },
      },
    );
  };
  return (
    <form className={classes.form} onSubmit={submit} noValidate>
      <TextInput
        label={words.moveLabel}
        description={words.moveHint}
        value={path}
        autoComplete="off"
        spellCheck={false}
        data-autofocus
        onChange={(event) => setPath(event.currentTarget.value)}
      />
      <FormError error={move.error} />
      <div className={classes.buttons}>
        <Button variant="default" onClick={onClose}>
          {common.cancel}
        </Button>
        <Button type="submit" disabled={!isOther} loading={move.isPending}>
          {words.moveGo}
        </Button>
      </div>
    </form>
  );
}
