import type { Schema } from "../api/client";

/** What the manager tells while it happens (GET /api/v1/events), by the name of the event. */
export interface LiveEvents {
  hello: { boot: string; version: string; me: Schema["Me"] };
  run: Schema["Run"];
  job: { job_id: string };
  game_version: { version: string; channel: string };
  settings: object;
  overview: object;
  access: object;
  /** Events were missed: whatever is on the screen may be old. */
  reset: object;
  bye: { reason: "revoked" | "shutdown" };
}

export type LiveEvent = { [Name in keyof LiveEvents]: { event: Name; data: LiveEvents[Name] } }[keyof LiveEvents];

export const LIVE_EVENT_NAMES = [
  "hello",
  "run",
  "job",
  "game_version",
  "settings",
  "overview",
  "access",
  "reset",
  "bye",
] as const satisfies readonly (keyof LiveEvents)[];
