import { useVirtualizer } from "@tanstack/react-virtual";
import {
  type ClipboardEvent,
  type ReactNode,
  type RefObject,
  useCallback,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
} from "react";
import { asWritten } from "../../lib/lineText";
import { consoleTab as words } from "../../text/console";
import classes from "./LineList.module.css";
import { LineRow } from "./LineRow";
import { isGap, type LineStore, type Row, type ShownLines } from "./lineStore";
import { LINE_HEIGHT, useRowHeight } from "./useRowHeight";

const HEAD_HEIGHT = 36;
const ROWS_BEYOND = 12;
const AT_END_PX = 24;

export interface ListHandle {
  /** Brings a row into sight, and stays there. */
  show: (place: number) => void;
}

interface LineListProps {
  lines: LineStore;
  shown: ShownLines;
  needle: string;
  /** The number of the line that the search has come to. */
  currentSeq: number | null;
  /** Above the first line. */
  head: ReactNode;
  /** In place of the lines. */
  empty: ReactNode;
  handle: RefObject<ListHandle | null>;
}

/** The lines, of which only those in sight are in the page. It follows new ones until someone scrolls back. */
export function LineList({ lines, shown, needle, currentSeq, head, empty, handle }: LineListProps) {
  const view = useRef<HTMLDivElement>(null);
  const place = useRef({ top: 0, isJump: false });
  const rowHeight = useRowHeight(view);
  const { rows, count, arrangement, isFollowing } = shown;

  // biome-ignore lint/correctness/useExhaustiveDependencies: rows are other rows when they are arranged anew
  const getItemKey = useCallback((index: number) => keyOf(rows[index]), [rows, arrangement]);
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => view.current,
    getItemKey,
    estimateSize: (index) => rowHeight(rows[index]),
    paddingStart: HEAD_HEIGHT,
    paddingEnd: 6,
    overscan: ROWS_BEYOND,
    rangeExtractor: useCallback(
      ({ startIndex, endIndex, overscan, count: all }: VirtualRange) =>
        // At the end, the last rows are there before the view has moved to them.
        isFollowing
          ? between(all - rowsThatFill(view.current) - overscan, all - 1, all)
          : between(startIndex - overscan, endIndex + overscan, all),
      [isFollowing],
    ),
    useFlushSync: false,
  });

  // Sizes of rows that are gone would pile up.
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is for each new arrangement
  useEffect(() => virtual.measure(), [arrangement, rowHeight]);

  const toEnd = useCallback(() => {
    if (!view.current) return;
    view.current.scrollTop = view.current.scrollHeight;
    place.current.top = view.current.scrollTop;
  }, []);
  useLayoutEffect(() => {
    if (isFollowing) toEnd();
  });
  useEffect(() => {
    if (!view.current || !isFollowing) return;
    const observer = new ResizeObserver(toEnd);
    observer.observe(view.current);
    return () => observer.disconnect();
  }, [isFollowing, toEnd]);

  useImperativeHandle(handle, () => ({
    show: (index) => {
      place.current.isJump = true;
      lines.hold();
      virtual.scrollToIndex(index, { align: "center" });
    },
  }));

  const onScroll = () => {
    const element = view.current;
    if (!element) return;
    const before = place.current.top;
    place.current.top = element.scrollTop;
    if (place.current.isJump) return;
    const isAtEnd = element.scrollHeight - element.scrollTop - element.clientHeight < AT_END_PX;
    if (isAtEnd && element.scrollTop > before) lines.follow();
    else if (!isAtEnd && element.scrollTop < before) lines.hold();
  };
  const onOwnMove = () => {
    place.current.isJump = false;
  };

  return (
    <div
      ref={view}
      className={classes.view}
      role="log"
      aria-live="off"
      aria-label={words.hint}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable with the keyboard
      tabIndex={0}
      onScroll={onScroll}
      onWheel={onOwnMove}
      onTouchMove={onOwnMove}
      onPointerDown={onOwnMove}
      onKeyDown={onOwnMove}
      onCopy={(event) => copyRows(event, rows)}
    >
      {count === 0 ? (
        <div className={classes.note}>{empty}</div>
      ) : (
        <div className={classes.all} style={{ height: virtual.getTotalSize() }}>
          <div className={classes.head}>{head}</div>
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index];
            return (
              row && (
                <div
                  key={item.key}
                  ref={virtual.measureElement}
                  data-index={item.index}
                  className={classes.row}
                  style={{ top: item.start }}
                >
                  <LineRow row={row} needle={needle} isCurrent={!isGap(row) && row.seq === currentSeq} />
                </div>
              )
            );
          })}
        </div>
      )}
    </div>
  );
}

interface VirtualRange {
  startIndex: number;
  endIndex: number;
  overscan: number;
  count: number;
}

const keyOf = (row: Row | undefined) => (row === undefined ? "" : isGap(row) ? row.id : row.seq);

function between(first: number, last: number, count: number): number[] {
  const start = Math.max(0, first);
  const end = Math.min(count - 1, last);
  return Array.from({ length: Math.max(0, end - start + 1) }, (_, offset) => start + offset);
}

const rowsThatFill = (view: HTMLElement | null) => Math.ceil((view?.clientHeight ?? 0) / LINE_HEIGHT);

/** A selection over several lines is copied as the log has them; within one line it is what was selected. */
function copyRows(event: ClipboardEvent, rows: readonly Row[]): void {
  const selection = document.getSelection();
  const first = indexOf(selection?.anchorNode);
  const last = indexOf(selection?.focusNode);
  if (first === null || last === null || first === last) return;
  const chosen = rows.slice(Math.min(first, last), Math.max(first, last) + 1);
  event.preventDefault();
  event.clipboardData.setData("text/plain", chosen.map(written).join("\n"));
}

function indexOf(node: Node | null | undefined): number | null {
  const element = node instanceof Element ? node : node?.parentElement;
  const row = element?.closest<HTMLElement>("[data-index]");
  return row ? Number(row.dataset.index) : null;
}

export const written = (row: Row): string => (isGap(row) ? `[${words.dropped(row.dropped)}]` : asWritten(row));
