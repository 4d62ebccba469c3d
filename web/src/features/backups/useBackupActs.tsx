import { useCallback, useState } from "react";
import type { Schema } from "../../api/client";
import { DeleteDialog } from "./DeleteDialog";
import { NoteDialog } from "./NoteDialog";
import { RestoreDialog } from "./RestoreDialog";
import { FetchDialog, VerifyDialog } from "./VerifyDialog";

type Backup = Schema["BackupSummary"];

export type BackupAct = "restore" | "verify" | "fetch" | "note" | "delete";

interface Asked {
  number: number;
  act: BackupAct;
  backup: Backup;
}

/** The dialogs about one backup: `acts.ask("restore", backup)`, and `acts.dialogs` in the page. */
export function useBackupActs({ onDeleted }: { onDeleted?: () => void } = {}) {
  const [asked, setAsked] = useState<Asked | null>(null);
  const [opened, setOpened] = useState(false);
  const ask = useCallback((act: BackupAct, backup: Backup) => {
    setAsked((before) => ({ number: (before?.number ?? 0) + 1, act, backup }));
    setOpened(true);
  }, []);
  const close = useCallback(() => setOpened(false), []);
  const props = asked && { backup: asked.backup, opened, onClose: close };
  const dialogs = props && (
    <div key={asked.number}>
      {asked.act === "restore" && <RestoreDialog {...props} />}
      {asked.act === "verify" && <VerifyDialog {...props} />}
      {asked.act === "fetch" && <FetchDialog {...props} />}
      {asked.act === "note" && <NoteDialog {...props} />}
      {asked.act === "delete" && <DeleteDialog {...props} onDeleted={onDeleted} />}
    </div>
  );
  return { ask, dialogs };
}
