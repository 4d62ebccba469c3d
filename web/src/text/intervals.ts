import type { IntervalUnit } from "../lib/duration";
import { formatNumber } from "../lib/numbers";

const one: Record<IntervalUnit, string> = { seconds: "second", minutes: "minute", hours: "hour", days: "day" };

export const intervals = {
  units: { seconds: "seconds", minutes: "minutes", hours: "hours", days: "days" } satisfies Record<
    IntervalUnit,
    string
  >,
  unit: "Unit",
  /** "Every hour", "Every 90 minutes". */
  every: (count: number, unit: IntervalUnit) =>
    count === 1 ? `Every ${one[unit]}` : `Every ${formatNumber(count)} ${intervals.units[unit]}`,
  /** "1 hour", "90 minutes". */
  length: (count: number, unit: IntervalUnit) =>
    `${formatNumber(count)} ${count === 1 ? one[unit] : intervals.units[unit]}`,
  exactly: (seconds: number) => `${formatNumber(seconds)} s`,
  notANumber: "Give a number that makes whole seconds, such as 90 or 1.5.",
};
