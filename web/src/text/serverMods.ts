import type { Schema } from "../api/client";
import { formatBytes } from "../lib/bytes";
import { formatNumber } from "../lib/numbers";

type Fit = Schema["InstalledMod"]["fit"];
type Step = Schema["PlanStep"];
type Action = Step["action"];

const mods = (count: number) => (count === 1 ? "1 mod" : `${formatNumber(count)} mods`);
const files = (count: number) => (count === 1 ? "1 file" : `${formatNumber(count)} files`);
const players = (count: number) => (count === 1 ? "1 player is on" : `${formatNumber(count)} players are on`);
const listed = (names: readonly string[]) =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
const lineOf = (version: string) => version.split(".").slice(0, 2).join(".");

/** Whether a mod fits, in the words of whoever looks for one. */
export function fitWord(fit: Fit, version: string | null): string {
  if (version === null) return "Not known";
  switch (fit) {
    case "verified":
      return `Fits ${version}`;
    case "likely":
      return "Probably";
    case "not":
      return `Not for ${lineOf(version)}`;
    case "unknown":
      return "Not known";
  }
}

export const fitHints: Record<Fit, (version: string) => string> = {
  verified: (version) => `Its author says that it is made for ${version}.`,
  likely: (version) => `It is made for another ${lineOf(version)} version, and those usually fit each other.`,
  not: (version) => `It is made for other versions of the game than ${lineOf(version)}.`,
  unknown: () => "Nobody says which versions of the game it is made for.",
};

const sides: Record<Schema["InstalledMod"]["side"], string> = { both: "Both", server: "Server", client: "Client" };

export const serverMods = {
  tab: "Mods",
  nav: "Parts of the mods",
  views: { installed: "Installed", history: "History", ready: "Ready for a version?", config: "Mod settings" },
  sideWord: (side: Schema["InstalledMod"]["side"]) => sides[side],
  empty: "No mods yet",
  emptyText:
    "Mods add blocks, creatures, machines and rules to the world. The manager finds those that fit this server, brings what they need, and goes back to the set before when one makes trouble.",
  find: "Find mods",
  upload: "Upload a file",
  check: "Check now",
  checked: "Updates checked",
  neverChecked: "never",
  checkStarted: "Asking the mod database for updates",
  updateAll: (count: number) => `Update all (${formatNumber(count)})`,
  viewerHint: (role: string) => `Operators can change mods; you are signed in as ${role}.`,
  search: "Search the installed mods",
  searchHint: "Name, id or author",
  show: "Show",
  shows: {
    all: "All",
    updates: "With updates",
    troubles: "With troubles",
    off: "Switched off",
    hand: "Put there by hand",
    kept: "Pinned or held",
    client: "For clients only",
  },
  nothingFits: "No mod fits",
  nothingFitsText: "Use fewer letters, or show all.",
  showAll: "Show all mods",
  table: "Installed mods",
  columns: {
    select: "Select",
    mod: "Mod",
    version: "Version",
    update: "Update",
    fit: "Fits",
    side: "Side",
    enabled: "On",
    more: "More",
  },
  count: mods,
  selectAll: "Select all that are shown",
  selectAllShort: "Select all",
  select: (name: string) => `Select ${name}`,
  selected: (count: number) => `${mods(count)} selected`,
  clearSelection: "Select none",
  on: (name: string) => `${name} is switched on`,
  more: (name: string) => `More for ${name}`,
  update: "Update",
  updateTo: (name: string, version: string) => `Update ${name} to ${version}`,
  updates: "Update",
  turnOn: "Switch on",
  turnOff: "Switch off",
  pin: "Pin to this version",
  unpin: "Unpin",
  hold: "Hold: never change it",
  release: "No longer hold",
  remove: "Remove",
  openInCatalog: "Show in the catalogue",
  facts: "What it says of itself",
  by: (authors: readonly string[]) => `by ${listed(authors)}`,
  pinned: "pinned",
  held: "held",
  byHand: "put there by hand",
  retracted: "withdrawn",
  updateWaits: "waits for the restart",
  waits: { added: "loaded at the next start", updated: "changes at the next start", removed: "gone at the next start" },
  isOff: "switched off",
  prerelease: "pre-release",
  neededBy: (names: readonly string[]) => `Needed by ${listed(names)}`,
  upToDate: "–",
  kinds: { zip: "zip", folder: "folder", dll: "dll", cs: "source file" } as Record<string, string>,
  noVersion: "no version",
  details: (mod: Schema["InstalledMod"]) => `${mod.file_name}, ${formatBytes(mod.size_bytes)}`,
  needs: (dependencies: readonly Schema["ModDependency"][]) =>
    `Needs ${listed(dependencies.map(({ modid, version }) => (version ? `${modid} ${version}` : modid)))}`,
  troubleKinds: {
    unreadable: "Can't be read",
    duplicate: "There twice",
    missing_dependency: "Something is missing",
    wrong_dependency_version: "Needs another version",
    client_only: "For clients only",
    not_fitting: "Another version of the game",
    retracted: "Withdrawn",
    gone: "Gone from the mod database",
    wrong_place: "In the wrong place",
  } as Record<string, string>,
  fromLog: "At the last start",
};

/** The tones of what is wrong: what keeps the mod from loading is bad, the rest is to be looked at. */
export const badTroubles: ReadonlySet<string> = new Set([
  "unreadable",
  "missing_dependency",
  "wrong_dependency_version",
  "log_missing",
  "log_wrong_version",
  "log_depends_on_broken",
  "log_blocked",
  "log_error",
]);

const acts: Record<Action, string> = {
  install: "Install",
  update: "Update",
  downgrade: "Go back with",
  remove: "Remove",
  enable: "Switch on",
  disable: "Switch off",
  pin: "Pin",
  unpin: "Unpin",
  hold: "Hold",
  release: "No longer hold",
};

const headings: Record<Action, string> = {
  install: "Will be installed",
  update: "Will be updated",
  downgrade: "Will go back to an earlier version",
  remove: "Will be removed",
  enable: "Will be switched on",
  disable: "Will be switched off",
  pin: "Will be pinned",
  unpin: "Will no longer be pinned",
  hold: "Will be held",
  release: "Will no longer be held",
};

const done: Record<Action, string> = {
  install: "installed",
  update: "updated",
  downgrade: "set back",
  remove: "removed",
  enable: "switched on",
  disable: "switched off",
  pin: "pinned",
  unpin: "unpinned",
  hold: "held",
  release: "released",
};

const inOrder = Object.keys(acts) as Action[];

/** How many steps of each kind, in the order in which they are told. */
function counted(steps: readonly Step[]): [Action, number][] {
  return inOrder
    .map((action): [Action, number] => [action, steps.filter((step) => step.action === action).length])
    .filter(([, count]) => count > 0);
}

export const plan = {
  order: inOrder,
  pin: acts.pin,
  working: "Working out what this means",
  workingText:
    "The mod database is asked, and files of mods are looked into for what they need. With large files this takes a while. Nothing is changed yet.",
  planFailed: "Nothing was changed.",
  heading: (action: Action) => headings[action],
  /** "Install 3 mods and update 1 mod". */
  act: (steps: readonly Step[]) => {
    const parts = counted(steps).map(([action, count], index) => {
      const act = index === 0 ? acts[action] : acts[action].toLowerCase();
      return `${act} ${mods(count)}`;
    });
    return parts.length > 3 ? `Make these ${formatNumber(steps.length)} changes` : listed(parts);
  },
  whenNext: (act: string) => `${act} at the next restart`,
  whenRestart: (act: string) => `${act} and restart now`,
  when: "When",
  nextStart: "At the next restart",
  nextStartHint: "The game goes on with the mods it has. What waits is shown until then.",
  restart: "Restart now",
  restartHint: (online: number) =>
    online > 0 ? `${players(online)} and will be disconnected. The world is saved first.` : "Nobody is on.",
  because: (names: readonly string[]) => `needed by ${listed(names)}`,
  removedWith: (names: readonly string[]) => `goes with ${listed(names)}`,
  fromTo: (from: string | null, to: string | null) => (from && to ? `${from} → ${to}` : (to ?? from ?? "")),
  changes: "Changes",
  changesOf: (name: string) => `Changes of ${name}`,
  download: (bytes: number) => `${formatBytes(bytes)} to download`,
  blocked: "This can't be done as it is",
  nothing: "There is nothing to do",
  nothingText: "The mods are already as you want them.",
  notes: "Before you go on",
  prereleases: "Also take pre-releases",
  unfitting: "Also take what is made for another version of the game",
  withoutDependencies: "Leave out what it needs",
  why: "Why",
  whyHint: "For the history. May be left empty.",
  staysInHistory: "The set in use is kept, so you can come back to it.",
  changedMeanwhile: "Something has changed since you looked. This is the plan as it is now; look at it again.",
  again: "Make a new plan",
  doneTitle: "Done",
  /** What has come of it. */
  outcome: (steps: readonly Step[], report: Readonly<Record<string, unknown>> | null) => {
    if (report && "discarded" in report)
      return "The mods stay as they are; what waited for the next start is forgotten.";
    if (report?.changed === false) return "The mods were already like this; nothing was changed.";
    const what =
      listed(counted(steps).map(([action, count]) => `${mods(count)} ${done[action]}`)) || "The set is in its place";
    return report?.waits === true ? `${what}. It takes effect at the next start.` : `${what}.`;
  },
  stopped: "Cancelled. The mods are as they were before.",
  failed: "The mods are as they were before.",
  noPlan: "No plan could be made",
  forVersion: (version: string) => `for ${version}`,
  sideHint: { client: "for clients only", server: "server only", both: null } as Record<string, string | null>,
  titles: {
    install: (name: string) => `Install ${name}`,
    update: (name: string) => `Update ${name}`,
    updateAll: "Update all mods",
    updateSome: (count: number) => `Update ${mods(count)}`,
    remove: (name: string) => `Remove ${name}`,
    removeSome: (count: number) => `Remove ${mods(count)}`,
    enable: (name: string) => `Switch ${name} on`,
    disable: (name: string) => `Switch ${name} off`,
    pin: (name: string) => `Pin ${name}`,
    unpin: (name: string) => `Unpin ${name}`,
    hold: (name: string) => `Hold ${name}`,
    release: (name: string) => `No longer hold ${name}`,
    several: (count: number) => `Change ${mods(count)}`,
    uploads: (count: number) => `Install ${files(count)}`,
    import: "Take over a list",
    restore: (number: number) => `Go back to set ${number}`,
  },
};

export const uploads = {
  title: "Upload mods",
  text: "Files that mods come in: zip, dll or cs. They are checked before anything is changed.",
  drop: "Drop files here, or choose them",
  choose: "Choose files",
  uploading: "Being checked",
  ready: (version: string | null) => (version ? `Ready, ${version}` : "Ready"),
  leaveOut: (name: string) => `Leave out ${name}`,
  go: (count: number) => `Install ${files(count)}`,
  wrongKind: "This is no zip, dll or cs file.",
  list: "Chosen files",
};

export const pending = {
  title: "Mods wait for the next start",
  list: "Changes that wait",
  earlier: (count: number) => (count === 1 ? "Show 1 earlier change" : `Show ${formatNumber(count)} earlier changes`),
  by: (actor: string) => `by ${actor}`,
  added: (names: readonly string[]) => `New: ${shortened(names)}`,
  updated: (names: readonly string[]) => `Other version: ${shortened(names)}`,
  removed: (names: readonly string[]) => `Gone: ${shortened(names)}`,
  changed: (names: readonly string[]) => `Changed: ${shortened(names)}`,
  restart: "Restart now",
  restarting: (server: string) => `Restarting ${server}`,
  forget: "Forget it",
  forgetTitle: "Forget what waits?",
  forgetText: (changes: number) =>
    `${changes > 1 ? `All ${formatNumber(changes)} changes are forgotten, whoever made them. ` : ""}The server keeps the mods it has now. What was downloaded is kept for a while, so it is quick to ask again.`,
  forgotten: "The mods stay as they are",
  look: "Look at the mods",
};

const SHORT = 4;
function shortened(names: readonly string[]): string {
  const rest = names.length - SHORT;
  return rest > 1 ? `${names.slice(0, SHORT).join(", ")} and ${formatNumber(rest)} more` : names.join(", ");
}

export const history = {
  lead: "Every set of mods that this server had. Going back needs no network and takes a moment.",
  list: "Sets of mods",
  set: (number: number) => `Set ${number}`,
  current: "In use",
  currentNotLoaded: "Loaded at the next start",
  loaded: "Loaded now",
  joined: "Joined by a later set before a start",
  by: (actor: string) => `by ${actor}`,
  count: mods,
  diff: { added: "New", updated: "Other version", removed: "Gone", changed: "Otherwise changed" },
  nothingChanged: "Nothing was added, updated or removed.",
  all: (count: number) => `Show all ${formatNumber(count)}`,
  details: "Details",
  detailsOf: (number: number) => `Details of set ${number}`,
  back: "Go back",
  backTo: (number: number) => `Go back to set ${number}`,
  notKept: "Files of this set are no longer kept",
  more: "Show older",
  empty: "No changes yet",
  emptyText: "With the first change the set as it is now is kept, and each one after it. You can always go back.",
  export: "Save the list",
  exported: (name: string) => `Mods of ${name}`,
  import: "Take over a list",
  pack: "Pack for players",
  packHint: "One zip of the mods that players need",
  packLacks: (count: number) =>
    count === 1
      ? "1 file can't be read, so it is not in the pack for players"
      : `${formatNumber(count)} files can't be read, so they are not in the pack for players`,
  showRun: "Show the run",
  table: (number: number) => `Mods of set ${number}`,
  columns: { mod: "Mod", version: "Version", side: "Side", source: "From", size: "Size" },
  sources: { moddb: "mod database", upload: "upload", hand: "by hand" } as Record<string, string>,
  off: "off",
  pinned: "pinned",
  held: "held",
  saveThis: "Save this list",
  gameVersion: (version: string) => `for game version ${version}`,
};

export const importing = {
  title: "Take over a list of mods",
  text: "A list that was saved from another server, or that somebody gave you.",
  paste: "The list",
  pasteHint: "Paste it here, or choose the file",
  choose: "Choose a file",
  unreadable: (reason: string) => `This can't be read as a list of mods: ${reason}`,
  noList: "this is JSON, but no list of mods of this manager.",
  tooLarge: "it is larger than a list of mods can be.",
  how: "What becomes of the mods that are here",
  replace: "The set becomes exactly this list",
  replaceHint: "What is not in the list is removed.",
  add: "The list is added to what is here",
  addHint: "What is not in the list stays.",
  go: "Look at the plan",
  found: (count: number, server: string | null) => `${mods(count)}${server ? ` of ${server}` : ""}`,
};

type Verdict = Schema["Readiness"]["verdict"];

const verdicts: Record<Verdict, string> = {
  ready: "Ready",
  update: "Ready with an update",
  likely: "Probably ready",
  not_ready: "Not ready",
  unknown: "Not known",
};

export const readiness = {
  lead: "Which mods have a release for another version of the game. Look here before you switch this server.",
  version: "Game version",
  current: (version: string) => `${version} (this server now)`,
  verdict: (verdict: Verdict) => verdicts[verdict],
  table: (version: string) => `Mods and ${version}`,
  columns: { mod: "Mod", installed: "Here", verdict: "Ready", version: "Release" },
  all: "All",
  summary: (items: readonly Schema["Readiness"][]) => {
    if (items.length === 0) return "There are no mods here, so nothing stands against it.";
    const count = (...of: Verdict[]) => items.filter((item) => of.includes(item.verdict)).length;
    const ready = count("ready", "update");
    if (ready === items.length) return `All ${mods(items.length)} can go with you.`;
    const rest = [
      count("likely") > 0 && `${formatNumber(count("likely"))} probably`,
      count("not_ready") > 0 && `${formatNumber(count("not_ready"))} not`,
      count("unknown") > 0 && `${formatNumber(count("unknown"))} not known`,
    ].filter((part) => part !== false);
    return `${formatNumber(ready)} of ${mods(items.length)} can go with you, ${rest.join(", ")}.`;
  },
  working: "Asking the mod database",
  link: (version: string) => `Which mods are ready for ${version}?`,
  nothing: "No mod has this verdict.",
  choose: "Choose a version of the game.",
};

export const modConfig = {
  lead: "Files that the mods keep their settings in. The game reads them when it starts.",
  list: "Files of settings",
  empty: "No files of settings yet",
  emptyText: "Mods write them when the game first starts with them.",
  choose: "Choose a file to look at it.",
  back: "All files",
  search: "Search the files",
  belongs: (modid: string) => `of ${modid}`,
  notText: "no text",
  broken: "no good JSON",
  text: (path: string) => `Text of ${path}`,
  save: "Save",
  saveAnyway: "Save it anyway",
  discard: "Discard",
  saved: "Saved. The game reads it at its next start.",
  savedStopped: "Saved",
  unsaved: "Not saved yet",
  leaveTitle: "Leave without saving?",
  leaveText: "What you changed in this file is lost.",
  leave: "Leave without saving",
  restartNote: "It takes effect when the server is restarted.",
  good: "Good JSON",
  problemAt: (line: number, column: number, message: string) => `Line ${line}, column ${column}: ${message}`,
  goThere: "Go there",
  conflictTitle: "The file is another than the one you opened",
  conflictText: "A mod or somebody else has written it meanwhile. Nothing was saved.",
  takeTheirs: "Show what is there now",
  saveMine: "Save mine over it",
  versions: "Earlier contents",
  versionsNow: "As it is now",
  shown: "This is how it was",
  shownHint: "Save it to bring it back.",
  backToNow: "Back to how it is now",
  changed: "Changed",
  jsonProblems: {
    value: "a value is missing here",
    name: "the name of an entry should stand here",
    colon: "a colon should follow the name",
    comma: "a comma or the end should stand here",
    text: "this text has no end",
    comment: "this comment has no end",
    word: "this is no value that JSON knows",
    rest: "there is something after the end",
    open: "the file ends before this is closed",
  },
};

export const catalogServer = {
  menu: "Server",
  forServer: (name: string) => `For: ${name}`,
  none: "No server",
  installed: (version: string | null) => (version ? `Installed, ${version}` : "Installed"),
  install: "Install",
  installThis: (name: string) => `Install ${name}`,
  installVersion: (version: string) => `Install ${version}`,
  updateTo: (version: string) => `Update to ${version}`,
  onServer: "On this server",
  chooseServer: "Choose a server to see whether it fits, and to install it.",
  noServer: "There is no server to install it on yet.",
  noModid: "This is nothing that a server loads, so there is nothing to install.",
  best: "The best fitting release is taken.",
  version: "Version",
  bestVersion: "The best that fits",
  versionWithFit: (version: string, fit: string | null) => (fit ? `${version} · ${fit}` : version),
  following: "Looking for the mod that this link means",
  notFound: "This link means no mod that the catalogue knows.",
};
