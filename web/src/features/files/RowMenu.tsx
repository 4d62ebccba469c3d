import { ActionIcon, Button, Menu } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconDots, IconDownload, IconPencil, IconTrash } from "@tabler/icons-react";
import { useRef } from "react";
import { notifyFailure } from "../../app/notify";
import { messageOf } from "../../components/ui/FormError";
import { files as words } from "../../text/files";
import { downloadAddress, useDeleteFile, useRestoreFile } from "./api/files";
import classes from "./files.module.css";
import type { Entry } from "./sorting";

const icon = { size: 16, stroke: 1.6, "aria-hidden": true } as const;

interface RowMenuProps {
  serverId: string;
  path: string;
  entry: Entry;
  onMove: () => void;
}

export function RowMenu({ serverId, path, entry, onMove }: RowMenuProps) {
  const button = useRef<HTMLButtonElement>(null);
  const remove = useDeleteFile(serverId);
  const restore = useRestoreFile(serverId);
  const isFile = entry.kind === "file" && entry.mark !== "config";
  if (entry.is_locked && !isFile) return null;
  const undo = (id: string, note: string) => {
    notifications.hide(note);
    restore.mutate(
      { id },
      {
        onSuccess: (place) => notifications.show({ message: words.undone(place.path) }),
        onError: (error) => notifyFailure(messageOf(error)),
      },
    );
  };
  const removeIt = () =>
    remove.mutate(path, {
      onSuccess: ({ id }) => {
        const note = `deleted-${id}`;
        notifications.show({
          id: note,
          autoClose: 12_000,
          message: (
            <span className={classes.undo}>
              {words.removed(entry.name)}
              <Button size="compact-sm" variant="default" onClick={() => undo(id, note)}>
                {words.undo}
              </Button>
            </span>
          ),
        });
      },
      onError: (error) => notifyFailure(messageOf(error)),
    });
  return (
    <Menu position="bottom-end" width={200}>
      <Menu.Target>
        <ActionIcon ref={button} variant="subtle" color="gray" aria-label={words.actions(entry.name)}>
          <IconDots size={18} stroke={1.8} aria-hidden="true" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {isFile && (
          <Menu.Item
            component="a"
            href={downloadAddress(serverId, path)}
            download
            leftSection={<IconDownload {...icon} />}
          >
            {words.download}
          </Menu.Item>
        )}
        {!entry.is_locked && (
          <>
            <Menu.Item
              leftSection={<IconPencil {...icon} />}
              onClick={() => {
                // The menu goes; the dialog gives the focus back to what had it when it opened.
                button.current?.focus();
                onMove();
              }}
            >
              {words.rename}
            </Menu.Item>
            <Menu.Item leftSection={<IconTrash {...icon} />} className={classes.dangerous} onClick={removeIt}>
              {words.remove}
            </Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
