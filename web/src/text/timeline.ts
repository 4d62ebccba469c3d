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

/** Moments in a text of the manager, as they are told here: "16:00" instead of "2026-11-26T15:00:08.176Z". */
const inWords = (told: string) =>
  told.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, (moment) => clockTime(Date.parse(moment), Date.now()));

/** What is told of a stop that was asked for. It says no more than the sentence does; any other text says who else wanted it. */
const ASKED_STOP = "It was stopped.";
const KILLED = "Did not stop and was killed: what was not saved is lost";

const stopped = (details: Details) => {
  const by = text(details, "by");
  if (by === "SIGKILL") return KILLED;
  if (text(details, "text") !== ASKED_STOP) return details.stays_down === true ? "Stopped, and stays down" : "Stopped";
  return by === "SIGTERM" ? "Stopped at the second request (SIGTERM)" : "Stopped";
};

/** What can be changed of a server, by the names that the manager gives these. */
const changeable: Record<string, string> = {
  name: "its name",
  port: "its port",
  settings: "how it is started and stopped",
};

/** How the mods became others: ": 2 installed, 1 removed". */
const differences = (details: Details) => {
  const parts = ["installed", "updated", "removed", "changed"].flatMap((how) => {
    const count = number(details, how);
    return count === null ? [] : [`${count} ${how === "changed" ? "switched or marked" : how}`];
  });
  return parts.length > 0 ? `: ${parts.join(", ")}` : "";
};
const waiting = (details: Details) => (details.waits === true ? ", from the next start on" : "");
const numbered = (set: number | null) => (set === null ? "another set" : `set ${set}`);
const setOf = (details: Details) => numbered(number(details, "set"));

/** To which version of the game, or of how many mods: " to 1.22.7", " of 2 mods". */
const target = (details: Details) => {
  const [from, to, mods] = [text(details, "from"), text(details, "to"), number(details, "mods")];
  if (to !== null && to !== from) return ` to ${to}`;
  return mods ? ` of ${mods} ${mods === 1 ? "mod" : "mods"}` : "";
};

const sentences: Record<Entry["kind"], (details: Details, actor: string | null) => string> = {
  created: () => "Created",
  adopted: () => "Taken over where it lies",
  start_asked: (_details, actor) => (actor === null ? "Start begun by the manager" : "Start asked for"),
  started: (details) => {
    const version = text(details, "version");
    return version ? `Started with version ${version}` : "Started";
  },
  ready: (details) => {
    const after = seconds(details, "after_seconds");
    return after ? `Ready for players after ${after}` : "Ready for players";
  },
  stop_asked: (details, actor) => {
    const what = details.kill === true ? "Kill" : details.then === "start" ? "Restart" : "Stop";
    return actor === null ? `${what} begun by the manager` : `${what} asked for`;
  },
  stopped,
  killed: () => "Killed: what was not saved is lost",
  crashed: (details) => {
    const mods = modsOf(details);
    if (mods.length > 0) return `Crashed: ${mods.join(", ")} ${mods.length === 1 ? "is" : "are"} named in the report`;
    return `Crashed: ${text(details, "summary") ?? "the game ended without being asked to"}`;
  },
  failed_to_start: (details) => `Failed to start: ${text(details, "why") ?? "the game ended before it was ready"}`,
  restart_planned: (details) => {
    const wait = number(details, "in_seconds") === 0 ? null : seconds(details, "in_seconds");
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
    const from = text(details, "from");
    return `The switch to ${to ?? "another version"} failed; ${from ?? "the version before"} is used again`;
  },
  settings_changed: (details) => {
    const changed = (text(details, "text") ?? "")
      .split(", ")
      .map((name) => changeable[name] ?? name.replaceAll("_", " "));
    return changed.some(Boolean) ? `Changed: ${changed.join(", ")}` : "Settings changed";
  },
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
  updated: (details) => `An update${target(details)} is done`,
  update_went_back: (details) => `An update${target(details)} went back`,
  update_failed: (details) => `An update${target(details)} failed`,
  mod_problem: (details) => {
    const mod = text(details, "mod");
    const problem = text(details, "text") ?? text(details, "problem") ?? "a problem with a mod";
    return mod ? `Mod ${mod}: ${problem}` : problem;
  },
  mods_changed: (details) => `Mods changed${differences(details)}${waiting(details)}`,
  mods_restored: (details) =>
    `Went back to ${numbered(number(details, "back_to"))} of the mods${differences(details)}${waiting(details)}`,
  mods_by_hand: (details) => `Mods changed by hand${differences(details)}`,
  mods_loaded: (details) => `Loads ${setOf(details)} of the mods, which waited for this start`,
  mods_put_back: (details) => {
    const [failed, before] = [number(details, "failed"), number(details, "back_to")];
    return `The game did not start with ${numbered(failed)} of the mods; ${numbered(before)} is used again`;
  },
  mods_discarded: (details) => `No longer waits for the next start: ${setOf(details)} of the mods`,
  config_changed: (details) =>
    number(details, "waits") ? "Configuration changed, in part from the next stop on" : "Configuration changed",
  config_applied: () => "Changes of the configuration that waited are written",
  config_not_applied: () => "Changes of the configuration that waited could not be written",
  overloaded: (details) => {
    const tick = number(details, "tick_ms");
    return tick === null ? "Overloaded" : `Overloaded: a step took ${Math.round(tick)} ms`;
  },
  autosave_failed: () => "The world could not be saved",
  disk_low: () => "Disk space runs short",
  memory_high: () => "Memory runs short",
};

/** What there is to say besides, where that is another thing than the `text` of the details. */
const besides: Partial<Record<Entry["kind"], (details: Details) => string | null>> = {
  mod_problem: () => null,
  settings_changed: () => null,
  killed: () => null,
  stopped: (details) => {
    const why = text(details, "text");
    if (why === ASKED_STOP) return null;
    const follows = details.stays_down === true && "Its settings say that it does not come back by itself.";
    return [why, follows].filter(Boolean).join(" ") || null;
  },
};

export const timeline = {
  sentence: (entry: Entry) => sentences[entry.kind]?.(entry.details, entry.actor) ?? entry.kind.replaceAll("_", " "),
  detail: (entry: Entry) => {
    const own = besides[entry.kind];
    const told = own ? own(entry.details) : text(entry.details, "text");
    return told && inWords(told);
  },
  by: (actor: string) => `by ${actor}`,
  today: "Today",
  yesterday: "Yesterday",
  report: "Crash report",
};
