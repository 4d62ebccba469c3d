import type { Schema } from "../api/client";
import { formatNumber } from "../lib/numbers";

type Range = Schema["Series"]["range"];

const spans: Record<Range, string> = { "24h": "the last 24 hours", "7d": "the last 7 days", "30d": "the last 30 days" };

export const charts = {
  title: "Over time",
  range: "How far back",
  ranges: { "24h": "24 h", "7d": "7 d", "30d": "30 d" } satisfies Record<Range, string>,
  names: {
    players: "Players",
    tick_ms: "Tick time",
    cpu_percent: "CPU",
    memory_bytes: "Memory",
    disk_bytes: "Disk",
  },
  hints: {
    players: null,
    tick_ms: "over 100 ms players feel it",
    cpu_percent: "100 % is one core",
    memory_bytes: null,
    disk_bytes: "its folder",
  },
  milliseconds: (value: number) => `${value > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ms`,
  percent: (value: number) => `${Math.round(value)} %`,
  count: (value: number) => (Number.isInteger(value) ? formatNumber(value) : value.toFixed(1)),
  now: "now",
  unknown: "not measured",
  limit: (limit: string) => `the game ends itself at ${limit}`,
  free: (free: string) => `${free} free`,
  nothing: "Nothing has been measured in this time. Values are taken once a minute while the server runs.",
  summary: (name: string, range: Range, least: string, mean: string, most: string) =>
    `${name} in ${spans[range]}: from ${least} to ${most}, ${mean} on average.`,
  summaryNone: (name: string, range: Range) => `${name} in ${spans[range]}: nothing was measured.`,
  table: "Show as a table",
  tableLabel: (range: Range) => `Measurements of ${spans[range]}, averaged`,
  time: "From",
  failed: "The charts could not be drawn.",
};
