import { Button, Modal } from "@mantine/core";
import { useMounted } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import type { Schema } from "../../api/client";
import { generationQuery } from "../../api/serverMods";
import { DataTable } from "../../components/ui/DataTable";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { formatBytes } from "../../lib/bytes";
import { downloadText } from "../../lib/download";
import { printable } from "../../lib/printable";
import { common } from "../../text/common";
import { serverMods, history as words } from "../../text/serverMods";
import classes from "./HistoryTab.module.css";

interface GenerationDialogProps {
  server: Schema["ServerDetails"];
  number: number | null;
  opened: boolean;
  onClose: () => void;
}

/** One set of mods with all that is in it. */
export function GenerationDialog({ server, number, opened, onClose }: GenerationDialogProps) {
  const isMounted = useMounted();
  return (
    <Modal
      opened={opened && isMounted}
      onClose={onClose}
      title={number !== null && words.set(number)}
      size={760}
      closeButtonProps={{ "aria-label": common.close }}
    >
      {number !== null && <Contents key={number} serverId={server.id} number={number} onClose={onClose} />}
    </Modal>
  );
}

function Contents({ serverId, number, onClose }: { serverId: string; number: number; onClose: () => void }) {
  const set = useQuery(generationQuery(serverId, number));
  if (set.isPending) return <LoadingState rows={8} />;
  if (set.isLoadingError) return <ErrorState error={set.error} onRetry={set.refetch} />;
  const { lock, why } = set.data;
  const save = () => downloadText(`mods-of-${serverId}-set-${number}.json`, `${JSON.stringify(lock, null, 2)}\n`);
  return (
    <div className={classes.dialog}>
      <p className={classes.text}>
        {printable(why)}, {words.count(lock.mods.length)}
        {lock.game_version && ` ${words.gameVersion(lock.game_version)}`}
      </p>
      <DataTable label={words.table(number)} stacked>
        <thead>
          <tr>
            <th>{words.columns.mod}</th>
            <th>{words.columns.version}</th>
            <th>{words.columns.side}</th>
            <th>{words.columns.source}</th>
            <th data-align="end">{words.columns.size}</th>
          </tr>
        </thead>
        <tbody>
          {lock.mods.map((entry) => (
            <Entry key={entry.file_name} entry={entry} />
          ))}
        </tbody>
      </DataTable>
      <div className={classes.buttons}>
        <Button variant="default" onClick={save}>
          {words.saveThis}
        </Button>
        <Button variant="default" onClick={onClose}>
          {common.close}
        </Button>
      </div>
    </div>
  );
}

function Entry({ entry }: { entry: Schema["LockEntry"] }) {
  const marks = [!entry.is_enabled && words.off, entry.is_pinned && words.pinned, entry.is_held && words.held].filter(
    Boolean,
  );
  return (
    <tr>
      <td data-width="fill">
        <span>
          {printable(entry.modid ?? entry.file_name)}
          {marks.length > 0 && <span className={classes.marks}>{marks.join(" · ")}</span>}
        </span>
      </td>
      <td data-label={words.columns.version} className="mono">
        {printable(entry.version ?? "")}
      </td>
      <td data-label={words.columns.side}>{serverMods.sideWord(entry.side)}</td>
      <td data-label={words.columns.source} className={classes.source}>
        {words.sources[entry.source]}
      </td>
      <td data-label={words.columns.size} data-align="end" className={classes.size}>
        {formatBytes(entry.size_bytes)}
      </td>
    </tr>
  );
}
