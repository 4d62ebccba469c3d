import { Button, Modal, TextInput } from "@mantine/core";
import { useMounted } from "@mantine/hooks";
import { type FormEvent, useState } from "react";
import { FormError } from "../../components/ui/FormError";
import { common } from "../../text/common";
import { fileDialogs as words } from "../../text/files";
import { useMakeFile, useMakeFolder } from "./api/files";
import classes from "./files.module.css";
import { joined } from "./paths";

type What = "folder" | "file";

interface NameDialogProps {
  serverId: string;
  folder: string;
  /** What is to be made; null while the dialog is closed. */
  what: What | null;
  onClose: () => void;
  onMade: (path: string, what: What) => void;
}

export function NameDialog({ what, onClose, ...others }: NameDialogProps) {
  const isMounted = useMounted();
  return (
    <Modal
      opened={what !== null && isMounted}
      onClose={onClose}
      title={what === "file" ? words.fileTitle : words.folderTitle}
      closeButtonProps={{ "aria-label": common.close }}
    >
      {what !== null && <NameForm what={what} onClose={onClose} {...others} />}
    </Modal>
  );
}

function NameForm({ serverId, folder, what, onClose, onMade }: NameDialogProps & { what: What }) {
  const [name, setName] = useState("");
  const makeFile = useMakeFile(serverId);
  const makeFolder = useMakeFolder(serverId);
  const make = what === "file" ? makeFile : makeFolder;
  const isName = name.trim() !== "" && !name.includes("/");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isName) return;
    make.mutate(joined(folder, name.trim()), {
      onSuccess: ({ path }) => {
        onClose();
        onMade(path, what);
      },
    });
  };
  return (
    <form className={classes.form} onSubmit={submit} noValidate>
      <TextInput
        label={what === "file" ? words.fileLabel : words.folderLabel}
        description={what === "file" ? words.fileHint : undefined}
        value={name}
        maxLength={255}
        autoComplete="off"
        spellCheck={false}
        data-autofocus
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <FormError error={make.error} />
      <div className={classes.buttons}>
        <Button variant="default" onClick={onClose}>
          {common.cancel}
        </Button>
        <Button type="submit" disabled={!isName} loading={make.isPending}>
          {what === "file" ? words.fileGo : words.folderGo}
        </Button>
      </div>
    </form>
  );
}
