import type { Schema } from "../../api/client";
import { gameRoles as words } from "../../text/serverConfig";
import { isSame } from "./draft";

export type GameRole = Schema["GameRole"];

const NUMBERS = ["level", "allowance", "areas", "x", "y", "z"] as const;
export type NumberField = (typeof NUMBERS)[number];

const LIMITS: Record<NumberField, readonly [number, number]> = {
  level: [-1_000_000, 1_000_000],
  allowance: [0, 2_147_483_647],
  areas: [0, 2_147_483_647],
  x: [0, 10_000],
  y: [0, 10_000],
  z: [0, 10_000],
};

/** A role as it stands in the fields: its numbers as they are typed. */
export interface RoleDraft {
  role: GameRole;
  numbers: Record<NumberField, string>;
  isGone: boolean;
}

export interface RolesDraft {
  roles: RoleDraft[];
  defaultRole: string;
}

export const draftOfRole = (role: GameRole): RoleDraft => ({
  role,
  numbers: {
    level: String(role.privilege_level),
    allowance: String(role.land_claim_allowance),
    areas: String(role.land_claim_max_areas),
    x: String(role.land_claim_min_size?.x ?? ""),
    y: String(role.land_claim_min_size?.y ?? ""),
    z: String(role.land_claim_min_size?.z ?? ""),
  },
  isGone: false,
});

export const draftOfRoles = (known: Pick<Schema["GameRoles"], "roles" | "default_role">): RolesDraft => ({
  roles: known.roles.map(draftOfRole),
  defaultRole: known.default_role ?? "",
});

export type RoleProblems = Partial<Record<NumberField | "name", string>>;

export function problemsOf({ role, numbers, isGone }: RoleDraft): RoleProblems {
  if (isGone) return {};
  const problems: RoleProblems = {};
  if (role.name.trim() === "") problems.name = words.nameMissing;
  const hasNoSize = numbers.x === "" && numbers.y === "" && numbers.z === "";
  for (const field of NUMBERS) {
    if (hasNoSize && (field === "x" || field === "y" || field === "z")) continue;
    const [least, most] = LIMITS[field];
    const value = /^-?\d{1,10}$/.test(numbers[field].trim()) ? Number(numbers[field]) : Number.NaN;
    if (!(value >= least && value <= most)) problems[field] = words.whole(least, most);
  }
  return problems;
}

/** Only for a draft without problems. */
export function roleOf({ role, numbers }: RoleDraft): GameRole {
  const hasNoSize = numbers.x === "" && numbers.y === "" && numbers.z === "";
  return {
    ...role,
    name: role.name.trim(),
    privilege_level: Number(numbers.level),
    land_claim_allowance: Number(numbers.allowance),
    land_claim_max_areas: Number(numbers.areas),
    land_claim_min_size: hasNoSize ? null : { x: Number(numbers.x), y: Number(numbers.y), z: Number(numbers.z) },
  };
}

export const rolesOf = (draft: RolesDraft): GameRole[] => draft.roles.filter((one) => !one.isGone).map(roleOf);

const PARTS = Object.keys(words.parts) as (keyof GameRole)[];

/** Which parts of a role are different, in words. */
export const differentParts = (before: GameRole, after: GameRole): string[] =>
  PARTS.filter((part) =>
    part === "privileges"
      ? !isSame([...before.privileges].sort(), [...after.privileges].sort())
      : !isSame(before[part], after[part]),
  ).map((part) => words.parts[part] ?? part);

/** One line for each change: "Moderator: level, privileges". */
export function changesOf(before: Schema["GameRoles"], draft: RolesDraft): string[] {
  const known = new Map(before.roles.map((role) => [role.code, role]));
  const lines = draft.roles.flatMap((one) => {
    const old = known.get(one.role.code);
    if (old === undefined) return one.isGone ? [] : [words.newRole(one.role.name)];
    if (one.isGone) return [words.goneRole(old.name)];
    const parts = differentParts(old, roleOf(one));
    return parts.length > 0 ? [words.changedRole(old.name, parts)] : [];
  });
  const chosen = draft.roles.find(({ role }) => role.code === draft.defaultRole);
  return draft.defaultRole === (before.default_role ?? "")
    ? lines
    : [...lines, words.changedDefault(chosen?.role.name ?? draft.defaultRole)];
}

/** What a role that everybody gets had better not have. */
const POWERS = ["controlserver", "grantrevoke", "root", "ban", "gamemode", "give"];

const has = (role: GameRole, code: string) => role.auto_grant === true || role.privileges.includes(code);

/** The one that can't be done without. */
export const ADMIN = "admin";

const remaining = (draft: RolesDraft) => draft.roles.filter((one) => !one.isGone).map((one) => one.role);

/** Why these roles can't be saved as they are, for the manager would refuse them. */
export function obstaclesOf(before: Schema["GameRoles"], draft: RolesDraft): string[] {
  const after = remaining(draft);
  const obstacles = before.roles
    .filter(({ code }) => (before.players[code] ?? 0) > 0 && !after.some((role) => role.code === code))
    .map(({ name, code }) => words.inUse(name, before.players[code] ?? 0));
  if (!after.some((role) => role.code === draft.defaultRole)) obstacles.push(words.defaultGone);
  if (!after.some((role) => role.code === ADMIN && role.auto_grant === true)) obstacles.push(words.adminKeeps);
  return obstacles;
}

/** What to think about before these roles are saved. */
export function dangersOf(before: Schema["GameRoles"], draft: RolesDraft): string[] {
  const after = remaining(draft);
  const dangers: string[] = [];
  for (const old of before.roles) {
    const now = after.find((role) => role.code === old.code);
    if (now === undefined) continue;
    if (has(old, "controlserver") && !has(now, "controlserver")) dangers.push(words.losesControl(now.name));
    if (has(old, "grantrevoke") && !has(now, "grantrevoke")) dangers.push(words.losesGrant(now.name));
  }
  const everybody = after.find((role) => role.code === draft.defaultRole);
  const old = before.roles.find((role) => role.code === before.default_role);
  if (everybody) {
    const powers = POWERS.filter((code) => has(everybody, code) && !(old && has(old, code)));
    if (powers.length > 0) dangers.push(words.defaultPowerful(everybody.name, powers));
  }
  return dangers;
}

export interface Merge {
  draft: RolesDraft;
  /** Names of roles that they changed, and I did not. */
  theirs: string[];
  /** Names of roles that both changed, each in their way. */
  both: string[];
}

/** My changes on top of theirs; where both changed the same role, the winner's counts. */
export function mergeRoles(
  base: Schema["GameRoles"],
  mine: RolesDraft,
  theirs: Schema["GameRoles"],
  winner: "mine" | "theirs",
): Merge {
  const inBase = new Map(base.roles.map((role) => [role.code, role]));
  const inMine = new Map(mine.roles.map((one) => [one.role.code, one]));
  const inTheirs = new Map(theirs.roles.map((role) => [role.code, role]));
  const merge: Merge = { draft: { roles: [], defaultRole: mine.defaultRole }, theirs: [], both: [] };
  const codes = [...theirs.roles.map(({ code }) => code), ...mine.roles.map(({ role }) => role.code)];
  for (const code of new Set(codes)) {
    const old = inBase.get(code);
    const draft = inMine.get(code);
    const now = inTheirs.get(code);
    const ours = draft && !draft.isGone ? roleOf(draft) : undefined;
    const iChanged = !isSame(old, ours);
    const theyChanged = !isSame(old, now);
    const isConflict = iChanged && theyChanged && !isSame(ours, now);
    const name = now?.name ?? old?.name ?? code;
    if (isConflict) merge.both.push(name);
    else if (theyChanged && !iChanged) merge.theirs.push(name);
    const takesMine = iChanged && !(isConflict && winner === "theirs");
    if (takesMine && draft) merge.draft.roles.push(draft);
    else if (!takesMine && now) merge.draft.roles.push(draftOfRole(now));
  }
  if (mine.defaultRole === (base.default_role ?? "")) merge.draft.defaultRole = theirs.default_role ?? "";
  return merge;
}
