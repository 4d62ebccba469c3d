import type { Schema } from "../api/client";
import type { Tone } from "../components/ui/StateMark";

/** How a run's state looks; `text/runStates` has the words. */
export const runTones: Record<Schema["Run"]["state"], Tone> = {
  queued: "off",
  running: "busy",
  succeeded: "ok",
  failed: "bad",
  timed_out: "bad",
  cancelled: "off",
  skipped: "off",
  missed: "warn",
  lost: "bad",
};

export const jobTones: Record<Schema["JobView"]["health"], Tone> = {
  ok: "ok",
  failing: "bad",
  late: "warn",
  never_ran: "off",
  paused: "off",
  off: "off",
};

/** Milliseconds from start to end; null for a run that has not started or has not ended. */
export function runDuration(run: { started_at: string | null; ended_at: string | null }): number | null {
  return run.started_at && run.ended_at ? Date.parse(run.ended_at) - Date.parse(run.started_at) : null;
}
