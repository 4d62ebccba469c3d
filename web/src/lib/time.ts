import { useSyncExternalStore } from "react";
import { ago, inFuture, justNow } from "../text/time";
import { subscribeToClock } from "./clock";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const RELATIVE_UP_TO = 30 * DAY;

export type TimeUnit = "s" | "min" | "h" | "d";

/** English words, in the order of day and month that the browser's language has where it is an English one. */
function locale(): string {
  return navigator.language.startsWith("en") ? navigator.language : "en-GB";
}

/** "12 min ago", "in 3 h"; a plain date when it is more than 30 days away. */
export function relativeTime(time: number, now: number): string {
  const distance = time - now;
  const size = Math.abs(distance);
  if (size >= RELATIVE_UP_TO) return shortDate(time);
  // Seconds count when something is about to happen; afterwards they would only flicker.
  if (distance <= 0 && size < MINUTE) return justNow;
  const [count, unit] = inUnits(size);
  return distance > 0 ? inFuture(count, unit) : ago(count, unit);
}

function inUnits(size: number): [number, TimeUnit] {
  if (size < MINUTE) return [Math.max(1, Math.floor(size / SECOND)), "s"];
  if (size < HOUR) return [Math.floor(size / MINUTE), "min"];
  if (size < 2 * DAY) return [Math.floor(size / HOUR), "h"];
  return [Math.floor(size / DAY), "d"];
}

export function shortDate(time: number): string {
  return new Intl.DateTimeFormat(locale(), { day: "numeric", month: "short", year: "numeric" }).format(time);
}

/** "14:00", with the day when it is not today. */
export function clockTime(time: number, now: number): string {
  const sameDay = new Date(time).toDateString() === new Date(now).toDateString();
  const options: Intl.DateTimeFormatOptions = sameDay
    ? { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }
    : { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  return new Intl.DateTimeFormat(locale(), options).format(time);
}

/** "14:00". */
export function timeOfDay(time: number): string {
  return new Intl.DateTimeFormat(locale(), { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(time);
}

/** "Wed, 25 Nov". */
export function weekday(time: number): string {
  return new Intl.DateTimeFormat(locale(), { weekday: "short", day: "numeric", month: "short" }).format(time);
}

/** "Wed 25 Nov 2026, 02:41:19 (Europe/Berlin)". */
export function exactTime(time: number): string {
  const format = new Intl.DateTimeFormat(locale(), {
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  });
  return `${format.format(time)} (${format.resolvedOptions().timeZone})`;
}

/** The relative time of an RFC 3339 text; the component renders anew only when the words change. */
export function useRelativeTime(iso: string): string {
  const time = Date.parse(iso);
  return useSyncExternalStore(subscribeToClock, () => relativeTime(time, Date.now()));
}

/** Now, in steps of so many seconds, for what counts on the screen (such as how long a run has been going on). */
export function useNow(stepSeconds = 1): number {
  const step = stepSeconds * SECOND;
  return useSyncExternalStore(subscribeToClock, () => Math.floor(Date.now() / step) * step);
}
