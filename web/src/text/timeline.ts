import type { Schema } from "../api/client";
import { formatBytes } from "../lib/bytes";
import { formatDuration } from "../lib/duration";
import { clockTime } from "../lib/time";

type Entry = Schema["TimelineEntry"];
type Details = Entry["details"];

const text = (details: Details, name: string) => {
  const value = details[name];
  return typeof value === "string" && value !== "" ? value : null;
};
const number = (details: Details, name: string) => (typeof details[name] === "number" ? details[name] : null);
const seconds = (details: Details, name: string) => {
  const value = number(details, name);
  return value === null ? null : formatDuration(value < 60 ? value * 1000 : Math.round(value) * 1000);
};
/** The names that a report gives; whoever wrote it may have written anything. */
export const modsOf = (details: Details) => (Array.isArray(details.mods) ? details.mods.map(String) : []);
export const reportOf = (details: Details) => text(details, "report");

const ways: Record<string, string> = {
  "/stop": "Stopped",
  SIGTERM: "Stopped at the second request (SIGTERM)",
  SIGKILL: "Did not stop and was killed: what was not saved is lost",
};

const sentences: Record<Entry["kind"], (details: Details) => string> = {
  created: () => "Created",
  adopted: () => "Taken over where it lies",
  start_asked: () => "Start asked for",
  started: () => "Started",
  ready: (details) => {
    const after = seconds(details, "after_seconds");
    return after ? `Ready for players after ${after}` : "Ready for players";
  },
  stop_asked: () => "Stop asked for",
  stopped: (details) => ways[text(details, "by") ?? ""] ?? "Stopped",
  killed: () => "Killed: what was not saved is lost",
  crashed: (details) => {
    const mods = modsOf(details);
    if (mods.length > 0) return `Crashed: ${mods.join(", ")} ${mods.length === 1 ? "is" : "are"} named in the report`;
    return `Crashed: ${text(details, "summary") ?? "the game ended without being asked to"}`;
  },
  failed_to_start: (details) => `Failed to start: ${text(details, "why") ?? "the game ended before it was ready"}`,
  restart_planned: (details) => {
    const wait = seconds(details, "in_seconds");
    const attempt = number(details, "attempt");
    const nth = attempt !== null && attempt > 1 ? `, attempt ${attempt}` : "";
    return `Starts again${wait ? ` after ${wait}` : ""}${nth}`;
  },
  gave_up: (details) => {
    const crashes = number(details, "crashes");
    const span = seconds(details, "window_seconds");
    return crashes && span
      ? `Left alone after ${crashes} crashes within ${span}`
      : "Left alone: it crashed again and again";
  },
  hung: () => "Stopped answering",
  answers_again: () => "Answers again",
  keeper_lost: () => "Its keeper was lost; the game's state had to be found out anew",
  found_again: () => "Found running after the manager was away",
  version_changed: (details) => {
    const from = text(details, "from");
    const to = text(details, "to") ?? "another version";
    return from ? `Switched from ${from} to ${to}` : `Switched to ${to}`;
  },
  version_change_failed: (details) => {
    const to = text(details, "to");
    return to ? `The switch to ${to} failed; the version before is used again` : "The switch to another version failed";
  },
  settings_changed: () => "Settings changed",
  backup_made: (details) => {
    const size = number(details, "size_bytes");
    const what = size === null ? "Backed up" : `Backed up, ${formatBytes(size)}`;
    return text(details, "world") === "damaged" ? `${what}, but the world is damaged` : what;
  },
  backup_failed: () => "A backup failed",
  restored: (details) => {
    const made = text(details, "made_at");
    return made ? `Put back to ${clockTime(Date.parse(made), Date.now())}` : "Put back from a backup";
  },
  restore_failed: () => "A restore failed",
  updated: (details) => {
    const to = text(details, "game_then");
    return to ? `Updated to ${to}` : "Updated";
  },
  update_went_back: () => "An update went back",
  mod_problem: (details) => {
    const mod = text(details, "mod");
    const problem = text(details, "text") ?? text(details, "problem") ?? "a problem with a mod";
    return mod ? `Mod ${mod}: ${problem}` : problem;
  },
  overloaded: (details) => {
    const tick = number(details, "tick_ms");
    return tick === null ? "Overloaded" : `Overloaded: a step took ${Math.round(tick)} ms`;
  },
  autosave_failed: () => "The world could not be saved",
  disk_low: (details) => {
    const free = number(details, "free_bytes");
    return free === null ? "Little space is left on the disk" : `Only ${formatBytes(free)} are left on the disk`;
  },
  memory_high: () => "Takes nearly as much memory as the game allows itself",
};

/** Kinds whose sentence says all that their details say. */
const told: ReadonlySet<Entry["kind"]> = new Set(["mod_problem"]);

export const timeline = {
  sentence: (entry: Entry) => sentences[entry.kind]?.(entry.details) ?? entry.kind.replaceAll("_", " "),
  /** What else there is to say, in words of the manager. */
  detail: (entry: Entry) => (told.has(entry.kind) ? null : text(entry.details, "text")),
  by: (actor: string) => `by ${actor}`,
  today: "Today",
  yesterday: "Yesterday",
  report: "Crash report",
};
