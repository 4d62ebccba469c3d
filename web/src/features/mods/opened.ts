import type { ModsSearch } from "./search";

interface Opened {
  /** The entry of the browser's history that the list is in. */
  entry: string;
  place: number;
  modId: number;
  search: ModsSearch;
}

let last: Opened | null = null;

/** The mod that was opened last from the list, so that whoever comes back finds the place again. */
export const opened = {
  remember: (mod: Opened) => {
    last = mod;
  },
  last: () => last,
};
