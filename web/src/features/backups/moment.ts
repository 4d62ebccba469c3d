import { clockTime, shortDate, timeOfDay } from "../../lib/time";
import { moments as words } from "../../text/backups";

const SAME_YEAR_MS = 300 * 86_400_000;

/** A moment that one speaks of: "today 14:12", "Tue 24 Nov, 21:00", and with the year when that could be another one. */
export function moment(iso: string | number, now: number): string {
  const time = typeof iso === "number" ? iso : Date.parse(iso);
  if (new Date(time).toDateString() === new Date(now).toDateString()) return words.today(timeOfDay(time));
  if (Math.abs(now - time) > SAME_YEAR_MS) return words.onDay(shortDate(time), timeOfDay(time));
  return clockTime(time, now);
}
