/** The filters of the page, as they stand in its address. Whatever doesn't fit is left out. */
export type RunsSearch = Record<string, never>;

export function readRunsSearch(_address: Record<string, unknown>): RunsSearch {
  return {};
}
