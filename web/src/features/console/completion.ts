import type { Schema } from "../../api/client";

export type Hint = Schema["CommandHint"];

const MOST = 50;

/** A command as it is typed, whether or not its name is told with the slash. */
export const typedName = (hint: Hint) => (hint.name.startsWith("/") ? hint.name : `/${hint.name}`);

/** Commands that begin with what is typed, then those that hold it; none once the name is there and its arguments follow. */
export function fitting(hints: readonly Hint[], draft: string): Hint[] {
  if (!draft.startsWith("/") || /\s/.test(draft)) return [];
  const typed = draft.toLowerCase();
  const begin = hints.filter((hint) => typedName(hint).toLowerCase().startsWith(typed));
  const inside = typed.slice(1);
  const hold =
    inside.length < 2
      ? []
      : hints.filter((hint) => !begin.includes(hint) && typedName(hint).toLowerCase().includes(inside));
  return [...begin, ...hold].slice(0, MOST);
}

/** What is known of the command that is being typed. */
export function usageOf(hints: readonly Hint[], draft: string): Hint | undefined {
  const name = draft.trimStart().split(/\s/, 1)[0]?.toLowerCase();
  return name ? hints.find((hint) => typedName(hint).toLowerCase() === name) : undefined;
}
