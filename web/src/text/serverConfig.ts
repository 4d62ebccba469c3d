import type { Schema } from "../api/client";
import { formatNumber } from "../lib/numbers";

type Field = Schema["ConfigField"];

const plural = (count: number, one: string, many: string) => (count === 1 ? one : many);
const settings = (count: number) => `${formatNumber(count)} ${plural(count, "setting", "settings")}`;
const exactly = new Intl.NumberFormat("en", { maximumFractionDigits: 8 });

export const configNav = {
  label: "Parts of the configuration",
  settings: "Settings",
  world: "World",
  roles: "Roles & privileges",
  tuning: "Tuning",
  versions: "Earlier versions",
  text: "As text",
};

export const serverConfig = {
  lead: "What the game reads from serverconfig.json.",
  worldLead: "The world and its rules.",
  worldExists:
    "The world exists. What is read only while a world is made is shown, and can't be changed for this world any more. Many of its rules can be changed in the console, by /worldconfig.",
  worldNew: "There is no world yet. Everything here counts when the game makes it at its first start.",
  tuningLead:
    "What the game reads from servermagicnumbers.json, such as how often it saves. Most servers run well with the defaults.",
  readOnly: (role: string) => `Operators can change these. You are signed in as ${role}.`,
  notThere: "The file is not there yet",
  notThereText: "The game writes it when it first starts. What is set here before that, it takes over.",
  broken: "The file can't be read",
  brokenText: "The game would not start with it. Nothing is changed here before it is mended.",
  brokenAt: (line: number) => `Line ${formatNumber(line)}`,
  mend: "Mend it as text",

  search: "Search the settings",
  changedOnly: "Changed only",
  changedHint: "Only what differs from the default",
  advanced: "Advanced",
  advancedHint: "Also what hardly anybody needs to change",
  nothing: "No setting fits.",
  nothingHint: "Try fewer words, or show the advanced ones.",
  showAll: "Show all",
  groups: "Groups of settings",
  count: (shown: number, all: number) => (shown === all ? settings(all) : `${formatNumber(shown)} of ${settings(all)}`),

  effect: (field: Field, view: Pick<Schema["ServerConfigView"], "server_runs" | "world_exists">) =>
    ({
      live: view.server_runs ? "At once" : "From the next start on",
      stop: view.server_runs ? "After the next stop" : "From the next start on",
      new_world: view.world_exists ? "Only in a new world; this one exists" : "Only in a new world",
      never: "The game's own",
    })[field.takes_effect],
  effectHint: (field: Field) =>
    ({
      live: field.command ? `The game is told by ${field.command}.` : "The game is told while it runs.",
      stop: "The game reads it when it starts, and writes over its file while it runs.",
      new_world: "The game reads it only while it makes a world.",
      never: "The game keeps this for itself. It is shown, and not changed here.",
    })[field.takes_effect],
  on: "On",
  off: "Off",
  unset: "not set",
  emptyList: "none",
  secretSet: "Set",
  secretUnset: "Not set",
  setSecret: (title: string) => `New: ${title}`,
  setSecretPlaceholder: "Type a new one",
  clearSecret: "Clear it",
  clearSecretOf: (title: string) => `Clear it: ${title}`,
  clears: "It is cleared when you save.",
  keepSecret: "Keep it",
  keepSecretOf: (title: string) => `Keep it: ${title}`,
  secretHint: "It is shown to nobody.",
  onePerLine: "One to a line.",
  other: "Something else",
  otherOf: (title: string) => `Other value: ${title}`,
  number: (value: number, unit?: string | null) => [exactly.format(value), unit].filter(Boolean).join(" "),
  limits: ({ minimum, maximum, unit }: Pick<Field, "minimum" | "maximum" | "unit">) => {
    const least = minimum ?? null;
    const most = maximum ?? null;
    const number = (value: number) => exactly.format(value);
    const after = unit ? ` ${unit}` : "";
    if (least !== null && most !== null) return `${number(least)} to ${number(most)}${after}`;
    if (least !== null) return `at least ${number(least)}${after}`;
    return most !== null ? `at most ${number(most)}${after}` : null;
  },
  characters: (most: number) => `up to ${formatNumber(most)} characters`,
  default: (value: string) => `Default: ${value}`,
  since: (version: string) => `since ${version}`,
  toDefault: "Back to default",
  toDefaultOf: (title: string) => `Back to default: ${title}`,
  notWhole: "Give a whole number.",
  notANumber: "Give a number.",
  outside: (limits: string) => `Give a number: ${limits}.`,
  tooLong: (most: number) => `At most ${formatNumber(most)} characters.`,
  secretEmpty: "Type the new one, or keep the old.",
  unknownTitle: "Only the game or mods know these",
  unknownText: "They stay as they are, in their place. As text, they can be changed.",

  waits: (value: string) => `Waits for the next stop. Until then: ${value}.`,
  drop: "Don't change it",
  dropOf: (title: string) => `Don't change it: ${title}`,
  theirs: (value: string) => `Changed by somebody else meanwhile. Theirs: ${value}.`,
  mine: (value: string) => `Yours: ${value}.`,
  keepMine: "Keep mine",
  keepMineOf: (title: string) => `Keep mine: ${title}`,
  takeTheirs: "Take theirs",
  takeTheirsOf: (title: string) => `Take theirs: ${title}`,

  unsaved: (count: number) => `${formatNumber(count)} unsaved ${plural(count, "change", "changes")}`,
  conflicts: (count: number) =>
    `Somebody else has changed ${count === 1 ? "one of these" : `${formatNumber(count)} of these`} meanwhile. Choose whose value counts.`,
  wrong: (count: number) =>
    count === 1 ? "One setting can't be saved as it is." : `${settings(count)} can't be saved as they are.`,
  show: "Show them",
  hide: "Hide them",
  change: (title: string, before: string, after: string) => `${title}: ${before} → ${after}`,
  save: "Save",
  discard: "Discard",
  dismiss: "Close what was saved",
  outcomes: "What became of it",
  saved: (outcomes: readonly Schema["ChangeOutcome"][]) => {
    const count = (kind: Schema["ChangeOutcome"]["outcome"]) =>
      outcomes.filter(({ outcome }) => outcome === kind).length;
    const [live, waiting, written] = [count("live"), count("pending"), count("written")];
    const parts = [
      live > 0 && `${formatNumber(live)} in force now`,
      waiting > 0 && `${formatNumber(waiting)} ${plural(waiting, "waits", "wait")} for the next stop`,
      written > 0 && `${formatNumber(written)} written, in force at the next start`,
    ].filter((part) => part !== false);
    return parts.length > 0 ? `Saved: ${parts.join(", ")}.` : "Nothing was different.";
  },
  outcome: { live: "in force now", pending: "waits for the next stop", written: "written", unchanged: "as it was" },
  leaveTitle: "Leave without saving?",
  leaveText: "These changes are lost:",
  leave: "Leave without saving",
};

export const waitingConfig = {
  title: (count: number) => `${settings(count)} ${plural(count, "waits", "wait")} for the next stop`,
  lead: "Written when the game has stopped, and in force from its next start on.",
  with: "The restart for the mods takes them along.",
  look: "Show them",
  restart: "Restart now",
  restarting: (name: string) => `Restarting ${name}`,
  section: "Waiting for the next stop",
  elsewhere: (count: number) => `${settings(count)} of the other file ${plural(count, "waits", "wait")}, too:`,
  change: (before: string, after: string) => `${before} → ${after}`,
  secret: "a new value, shown to nobody",
  by: (actor: string) => `by ${actor}`,
  drop: "Drop",
  dropOf: (title: string) => `Drop: ${title}`,
  dropAll: "Drop all",
  dropAllTitle: (count: number) =>
    `Drop ${count === 1 ? "the waiting change" : `all ${formatNumber(count)} waiting changes`}?`,
  dropAllText: "The game keeps the values that it has. Nothing else changes.",
  dropped: "Dropped",
};

export const configVersions = {
  lead: "What the file was before, who changed it, and what. Bringing one back is a change like any other.",
  file: "File",
  list: "Earlier versions",
  empty: "No earlier version yet",
  emptyText: "One is kept each time that the file changes, whoever changes it.",
  current: "As it is now",
  cause: {
    manager: (actor: string | null) => (actor === null ? "Changed by the manager" : `Changed by ${actor}`),
    outside: () => "Written by the game, or by hand",
    returned: (actor: string | null) => (actor === null ? "Brought back" : `Brought back by ${actor}`),
  } satisfies Record<Schema["ConfigVersion"]["cause"], (actor: string | null) => string>,
  first: "The first one that is known",
  more: (count: number) => `and ${formatNumber(count)} more`,
  look: "Look at it",
  lookOf: (when: string) => `Look at it: ${when}`,
  older: "Show older",
  dialog: (when: string) => `The version of ${when}`,
  wouldChange: "What would change if it were brought back",
  wouldNothing: "It says the same as the file does now.",
  text: "Show its text",
  hideText: "Hide its text",
  textOf: (when: string) => `Text of the version of ${when}`,
  bringBack: "Bring it back",
  back: "Brought back",
  added: "new",
  removed: "gone",
  secret: "Another value, shown to nobody",
  differences: "Changes",
};

export const configText = {
  lead: "The whole file. Passwords stand here as dots, and stay as they are where the dots stay.",
  text: (file: string) => `Text of ${file}`,
  good: "Good JSON",
  problemAt: (line: number, column: number, message: string) => `Line ${line}, column ${column}: ${message}`,
  problemOn: (line: number, message: string) => `Line ${line}: ${message}`,
  goThere: "Go there",
  save: "Save",
  discard: "Discard",
  unsaved: "Not saved yet",
  conflictTitle: "The file is another than the one you opened",
  conflictText:
    "Somebody else, or the game, has written it meanwhile. Nothing was saved, and what you typed is still here.",
  merge: "Put both together",
  merged: "Both are together now. Look at it, then save.",
  cantMerge: "You and they changed the same lines, so they can't be put together by themselves.",
  theirs: "Theirs",
  mine: "Yours",
  takeTheirs: "Take theirs",
  saveMine: "Save mine over it",
  leaveTitle: "Leave without saving?",
  leaveText: "What you changed in this file is lost.",
  leave: "Leave without saving",
};

export const gameRoles = {
  lead: "Each player has one role in the game. It says what they may do there; it has nothing to do with signing in here.",
  readOnly: (role: string) => `Admins can change roles. You are signed in as ${role}.`,
  waiting: "Changes to roles wait for the next stop. This is how they will be.",
  problem: "They can't be changed here",
  list: "Roles",
  columns: { role: "Role", level: "Level", privileges: "Privileges", players: "Players" },
  default: "Default",
  defaultLabel: "Role of new players",
  defaultHint: "What a player has who joins for the first time.",
  all: "all",
  choose: "Choose a role to see what it may do.",
  back: "All roles",
  edit: (name: string) => `Role ${name}`,
  code: "Code",
  name: "Name",
  nameMissing: "Give it a name.",
  description: "Description",
  level: "Level",
  levelHint: "Who has a higher one stands above: kick, ban and roles work only downwards.",
  color: "Colour in the chat",
  colorHint: "A name that .NET knows, such as LightBlue.",
  gameMode: "Game mode",
  gameModes: { "": "the world's own", 0: "Guest", 1: "Survival", 2: "Creative", 3: "Spectator" } as Record<
    string,
    string
  >,
  land: "Land claims",
  allowance: "Volume in all",
  allowanceUnit: "m³",
  areas: "Areas at most",
  minSize: "Smallest area",
  axes: { x: "Width", y: "Height", z: "Length" },
  blocks: "blocks",
  privileges: "Privileges",
  autoGrant: "Every privilege, also those that mods add",
  groups: {
    play: "Playing",
    people: "Chat and people",
    guard: "Keeping order",
    world: "World and cheats",
    admin: "Running the server",
    other: "Others that the game knows",
    mods: "Of mods",
  },
  modPrivilege: "Privilege of a mod",
  modPrivilegeHint: "Its code, as the mod's page names it.",
  modPrivilegeWrong: "Letters, digits, dot, colon, dash and underscore only.",
  add: "Add",
  remove: (code: string) => `Remove ${code}`,
  copy: "Copy as a new role",
  copyTitle: (name: string) => `A new role like ${name}`,
  copyText: "It begins with the same privileges and level.",
  copyConfirm: "Add the role",
  codeHint: "Short, for commands such as /player Anna role builder. It can't be changed later.",
  codeWrong: "Up to 40 letters, digits, dashes and underscores.",
  codeTaken: "There is a role with this code.",
  delete: "Remove this role",
  deleted: "It is removed when you save.",
  restore: "Keep it",
  players: (count: number) => (count === 1 ? "1 player" : `${formatNumber(count)} players`),
  whole: (least: number, most: number) => `A whole number from ${formatNumber(least)} to ${formatNumber(most)}.`,
  unsaved: (count: number) => (count === 1 ? "1 unsaved change" : `${formatNumber(count)} unsaved changes`),
  newRole: (name: string) => `${name}: new`,
  goneRole: (name: string) => `${name}: removed`,
  changedRole: (name: string, what: readonly string[]) => `${name}: ${what.join(", ")}`,
  changedDefault: (name: string) => `New players: ${name}`,
  parts: {
    name: "name",
    description: "description",
    privilege_level: "level",
    privileges: "privileges",
    default_game_mode: "game mode",
    color: "colour",
    land_claim_allowance: "land claims",
    land_claim_min_size: "smallest area",
    land_claim_max_areas: "areas",
    auto_grant: "every privilege",
  } as Record<string, string>,
  dangers: "Think about this before you save",
  obstacles: "This can't be saved yet",
  inUse: (name: string, count: number) =>
    `${gameRoles.players(count)} ${count === 1 ? "has" : "have"} the role ${name}. Give ${count === 1 ? "that player" : "those players"} another role first.`,
  adminKeeps:
    "The role admin has to stay, with every privilege: without it nobody in the game could control the server.",
  losesControl: (name: string) => `${name} can't run commands of the server any more (controlserver).`,
  losesGrant: (name: string) => `${name} can't give roles and privileges any more (grantrevoke).`,
  defaultPowerful: (name: string, codes: readonly string[]) =>
    `Everybody who joins gets ${name}, and with it ${codes.join(", ")}.`,
  defaultGone: "The role of new players is removed. Choose another one first.",
  confirmTitle: "Save these roles?",
  confirm: "Save them all the same",
  conflictTitle: "Somebody else has changed the roles meanwhile",
  conflictText: "Nothing was saved, and what you changed is still here.",
  theirsOnly: (names: readonly string[]) => `They changed: ${names.join(", ")}.`,
  mergeConflict: (name: string) => `You both changed ${name}.`,
  keepMine: "Keep mine",
  takeTheirs: "Take theirs",
  bothTogether: "Put both together",
  leaveTitle: "Leave without saving?",
  leaveText: "These changes to roles are lost:",
};
