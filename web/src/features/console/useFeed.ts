import { useEffect, useState, useSyncExternalStore } from "react";
import { type Connection, ConsoleFeed } from "./feed";
import type { ShownLines } from "./lineStore";

/** The console of a server, for as long as the page shows it. */
export function useFeed(serverId: string): ConsoleFeed {
  const [feed] = useState(() => new ConsoleFeed(serverId));
  useEffect(() => {
    feed.start();
    return () => feed.stop();
  }, [feed]);
  return feed;
}

export const useShownLines = (feed: ConsoleFeed): ShownLines =>
  useSyncExternalStore(feed.lines.subscribe, feed.lines.getShown);

export const useConsoleConnection = (feed: ConsoleFeed): Connection =>
  useSyncExternalStore(feed.subscribe, feed.getConnection);
