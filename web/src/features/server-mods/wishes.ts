import type { Schema } from "../../api/client";
import type { ModChange } from "../../api/serverMods";
import { plan } from "../../text/serverMods";
import { nameOf } from "./narrow";

type Mod = Schema["InstalledMod"];
type Action = Exclude<ModChange["action"], "install">;

/** Shows the plan of some changes; `onDone` when they have begun. */
export type Ask = (title: string, changes: ModChange[], onDone?: () => void) => void;

/** What names a mod in a wish: its id, or its file where it says none. */
export const keyOf = (mod: Mod): string => mod.modid ?? mod.file_name;

const OF_ONE_FILE: readonly Action[] = ["remove", "enable", "disable"];

/** The same for each mod; of several files with one id only the chosen ones are switched or taken out. */
export function changesOf(action: Action, mods: readonly Mod[]): ModChange[] {
  return mods.map((mod) => ({
    action,
    mod: mod.is_double && OF_ONE_FILE.includes(action) ? mod.file_name : keyOf(mod),
  }));
}

export function titleOf(action: Action, mods: readonly Mod[]): string {
  const [first] = mods;
  if (mods.length === 1 && first) return plan.titles[action](nameOf(first));
  if (action === "update") return plan.titles.updateSome(mods.length);
  return action === "remove" ? plan.titles.removeSome(mods.length) : plan.titles.several(mods.length);
}
