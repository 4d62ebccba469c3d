import type { Schema } from "../../../api/client";
import { formatBytes } from "../../../lib/bytes";
import { statistics } from "../../../lib/statistics";
import { charts as words } from "../../../text/charts";

export type Series = Schema["Series"];
export type Range = Series["range"];
export type MeasureName = keyof typeof words.names;

export interface Measure {
  name: MeasureName;
  title: string;
  hint: string | null;
  format: (value: number) => string;
  /** The top of the scale is at least this, so that small values look small. */
  leastTop: number;
  /** A count that stays until it changes. */
  isStepped?: boolean;
}

const MB = 1024 ** 2;

const measure = (name: MeasureName, format: Measure["format"], leastTop: number): Measure => ({
  name,
  title: words.names[name],
  hint: words.hints[name],
  format,
  leastTop,
});

/** In the order in which one asks: is someone on, do they feel it, and why. */
export const measures: readonly Measure[] = [
  { ...measure("players", words.count, 4), isStepped: true },
  measure("tick_ms", words.milliseconds, 50),
  measure("cpu_percent", words.percent, 100),
  measure("memory_bytes", formatBytes, 256 * MB),
  measure("disk_bytes", formatBytes, 64 * MB),
];

const SPAN_MS: Record<Range, number> = { "24h": 86_400_000, "7d": 7 * 86_400_000, "30d": 30 * 86_400_000 };

/** The time axis of all charts: up to the newest value, or to now where there is none. */
export function span(series: Series, now: number): readonly [from: number, to: number] {
  const to = Math.max(series.at.at(-1) ?? 0, now);
  return [to - SPAN_MS[series.range], to];
}

/** Rows of a table in place of the curves: about `rows` parts of the time, each with its means; empty parts are left out. */
export function averaged(series: Series, rows: number): { at: number; values: Record<MeasureName, number | null> }[] {
  const size = Math.max(1, Math.ceil(series.at.length / rows));
  const parts = [];
  for (let start = 0; start < series.at.length; start += size) {
    const values = Object.fromEntries(
      measures.map(({ name }) => [name, statistics(series[name].slice(start, start + size))?.mean ?? null]),
    ) as Record<MeasureName, number | null>;
    if (Object.values(values).some((value) => value !== null)) parts.push({ at: series.at[start] ?? 0, values });
  }
  return parts.reverse();
}
