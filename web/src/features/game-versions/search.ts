/** The filters of the page, as they stand in its address. Whatever doesn't fit is left out. */
export type GameVersionsSearch = Record<string, never>;

export function readGameVersionsSearch(_address: Record<string, unknown>): GameVersionsSearch {
  return {};
}
