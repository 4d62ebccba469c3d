import { useState } from "react";
import classes from "./Sparkline.module.css";
import { Tip } from "./Tip";

interface SparklineProps {
  /** Evenly spaced, the newest last; null where nothing is known, which is left open. */
  values: readonly (number | null)[];
  /** What fills the height. Values above it do so, too. */
  top: number;
  /** All that it shows, in words. */
  label: string;
}

const HEIGHT = 100;

/** A curve as large as a word. It takes the room that its place has for it. */
export function Sparkline({ values, top, label }: SparklineProps) {
  const [anchor, setAnchor] = useState<Element | null>(null);
  return (
    <span
      className={classes.box}
      role="img"
      aria-label={label}
      onMouseEnter={(event) => setAnchor(event.currentTarget)}
      onMouseLeave={() => setAnchor(null)}
    >
      <svg viewBox={`0 0 ${values.length} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        {stretches(values).map(({ start, known }) => {
          const line = known.map((value, index) => `${start + index},${heightOf(value, top)}H${start + index + 1}`);
          const path = `M${line.join("L")}`;
          return (
            <g key={start}>
              <path className={classes.area} d={`${path}V${HEIGHT}H${start}Z`} />
              <path className={classes.line} d={path} vectorEffect="non-scaling-stroke" />
            </g>
          );
        })}
      </svg>
      {anchor && <Tip anchor={anchor}>{label}</Tip>}
    </span>
  );
}

const heightOf = (value: number, top: number) => Math.round(HEIGHT * (1 - Math.min(1, Math.max(0, value / top))));

/** The parts that are known without a gap, each with its place. */
function stretches(values: readonly (number | null)[]): { start: number; known: number[] }[] {
  const found: { start: number; known: number[] }[] = [];
  values.forEach((value, index) => {
    if (value === null) return;
    if (index > 0 && values[index - 1] !== null) found.at(-1)?.known.push(value);
    else found.push({ start: index, known: [value] });
  });
  return found;
}
