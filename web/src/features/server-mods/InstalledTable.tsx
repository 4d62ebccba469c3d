import { Checkbox } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { Schema } from "../../api/client";
import { useCan } from "../../session/me";
import { serverMods as words } from "../../text/serverMods";
import { InstalledRow } from "./InstalledRow";
import classes from "./InstalledTable.module.css";
import { nameOf, type Waits, waitingIn, waitsOf } from "./narrow";
import type { Ask } from "./wishes";

type Mod = Schema["InstalledMod"];

const ROW_HEIGHT = 45;
const CARD_HEIGHT = 132;
const ROWS_BEYOND = 8;
const NEXT_START: Waits = { kind: "added", version: null };

interface InstalledTableProps {
  mods: readonly Mod[];
  /** With those that are not shown, for the names of what depends on what. */
  all: readonly Mod[];
  gameVersion: string | null;
  pending: Schema["PendingChange"] | null;
  /** Files that the running game has not loaded, but will at its next start. */
  notLoaded: ReadonlySet<string>;
  selected: ReadonlySet<string>;
  onSelect: (selected: ReadonlySet<string>) => void;
  onAsk: Ask;
}

/** The mods in rows (on a phone: cards), of which only those in sight are in the page. */
export function InstalledTable(props: InstalledTableProps) {
  const { mods, all, gameVersion, pending, notLoaded, selected, onSelect, onAsk } = props;
  const can = useCan();
  const mayChange = can("operator");
  const box = useRef<HTMLTableElement>(null);
  const [open, setOpen] = useState<ReadonlySet<string>>(() => new Set());
  const isNarrow = useMediaQuery("(max-width: 61.99em)", false, { getInitialValueInEffect: false });
  const names = useMemo(() => new Map(all.map((mod) => [mod.modid?.toLowerCase() ?? "", nameOf(mod)])), [all]);
  const waits = useMemo(() => waitingIn(pending), [pending]);
  const top = useTopOf(box);
  const virtual = useWindowVirtualizer({
    count: mods.length,
    getItemKey: (index) => mods[index]?.file_name ?? index,
    estimateSize: () => (isNarrow ? CARD_HEIGHT : ROW_HEIGHT),
    overscan: ROWS_BEYOND,
    scrollMargin: top,
    useFlushSync: false,
  });
  const items = virtual.getVirtualItems();
  const before = (items[0]?.start ?? top) - top;
  const after = virtual.getTotalSize() - ((items.at(-1)?.end ?? top) - top);

  const toggleOpen = useCallback((file: string) => setOpen((known) => toggled(known, file)), []);
  const toggleSelected = useCallback((file: string) => onSelect(toggled(selected, file)), [selected, onSelect]);
  const chosen = mods.filter((mod) => selected.has(mod.file_name)).length;
  const columns = mayChange ? 8 : 6;
  return (
    <table ref={box} className={classes.table} aria-label={words.table} aria-rowcount={mods.length + 1}>
      <thead>
        <tr className={classes.head}>
          {mayChange && (
            <th data-cell="select">
              <Checkbox
                size="xs"
                aria-label={words.selectAll}
                label={isNarrow ? words.selectAllShort : undefined}
                checked={chosen > 0 && chosen === mods.length}
                indeterminate={chosen > 0 && chosen < mods.length}
                onChange={() => onSelect(new Set(chosen === mods.length ? [] : mods.map((mod) => mod.file_name)))}
              />
            </th>
          )}
          <th>{words.columns.mod}</th>
          <th data-cell="version">{words.columns.version}</th>
          <th data-cell="update">{words.columns.update}</th>
          <th data-cell="fit">{words.columns.fit}</th>
          <th data-cell="side">{words.columns.side}</th>
          <th data-cell="enabled">{words.columns.enabled}</th>
          {mayChange && (
            <th data-cell="more">
              <span className="visually-hidden">{words.columns.more}</span>
            </th>
          )}
        </tr>
      </thead>
      <Gap height={before} columns={columns} />
      {items.map((item) => {
        const mod = mods[item.index];
        return (
          mod && (
            <tbody key={item.key} ref={virtual.measureElement} data-index={item.index} className={classes.mod}>
              <InstalledRow
                mod={mod}
                place={item.index + 2}
                names={names}
                gameVersion={gameVersion}
                mayChange={mayChange}
                isSelected={selected.has(mod.file_name)}
                waits={waitsOf(mod, waits) ?? (notLoaded.has(mod.file_name) ? NEXT_START : undefined)}
                isOpen={open.has(mod.file_name)}
                onSelect={toggleSelected}
                onOpen={toggleOpen}
                onAsk={onAsk}
              />
            </tbody>
          )
        );
      })}
      <Gap height={after} columns={columns} />
    </table>
  );
}

/** In place of the rows that are out of sight. */
function Gap({ height, columns }: { height: number; columns: number }) {
  if (height <= 0) return null;
  return (
    <tbody className={classes.gap} aria-hidden="true">
      <tr>
        <td colSpan={columns} style={{ height }} />
      </tr>
    </tbody>
  );
}

function toggled(known: ReadonlySet<string>, file: string): ReadonlySet<string> {
  const next = new Set(known);
  if (!next.delete(file)) next.add(file);
  return next;
}

/** How far below the top of the page the rows begin; it changes with what stands above. */
function useTopOf(box: React.RefObject<HTMLTableElement | null>): number {
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const head = box.current?.tHead;
    if (!head) return;
    const measure = () => setTop(Math.round(head.getBoundingClientRect().bottom + window.scrollY));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, [box]);
  return top;
}
