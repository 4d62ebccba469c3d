import type { Schema } from "../../api/client";
import { newServer as words } from "../../text/newServer";
import { readPort } from "./PortField";

/** What someone has typed for a new server so far, as it stands in the fields. */
export interface Draft {
  name: string;
  version: string;
  port: string;
  maxPlayers: string;
  password: string;
  whitelist: boolean;
  welcome: string;
  worldName: string;
  seed: string;
  playStyle: string;
  worldType: string;
  height: string;
  /** Only those that are not as they would be by themselves. */
  attributes: Readonly<Record<string, string>>;
  start: boolean;
}

export const STEPS = ["server", "players", "world", "check"] as const;
export type Step = (typeof STEPS)[number];
export type DraftErrors = Partial<Record<keyof Draft, string>>;

export const firstDraft = (hints: Schema["NewServerHints"]): Draft => ({
  name: "",
  version: hints.version ?? "",
  port: String(hints.port),
  maxPlayers: "16",
  password: "",
  whitelist: false,
  welcome: "",
  worldName: "",
  seed: "",
  playStyle: "surviveandbuild",
  worldType: "standard",
  height: "",
  attributes: {},
  start: true,
});

const wholeNumber = (text: string, least: number, most: number): number | null => {
  const value = /^\d{1,6}$/.test(text.trim()) ? Number(text.trim()) : -1;
  return value >= least && value <= most ? value : null;
};

/** What can be told without asking. */
export function errorsIn(draft: Draft): DraftErrors {
  const errors: DraftErrors = {};
  if (draft.name.trim() === "") errors.name = words.nameMissing;
  if (draft.version === "") errors.version = words.versionMissing;
  if (readPort(draft.port) === null) errors.port = words.portNotANumber;
  if (wholeNumber(draft.maxPlayers, 1, 1000) === null) errors.maxPlayers = words.maxPlayersWrong;
  if (draft.height.trim() !== "" && wholeNumber(draft.height, 64, 16_384) === null) errors.height = words.heightWrong;
  return errors;
}

/** Where each field stands. */
const stepOfField: Record<keyof Draft, Step> = {
  name: "server",
  version: "server",
  port: "server",
  maxPlayers: "players",
  password: "players",
  whitelist: "players",
  welcome: "players",
  worldName: "world",
  seed: "world",
  playStyle: "world",
  worldType: "world",
  height: "world",
  attributes: "world",
  start: "check",
};

export const stepsWithErrors = (errors: DraftErrors): readonly Step[] =>
  STEPS.filter((step) => Object.keys(errors).some((field) => stepOfField[field as keyof Draft] === step));

/** The names of the API, and what they are here. */
const apiFields: readonly (readonly [string, keyof Draft])[] = [
  ["name", "name"],
  ["id", "name"],
  ["version", "version"],
  ["port", "port"],
  ["max_players", "maxPlayers"],
  ["password", "password"],
  ["welcome_message", "welcome"],
  ["whitelist", "whitelist"],
  ["world.world_name", "worldName"],
  ["world.seed", "seed"],
  ["world.play_style", "playStyle"],
  ["world.world_type", "worldType"],
  ["world.map_size_y", "height"],
  ["world", "attributes"],
];

/** What the manager said about fields, at the fields where it was typed. */
export function fromApi(fields: Readonly<Record<string, string>>): DraftErrors {
  const errors: DraftErrors = {};
  for (const [field, message] of Object.entries(fields)) {
    const found = apiFields.find(([name]) => field === name || field.startsWith(`${name}.`));
    if (found) errors[found[1]] ??= message;
  }
  return errors;
}

/** Only for a draft without errors. */
export function toRequest(draft: Draft): Schema["NewServer"] {
  const height = wholeNumber(draft.height, 64, 16_384);
  return {
    name: draft.name.trim(),
    version: draft.version,
    port: readPort(draft.port),
    max_players: wholeNumber(draft.maxPlayers, 1, 1000) ?? 16,
    password: draft.password || null,
    welcome_message: draft.welcome.trim() || null,
    whitelist: draft.whitelist,
    world: {
      world_name: draft.worldName.trim() || draft.name.trim(),
      seed: draft.seed.trim() || null,
      play_style: draft.playStyle,
      world_type: draft.worldType,
      map_size_y: height,
      attributes: { ...draft.attributes },
    },
    start: draft.start,
  };
}
