import { type RefObject, useEffect, useLayoutEffect, useState } from "react";

const ROWS_BEYOND = 3;

export interface Rows {
  first: number;
  /** The first row that is no longer shown. */
  end: number;
}

/** Which rows of equal height are in sight, and a few around them, while the window scrolls. */
export function useRowsInSight(list: RefObject<HTMLElement | null>, rowHeight: number): Rows {
  const [rows, setRows] = useState<Rows>(() => rowsFrom(0, rowHeight));
  useLayoutEffect(() => {
    const look = () => {
      if (!list.current) return;
      const next = rowsFrom(-list.current.getBoundingClientRect().top, rowHeight);
      setRows((known) => (known.first === next.first && known.end === next.end ? known : next));
    };
    look();
    window.addEventListener("scroll", look, { passive: true });
    window.addEventListener("resize", look);
    return () => {
      window.removeEventListener("scroll", look);
      window.removeEventListener("resize", look);
    };
  }, [list, rowHeight]);
  return rows;
}

function rowsFrom(scrolled: number, rowHeight: number): Rows {
  const first = Math.floor(scrolled / rowHeight) - ROWS_BEYOND;
  return {
    first: Math.max(0, first),
    end: Math.max(1, Math.ceil((scrolled + window.innerHeight) / rowHeight) + ROWS_BEYOND),
  };
}

/** How many columns of at least `narrowest` fit. */
export function useColumns(list: RefObject<HTMLElement | null>, narrowest: number, gap: number): number {
  const [columns, setColumns] = useState(1);
  useLayoutEffect(() => {
    if (list.current) setColumns(columnsIn(list.current.clientWidth, narrowest, gap));
  }, [list, narrowest, gap]);
  useEffect(() => {
    if (!list.current) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setColumns(columnsIn(entry.contentRect.width, narrowest, gap));
    });
    observer.observe(list.current);
    return () => observer.disconnect();
  }, [list, narrowest, gap]);
  return columns;
}

function columnsIn(width: number, narrowest: number, gap: number): number {
  return Math.max(1, Math.floor((width + gap) / (narrowest + gap)));
}
