// biome-ignore-all lint/a11y/useSemanticElements: rows of a real table can't be placed one by one
// biome-ignore-all lint/a11y/useFocusableInteractive: what is done is done with the links and buttons in the cells
import {
  IconArrowDown,
  IconArrowUp,
  IconFile,
  IconFolder,
  IconLink,
  IconLock,
  IconQuestionMark,
} from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef, useState } from "react";
import type { Schema } from "../../api/client";
import { Time } from "../../components/ui/Time";
import { formatBytes } from "../../lib/bytes";
import { fileMarks, files as words } from "../../text/files";
import classes from "./files.module.css";
import { MoveDialog } from "./MoveDialog";
import { joined } from "./paths";
import { RowMenu } from "./RowMenu";
import type { Column, Entry, Order } from "./sorting";

const ROW_PX = 44;
const ROWS_BEYOND = 12;

interface FileTableProps {
  server: Schema["ServerDetails"];
  folder: string;
  entries: readonly Entry[];
  order: Order;
  onOrder: (order: Order) => void;
}

/** What lies in a folder, of which only the rows in sight are in the page. */
export function FileTable({ server, folder, entries, order, onOrder }: FileTableProps) {
  const view = useRef<HTMLDivElement>(null);
  const [moving, setMoving] = useState<string | null>(null);
  const virtual = useVirtualizer({
    count: entries.length,
    getScrollElement: () => view.current,
    estimateSize: () => ROW_PX,
    overscan: ROWS_BEYOND,
    // Before the first look at the page there is no height yet.
    initialRect: { width: 800, height: 600 },
  });
  const head = (column: Column, label: string) => {
    const isChosen = order.by === column;
    const Arrow = order.isDown ? IconArrowDown : IconArrowUp;
    return (
      <div
        role="columnheader"
        aria-sort={isChosen ? (order.isDown ? "descending" : "ascending") : "none"}
        className={classes[column]}
      >
        <button
          type="button"
          className={classes.sort}
          onClick={() => onOrder({ by: column, isDown: isChosen ? !order.isDown : column !== "name" })}
        >
          {label}
          {isChosen && <Arrow size={14} stroke={2} aria-hidden="true" />}
        </button>
      </div>
    );
  };
  return (
    <div ref={view} className={classes.table}>
      <div role="table" aria-label={words.list(folder)} aria-rowcount={entries.length + 1}>
        <div role="rowgroup" className={classes.head}>
          <div role="row" aria-rowindex={1} className={classes.row}>
            {head("name", words.name)}
            {head("size", words.size)}
            {head("modified", words.modified)}
            <div role="columnheader" className={classes.menu}>
              <span className="visually-hidden">{words.actions(words.list(folder))}</span>
            </div>
          </div>
        </div>
        <div role="rowgroup" className={classes.rows} style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start, key }) => {
            const entry = entries[index];
            if (!entry) return null;
            return (
              <div
                key={key}
                role="row"
                aria-rowindex={index + 2}
                className={classes.row}
                style={{ transform: `translateY(${start}px)` }}
              >
                <Cells server={server} folder={folder} entry={entry} onMove={() => setMoving(entry.name)} />
              </div>
            );
          })}
        </div>
      </div>
      <MoveDialog serverId={server.id} folder={folder} name={moving} onClose={() => setMoving(null)} />
    </div>
  );
}

interface CellsProps {
  server: Schema["ServerDetails"];
  folder: string;
  entry: Entry;
  onMove: () => void;
}

function Cells({ server, folder, entry, onMove }: CellsProps) {
  const isPlain = entry.kind === "file" || entry.kind === "folder";
  const path = joined(folder, entry.name);
  const about = isPlain ? entry.mark && fileMarks[entry.mark] : entry.kind === "link" ? words.link : words.other;
  return (
    <>
      <div role="cell" className={classes.name}>
        <KindIcon kind={entry.kind} />
        <span className={classes.named}>
          {isPlain ? (
            <Link
              to="/servers/$serverId/files"
              params={{ serverId: server.id }}
              search={entry.kind === "folder" ? { path } : { file: path }}
              preload={false}
            >
              {entry.name}
            </Link>
          ) : (
            entry.name
          )}
          {about && <span className={classes.about}>{about}</span>}
        </span>
        {entry.is_locked && (
          <IconLock size={15} stroke={1.8} className={classes.lock} role="img" aria-label={words.locked} />
        )}
      </div>
      <div role="cell" className={classes.size}>
        {entry.kind === "file" && formatBytes(entry.size_bytes)}
      </div>
      <div role="cell" className={classes.modified}>
        <Time value={entry.modified_at} focusable={false} />
      </div>
      <div role="cell" className={classes.menu}>
        <RowMenu serverId={server.id} path={path} entry={entry} onMove={onMove} />
      </div>
    </>
  );
}

const ICONS = { file: IconFile, folder: IconFolder, link: IconLink, other: IconQuestionMark } as const;

function KindIcon({ kind }: { kind: Entry["kind"] }) {
  const Icon = ICONS[kind];
  return <Icon size={18} stroke={1.6} className={classes.icon} aria-hidden="true" />;
}
