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
