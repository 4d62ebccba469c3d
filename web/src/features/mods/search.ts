/** The filters of the page, as they stand in its address. Whatever doesn't fit is left out. */
export interface ModsSearch {
  q?: string;
  side?: (typeof SIDES)[number];
  type?: (typeof TYPES)[number];
  tag?: string[];
  author?: string;
  /** With a leading v: without it an address would turn 1.20 into the number 1.2. */
  version?: `v${string}`;
  sort?: (typeof SORTS)[number];
  /** For which of the servers one looks: its id, or "-" for none. */
  server?: string;
}

/** In the address, where somebody wants no server although there is only one. */
export const NO_SERVER = "-";

/** Of one mod's page. */
export interface ModSearch {
  server?: string;
  /** The release that a link means, with a leading v. */
  release?: `v${string}`;
}

export function readModSearch(address: Record<string, unknown>): ModSearch {
  const release = text(address.release)?.replace(/^v/, "");
  return withoutGaps({ server: text(address.server), release: release ? (`v${release}` as const) : undefined });
}

export const SIDES = ["both", "server", "client"] as const;
export const TYPES = ["mod", "externaltool", "other"] as const;
export const SORTS = ["relevance", "downloads", "last_released", "name"] as const;

export function readModsSearch(address: Record<string, unknown>): ModsSearch {
  const version = text(address.version)?.replace(/^v/, "");
  const tags = (Array.isArray(address.tag) ? address.tag : [address.tag]).flatMap((tag) => text(tag) ?? []);
  return withoutGaps({
    q: text(address.q),
    side: oneOf(SIDES, address.side),
    type: oneOf(TYPES, address.type),
    tag: tags.length > 0 ? [...new Set(tags)] : undefined,
    author: text(address.author),
    version: version ? (`v${version}` as const) : undefined,
    sort: oneOf(SORTS, address.sort),
    server: text(address.server),
  });
}

/** The same with some of it changed; what is undefined or empty leaves the address. */
export function changed(search: ModsSearch, change: Partial<ModsSearch>): ModsSearch {
  return readModsSearch({ ...search, ...change });
}

function text(value: unknown): string | undefined {
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  return String(value).trim() || undefined;
}

function oneOf<Choice extends string>(choices: readonly Choice[], value: unknown): Choice | undefined {
  return choices.find((choice) => choice === value);
}

function withoutGaps<Search extends object>(search: Search): Search {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined)) as Search;
}
