import type { Schema } from "../../api/client";
import { aServer, serverList } from "../../testing/answers";
import { pretendApi, signedIn } from "../../testing/pretendApi";

type Field = Schema["ConfigField"];

export const CONFIG = "/api/v1/servers/meadow/config/serverconfig";
export const ROLES = "/api/v1/servers/meadow/game-roles";

export const aField = (name: string, changes: Partial<Field> = {}): Field => ({
  path: [name],
  title: name,
  text: `What ${name} does.`,
  group: "Server",
  type: "text",
  unit: null,
  minimum: null,
  maximum: null,
  max_length: null,
  choices: [],
  allows_others: false,
  default: null,
  takes_effect: "stop",
  command: null,
  is_advanced: false,
  since: null,
  value: null,
  is_set: true,
  problem: null,
  ...changes,
});

/** One of each kind. */
export const someFields = (): Field[] => [
  aField("ServerName", { title: "Name", value: "Meadow", default: "Vintage Story Server", takes_effect: "live" }),
  aField("Password", { title: "Password", type: "secret", is_set: true }),
  aField("MaxClients", {
    title: "Players at most",
    group: "Players",
    type: "int",
    unit: "players",
    minimum: 1,
    maximum: 1000,
    default: 16,
    value: 16,
    takes_effect: "live",
    command: "/serverconfig maxclients",
  }),
  aField("WhitelistMode", {
    title: "Whitelist",
    group: "Players",
    type: "choice",
    choices: [
      { value: 0, title: "The game's default" },
      { value: 1, title: "Off" },
      { value: 2, title: "On" },
    ],
    default: 0,
    value: 1,
  }),
  aField("AllowPvP", { title: "Players can hurt each other", type: "bool", default: true, value: true }),
  aField("RandomBlockTicksPerChunk", {
    title: "Growth",
    group: "Load",
    type: "int",
    default: 16,
    value: 16,
    is_advanced: true,
  }),
  aField("ConfigVersion", { title: "Version of the file", value: "1.10", takes_effect: "never", is_advanced: true }),
  {
    ...aField("Seed", { title: "Seed", value: "12", takes_effect: "new_world", group: "World" }),
    path: ["WorldConfig", "Seed"],
  },
];

export const aView = (changes: Partial<Schema["ServerConfigView"]> = {}): Schema["ServerConfigView"] => ({
  file: "serverconfig",
  file_name: "serverconfig.json",
  is_there: true,
  etag: "etag-1",
  problem: null,
  problem_line: null,
  modified_at: "2026-11-25T11:00:00Z",
  config_version: "1.10",
  server_runs: true,
  world_exists: true,
  fields: someFields(),
  unknown: [],
  pending: [],
  whitelist: "Only players on the whitelist may join, because 0 means on for a server.",
  ...changes,
});

export const aPending = (changes: Partial<Schema["ConfigPending"]> = {}): Schema["ConfigPending"] => ({
  file: "serverconfig",
  path: ["AllowPvP"],
  title: "Players can hurt each other",
  value: false,
  before: true,
  is_secret: false,
  actor: "Ben",
  at: "2026-11-25T11:30:00Z",
  ...changes,
});

export const aGameRole = (code: string, changes: Partial<Schema["GameRole"]> = {}): Schema["GameRole"] => ({
  code,
  name: code,
  description: null,
  privilege_level: 0,
  privileges: ["chat"],
  default_game_mode: 1,
  color: "White",
  land_claim_allowance: 262_144,
  land_claim_min_size: { x: 5, y: 5, z: 5 },
  land_claim_max_areas: 3,
  auto_grant: false,
  ...changes,
});

export const someRoles = (changes: Partial<Schema["GameRoles"]> = {}): Schema["GameRoles"] => ({
  roles: [
    aGameRole("suplayer", { name: "Survival player" }),
    aGameRole("sumod", { name: "Moderator", privilege_level: 200, privileges: ["chat", "controlserver"] }),
    aGameRole("admin", { name: "Admin", privilege_level: 99_999, color: "LightBlue", auto_grant: true }),
  ],
  default_role: "suplayer",
  privileges: [
    { code: "chat", text: "Write in the chat" },
    { code: "controlserver", text: "Run commands of the server" },
  ],
  players: { suplayer: 4 },
  is_pending: false,
  etag: "roles-1",
  problem: null,
  ...changes,
});

export function configApi(answers: Record<string, unknown> = {}, role: Schema["Role"] = "operator") {
  const server = aServer();
  return pretendApi({
    "GET /api/v1/session": signedIn(role),
    "GET /api/v1/servers": serverList(server),
    "GET /api/v1/servers/meadow": server,
    "GET /api/v1/servers/meadow/mods/pending": { pending: null },
    [`GET ${CONFIG}`]: aView(),
    [`GET ${ROLES}`]: someRoles(),
    ...answers,
  });
}
