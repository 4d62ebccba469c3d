import type { Schema } from "../../api/client";
import type { ModChange } from "../../api/serverMods";
import { plan } from "../../text/serverMods";
import { nameOf } from "./narrow";

type Mod = Schema["InstalledMod"];
type Action = Exclude<ModChange["action"], "install">;

/** Shows the plan of some changes; `onDone` when they have begun. */
export type Ask = (title: string, changes: ModChange[], onDone?: () => void) => void;

/** The same for each mod; one that can't be read has no id to be named by. */
export function changesOf(action: Action, mods: readonly Mod[]): ModChange[] {
  return mods.flatMap(({ modid }) => (modid === null ? [] : [{ action, mod: modid }]));
}

export function titleOf(action: Action, mods: readonly Mod[]): string {
  const [first] = mods;
  if (mods.length === 1 && first) return plan.titles[action](nameOf(first));
  if (action === "update") return plan.titles.updateSome(mods.length);
  return action === "remove" ? plan.titles.removeSome(mods.length) : plan.titles.several(mods.length);
}
