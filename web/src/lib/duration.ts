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
