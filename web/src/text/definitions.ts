import type { Schema } from "../api/client";

type Part = Schema["DefinitionPart"]["part"];
type State = Schema["DefinitionPart"]["state"];
type Action = Schema["DefinitionStep"]["action"];

const parts: Record<Part, string> = {
  server: "The server itself",
  version: "Version of the game",
  world: "World",
  configuration: "Configuration of the game",
  game_roles: "Roles in the game",
  mods: "Mods",
  schedules: "Schedules",
  backups: "Rules of backups",
  updates: "Updates by itself",
  notifications: "Notifications",
};

const states: Record<State, string> = {
  create: "new",
  change: "changed",
  same: "as the file says",
  left_alone: "left alone",
  blocked: "not possible",
};

const actions: Record<Action, string> = { create: "New", change: "Changed", remove: "Removed", keep: "Left alone" };

export const definitions = {
  title: "Create from a file",
  lead: "A file that a server was exported to: it makes another one like it, or brings the one that it names in line.",
  back: "Servers",
  text: "Definition",
  textHint: "Paste it, or choose the file. Nothing is changed before you have seen the plan.",
  file: "Choose a file",
  tooLarge: "This file is too large for a definition of a server.",
  look: "Show the plan",
  plan: "What would be done",
  makes: (name: string, id: string) => `The server “${name}” (${id}) is made.`,
  changes: (name: string, id: string) => `The server “${name}” (${id}) is changed.`,
  nothing: (name: string, id: string) => `There is nothing to do: “${name}” (${id}) is as the file says.`,
  nothingYet: (name: string, id: string) => `Nothing is done to “${name}” (${id}) as long as something is in the way.`,
  leftAlone: (name: string, id: string) =>
    `There is nothing to do: what differs at “${name}” (${id}) is left alone, for the reasons below.`,
  restarts: "Its game runs, and is restarted.",
  part: (part: Part) => parts[part],
  state: (state: State) => states[state],
  action: (action: Action) => actions[action],
  untouched: (names: readonly string[]) => `Nothing to do: ${names.join(", ")}`,
  blocked: "It can't be applied as it is",
  notes: "Good to know",
  fillIn: "To fill in by hand",
  create: "Create the server",
  apply: "Apply the changes",
  begun: "Applying the file",
  exportButton: "Export definition",
  exportText:
    "One file with everything that makes this server what it is: settings, version, mods, schedules and rules. Without its world, its players and anything secret.",
  fromFile: "Create from a file",
};
