import type { Schema } from "../api/client";
import { formatNumber } from "../lib/numbers";
import { charts } from "./charts";

type Server = Schema["ServerView"];
type Crash = Schema["CrashInfo"];

const listed = (names: readonly string[]) =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
const players = (count: number) => (count === 1 ? "1 player is on" : `${formatNumber(count)} players are on`);

export const servers = {
  title: "Servers",
  lead: "The game servers of this machine.",
  list: "Game servers",
  create: "Create a server",
  adopt: "Take one over",
  fromFile: "From a file",
  emptyFile: "Do you have the file that a server was exported to?",
  find: "Find a server",
  nothingFits: "No server has this in its name, version or address",
  counts: (counts: readonly (readonly [string, number])[]) =>
    counts.map(([state, count]) => `${formatNumber(count)} ${state.toLowerCase()}`).join(" · "),
  empty: "No server yet",
  emptyText:
    "A server is a world that you and others play in. The manager downloads the game, keeps it running, starts it again after a crash, and shows its console and who is on.",
  emptyAdopt: "Is there one on this machine already? It can be taken over where it lies, and nothing of it is moved.",
  viewerHint: (role: string) => `Admins can create servers; you are signed in as ${role}.`,
  columns: { players: "Players", version: "Version", up: "Up", address: "Address" },
  playersOf: (online: number | null, max: number | null) =>
    online === null ? "–" : max === null ? formatNumber(online) : `${formatNumber(online)}/${formatNumber(max)}`,
  noVersion: "no version",
  notUp: "–",
  justStarted: "< 1 min",
  copyAddress: (address: string) => `Copy the address ${address}`,
};

const inLastDay = "in the last 24 hours";

/** What the small charts of a server show, for those who don't see them and those who point at them. */
export const lastDay = {
  tick: "Tick time",
  tickNow: (tick: number | null) => (tick === null ? "–" : charts.milliseconds(tick)),
  players: (most: number | null) => {
    if (most === null) return `Players ${inLastDay}: nothing was measured`;
    return `Players ${inLastDay}: ${most === 0 ? "nobody was on" : `at most ${formatNumber(most)} at one time`}`;
  },
  tickTime: (mean: string | null, most: string | null) =>
    mean === null || most === null
      ? `Tick time ${inLastDay}: nothing was measured`
      : `Tick time ${inLastDay}: ${mean} on average, ${most} in the slowest half hour`,
};

export const serverNews = {
  crashed: (crash: Crash) =>
    crash.mods.length > 0
      ? `${crash.mods.length === 1 ? `The mod ${crash.mods[0]} is` : `The mods ${listed(crash.mods)} are`} named in its report.`
      : crash.summary,
  when: "Crashed",
  failedWhen: "Failed to start",
  restartsIn: (duration: string) => `Starts again in ${duration}.`,
  restartsNow: "Starts again now.",
  gaveUp: "It crashed so often that it is left alone now. Look at the report before you start it.",
  staysDown: "It is not started again by itself.",
  hung: "It runs, but has stopped answering. A restart usually helps; what was not saved is lost.",
  notInstalled: (version: string | null) =>
    version ? `Version ${version} of the game is not installed.` : "No version of the game is chosen.",
  operations: {
    create: "Being set up",
    start: "Being started",
    stop: "Being stopped",
    restart: "Being restarted",
    kill: "Being killed",
    version: "Being switched to another version",
    change: "Being changed",
    delete: "Being deleted",
    mods: "Getting other mods",
    backup: "Being backed up",
    restore: "Being put back from a backup",
    update: "Being updated",
  } as Record<string, string>,
  operation: (kind: string) => serverNews.operations[kind] ?? kind.replaceAll("_", " "),
  by: (actor: string) => `by ${actor}`,
  showRun: "Details",
};

export const serverActions = {
  group: (name: string) => `Actions for ${name}`,
  start: "Start",
  startThis: (name: string) => `Start ${name}`,
  startNow: "Start now",
  startThisNow: (name: string) => `Start now: ${name}`,
  stop: "Stop",
  stopThis: (name: string) => `Stop ${name}`,
  leaveStopped: "Leave it stopped",
  restart: "Restart",
  restartThis: (name: string) => `Restart ${name}`,
  more: (name: string) => `More actions for ${name}`,
  kill: "Kill",
  install: (version: string) => `Install ${version}`,
  reason: "Why",
  reasonHint: "For the timeline and the audit trail. May be left empty.",
  stopTitle: (name: string) => `Stop ${name}?`,
  stopText: (online: number) =>
    `${players(online)} and will be disconnected. The world is saved first. It stays stopped until someone starts it.`,
  restartTitle: (name: string) => `Restart ${name}?`,
  restartText: (online: number) =>
    `${players(online)} and will be disconnected. The world is saved first; they can come back as soon as it is ready.`,
  killTitle: (name: string) => `Kill ${name}?`,
  killLost: (server: Server) =>
    `The game is ended at once, without saving. What was done in the world since it was last saved, usually up to five minutes ago, is lost.${
      server.players_online ? ` ${players(server.players_online)}.` : ""
    }`,
  killStays: "Everything saved before stays. Stop does the same with saving; kill is for a server that does not stop.",
  killConfirm: "Kill without saving",
  started: (name: string) => `Starting ${name}`,
  stopped: (name: string) => `Stopping ${name}`,
  restarted: (name: string) => `Restarting ${name}`,
};

/** What looks after a server, in a line. */
export const serverCare = {
  backup: {
    good: "Last good backup",
    overdue: "Backup overdue, last good one",
    failed: "The last backup failed",
    none: "No backup yet",
  } satisfies Record<Schema["ServerCare"]["backup"], string>,
  lastGood: "last good one",
  next: "Next:",
  update: (game: string | null, mods: number) => {
    const found = [game && `Version ${game}`, mods > 0 && (mods === 1 ? "1 mod" : `${mods} mods`)].filter(Boolean);
    return found.length > 0 ? `Update ready: ${found.join(" and ")}` : null;
  },
};
