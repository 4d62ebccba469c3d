import { type RefObject, useEffect, useState } from "react";
import type { ListHandle } from "./LineList";
import { isGap, type LineStore, type ShownLines } from "./lineStore";

export interface ConsoleSearch {
  text: string;
  /** In lower case, as it is looked for. */
  needle: string;
  /** The number of the line that one has come to. */
  currentSeq: number | null;
  /** Its place among the hits, from 1; 0 while none has been gone to. */
  place: number;
  count: number;
  change: (text: string) => void;
  older: () => void;
  newer: () => void;
}

/** Looks for a text in the shown lines, and goes from hit to hit, from the newest back. */
export function useSearch(lines: LineStore, shown: ShownLines, list: RefObject<ListHandle | null>): ConsoleSearch {
  const [text, setText] = useState("");
  const [currentSeq, setCurrentSeq] = useState<number | null>(null);
  const needle = text.trim().toLowerCase();
  useEffect(() => lines.search(needle), [lines, needle]);

  const seqAt = (hit: number): number | null => {
    const row = shown.rows[shown.hits[hit] ?? -1];
    return row && !isGap(row) ? row.seq : null;
  };
  const current = currentSeq === null ? -1 : shown.hits.findIndex((_, hit) => seqAt(hit) === currentSeq);
  const count = shown.hits.length;
  const go = (hit: number) => {
    const place = shown.hits[hit];
    if (place === undefined) return;
    setCurrentSeq(seqAt(hit));
    list.current?.show(place);
  };
  return {
    text,
    needle,
    currentSeq,
    place: current + 1,
    count,
    change: (next) => {
      setText(next);
      setCurrentSeq(null);
    },
    older: () => go(current <= 0 ? count - 1 : current - 1),
    newer: () => go(current < 0 || current === count - 1 ? 0 : current + 1),
  };
}
