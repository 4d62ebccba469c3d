import type { Schema } from "../api/client";
import { formatBytes } from "../lib/bytes";
import { formatDuration } from "../lib/duration";
import { formatNumber } from "../lib/numbers";

type Policy = Schema["UpdatePolicy"];
type Update = Schema["UpdateRecord"];
type Plan = Schema["UpdatePlan"];
type State = Schema["UpdateState"];

const plural = (count: number, one: string, many: string) => `${formatNumber(count)} ${count === 1 ? one : many}`;
const mods = (count: number) => plural(count, "mod", "mods");

/** "a", "a and b", "a, b and c". */
const listed = (words: readonly string[]) =>
  words.length < 2 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;

const NAMED = 4;
const named = (all: readonly string[]) =>
  all.length <= NAMED ? listed(all) : `${all.slice(0, NAMED).join(", ")} and ${formatNumber(all.length - NAMED)} more`;

/** What is new for a server, in a few words; null when nothing is. */
function newIn(state: State): string | null {
  const versions = [...new Set([state.newest_stable, state.newest_patch])].filter((version) => version !== null);
  const parts = [
    versions.length > 0 && `version ${listed(versions)} of the game`,
    state.mod_updates > 0 && `${plural(state.mod_updates, "update of a mod", "updates of mods")}`,
  ].filter((part) => part !== false);
  return parts.length === 0 ? null : `${listed(parts)}`;
}

export const updates = {
  title: "Updates",
  lead: "What is new for your servers. An update makes a backup first, watches the game afterwards, and goes back when it does not work.",
  list: "Servers",
  empty: "Nothing to update yet",
  emptyText: "Once there is a server, this page says which newer version of the game and of its mods it could have.",
  toServers: "Go to the servers",
  viewerHint: (role: string) =>
    `You can look at the updates. Operators can make them and say what is done by itself; you are signed in as ${role}.`,
  nothingNew: "Game and mods are the newest.",
  noVersion: "It has no version of the game yet.",
  isNew: (state: State) => {
    const what = newIn(state);
    return what === null ? null : `New: ${what}.`;
  },
  now: (version: string) => `It has version ${version}.`,
  ready: (version: string) => `All mods support ${version}.`,
  notReady: (version: string, names: readonly string[]) =>
    `${names.length === 1 ? "1 mod does" : `${formatNumber(names.length)} mods do`} not support ${version} yet: ${named(names)}.`,
  whichMods: "Look at each mod",
  waits: (text: string) => `Not done by itself yet: ${text}`,
  checked: "Looked",
  open: (server: string) => `Updates of ${server}`,
  look: "Look at the plan",
  lookOf: (server: string) => `Look at the plan for ${server}`,
  updateTo: (version: string) => `Update to ${version}`,
  updateMods: (count: number) => `Update ${mods(count)}`,
  busy: "at work now",
  more: (count: number) => `Show all ${formatNumber(count)} servers`,
  fewer: "Show only what is new",
};

export const phases: Record<Update["phase"], string> = {
  planned: "Getting everything ready, while the game goes on",
  announcing: "Warning the players",
  backing_up: "Making a backup",
  stopping: "Stopping the game",
  switching: "Switching version and mods",
  starting: "Starting the game",
  watching: "Watching whether it works",
  going_back: "Going back to what was there before",
  done: "Done",
};

export const going = {
  title: "An update is being made",
  steps: "How far it is",
  by: (trigger: Update["trigger"], actor: string | null) =>
    trigger === "policy"
      ? "by itself, as the policy says"
      : trigger === "schedule"
        ? "by a schedule"
        : `by ${actor ?? "somebody"}`,
  cancel: "Cancel the update",
  cancelTitle: "Cancel this update?",
  cancelBefore: "Nothing has been changed yet: the server stays as it is.",
  cancelAfter:
    "Version and mods may have been switched already. It goes back to what was there before, with the world of the backup.",
  cancelConfirm: "Cancel the update",
  cancelling: "Told to stop; it ends as soon as its work allows.",
  showRun: "Log of this update",
};

export const history = {
  title: "History",
  empty: "No update has been made here yet. Each one stays here with what became of it, and why.",
  earlier: "Show earlier ones",
  outcomes: {
    updated: "Updated",
    went_back: "Went back",
    failed: "Failed",
    nothing_to_do: "Nothing to do",
  } satisfies Record<NonNullable<Update["outcome"]>, string>,
  triggers: {
    manual: (actor: string | null) => `by ${actor ?? "somebody"}`,
    schedule: () => "by a schedule",
    policy: () => "by itself",
  } satisfies Record<Update["trigger"], (actor: string | null) => string>,
  what: (record: Update) => {
    const game =
      record.game_from !== record.game_to && record.game_to
        ? `${record.game_from ?? "none"} → ${record.game_to}`
        : null;
    return [game, record.mods_changed > 0 && mods(record.mods_changed)].filter(Boolean).join(" · ");
  },
  took: (milliseconds: number) => `in ${formatDuration(milliseconds)}`,
  blamed: (names: readonly string[]) => `The log blames ${listed(names)}.`,
  backup: "Backup of before",
  run: "Log",
  when: (time: string) => `Update of ${time}`,
};

export const plan = {
  title: (server: string) => `Update ${server}`,
  working: "Looking at versions, mods and disk",
  game: "Version of the game",
  stays: (version: string | null) => `Leave it at ${version ?? "none"}`,
  to: (version: string) => `Update to ${version}`,
  withMods: "Also update the mods that fit",
  unready: "Also when mods do not support this version",
  warn: "Warn the players",
  warnHint: "Minutes before, with commas between; empty: not at all.",
  warnWrong: "Give whole minutes from 1 to 240 with commas between, such as 10, 5, 1.",
  nobodyOn: "Nobody is on, so nobody is disturbed.",
  problems: "This can't be done as it is",
  warnings: "Good to know",
  steps: "What happens",
  back: "When it does not work, the old version, the old mods and the world of the backup come back by themselves.",
  mods: (count: number) => `Mods (${formatNumber(count)})`,
  changing: "Changing",
  staying: (count: number) => `${mods(count)} ${count === 1 ? "stays as it is" : "stay as they are"}`,
  showStaying: "Show them",
  hideStaying: "Hide them",
  fromTo: (now: string | null, then: string | null) =>
    now === then || then === null ? (now ?? "?") : now === null ? then : `${now} → ${then}`,
  pinned: "pinned",
  space: (needed: number, free: number) =>
    `Needs up to ${formatBytes(needed)} of the ${formatBytes(free)} that are free.`,
  nothing: "There is nothing to update",
  nothingText: "Version and mods are like that already.",
  changed: "Something has changed since you looked: this is the plan by now.",
  act: (found: Plan) => {
    const changing = found.mods.filter((mod) => mod.now !== mod.then).length;
    const changesGame = found.game_then !== found.game_now && found.game_then !== null;
    if (!changesGame) return `Update ${mods(changing)}`;
    return changing > 0 ? `Update to ${found.game_then} with ${mods(changing)}` : `Update to ${found.game_then}`;
  },
  done: (report: Readonly<Record<string, unknown>> | null) => {
    if (report?.outcome === "nothing_to_do") return "There was nothing to update.";
    const changed = typeof report?.mods_changed === "number" ? report.mods_changed : 0;
    const to = typeof report?.to === "string" && report.to !== report.from ? report.to : null;
    const also = changed > 0 ? mods(changed) : null;
    return `It works: the server has ${listed([to && `version ${to}`, also].filter((part) => part !== null))}${to === null && also ? " in other versions" : ""}.`;
  },
  stopped: "Cancelled. The server is as it was before, or is just being brought back to that.",
  again: "Make a new plan",
};

export const policy = {
  title: "By itself",
  lead: (server: string) => `What the manager does on ${server} without being asked.`,
  game: "New versions of the game",
  games: {
    off: "are not looked for",
    tell: "are told to me",
    patch: "are installed if they are patches of the same line",
    stable: "are installed if they are stable",
  } satisfies Record<Policy["game"], string>,
  mods: "Updates of mods",
  modses: {
    off: "are not looked for",
    tell: "are told to me",
    fitting: "are installed if they fit the version of the game",
  } satisfies Record<Policy["mods"], string>,
  never: "Never a pre-release, and never a version that a pinned or held mod does not support.",
  window: "Only between",
  windowOff: "Only at certain hours",
  and: "and",
  begin: "Begin of the time for updates",
  end: "End of the time for updates",
  withPlayers: "Also while players are on, after the warnings",
  warn: "Warn players so many minutes before",
  watch: "Watch the log for",
  watchUnit: "seconds before it counts",
  watchLabel: "Seconds to watch the log",
  watchWrong: "Give whole seconds, at most 3,600.",
  timesWrong: "Give two times such as 03:00 and 05:00.",
  save: "Save",
  discard: "Discard",
  saved: "Saved: this is what is done by itself now.",
  /** "By itself: installs patches of the game, tells you of updates of mods, between 03:00 and 05:00 (UTC), when nobody is on." */
  sentence: (found: Policy) => {
    if (found.game === "off" && found.mods === "off") return "Nothing is looked for by itself.";
    if (found.game === "tell" && found.mods === "tell")
      return "You are told what is new; nothing is installed by itself.";
    const game = {
      off: "leaves the game as it is",
      tell: "tells you of new versions of the game",
      patch: "installs patches of the game",
      stable: "installs stable versions of the game",
    }[found.game];
    const mod = {
      off: "leaves mods as they are",
      tell: "tells you of updates of mods",
      fitting: "installs updates of mods",
    }[found.mods];
    const acts = found.game === "patch" || found.game === "stable" || found.mods === "fitting";
    const when = acts
      ? [
          found.window && `between ${found.window.begin} and ${found.window.end} (${found.zone})`,
          !found.with_players && "when nobody is on",
        ]
          .filter(Boolean)
          .join(", ")
      : "";
    return `By itself: ${game}, ${mod}${when && `, ${when}`}.`;
  },
};
