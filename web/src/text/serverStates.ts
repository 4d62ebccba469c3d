import type { ServerLook } from "../lib/serverStates";

export const serverStateWords: Record<ServerLook, string> = {
  not_installed: "Not installed",
  stopped: "Stopped",
  starting: "Starting",
  running: "Running",
  stopping: "Stopping",
  crashed: "Crashed",
  failed_to_start: "Failed to start",
  hung: "Does not answer",
  set_up: "Being set up",
};

export const serverMarks = {
  /** In the rail: "Running, 7 of 16 players". */
  short: (state: string, online: number | null, max: number | null) =>
    online === null
      ? state
      : `${state}, ${max === null ? online : `${online} of ${max}`} ${max === 1 ? "player" : "players"}`,
};
