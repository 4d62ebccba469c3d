import { expect, test } from "vitest";
import type { Schema } from "../api/client";
import { clockTime } from "../lib/time";
import { timeline } from "./timeline";

type Entry = Schema["TimelineEntry"];

const told = (kind: Entry["kind"], details: Entry["details"] = {}, actor: string | null = null) => {
  const entry: Entry = { id: "1", at: "2026-11-25T10:00:00Z", kind, actor, run_id: null, details };
  return [timeline.sentence(entry), timeline.detail(entry)];
};

const outside = "It was told to end from outside the manager.";

/** The details as the manager writes them. */
const cases: [Entry["kind"], Entry["details"], string, string | null][] = [
  ["created", {}, "Created", null],
  ["adopted", {}, "Taken over where it lies", null],
  ["started", { version: "1.22.7" }, "Started with version 1.22.7", null],
  ["started", {}, "Started", null],
  ["ready", { after_seconds: 41.2 }, "Ready for players after 41 s", null],
  ["stopped", { by: "/stop", text: "It was stopped.", exit_code: 0 }, "Stopped", null],
  [
    "stopped",
    { by: "SIGTERM", text: "It was stopped.", exit_code: 0 },
    "Stopped at the second request (SIGTERM)",
    null,
  ],
  [
    "stopped",
    { by: "SIGKILL", text: "It was stopped.", exit_code: -9 },
    "Did not stop and was killed: what was not saved is lost",
    null,
  ],
  [
    "stopped",
    { by: "/stop", text: "Somebody stopped it with /stop, in the game or in its console.", exit_code: 0 },
    "Stopped",
    "Somebody stopped it with /stop, in the game or in its console.",
  ],
  ["stopped", { by: "SIGTERM", text: outside, exit_code: 0 }, "Stopped", outside],
  [
    "stopped",
    { by: "SIGTERM", text: outside, exit_code: 0, stays_down: true },
    "Stopped, and stays down",
    `${outside} Its settings say that it does not come back by itself.`,
  ],
  [
    "stopped",
    { by: null, text: "Its keeper was told to end, as when the machine shuts down.", exit_code: 0 },
    "Stopped",
    "Its keeper was told to end, as when the machine shuts down.",
  ],
  ["killed", { by: "SIGKILL", text: "It was stopped.", exit_code: -9 }, "Killed: what was not saved is lost", null],
  [
    "crashed",
    { summary: "It ended by itself (exit code 3).", mods: [], report: null, exit_code: 3 },
    "Crashed: It ended by itself (exit code 3).",
    null,
  ],
  [
    "crashed",
    { summary: "A critical error, in a, b.", mods: ["a", "b@1.0"], report: "x", exit_code: 1 },
    "Crashed: a, b@1.0 are named in the report",
    null,
  ],
  [
    "failed_to_start",
    { why: "The port is taken.", mods: [], report: null },
    "Failed to start: The port is taken.",
    null,
  ],
  ["restart_planned", { in_seconds: 15, attempt: 2 }, "Starts again after 15 s, attempt 2", null],
  ["restart_planned", { in_seconds: 0, attempt: 1 }, "Starts again", null],
  ["gave_up", { crashes: 5, window_seconds: 600 }, "Left alone after 5 crashes within 10 min", null],
  ["hung", { text: "It has not answered for 300 s." }, "Stopped answering", "It has not answered for 300 s."],
  ["answers_again", {}, "Answers again", null],
  ["keeper_lost", {}, "Its keeper was lost; the game's state had to be found out anew", null],
  ["found_again", {}, "Found running after the manager was away", null],
  ["version_changed", { from: "1.22.6", to: "1.22.7" }, "Switched from 1.22.6 to 1.22.7", null],
  ["version_changed", { from: null, to: "1.22.7" }, "Switched to 1.22.7", null],
  [
    "version_change_failed",
    { from: "1.22.6", to: "1.22.7", text: "It ended before it was ready." },
    "The switch to 1.22.7 failed; 1.22.6 is used again",
    "It ended before it was ready.",
  ],
  [
    "version_change_failed",
    { from: null, to: "1.22.7" },
    "The switch to 1.22.7 failed; the version before is used again",
    null,
  ],
  ["updated", { from: "1.22.5", to: "1.22.7", mods: 2 }, "An update to 1.22.7 is done", null],
  ["updated", { from: "1.22.7", to: "1.22.7", mods: 2 }, "An update of 2 mods is done", null],
  [
    "update_went_back",
    { from: "1.22.5", to: "1.22.7", mods: 0, text: "It hangs." },
    "An update to 1.22.7 went back",
    "It hangs.",
  ],
  [
    "update_failed",
    { from: "1.22.7", to: "1.22.7", mods: 1, text: "Nothing was updated: the world is damaged." },
    "An update of 1 mod failed",
    "Nothing was updated: the world is damaged.",
  ],
  ["settings_changed", { text: "name, port" }, "Changed: its name, its port", null],
  ["settings_changed", { text: "settings" }, "Changed: how it is started and stopped", null],
  ["settings_changed", {}, "Settings changed", null],
  [
    "mod_problem",
    { mod: "carryon", problem: "missing", text: "hudlib - Missing" },
    "Mod carryon: hudlib - Missing",
    null,
  ],
  [
    "mod_problem",
    { mod: "", problem: "error", text: "The mods were left as they were before this start: No room." },
    "The mods were left as they were before this start: No room.",
    null,
  ],
  [
    "mods_changed",
    { set: 4, installed: 2, updated: 1, removed: 1, waits: true, text: "For the kitchen" },
    "Mods changed: 2 installed, 1 updated, 1 removed, from the next start on",
    "For the kitchen",
  ],
  ["mods_changed", { set: 4, changed: 2 }, "Mods changed: 2 switched or marked", null],
  ["mods_restored", { set: 5, back_to: 3, removed: 2 }, "Went back to set 3 of the mods: 2 removed", null],
  ["mods_by_hand", { set: 6, installed: 1 }, "Mods changed by hand: 1 installed", null],
  ["mods_loaded", { set: 6 }, "Loads set 6 of the mods, which waited for this start", null],
  [
    "mods_put_back",
    { set: 8, failed: 7, back_to: 5, text: "The game did not start with the new set of mods (7): A critical error." },
    "The game did not start with set 7 of the mods; set 5 is used again",
    "The game did not start with the new set of mods (7): A critical error.",
  ],
  ["mods_discarded", { set: 6 }, "No longer waits for the next start: set 6 of the mods", null],
  ["config_changed", { text: "Port", waits: 1 }, "Configuration changed, in part from the next stop on", "Port"],
  ["config_changed", { text: "Port", waits: 0 }, "Configuration changed", "Port"],
  ["config_applied", { text: "Port" }, "Changes of the configuration that waited are written", "Port"],
  ["config_not_applied", {}, "Changes of the configuration that waited could not be written", null],
  ["overloaded", { tick_ms: 1203.4 }, "Overloaded: a step took 1203 ms", null],
  ["autosave_failed", { text: "Could not save." }, "The world could not be saved", "Could not save."],
  ["disk_low", { text: "Only 900 MB are free." }, "Disk space runs short", "Only 900 MB are free."],
  [
    "memory_high",
    { text: "The machine has only 200 MB left." },
    "Memory runs short",
    "The machine has only 200 MB left.",
  ],
];

test.each(cases)("%s with %o", (kind, details, sentence, detail) => {
  expect(told(kind, details)).toEqual([sentence, detail]);
});

test("what was asked for is told apart by what follows, and from what the manager does by itself", () => {
  expect(told("start_asked", {}, "Anna")).toEqual(["Start asked for", null]);
  expect(told("start_asked")).toEqual(["Start begun by the manager", null]);
  expect(told("stop_asked", { text: "to clean up" }, "Anna")).toEqual(["Stop asked for", "to clean up"]);
  // biome-ignore lint/suspicious/noThenProperty: its name in the answers of the manager
  expect(told("stop_asked", { then: "start" }, "Anna")).toEqual(["Restart asked for", null]);
  expect(told("stop_asked", { kill: true }, "Anna")).toEqual(["Kill asked for", null]);
  const shutdown = "The manager ends, and nothing would be left to run it.";
  expect(told("stop_asked", { text: shutdown })).toEqual(["Stop begun by the manager", shutdown]);
});

test("what only a newer manager knows still says something", () => {
  expect(told("moon_phase_changed" as Entry["kind"], { text: "Full moon." })).toEqual([
    "moon phase changed",
    "Full moon.",
  ]);
});

test("a moment in what the manager tells is read in the clock of whoever reads it", () => {
  const made = "2020-03-04T15:00:08.176Z";
  const [, detail] = told("stop_asked", { text: `To put back the backup of ${made}` }, "Anna");
  expect(detail).toBe(`To put back the backup of ${clockTime(Date.parse(made), Date.now())}`);
  expect(detail).not.toContain("T15:00");
});
