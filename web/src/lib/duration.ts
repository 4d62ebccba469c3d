import { durationParts } from "../text/time";

/** "420 ms", "1.9 s", "3 min 20 s", "2 h 5 min", "3 d 4 h": two units at most. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1000) return durationParts([[Math.max(0, Math.round(milliseconds)), "ms"]]);
  const seconds = milliseconds / 1000;
  if (seconds < 10) return durationParts([[Math.round(seconds * 10) / 10, "s"]]);
  const whole = Math.round(seconds);
  if (whole < 60) return durationParts([[whole, "s"]]);
  if (whole < 3600) return twoUnits(whole, 60, "min", 1, "s");
  const minutes = Math.round(whole / 60);
  if (minutes < 48 * 60) return twoUnits(minutes, 60, "h", 1, "min");
  return twoUnits(Math.round(minutes / 60), 24, "d", 1, "h");
}

function twoUnits(value: number, large: number, largeUnit: string, small: number, smallUnit: string): string {
  const rest = Math.floor((value % large) / small);
  const parts: [number, string][] = [[Math.floor(value / large), largeUnit]];
  if (rest > 0) parts.push([rest, smallUnit]);
  return durationParts(parts);
}

export const INTERVAL_UNITS = ["seconds", "minutes", "hours", "days"] as const;
export type IntervalUnit = (typeof INTERVAL_UNITS)[number];

const UNIT_SECONDS: Record<IntervalUnit, number> = { seconds: 1, minutes: 60, hours: 3600, days: 86_400 };

/** An interval as a person writes it. */
export interface WrittenInterval {
  count: string;
  unit: IntervalUnit;
}

/** 5400 → 90 minutes: the largest unit that needs no fraction. */
export function writeInterval(seconds: number): WrittenInterval {
  const fits = (unit: IntervalUnit) => seconds >= UNIT_SECONDS[unit] && seconds % UNIT_SECONDS[unit] === 0;
  const unit = INTERVAL_UNITS.toReversed().find(fits) ?? "seconds";
  return { count: String(seconds / UNIT_SECONDS[unit]), unit };
}

/** The seconds of what someone has written; null when it is no number, or makes no whole number of seconds. */
export function readInterval({ count, unit }: WrittenInterval): number | null {
  const text = count.trim().replace(",", ".");
  if (!/^\d+(\.\d+)?$/.test(text)) return null;
  const seconds = Number(text) * UNIT_SECONDS[unit];
  const whole = Math.round(seconds);
  return Math.abs(seconds - whole) < 1e-6 && Number.isSafeInteger(whole) ? whole : null;
}
