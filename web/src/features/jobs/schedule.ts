import type { Schema } from "../../api/client";
import { writeInterval } from "../../lib/duration";
import { intervals } from "../../text/intervals";
import { jobs as words } from "../../text/jobs";

type JobView = Schema["JobView"];

/** "Every hour", "Every day at 04:17 (UTC)", "Off". */
export function scheduleInWords(job: JobView): string {
  if (job.trigger === "cron") return cronInWords(job.cron ?? "", job.zone ?? "UTC");
  return intervalInWords(job.interval_seconds ?? 0);
}

export function intervalInWords(seconds: number): string {
  if (seconds === 0) return words.offInterval;
  const { count, unit } = writeInterval(seconds);
  return intervals.every(Number(count), unit);
}

function cronInWords(cron: string, zone: string): string {
  const daily = /^(\d{1,2}) (\d{1,2}) \* \* \*$/.exec(cron);
  if (!daily) return words.fixedTimes(cron, zone);
  const [, minute = "", hour = ""] = daily;
  return words.dailyAt(`${hour.padStart(2, "0")}:${minute.padStart(2, "0")}`, zone);
}
