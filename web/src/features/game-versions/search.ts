import type { Schema } from "../../api/client";
import { channels } from "../../text/gameVersions";

export type Channel = Schema["GameVersionOut"]["channel"];

export const CHANNELS = Object.keys(channels) as Channel[];

/** The filters of the page, as they stand in its address. Whatever doesn't fit is left out. */
export interface GameVersionsSearch {
  channel?: Channel;
}

export function readGameVersionsSearch(address: Record<string, unknown>): GameVersionsSearch {
  const channel = CHANNELS.find((known) => known === address.channel);
  return channel ? { channel } : {};
}
