import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { ConfirmDialog } from "../../components/ui/ConfirmDialog";
import { fileDialogs as words } from "../../text/files";
import { useDeleteFiles } from "./api/files";
import classes from "./files.module.css";
import { joined } from "./paths";
import type { Entry } from "./sorting";

interface DeleteFoundProps {
  serverId: string;
  folder: string;
  /** What the filter leaves. */
  entries: readonly Entry[];
}

/** All that is called as somebody looks for, at once: old logs, for example. */
export function DeleteFound({ serverId, folder, entries }: DeleteFoundProps) {
  const [isAsking, setAsking] = useState(false);
  const remove = useDeleteFiles(serverId);
  const free = entries.filter((entry) => !entry.is_locked);
  if (free.length < 2 && !isAsking) return null;
  return (
    <>
      <Button variant="default" onClick={() => setAsking(true)}>
        {words.deleteFound(free.length)}
      </Button>
      <ConfirmDialog
        opened={isAsking}
        onClose={() => setAsking(false)}
        title={words.deleteFoundTitle(free.length)}
        confirmLabel={words.deleteGo}
        onConfirm={async () => {
          const count = await remove.mutateAsync(free.map((entry) => joined(folder, entry.name)));
          notifications.show({ message: words.deletedFound(count) });
        }}
      >
        <p className={classes.lead}>{words.deleteText}</p>
      </ConfirmDialog>
    </>
  );
}
