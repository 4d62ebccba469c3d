import { formatNumber } from "../lib/numbers";

const players = (count: number) => (count === 1 ? "1 player is on" : `${formatNumber(count)} players are on`);

export const serverPage = {
  newMods: (set: number) => `It started with other mods (set ${set}).`,
  backToSet: (set: number) => `Go back to set ${set}?`,
  modsHistory: "Look at the history of its mods",
  back: "Servers",
  tabs: "Parts of this server",
  tab: {
    overview: "Overview",
    console: "Console",
    players: "Players",
    mods: "Mods",
    backups: "World & backups",
    schedules: "Schedules",
    config: "Config",
    logs: "Logs",
    updates: "Updates",
    versions: "Versions",
    settings: "Settings",
  },
  since: "since",
  readyAfter: (duration: string) => `, ready after ${duration}`,
  players: (online: number, max: number | null) =>
    `${max === null ? formatNumber(online) : `${formatNumber(online)}/${formatNumber(max)}`} players`,
};

export const serverOverview = {
  crash: "What went wrong",
  pastCrash: "What went wrong last,",
  report: "Crash report",
  copyReport: "Copy the report",
  noReport: "The game left no report. The console and the log files show its last lines.",
  warnings: "To look at",
  online: "Playing now",
  nobody: "Nobody is on.",
  andMore: (count: number) => `and ${formatNumber(count)} more`,
  allPlayers: "All players",
  timeline: "What happened",
  timelineEmpty:
    "Nothing has happened yet. Starts, stops, crashes and changes appear here with who or what caused them.",
  older: "Show older",
};

export const serverVersions = {
  current: "This server uses",
  none: "no version",
  notInstalled: "not installed",
  table: "Versions that it can be switched to",
  columns: { version: "Version", state: "Here", action: "Switch" },
  inUse: "In use here",
  installed: "Installed",
  toDownload: (size: string | null) => (size ? `Downloaded when needed, ${size}` : "Downloaded when needed"),
  update: "Update with a way back",
  modsReady: "Which mods are ready?",
  modsReadyFor: (version: string) => `See which of its mods are ready for ${version}`,
  switch: "Switch",
  switchTo: (version: string) => `Switch to ${version}`,
  showAll: (count: number) => `Show all ${formatNumber(count)} versions`,
  showFewer: "Show fewer",
  others: "Versions",
  viewerHint: (role: string) => `Admins can switch; you are signed in as ${role}.`,
  dialogTitle: (name: string, version: string) => `Switch ${name} to ${version}?`,
  steps: {
    download: (version: string) => `Version ${version} is downloaded and installed.`,
    stop: "The server is stopped, and the world is saved.",
    stopOnline: (online: number) => `The server is stopped, and the world is saved. ${players(online)}.`,
    switch: (from: string | null, to: string) =>
      from ? `It is switched from ${from} to ${to}.` : `It is switched to ${to}.`,
    start: "It is started again.",
    staysStopped: "It stays stopped.",
    back: "If the new version does not start, the server goes back to the one before.",
  },
  newer:
    "A newer version may convert the world when it first opens it. After that the game does not support going back to an older one, so keep a copy of the server's folder first.",
  older:
    "This version is older. The game does not support opening a world with an older version than it was last saved with; it may refuse it or damage it. Keep a copy of the server's folder first.",
  started: (version: string) => `Switching to ${version}`,
  runtimeShort: "Installed, but .NET is missing",
  runtimeNeeds: (framework: string | null, needed: string | null, found: readonly string[]) =>
    `It needs ${[framework, needed].filter(Boolean).join(" ") || "a .NET runtime"}; this machine has ${found.length > 0 ? found.join(", ") : "none"}.`,
  runtimeMissing: (version: string) => `Version ${version} can't start on this machine yet`,
};

export const serverSettings = {
  name: "Name",
  nameMissing: "Give it a name.",
  nameHint: "In these pages. What players see in the game is set in its configuration.",
  port: "Port",
  portFixed: "The port can be changed while the server is stopped.",
  restart: "Start it again after a crash",
  restartHint: "Waits a little longer each time, and gives up when it crashes again and again.",
  stopTimeout: "Time to stop",
  stopTimeoutHint: "How long a stop waits for the game to save and end before it asks more firmly.",
  termTimeout: "Time after that",
  termTimeoutHint: "How long the game may take after the firmer request before it is killed.",
  default: "Empty: the setting of the manager",
  seconds: "seconds",
  arguments: "Further options of the command line",
  argumentsHint: "One to a line, in the order in which the game gets them.",
  notANumber: "Give a whole number of seconds, or nothing.",
  portNotANumber: "Give a number from 1 to 65,535.",
  save: "Save",
  discard: "Discard",
  saved: "Saved",
  folder: "Folder",
  created: "Created",
  createdBy: (actor: string) => `by ${actor}`,
  delete: "Delete this server",
  deleteText: "It is taken off the list. What happens to its world you say in the next step.",
  deleteRunning: "Stop it first; only a server that is stopped can be deleted.",
  deleteAdopted: "It is taken off the list. Its folder is not the manager's own and stays as it is.",
  deleteTitle: (name: string) => `Delete ${name}?`,
  deleteKeeps: (path: string | null) =>
    `Its world, configuration and mods stay in ${path ?? "its folder"} and can be taken over again later.`,
  deleteFiles: "Delete its files, too",
  deleteFilesHint: "World, configuration, mods and logs are gone for good. There is no way to get them back.",
  deleteTyped: (name: string) => `Type the name of the server: ${name}`,
  deleteConfirm: "Delete the server",
  deleteConfirmFiles: "Delete the server and its world",
  deleted: (name: string) => `${name} is being deleted`,
};
