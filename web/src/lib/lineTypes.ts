import type { Schema } from "../api/client";

export type LineType = Schema["ConsoleLineView"]["type"];

/** The types of the game's log as one chooses among them. */
export const LINE_GROUPS = ["chat", "event", "notification", "warning", "error", "other"] as const;
export type LineGroup = (typeof LINE_GROUPS)[number];

const groups: Record<LineType, LineGroup> = {
  Chat: "chat",
  Event: "event",
  StoryEvent: "event",
  Notification: "notification",
  Warning: "warning",
  Error: "error",
  Fatal: "error",
  Output: "other",
  Build: "other",
  Debug: "other",
  VerboseDebug: "other",
  Audit: "other",
  Worldgen: "other",
};

/** A type that this page does not know is one of the others. */
export const groupOf = (type: LineType): LineGroup => groups[type] ?? "other";

export const typesOf = (group: LineGroup): LineType[] =>
  (Object.keys(groups) as LineType[]).filter((type) => groups[type] === group);
