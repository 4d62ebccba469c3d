import type { Schema } from "../api/client";

/** Schedules in the words of the manager, for what it has not stored yet. */

type Body = Schema["ScheduleBody"];
type Trigger = Body["trigger"];
type Step = Body["steps"][number];
type EventName = Schema["EventTrigger"]["event"];

export const eventWords: Record<EventName, string> = {
  server_ready: "When the server is ready",
  server_stopped: "When the server has stopped",
  server_crashed: "When the server has crashed",
  player_joined: "When a player joins",
  last_player_left: "When the last player has left",
  empty_for: "When nobody has been on for a while",
  backup_made: "When a backup was made",
  backup_failed: "When a backup has failed",
  mod_update_found: "When there is an update of a mod",
  game_version_found: "When there is a new version of the game",
};

export const weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] as const;

/** "a", "a and b", "a, b and c". */
export function listed(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

const SHORT = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
  ["s", 1],
] as const;

/** "90 s" is "1 min 30 s". */
export function span(seconds: number): string {
  let left = Math.max(0, Math.round(seconds));
  const parts: string[] = [];
  for (const [unit, size] of SHORT) {
    const count = Math.floor(left / size);
    left %= size;
    if (count > 0) parts.push(`${count} ${unit}`);
  }
  return parts.slice(0, 2).join(" ") || "0 s";
}

const UNITS = [
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
] as const;

function interval(seconds: number): string {
  const [unit, size] = UNITS.find(([, unitSize]) => seconds % unitSize === 0) ?? UNITS[4];
  const count = seconds / size;
  return count === 1 ? unit : `${count} ${unit}s`;
}

export function triggerWords(trigger: Trigger): string {
  switch (trigger.kind) {
    case "cron":
      return `${cronWords(trigger.cron)} (${trigger.zone})`;
    case "interval":
      return Number.isFinite(trigger.seconds) ? `Every ${interval(trigger.seconds)}` : "Every …";
    case "event": {
      const said =
        trigger.event === "empty_for"
          ? `When nobody has been on for ${trigger.minutes ?? 0} min`
          : eventWords[trigger.event];
      return trigger.wait_minutes ? `${said}, at most once in ${trigger.wait_minutes} min` : said;
    }
  }
}

/** The times that the editor has fields for; the manager has words for more of them. */
function cronWords(cron: string): string {
  const [minute = "", hour = "", day, month, weekday = ""] = cron.trim().split(/\s+/);
  const time =
    /^\d+$/.test(minute) && /^\d+$/.test(hour) ? `${hour.padStart(2, "0")}:${minute.padStart(2, "0")}` : null;
  if (time !== null && day === "*" && month === "*") {
    if (weekday === "*") return `Every day at ${time}`;
    if (/^[0-7](,[0-7])*$/.test(weekday)) {
      const days = [...new Set(weekday.split(",").map((number) => Number(number) % 7))].sort(fromMonday);
      if (days.length === 7) return `Every day at ${time}`;
      if (days.join() === "1,2,3,4,5") return `From Monday to Friday at ${time}`;
      if (days.join() === "6,0") return `At weekends at ${time}`;
      return `Every ${listed(days.map((number) => weekdays[number] ?? ""))} at ${time}`;
    }
  }
  return `At the times of "${cron.trim().split(/\s+/).join(" ")}"`;
}

/** Sorts the numbers of days (Sunday is 0) into the week from Monday on. */
export const fromMonday = (one: number, other: number) => ((one + 6) % 7) - ((other + 6) % 7);

export function conditionWords(conditions: Schema["Conditions"]): string[] {
  const said: string[] = [];
  const { quiet_hours: quiet, zone } = conditions;
  if (conditions.server !== "any") said.push(`only if the server is ${conditions.server}`);
  if (conditions.only_empty) said.push("only if nobody is on");
  if (conditions.defer_minutes) {
    const skips = conditions.only_empty || conditions.defer_then === "skip";
    said.push(`when players are on wait up to ${conditions.defer_minutes} min${skips ? ", then not at all" : ""}`);
  }
  if (quiet) said.push(`not from ${quiet.begin} to ${quiet.end}${zone ? ` (${zone})` : ""}`);
  if (conditions.players_since_backup) said.push("only if somebody was on since its last backup");
  else if (conditions.ran_since_backup) said.push("only if the server ran since its last backup");
  return said;
}

const plain = {
  save: ["Save the world", "save"],
  backup: ["Make a backup", "back up"],
  stop: ["Stop the server", "stop"],
  start: ["Start the server, and wait until it is ready", "start"],
  restart: ["Restart the server, and wait until it is ready", "restart"],
  update_mods: ["Update the mods", "update the mods"],
  update_game: ["Update the game", "update the game"],
} as const;

const MAX_TEXT = 60;
const cut = (text: string) => (text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT - 1)}…`);

const before = (marks: readonly number[]) =>
  `${listed([...new Set(marks)].sort((one, other) => other - one).map(String))} min before`;

/** What one step does, as a sentence without its stop. */
export function stepWords(step: Step): string {
  switch (step.do) {
    case "announce":
      return `Say to all players${step.warn_minutes.length > 0 ? ` ${before(step.warn_minutes)}` : ""}: "${cut(step.text)}"`;
    case "command":
      return `Send ${cut(step.command)}${step.expect ? `, and expect "${cut(step.expect)}" in its answer` : ""}`;
    case "wait":
      return step.until_empty ? `Wait until nobody is on, at most ${span(step.seconds)}` : `Wait ${span(step.seconds)}`;
    case "notify":
      return `Send a message: "${cut(step.text)}"`;
    default:
      return plain[step.do][0];
  }
}

function shortWords(step: Step): string {
  switch (step.do) {
    case "announce":
      return step.warn_minutes.length > 0 ? `announce ${before(step.warn_minutes)}` : "announce";
    case "command":
      return `send ${cut(step.command)}`;
    case "wait":
      return step.until_empty
        ? `wait until nobody is on (at most ${span(step.seconds)})`
        : `wait ${span(step.seconds)}`;
    case "notify":
      return "tell me";
    default:
      return plain[step.do][1];
  }
}

/** "Every day at 05:00 (Europe/Berlin), when players are on wait up to 30 min: announce, save, back up, restart". */
export function sentenceOf(body: Pick<Body, "trigger" | "conditions" | "steps" | "finally">): string {
  const when = [triggerWords(body.trigger), ...(body.conditions ? conditionWords(body.conditions) : [])].join(", ");
  const what = body.steps.length > 0 ? body.steps.map(shortWords).join(", ") : "nothing yet";
  const last = body.finally.length > 0 ? `; in any case: ${body.finally.map(shortWords).join(", ")}` : "";
  return `${when}: ${what}${last}`;
}
