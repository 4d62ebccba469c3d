import type { LineGroup, LineType } from "../lib/lineTypes";

export const lineGroups: Record<LineGroup, string> = {
  chat: "Chat",
  event: "Event",
  notification: "Notification",
  warning: "Warning",
  error: "Error",
  other: "Other",
};

/** Said before a line to those who can't see its edge. */
const types: Partial<Record<LineType, string>> = {
  StoryEvent: "Story",
  VerboseDebug: "Debug",
  Fatal: "Fatal error",
};

export const lineTypeWord = (type: LineType): string => types[type] ?? type;
