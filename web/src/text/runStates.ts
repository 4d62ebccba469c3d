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
