import type { Schema } from "../../api/client";
import type { Tone } from "../../components/ui/StateMark";

export const outcomeTones: Record<NonNullable<Schema["UpdateRecord"]["outcome"]>, Tone> = {
  updated: "ok",
  went_back: "warn",
  failed: "bad",
  nothing_to_do: "off",
};

type State = Schema["UpdateState"];

/** What would be offered first: the newest version, if its mods are ready, else the newest patch. */
export function bestVersion(state: State): string | null {
  if (state.newest_stable !== null && state.not_ready.length === 0) return state.newest_stable;
  return state.newest_patch ?? state.newest_stable;
}

export const hasNews = (state: State): boolean =>
  state.newest_stable !== null || state.newest_patch !== null || state.mod_updates > 0;

/** Those under way, then those that have something new. */
export function urgency(state: State): number {
  if (state.current !== null) return 0;
  return hasNews(state) ? 1 : 2;
}
