/** The filters of the page, as they stand in its address. Whatever doesn't fit is left out. */
export type ModsSearch = Record<string, never>;

export function readModsSearch(_address: Record<string, unknown>): ModsSearch {
  return {};
}
