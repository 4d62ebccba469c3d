import type { Schema } from "../api/client";
import { formatNumber } from "../lib/numbers";

type State = Schema["ServerDetails"]["state"];

const lines = (count: number) => (count === 1 ? "1 line" : `${formatNumber(count)} lines`);

const whyNot: Record<State, string | null> = {
  running: null,
  not_installed: "Nothing is installed here yet, so there is nobody to send commands to.",
  stopped: "The server does not run. Start it to send commands.",
  starting: "The server is starting. Commands can be sent as soon as it is ready.",
  stopping: "The server is stopping and takes no commands any more.",
  crashed: "The server has crashed. Start it to send commands.",
  failed_to_start: "The server did not start. Start it to send commands.",
};

export const consoleTab = {
  label: "Console",
  hint: "Lines of the console, the newest last",
  types: "Types of lines",
  count: (word: string, count: number) => `${word}, ${lines(count)}`,
  everything: "All",
  search: "Search in the console",
  searchPlaceholder: "Search",
  openSearch: "Search the lines",
  hits: (place: number, count: number) =>
    count === 0 ? "Nothing found" : `${place > 0 ? formatNumber(place) : "–"} of ${formatNumber(count)}`,
  previousHit: "Previous hit",
  nextHit: "Next hit",
  clearSearch: "End the search",
  pause: "Pause",
  follow: "Follow",
  newLines: (count: number) => (count === 1 ? "1 new line" : `${formatNumber(count)} new lines`),
  more: "More",
  copySelection: "Copy the selection",
  copyShown: (count: number) => `Copy ${count === 1 ? "the shown line" : `all ${formatNumber(count)} shown lines`}`,
  copied: (count: number) =>
    count === 1 ? "1 line is in the clipboard." : `${formatNumber(count)} lines are in the clipboard.`,
  copyFailed: "The browser did not allow it. Download the lines instead.",
  download: "Download what is shown",
  fileName: (serverId: string, when: string) => `${serverId}-console-${when}.txt`,
  showProbes: "Show what the manager asks for itself",
  dropped: (count: number) => (count === 1 ? "1 line was dropped" : `${formatNumber(count)} lines were dropped`),
  droppedHint: "This page could not keep up, or was away too long. The log files have them.",
  cut: (count: number) => `This page keeps the last ${formatNumber(count)} lines.`,
  earlier: "Earlier lines are in the",
  logFiles: "log files",
  moreText: (count: number) => ` … and ${formatNumber(count)} more characters`,
  time: (time: string) => `${time}, by the clock of the server’s machine`,
  probe: "Asked by the manager: ",
  connecting: "Connecting to the console",
  lost: "Not connected, trying again. Lines that come meanwhile are fetched later.",
  tryNow: "Try now",
  empty: "Nothing has been printed yet.",
  emptyStopped: "Nothing has been printed yet. What the server prints shows here as soon as it starts.",
  nothingFits: "No line is of these types.",
  showAll: "Show all",
  summary: (count: number, errors: number) =>
    `${count === 1 ? "1 new line" : `${formatNumber(count)} new lines`}${
      errors === 0 ? "" : `, ${errors === 1 ? "1 of them an error" : `${formatNumber(errors)} of them errors`}`
    }.`,
};

export const commandLine = {
  label: "Command",
  placeholder: "/command, or a message",
  send: "Send",
  hints: "Commands that fit",
  hintCount: (count: number) => (count === 1 ? "1 command fits" : `${formatNumber(count)} commands fit`),
  whyNot: (state: State) => whyNot[state],
  isHung: "The server has stopped answering; a command may get no answer.",
  dot: "The game ignores lines that start with a dot.",
  sayTitle: "Say this to everyone?",
  sayText: "Without a slash it is no command: everyone who is on reads it in the chat.",
  say: "Say it",
  asCommand: (command: string) => `Send as the command ${command}`,
  stopTitle: "Stop the server with a command?",
  stopText:
    "Use Stop on this page instead: the manager then knows that you want the server stopped, waits until the world is saved, and leaves it stopped. After this command it may take the end for a crash and start the server again.",
  stop: (command: string) => `Send ${command} anyway`,
};

export const answer = {
  title: (command: string) => `Answer to ${command}`,
  nothing: "The game printed nothing.",
  late: "The game has not answered in time. What comes later shows in the console.",
  close: "Close the answer",
  said: "Said to everyone.",
};

export const quickCommands = {
  label: "Commands",
  announce: {
    menu: "Announce…",
    title: "Announce something",
    text: "Text",
    hint: "Everyone who is on sees it.",
    send: "Announce",
  },
  save: { menu: "Save the world now" },
  list: { menu: "Who is on" },
  time: { menu: "Time in the world" },
  stats: { menu: "How the server does" },
  kick: {
    menu: "Kick a player…",
    title: "Kick a player",
    player: "Player",
    nobody: "Nobody is on.",
    reason: "Reason",
    reasonHint: "The player reads it. It may stay empty.",
    send: (name: string) => (name ? `Kick ${name}` : "Kick"),
    choose: "Choose a player.",
  },
};
