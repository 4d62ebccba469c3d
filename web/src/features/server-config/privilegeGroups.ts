import type { Schema } from "../../api/client";
import { gameRoles as words } from "../../text/serverConfig";

type Privilege = Schema["Privilege"];
type Group = keyof typeof words.groups;

const GROUPS: Partial<Record<string, Group>> = {
  build: "play",
  useblock: "play",
  attackplayers: "play",
  attackcreatures: "play",
  selfkill: "play",
  chat: "people",
  announce: "people",
  readlists: "people",
  controlplayergroups: "people",
  manageplayergroups: "people",
  manageotherplayergroups: "people",
  kick: "guard",
  ban: "guard",
  whitelist: "guard",
  commandplayer: "guard",
  areamodify: "guard",
  freemove: "world",
  gamemode: "world",
  pickingrange: "world",
  give: "world",
  tp: "world",
  time: "world",
  setspawn: "world",
  worldedit: "world",
  buildblockseverywhere: "world",
  useblockseverywhere: "world",
  setwelcome: "admin",
  controlserver: "admin",
  grantrevoke: "admin",
  root: "admin",
};

const ORDER = ["play", "people", "guard", "world", "admin", "other"] as const satisfies readonly Group[];

/** The privileges that the game knows, by what they are for. */
export function groupedPrivileges(known: readonly Privilege[]): [title: string, Privilege[]][] {
  return ORDER.map((group): [string, Privilege[]] => [
    words.groups[group],
    known.filter(({ code }) => (GROUPS[code] ?? "other") === group),
  ]).filter(([, privileges]) => privileges.length > 0);
}
