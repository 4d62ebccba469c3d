import type { Schema } from "../../api/client";
import type { Show } from "./search";

type Mod = Schema["InstalledMod"];

const is: Record<Show, (mod: Mod) => boolean> = {
  updates: (mod) => mod.update !== null,
  troubles: (mod) => mod.troubles.length > 0,
  off: (mod) => !mod.is_enabled,
  hand: (mod) => mod.by_hand,
  kept: (mod) => mod.is_pinned || mod.is_held,
  client: (mod) => mod.side === "client",
};

/** How a mod is called: by its own name, else its id, else its file. */
export const nameOf = (mod: Mod): string => mod.name?.trim() || mod.modid || mod.file_name;

/** An update that "update all" would take: it fits, and nothing holds the mod. */
export const takesUpdate = (mod: Mod): boolean =>
  mod.update !== null && mod.update.fit !== "not" && !mod.update.is_prerelease && !mod.is_pinned && !mod.is_held;

/** What becomes of a mod at the next start; `version`: the one it then has, where that is another. */
export interface Waits {
  kind: "added" | "updated" | "removed";
  version: string | null;
}

/** By the ids in small letters; the texts begin with them. */
export function waitingIn(pending: Schema["PendingChange"] | null): ReadonlyMap<string, Waits> {
  const idOf = (text: string) => text.split(" ", 1)[0]?.toLowerCase() ?? "";
  return new Map<string, Waits>([
    ...(pending?.updated ?? []).map(
      (text) => [idOf(text), { kind: "updated", version: text.split(" → ")[1] ?? null }] as const,
    ),
    ...(pending?.removed ?? []).map((text) => [idOf(text), { kind: "removed", version: null }] as const),
  ]);
}

export const waitsOf = (mod: Mod, waiting: ReadonlyMap<string, Waits>): Waits | undefined =>
  waiting.get(mod.modid?.toLowerCase() ?? "");

/** The update is what the next start loads anyway, or the mod is gone by then. */
export const needsNoUpdate = (mod: Mod, waits: Waits | undefined): boolean =>
  waits?.kind === "removed" ||
  (waits?.version != null && plainVersion(waits.version) === plainVersion(mod.update?.version));

const plainVersion = (version: string | undefined) => version?.trim().toLowerCase().replace(/^v/, "");

export function countOf(mods: readonly Mod[], show: Show): number {
  return mods.filter(is[show]).length;
}

/** The mods that are shown, by name. */
export function narrowed(mods: readonly Mod[], show: Show | undefined, needle: string): Mod[] {
  const sought = needle.trim().toLocaleLowerCase();
  return mods
    .filter((mod) => !show || is[show](mod))
    .filter((mod) => !sought || textOf(mod).includes(sought))
    .sort((one, other) => nameOf(one).localeCompare(nameOf(other), undefined, { sensitivity: "base" }));
}

const textOf = (mod: Mod) => [mod.name, mod.modid, mod.file_name, ...mod.authors].join(" ").toLocaleLowerCase();
