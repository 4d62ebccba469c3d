import { type RefObject, useCallback, useLayoutEffect, useState } from "react";
import { isGap, type Row } from "./lineStore";

export const LINE_HEIGHT = 20;
const TIME_CHARACTERS = 10;
const AROUND_PX = 24;
const PHONE = "(max-width: 47.99em)";

interface Room {
  characters: number;
  /** The time stands in a column of its own, not before the text. */
  hasTimeColumn: boolean;
}

/** About how high a row will be, before it is drawn: the scroll bar depends on it. */
export function useRowHeight(view: RefObject<HTMLElement | null>): (row: Row | undefined) => number {
  const [room, setRoom] = useState<Room>({ characters: 80, hasTimeColumn: true });
  useLayoutEffect(() => {
    const element = view.current;
    if (!element) return;
    const measure = () => {
      const next = roomIn(element);
      setRoom((known) =>
        known.characters === next.characters && known.hasTimeColumn === next.hasTimeColumn ? known : next,
      );
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [view]);
  return useCallback(
    (row) => {
      if (row === undefined || isGap(row)) return LINE_HEIGHT;
      const length = row.text.length + (room.hasTimeColumn ? 0 : TIME_CHARACTERS);
      return LINE_HEIGHT * Math.max(1, Math.ceil(Math.min(length, 4_000) / room.characters));
    },
    [room],
  );
}

function roomIn(view: HTMLElement): Room {
  const hasTimeColumn = !window.matchMedia(PHONE).matches;
  const ruler = document.createElement("span");
  ruler.textContent = "0".repeat(100);
  ruler.className = "visually-hidden";
  ruler.style.width = "auto";
  view.append(ruler);
  const character = ruler.getBoundingClientRect().width / 100 || 7.2;
  ruler.remove();
  const width = view.clientWidth - AROUND_PX - (hasTimeColumn ? TIME_CHARACTERS * character : 0);
  return { characters: Math.max(10, Math.floor(width / character)), hasTimeColumn };
}
