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

export const runTriggers: Record<Schema["Run"]["trigger"], string> = {
  schedule: "On schedule",
  manual: "By hand",
  startup: "First run",
  catch_up: "Caught up",
  event: "When needed",
};

/** Why a run did not happen or did not end by itself, to follow a colon. */
const reasons: Record<string, string> = {
  paused: "the job was paused",
  still_running: "the run before was still going on",
  upstream_open_circuit: "the service had failed several times in a row and was left alone for a while",
  manager_away: "the manager was not running",
  start_deadline: "it could not start in time",
  user: "someone cancelled it",
  shutdown: "the manager was shut down",
  timeout: "it took too long",
  did_not_stop: "it was told to stop and did not",
  by_itself: "it ended itself without a result",
  internal_error: "the manager made a mistake while it ran",
  manager_died: "the manager died while it ran",
  replaced: "the next run took its place",
  server_offline: "the server was not online",
  server_online: "the server was not offline",
  players_online: "players were on",
  quiet_hours: "it does not run at this time of the day",
  nothing_new: "there was nothing new since the last backup",
  own_doing: "it was its own doing",
  too_soon: "it had run shortly before",
  too_often: "it had run too often",
  schedule_removed: "the schedule was removed",
  server_gone: "the server was removed",
};

export const reasonWords = (reason: string) => reasons[reason] ?? reason.replaceAll("_", " ");
