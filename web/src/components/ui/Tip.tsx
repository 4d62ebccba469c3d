import { type ReactNode, useLayoutEffect, useRef } from "react";
import { createPortal } from "react-dom";
import classes from "./Tip.module.css";

const MARGIN = 8;
const GAP = 6;

/** A few words above `anchor` (below where there is no room), always inside the window. */
export function Tip({ anchor, id, children }: { anchor: Element; id?: string; children: ReactNode }) {
  const tip = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    const element = tip.current;
    if (!element) return;
    const around = anchor.getBoundingClientRect();
    const own = element.getBoundingClientRect();
    const middle = around.left + around.width / 2 - own.width / 2;
    const right = document.documentElement.clientWidth - own.width - MARGIN;
    const above = around.top - own.height - GAP;
    element.style.left = `${Math.max(MARGIN, Math.min(middle, right))}px`;
    element.style.top = `${above >= MARGIN ? above : around.bottom + GAP}px`;
  });
  return createPortal(
    <span role="tooltip" id={id} ref={tip} className={classes.tip}>
      {children}
    </span>,
    document.body,
  );
}
