import { Button, Checkbox, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { Schema } from "../../api/client";
import { ConfirmDialog } from "../../components/ui/ConfirmDialog";
import { serverSettings as words } from "../../text/serverPage";
import { useDeleteServer } from "./api/changes";
import classes from "./SettingsTab.module.css";

const CAN_BE_DELETED: readonly Schema["ServerView"]["state"][] = [
  "stopped",
  "crashed",
  "failed_to_start",
  "not_installed",
];

export function DeleteServer({ server }: { server: Schema["ServerDetails"] }) {
  const [asks, setAsks] = useState(false);
  const canBeDeleted = CAN_BE_DELETED.includes(server.state) && server.operation === null;
  const about = server.is_adopted ? words.deleteAdopted : words.deleteText;
  return (
    <div className={classes.delete}>
      <p className={classes.text}>{canBeDeleted ? about : words.deleteRunning}</p>
      <Button variant="default" color="red" disabled={!canBeDeleted} onClick={() => setAsks(true)}>
        {words.delete}
      </Button>
      <DeleteDialog server={server} opened={asks} onClose={() => setAsks(false)} />
    </div>
  );
}

interface DeleteDialogProps {
  server: Schema["ServerDetails"];
  opened: boolean;
  onClose: () => void;
}

/** The files stay unless they are asked for, and then only for who types the server's name. */
function DeleteDialog({ server, opened, onClose }: DeleteDialogProps) {
  const [deleteFiles, setDeleteFiles] = useState(false);
  const [typed, setTyped] = useState("");
  const remove = useDeleteServer(server.id);
  const navigate = useNavigate();
  const confirm = async () => {
    await remove.mutateAsync({ deleteFiles });
    notifications.show({ message: words.deleted(server.name) });
    void navigate({ to: "/servers" });
  };
  return (
    <ConfirmDialog
      opened={opened}
      onClose={onClose}
      title={words.deleteTitle(server.name)}
      confirmLabel={deleteFiles ? words.deleteConfirmFiles : words.deleteConfirm}
      isReady={!deleteFiles || typed.trim() === server.name}
      onConfirm={confirm}
    >
      {!deleteFiles && <p className={classes.text}>{words.deleteKeeps(server.data_path)}</p>}
      {!server.is_adopted && (
        <Checkbox
          className={classes.switch}
          label={words.deleteFiles}
          description={words.deleteFilesHint}
          checked={deleteFiles}
          onChange={(event) => setDeleteFiles(event.currentTarget.checked)}
        />
      )}
      {deleteFiles && (
        <TextInput
          label={words.deleteTyped(server.name)}
          autoComplete="off"
          spellCheck={false}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
      )}
    </ConfirmDialog>
  );
}
