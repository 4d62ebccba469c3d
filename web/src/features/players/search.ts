/** What the page shows, as it stands in its address. Whatever doesn't fit is left out. */
export interface PlayersSearch {
  view?: "chat";
  /** Part of a name. */
  q?: string;
  /** Part of what was said. */
  said?: string;
}

export function readPlayersSearch(address: Record<string, unknown>): PlayersSearch {
  const search: PlayersSearch = {};
  const q = text(address.q, 40);
  const said = text(address.said, 200);
  if (address.view === "chat") search.view = "chat";
  if (q) search.q = q;
  if (said) search.said = said;
  return search;
}

function text(value: unknown, longest: number): string | undefined {
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  return String(value).trim().slice(0, longest) || undefined;
}
