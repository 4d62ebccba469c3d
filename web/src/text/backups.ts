import type { Schema } from "../api/client";
import { formatBytes } from "../lib/bytes";
import { formatDuration } from "../lib/duration";
import { formatNumber } from "../lib/numbers";

type Report = Schema["Run"]["report"];

const plural = (count: number, one: string, many: string) => `${formatNumber(count)} ${count === 1 ? one : many}`;
const figure = (report: Report, name: string) => (typeof report?.[name] === "number" ? report[name] : null);
/** Without seconds where minutes say enough. */
const roughly = (seconds: number) => (seconds < 120 ? seconds : Math.round(seconds / 60) * 60);
const listed = (words: readonly string[]) =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;

export const backupKinds: Record<Schema["BackupSummary"]["kind"], string> = {
  manual: "By hand",
  schedule: "On schedule",
  before_update: "Before an update",
  before_restore: "Before a restore",
  imported: "Taken over",
};

export const partNames: Record<Schema["BackupFile"]["part"], string> = {
  world: "World",
  players: "Players, roles and bans",
  config: "Configuration of the server",
  mod_config: "Configuration of mods",
  mod_data: "Data of mods",
  mods: "Mods",
  version: "Version of the game",
};

export const moments = {
  today: (time: string) => `today ${time}`,
  onDay: (day: string, time: string) => `${day}, ${time}`,
};

/** What is known of the world in a backup. */
export const worldWords = {
  verified: "Verified",
  sound: "Sound when made",
  none: "No world yet",
  unknown: "Not checked yet",
  damaged: "World damaged",
  broken: "Damaged",
  gone: "File is gone",
  onlyElsewhere: (places: readonly string[]) => `Only at ${listed(places)}`,
  damagedText: "It counts for nothing when others are deleted. Other parts of it can still be put back.",
  goneText: "Somebody has deleted its file, or the disk with the backups is another one.",
};

export const copyWords = {
  copied: (places: readonly string[]) => `Also at ${listed(places)}`,
  waiting: (places: readonly string[]) => `Waits to be copied to ${listed(places)}`,
  copying: (places: readonly string[]) => `Being copied to ${listed(places)}`,
  failed: (place: string, error: string | null) => `Not copied to ${place}${error ? `: ${error}` : ""}`,
};

export const backups = {
  title: "Backups",
  lead: "Every backup of every server, also of servers that are not there any more.",
  nav: "Parts of the backups",
  views: { all: "All backups", places: "Off-site places" },
  tabViews: { list: "Backups", restores: "Restores", rules: "Rules" },
  table: "Backups",
  columns: {
    made: "Made",
    server: "Server",
    kind: "Why",
    size: "Size",
    world: "State",
    what: "Holds",
    actions: "Actions",
  },
  by: (who: string) => `by ${who}`,
  holds: (version: string | null, mods: number) =>
    [version ? `Version ${version}` : "Version not known", mods > 0 ? plural(mods, "mod", "mods") : "no mods"].join(
      ", ",
    ),
  pinned: "Pinned",
  serverGone: "not there any more",
  open: (moment: string) => `Backup of ${moment}`,
  restore: "Restore",
  restoreThis: (moment: string) => `Restore the backup of ${moment}`,
  more: (moment: string) => `More for the backup of ${moment}`,
  verify: "Verify now",
  download: "Download",
  downloadHint: "It holds the configuration of the server, its password included.",
  note: "Note and pin",
  pin: "Pin",
  unpin: "Unpin",
  delete: "Delete",
  total: (count: number, bytes: number) => `${plural(count, "backup", "backups")}, ${formatBytes(bytes)}`,
  totalFiltered: (count: number, bytes: number) =>
    count === 1 ? `1 fits, ${formatBytes(bytes)}` : `${formatNumber(count)} fit, ${formatBytes(bytes)}`,
  showMore: "Load more",
  search: "Search the backups",
  searchHint: "Note, server, who made it",
  searchHintHere: "Note, who made it",
  filters: { server: "Server", kind: "Why" },
  chip: (name: string, value: string) => `${name}: ${value}`,
  quoted: (text: string) => `“${text}”`,
  nothingFits: "No backup fits",
  nothingFitsText: "Take a filter away, or look for something else.",
  showAll: "Show all",
  emptyTitle: "What a backup is good for",
  emptyText:
    "A backup holds the world, the players, the configuration and the list of mods of one moment, checked when it is made. With it the server can be put back, or set up anew elsewhere. The game goes on meanwhile.",
  emptyAll: "No backups yet",
  emptyAllText:
    "Here are the backups of all servers, with their size and whether they are sound. “Back up now” makes one; a schedule makes them by itself.",
  toServers: "Look at the servers",
  viewerHint: (role: string) =>
    `Operators can make and restore backups, admins can change their rules; you are signed in as ${role}.`,
  verified: "Verified: everything in it is as it was packed, and the world is sound.",
  verifyAgain: "Verify again",
  fetch: "Fetch it back",
  fetched: "It lies on this machine again.",
  fetchStopped: "Cancelled. It lies elsewhere as before.",
  fetchAgain: "Try again",
  verifyStopped: "Cancelled. Nothing is known of it that was not known before.",
};

/** Whether a server is safe, in a sentence, and what else there is to say. */
export const safety = {
  title: "Is it safe?",
  none: "There is no backup yet",
  noneGood: "None of the backups can be relied on. Make a new one.",
  all: (ago: string) => `Last good backup ${ago}; nothing was played since`,
  ran: (ago: string) => `Last good backup ${ago}; the game has run since`,
  failed: (ago: string) => `The last try failed ${ago}`,
  stored: (count: number, bytes: number) => `${plural(count, "backup", "backups")}, ${formatBytes(bytes)}`,
  offsite: "off-site copy",
  noOffsite: "no off-site copy",
  drill: "restored for practice",
  neverDrilled: "never restored for practice",
  drillWell: "it went well",
  drillFailed: "it failed",
  drillNow: "Practise a restore now",
  drillDone: "The newest backup can be restored: every file is as it was packed, and the world is sound.",
  drillTitle: "Practise a restore",
  drillText:
    "The newest backup is restored beside the server, not into it: unpacked whole, compared with its check sums, its world checked, and removed again. The game goes on.",
  drillStart: "Start",
  drillAgain: "Try again",
  drillStopped: "Cancelled. What was unpacked is removed again.",
  showAll: (count: number) => `Show all ${formatNumber(count)} servers`,
  showFewer: "Show fewer",
};

export const make = {
  now: "Back up now",
  nowThis: (server: string) => `Back up now: ${server}`,
  title: (server: string) => `Back up ${server}`,
  running: "The game goes on meanwhile; it saves its world once.",
  stopped: "The server is stopped, so its files are copied as they are.",
  estimating: "Looking how much room it takes",
  estimate: (needed: number, free: number) =>
    `It takes some ${formatBytes(needed)} of the ${formatBytes(free)} that are free.`,
  atMost: (needed: number, free: number) =>
    `It takes at most ${formatBytes(needed)} of the ${formatBytes(free)} that are free. After the first one this is known better.`,
  tooSmall: (needed: number, free: number) =>
    `The disk is too small: it takes some ${formatBytes(needed)}, and ${formatBytes(free)} are free. Delete backups that nobody needs, or enlarge the disk.`,
  note: "Note",
  noteHint: "What it is for, such as: before the dam was built. May be left empty.",
  pin: "Pin it",
  pinHint: "It stays until somebody unpins it, whatever the rules say.",
  done: (report: Report) => {
    const size = figure(report, "size_bytes");
    const packed = size === null ? "Backed up" : `Backed up: ${formatBytes(size)}`;
    if (report?.world === "damaged")
      return `${packed}. The world in it is damaged: SQLite finds errors in it, in the game as well. Earlier backups stay; restore one of them, or ask the game to repair the world.`;
    return report?.world === "none" ? `${packed}. There is no world yet.` : `${packed}. The world in it is sound.`;
  },
  cancelled: "Cancelled. Nothing of it was kept.",
  again: "Back",
  show: "Show the backup",
};

export const noteDialog = {
  title: (moment: string) => `Backup of ${moment}`,
  saved: "Saved",
};

export const deletion = {
  title: (moment: string) => `Delete the backup of ${moment}?`,
  text: (server: string, moment: string, size: number) =>
    `${server} can't be put back to ${moment} any more. ${formatBytes(size)} are freed.`,
  copies: (places: readonly string[]) => `Its copies at ${listed(places)} go, too.`,
  onlyGood: "It is the only good backup of this server. Without it, what happens to the world can't be undone.",
  newestGood: "It is the newest good backup of this server. Without it you can only go back to an earlier one.",
  notThere: "Its file is gone already; this takes it off the list.",
  pinnedTitle: (moment: string) => `The backup of ${moment} is pinned`,
  pinnedText: "Somebody wants it to stay. Unpin it, and you can delete it.",
  confirm: "Delete the backup",
  done: "Deleted",
};

export const backupPage = {
  back: "Backups",
  of: (server: string) => `Backups of ${server}`,
  title: (server: string, moment: string) => `${server}, ${moment}`,
  facts: "Facts",
  made: "Made",
  why: "Why",
  size: "Size",
  state: "State",
  method: "How the world was had",
  methods: {
    genbackup: "The running game wrote a copy of its world",
    copy: "The files were copied while the game was stopped",
  } satisfies Record<NonNullable<Schema["BackupDetails"]["method"]>, string>,
  noMethod: "Not known",
  durations: "How long it took",
  duration: (world: number | null, pack: number | null, check: number | null) =>
    [
      world !== null && `${formatDuration(world * 1000)} for the world`,
      pack !== null && `${formatDuration(pack * 1000)} to pack`,
      check !== null && `${formatDuration(check * 1000)} to check the world`,
    ]
      .filter(Boolean)
      .join(", ") || "Not known",
  version: "Game and mods",
  world: "World",
  noWorld: "none",
  manager: "Made with the manager",
  file: "File",
  copies: "Copies elsewhere",
  noCopies: "none",
  copyFile: (name: string) => `Copy the name of the file: ${name}`,
  notes: "What happened while it was packed",
  files: "Files in it",
  filesTable: "Files in this backup",
  filesSearch: "Search the files",
  filesSearchHint: "Name or part",
  fileColumns: { path: "File", part: "Part", size: "Size", sha: "SHA-256" },
  changed: "changed while it was packed",
  vanished: "vanished while it was packed",
  filesCount: (count: number, bytes: number) => `${plural(count, "file", "files")}, ${formatBytes(bytes)} unpacked`,
  filesFit: (shown: number, all: number) => `${formatNumber(shown)} of ${plural(all, "file", "files")}`,
  filesMore: (count: number) => `Show ${formatNumber(count)} more`,
  noFile: "No file fits",
  noFiles: "Nothing beside this backup tells what is in it.",
};

export const restore = {
  title: (moment: string) => `Restore the backup of ${moment}`,
  looking: "Looking at what would change",
  /** Two worlds, and what lies between them. */
  replaces: (then: string, now: string) => `This world of ${then} replaces that of ${now}.`,
  replacesUnknown: (then: string) => `This world of ${then} replaces what is there.`,
  replacesImported: "The world that was taken over replaces the one that is there.",
  loses: (seconds: number) => `You lose ${formatDuration(roughly(seconds) * 1000)} of play.`,
  losesNothing: "Nobody has played since, so no play is lost.",
  noWorld: (then: string) => `What you choose comes back as of ${then}. The world stays as it is.`,
  newServer: (name: string, then: string) =>
    `A new server “${name}” is made with this world of ${then}. Nothing that is there is touched.`,
  keeps: "A copy of today is kept.",
  into: "Where to",
  intoSame: (server: string) => `Into ${server}`,
  intoNew: "Into a new server",
  intoNewHint: "With a port and an identity of its own, so that both can run.",
  intoNewForAdmins: "Only admins make new servers. Ask one, if both should run.",
  goneForAdmins:
    "Its server is not there any more, so it could only become a new one, and only admins make new servers. Ask one.",
  intoGone: "Its server is not there any more, so it becomes a new one.",
  name: "Name of the new server",
  defaultName: (server: string, day: string) => `${server} of ${day}`,
  nameMissing: "Give it a name.",
  port: "Port",
  portHint: "Empty: the next one that is free.",
  portWrong: "Give a number from 1,024 to 65,535.",
  what: "What",
  whatParts: "All of it, or parts",
  whatFiles: "Single files",
  parts: "Parts",
  now: "now",
  afterwards: "afterwards",
  nothingThere: "nothing",
  chooseFiles: "Choose files",
  filesChosen: (count: number) => `${plural(count, "file", "files")} chosen.`,
  filesHint: "Files of mods come back with the whole list of mods: choose that part instead.",
  filesMore: (count: number) => `and ${formatNumber(count)} more; write more of the name`,
  chooseSomething: "Choose what is to be put back.",
  start: "Start it afterwards",
  startHint: "If the game does not become ready with it, the old state is put back by itself.",
  room: (needed: number, free: number) => `It needs ${formatBytes(needed)} of the ${formatBytes(free)} that are free.`,
  warnings: "Before you go on",
  problems: "This can't be done as it is",
  changedMeanwhile: "Something has changed since you looked. This is how it is now; look at it again.",
  act: (stops: boolean) => (stops ? "Stop and restore" : "Restore"),
  actNew: "Make the new server",
  done: (server: string, report: Report) => {
    const version = typeof report?.version === "string" ? ` with version ${report.version}` : "";
    const seconds = figure(report, "ready_after_seconds");
    const ready = seconds === null ? "" : ` The game is ready, after ${formatDuration(seconds * 1000)}.`;
    return `${server} is as it was then${version}.${ready}`;
  },
  doneNew: (server: string) => `The server “${server}” is there.`,
  showPresent: "Show what was there before",
  stopped: "Cancelled. What was there stays; if it was replaced already, it is being put back.",
  stoppedNew: "Cancelled. The new server is not set up: set it up again, or remove it.",
  again: "Look again",
  openServer: "Open the server",
};

export const restores = {
  emptyTitle: "Nothing was put back yet",
  emptyText:
    "Each restore is kept here with what came of it. What was there before stays as a backup of its own, so that it can be taken back.",
  outcome: { restored: "Put back", put_back: "Old state kept", failed: "Failed" } satisfies Record<
    NonNullable<Schema["RestoreRecord"]["outcome"]>,
    string
  >,
  going: "Under way",
  backupOf: (moment: string) => `the backup of ${moment}`,
  aBackup: "a backup that is not listed any more",
  showRun: "Show the run",
  by: (actor: string | null) => `by ${actor ?? "the manager itself"}`,
  before: "What was there before",
  wayBack:
    "What was there before a restore is kept as a backup of its own (“Before a restore”), so that it can be taken back.",
};

export const importing = {
  open: "Take over a backup",
  title: (server: string) => `Take over a backup for ${server}`,
  text: "A backup of another manager (.tar.zst) or a bare world (.vcdbs). It is checked whole and then stands in the list, pinned, so that no rule deletes it; nothing of the server changes until you restore it.",
  drop: "Drop a file here",
  choose: "Choose a file",
  wrongKind: "This is neither a .tar.zst nor a .vcdbs file.",
  sending: (percent: string) => `Sending, ${percent}`,
  checking: "Checking what is in it",
  cancel: "Cancel",
  done: (bytes: number, world: Schema["BackupSummary"]["world"]) =>
    `Taken over: ${formatBytes(bytes)}. ${world === "verified" ? "The world in it is sound." : "It stands in the list."}`,
  doneByPath: "Taken over. It stands in the list.",
  show: "Show the backup",
  orPath: "Or a file on the manager's machine",
  path: "Path",
  pathHint: "Below a folder that the manager may read (VS_HOST_ROOTS). The file stays where it is.",
  pathWrong: "Give the whole path, such as /srv/old/default.vcdbs.",
  take: "Take it over",
  note: "Note",
  again: "Back",
  stopped: "Cancelled. Nothing of it was kept.",
};
