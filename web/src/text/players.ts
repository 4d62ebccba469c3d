import type { Schema } from "../api/client";
import { formatNumber } from "../lib/numbers";

type Outcome = Schema["PlayerActionResult"]["outcome"];
type End = NonNullable<Schema["PlayerSession"]["end"]>;
type Unit = Schema["Ban"]["unit"];

const ends: Record<End, string> = {
  left: "left",
  kicked: "was kicked",
  server_ended: "the server ended",
  unknown: "end not known",
};

const outcomes: Record<Outcome, string> = { done: "Done", refused: "Refused", unknown: "Not known" };

const units: Record<Unit, [string, string]> = {
  minute: ["minute", "minutes"],
  hour: ["hour", "hours"],
  day: ["day", "days"],
  week: ["week", "weeks"],
  year: ["year", "years"],
};

export const players = {
  views: "What is shown",
  title: "Players",
  chat: "Chat",
  find: "Find a player",
  findHint: "Name",
  online: (online: number, max: number | null) =>
    max === null ? `${formatNumber(online)} online` : `${formatNumber(online)} of ${formatNumber(max)} online`,
  nobodyOnline: "Nobody is online",
  notExact: "Counted from joins and leaves; the game has not confirmed it yet.",
  table: { name: "Player", seen: "Seen", played: "Play time", role: "Role", whitelist: "Whitelist" },
  onlineSince: (when: string) => `Online since ${when}`,
  neverJoined: "never joined",
  neverPlayed: "–",
  underAMinute: "under 1 min",
  onWhitelist: "yes",
  notOnWhitelist: "no",
  notKnown: "not known",
  banned: "Banned",
  bannedUntil: (when: string) => `Banned until ${when}`,
  bannedForEver: "Banned for good",
  banReason: (reason: string) => `Reason: ${reason}`,
  sessionsOf: (name: string) => `When ${name} was on`,
  actions: (name: string) => `What to do with ${name}`,
  more: "Show more players",
  emptyTitle: "Nobody has joined yet",
  emptyText: "Whoever joins is listed here: when they were on, how long they played, and what they may do.",
  emptyAction: "Put somebody on the whitelist",
  nothingFits: (q: string) => `Nobody’s name holds “${q}”`,
  nothingFitsText: "Somebody who never joined can be put on the whitelist by name.",
  clear: "Show everybody",
  needsRunning: "The game keeps its lists itself: players can be managed while it runs.",
};

export const playerActs = {
  sessions: "Sessions",
  kick: "Kick…",
  ban: "Ban…",
  unban: "Lift the ban",
  whitelist: "Put on the whitelist",
  unwhitelist: "Take off the whitelist",
  role: "Change the role…",
  op: "Make an operator",
};

export const actDialog = {
  kick: {
    title: (name: string) => `Kick ${name}?`,
    text: "They are thrown out at once and can join again.",
    reason: "Reason",
    reasonHint: "The player reads it. It may stay empty.",
    confirm: (name: string) => `Kick ${name}`,
  },
  ban: {
    title: (name: string) => `Ban ${name}?`,
    text: "They are thrown out and can’t join until the ban ends or is lifted. What they built stays.",
    length: "For",
    amount: "How long",
    unit: "Unit",
    unitWord: (unit: Unit, amount: number) => units[unit][amount === 1 ? 0 : 1],
    notANumber: "Give a whole number from 1 to 1,000.",
    confirm: (name: string) => `Ban ${name}`,
  },
  unban: {
    title: (name: string) => `Lift the ban of ${name}?`,
    text: "They can join again.",
    confirm: "Lift the ban",
  },
  whitelist: {
    title: (name: string) => `Put ${name} on the whitelist?`,
    text: "They can join also while the whitelist is on.",
    confirm: (name: string) => `Put ${name} on it`,
  },
  whitelistAnybody: {
    button: "Add to the whitelist",
    title: "Put somebody on the whitelist",
    name: "Name of the player",
    nameHint: "As it is written in the game; also of somebody who never joined.",
    confirm: "Put on the whitelist",
  },
  unwhitelist: {
    title: (name: string) => `Take ${name} off the whitelist?`,
    text: "While the whitelist is on, they can’t join any more.",
    confirm: (name: string) => `Take ${name} off it`,
  },
  op: {
    title: (name: string) => `Make ${name} an operator?`,
    text: "They get the game’s role “admin” and may do everything in the game, commands included.",
    confirm: (name: string) => `Make ${name} an operator`,
  },
  role: {
    title: (name: string) => `Role of ${name}`,
    label: "Role",
    text: "It takes effect at once.",
    choose: "Choose a role",
    option: (code: string, name: string) => (name && name !== code ? `${name} (${code})` : code),
    confirm: "Give this role",
  },
  result: {
    outcome: (outcome: Outcome) => outcomes[outcome],
    byFile: "The game’s files say so.",
    answer: "What the game said",
    noAnswer: "The game said nothing.",
  },
};

export const whitelist = {
  on: "Whitelist on: only players on it can join.",
  off: "Whitelist off: everybody can join.",
  unknown: "Whether the whitelist is on is not known.",
  turnOn: "Turn on",
  turnOff: "Turn off",
  onTitle: "Turn the whitelist on?",
  onText: "From then on only players on the whitelist can join. Whoever is on stays.",
  onConfirm: "Turn it on",
  offTitle: "Turn the whitelist off?",
  offText: "Everybody who knows the address can join then. The list itself stays.",
  offConfirm: "Turn it off",
};

export const sessions = {
  table: { joined: "Joined", left: "Left", took: "Played", end: "How it ended" },
  now: "still on",
  end: (end: End | null) => (end === null ? "–" : ends[end]),
  total: (played: string, count: number) =>
    `${played} in ${count === 1 ? "1 session" : `${formatNumber(count)} sessions`}`,
  firstSeen: "First seen",
  uid: "Player id",
  more: "Show earlier sessions",
  empty: "No session is known.",
};

export const chat = {
  label: "Chat, the newest first",
  find: "Search in the chat",
  findHint: "Name or words",
  group: (group: number) => `in group ${group}`,
  more: "Show what was said before",
  thatIsAll: "That is all.",
  emptyTitle: "Nobody has said anything yet",
  emptyText: "What players say to everybody is kept here, and can be searched.",
  nothingFits: (q: string) => `Nothing that was said holds “${q}”`,
  clear: "Show everything",
};
