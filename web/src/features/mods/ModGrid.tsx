import { type KeyboardEvent, type Ref, useEffect, useImperativeHandle, useLayoutEffect, useRef, useState } from "react";
import type { Schema } from "../../api/client";
import { catalog as words } from "../../text/mods";
import { ModCard } from "./ModCard";
import classes from "./ModGrid.module.css";
import { installedOf } from "./useChosenServer";
import { useColumns, useRowsInSight } from "./useWindow";

const CARD_HEIGHT = 144;
const NARROWEST_CARD = 300;
const GAP = 12;
const ROW_HEIGHT = CARD_HEIGHT + GAP;
const ROWS_AHEAD = 8;

export interface GridHandle {
  focusFirst: () => void;
}

interface ModGridProps {
  handle: Ref<GridHandle>;
  mods: readonly Schema["ListedItem"][];
  total: number;
  /** The game version of the server that one looks for; undefined where one looks for none. */
  serverVersion: string | null | undefined;
  installed: ReadonlyMap<string, Schema["InstalledMod"]>;
  onInstall: ((mod: Schema["ListedItem"], modid: string) => void) | null;
  /** The mod that one comes back from. */
  startAt: number | null;
  onOpen: (modId: number) => void;
  /** The end of what is loaded comes near. */
  onNearEnd: () => void;
  /** Arrow up from the first row. */
  onLeave: () => void;
}

/** Cards in rows, of which only those in sight are in the page. Arrow keys go from card to card. */
export function ModGrid(props: ModGridProps) {
  const { handle, mods, total, startAt, onOpen, onNearEnd, onLeave, serverVersion, installed, onInstall } = props;
  const list = useRef<HTMLUListElement>(null);
  const columns = useColumns(list, NARROWEST_CARD, GAP);
  const rows = useRowsInSight(list, ROW_HEIGHT);
  const [current, setCurrent] = useState(() => mods.findIndex((mod) => mod.id === startAt));
  const wantsFocus = useRef(false);

  const last = Math.min(mods.length, rows.end * columns);
  const first = Math.min(rows.first * columns, last);
  const shown = Array.from({ length: last - first }, (_, offset) => first + offset);
  // What has the focus stays in the page, wherever one scrolls.
  if (current >= 0 && current < mods.length && (current < first || current >= last)) shown.push(current);

  const isNearEnd = last >= mods.length - ROWS_AHEAD * columns;
  useEffect(() => {
    if (isNearEnd) onNearEnd();
  }, [isNearEnd, onNearEnd]);

  const focusCard = (index: number) => {
    wantsFocus.current = true;
    setCurrent(index);
    if (index === current) moveFocus(index);
  };
  const moveFocus = (index: number) => {
    if (!wantsFocus.current) return;
    wantsFocus.current = false;
    const item = list.current?.querySelector(`[data-index="${index}"]`);
    item?.querySelector<HTMLElement>("[data-card]")?.focus({ preventScroll: true });
    item?.scrollIntoView({ block: "nearest" });
  };
  useLayoutEffect(() => moveFocus(current));
  useImperativeHandle(handle, () => ({ focusFirst: () => focusCard(0) }));

  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
    const from = indexOf(event.target);
    if (step === undefined || from === null || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const next = from + step;
    if (next >= 0 && next < mods.length) focusCard(next);
    else if (event.key === "ArrowUp") onLeave();
  };

  const rowCount = Math.ceil(mods.length / columns);
  return (
    <ul
      ref={list}
      className={classes.grid}
      aria-label={words.list}
      style={{ height: Math.max(0, rowCount * ROW_HEIGHT - GAP) }}
      onKeyDown={onKeyDown}
      onFocus={(event) => setCurrent(indexOf(event.target) ?? -1)}
    >
      {shown.map((index) => {
        const mod = mods[index];
        if (!mod) return null;
        const column = index % columns;
        return (
          <li
            key={mod.id}
            data-index={index}
            className={classes.item}
            aria-posinset={index + 1}
            aria-setsize={total}
            style={{
              top: Math.floor(index / columns) * ROW_HEIGHT,
              left: `calc((100% + ${GAP}px) * ${column} / ${columns})`,
              width: `calc((100% + ${GAP}px) / ${columns} - ${GAP}px)`,
              height: CARD_HEIGHT,
            }}
          >
            <ModCard
              mod={mod}
              isStart={mod.id === startAt}
              onOpen={onOpen}
              serverVersion={serverVersion}
              installed={installedOf(mod.modids, installed)}
              onInstall={onInstall}
            />
          </li>
        );
      })}
    </ul>
  );
}

function indexOf(target: EventTarget): number | null {
  const item = target instanceof Element ? target.closest<HTMLElement>("[data-index]") : null;
  return item ? Number(item.dataset.index) : null;
}
