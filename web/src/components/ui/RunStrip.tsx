import type { ReactNode } from "react";
import classes from "./RunStrip.module.css";
import type { Tone } from "./StateMark";

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
  /** The bar as a link, such as `(item, bar) => <Link …>{bar}</Link>`. */
  link?: (item: StripItem, bar: ReactNode) => ReactNode;
  slots?: number;
}

const LOWEST = 0.28;

/** The last runs as bars: the colour and the shape say how they ended, the height how long they took. */
export function RunStrip({ items, summary, link, slots = 30 }: RunStripProps) {
  const shown = items.slice(-slots);
  const longest = Math.max(1, ...shown.map((item) => item.durationMs ?? 0));
  const empty = slots - shown.length;
  return (
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: both roles take a name
    <div
      className={classes.strip}
      role={link ? "group" : "img"}
      aria-label={summary}
      style={{ "--slots": slots } as React.CSSProperties}
    >
      {empty > 0 && <span className={classes.empty} style={{ gridColumn: `span ${empty}` }} />}
      {shown.map((item) => {
        const height = item.durationMs === null ? LOWEST : LOWEST + (1 - LOWEST) * Math.sqrt(item.durationMs / longest);
        const bar = (
          <span
            className={classes.bar}
            data-tone={item.tone}
            data-hollow={item.durationMs === null || undefined}
            style={{ height: `${Math.round(height * 100)}%` }}
          />
        );
        return (
          <span key={item.id} className={classes.slot} title={item.label}>
            {link ? link(item, bar) : bar}
          </span>
        );
      })}
    </div>
  );
}
