/** What the pages about a server's mods keep in their addresses. Whatever doesn't fit is left out. */

export const SHOWS = ["updates", "troubles", "off", "hand", "kept", "client"] as const;
export type Show = (typeof SHOWS)[number];

export interface InstalledSearch {
  show?: Show;
}

export function readInstalledSearch(address: Record<string, unknown>): InstalledSearch {
  const show = SHOWS.find((known) => known === address.show);
  return show ? { show } : {};
}

export interface ReadySearch {
  /** With a leading v: without it an address would turn 1.20 into the number 1.2. */
  version?: `v${string}`;
}

export function readReadySearch(address: Record<string, unknown>): ReadySearch {
  const version = typeof address.version === "string" ? address.version.trim().replace(/^v/, "") : "";
  return version ? { version: `v${version}` } : {};
}

export interface ConfigSearch {
  file?: string;
}

export function readConfigSearch(address: Record<string, unknown>): ConfigSearch {
  return typeof address.file === "string" && address.file ? { file: address.file } : {};
}
