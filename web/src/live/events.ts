import type { Schema } from "../api/client";

/** What the manager tells while it happens (GET /api/v1/events). */
export type LiveEvent = Distribute<Schema["LiveEvent"]>;
type Distribute<Event> = Event extends { event: string; data: unknown } ? Pick<Event, "event" | "data"> : never;

export const LIVE_EVENT_NAMES = [
  "hello",
  "run",
  "job",
  "game_version",
  "server",
  "players",
  "installed_versions",
  "server_mods",
  "server_config",
  "backups",
  "schedules",
  "updates",
  "alerts",
  "notifications",
  "settings",
  "overview",
  "access",
  "reset",
  "bye",
] as const satisfies readonly LiveEvent["event"][];
