import type { Schema } from "../api/client";

export const runStateWords: Record<Schema["Run"]["state"], string> = {
  queued: "Waiting",
  running: "Running",
  succeeded: "Succeeded",
  failed: "Failed",
  timed_out: "Took too long",
  cancelled: "Cancelled",
  skipped: "Skipped",
  missed: "Missed",
  lost: "Lost",
};

export const jobHealthWords: Record<Schema["JobView"]["health"], string> = {
  ok: "Well",
  failing: "Failing",
  late: "Late",
  never_ran: "Has not run yet",
  paused: "Paused",
  off: "Off",
};

export const runStrip = {
  /** One bar: "Succeeded, Wed 25 Nov 2026, 02:41:19, took 1.9 s". */
  bar: (state: string, time: string, duration: string | null, reason: string | null) =>
    [state, time, duration && `took ${duration}`, reason].filter(Boolean).join(", "),
  summary: (total: number, states: readonly (readonly [string, number])[]) =>
    total === 0
      ? "No runs yet"
      : `Last ${total === 1 ? "run" : `${total} runs`}: ${states.map(([state, number]) => `${number} ${state.toLowerCase()}`).join(", ")}`,
};
