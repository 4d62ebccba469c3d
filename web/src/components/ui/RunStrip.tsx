import { type KeyboardEvent, type ReactNode, useRef, useState } from "react";
import classes from "./RunStrip.module.css";
import type { Tone } from "./StateMark";
import { Tip } from "./Tip";

export interface StripItem {
  id: string;
  tone: Tone;
  /** How long it took; null for what did not run. */
  durationMs: number | null;
  /** All that the bar stands for, in words. */
  label: string;
}

interface RunStripProps {
  /** Newest last. The newest always stands at the right edge. */
  items: readonly StripItem[];
  /** What the whole strip says, for those who don't see it: "30 runs: 28 succeeded, 2 failed". */
  summary: string;
  /** The bar as a link. One of them takes part in the tab order, the arrow keys lead to the others: pass `tabIndex` on. */
  link?: (item: StripItem, bar: ReactNode, tabIndex: 0 | -1) => ReactNode;
  slots?: number;
}

const LOWEST = 0.28;
const STEPS: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowRight: 1,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

/** The last runs as bars: the colour and the shape say how they ended, the height how long they took. */
export function RunStrip({ items, summary, link, slots = 30 }: RunStripProps) {
  const strip = useRef<HTMLDivElement>(null);
  const [told, setTold] = useState<{ id: string; anchor: Element } | null>(null);
  const [reached, setReached] = useState<string | null>(null);
  const shown = items.slice(-slots);
  const full = fullHeightMs(shown);
  const empty = slots - shown.length;
  const current = shown.some((item) => item.id === reached) ? reached : shown.at(-1)?.id;
  const toldItem = shown.find((item) => item.id === told?.id);
  const hide = () => setTold(null);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") hide();
    const step = STEPS[event.key];
    if (!link || step === undefined) return;
    event.preventDefault();
    const place = shown.findIndex((item) => item.id === current) + step;
    const target = Math.max(0, Math.min(shown.length - 1, place));
    strip.current?.querySelectorAll<HTMLElement>("[data-run] > a")[target]?.focus();
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys belong to the links inside
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: both roles take a name
    <div
      ref={strip}
      className={classes.strip}
      role={link ? "group" : "img"}
      aria-label={summary}
      style={{ "--slots": slots } as React.CSSProperties}
      onKeyDown={onKeyDown}
    >
      {empty > 0 && <span className={classes.empty} style={{ gridColumn: `span ${empty}` }} />}
      {shown.map((item) => {
        const share = item.durationMs === null ? 0 : Math.min(1, Math.sqrt(item.durationMs / full));
        const height = LOWEST + (1 - LOWEST) * share;
        const bar = (
          <span
            className={classes.bar}
            data-tone={item.tone}
            data-hollow={item.durationMs === null || undefined}
            style={{ height: `${Math.round(height * 100)}%` }}
          />
        );
        return (
          // biome-ignore lint/a11y/noStaticElementInteractions: the words are those of the link inside
          <span
            key={item.id}
            className={classes.slot}
            data-run
            onMouseEnter={(event) => setTold({ id: item.id, anchor: event.currentTarget })}
            onMouseLeave={hide}
            onFocus={(event) => {
              setReached(item.id);
              setTold({ id: item.id, anchor: event.currentTarget });
            }}
            onBlur={hide}
          >
            {link ? link(item, bar, item.id === current ? 0 : -1) : bar}
          </span>
        );
      })}
      {told && toldItem && <Tip anchor={told.anchor}>{toldItem.label}</Tip>}
    </div>
  );
}

/** What fills the height: the longest run that ended well, so that one that hung doesn't flatten the others. */
function fullHeightMs(items: readonly StripItem[]): number {
  const well = items.filter((item) => item.tone === "ok");
  return Math.max(1, ...(well.length > 0 ? well : items).map((item) => item.durationMs ?? 0));
}
