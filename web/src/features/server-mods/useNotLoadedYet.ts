import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { Schema } from "../../api/client";
import { generationsQuery } from "../../api/modGenerations";
import { generationQuery } from "../../api/serverMods";

/** Files that somebody put there since the running game was started, which loads them at its next start. */
export function useNotLoadedYet(
  server: Schema["ServerDetails"],
  list: Schema["InstalledModList"],
): ReadonlySet<string> {
  const byHand = list.items.filter((mod) => mod.by_hand && mod.is_enabled);
  const asks = server.state === "running" && byHand.length > 0;
  const sets = useInfiniteQuery({ ...generationsQuery(server.id), enabled: asks });
  const loaded = sets.data?.pages.flatMap((page) => page.items).find((set) => set.is_loaded)?.number;
  const set = useQuery({ ...generationQuery(server.id, loaded ?? 0), enabled: asks && loaded !== undefined });
  const known = asks ? set.data?.lock.mods : undefined;
  if (!known) return NOTHING;
  const loadedFiles = new Set(known.filter((mod) => mod.is_enabled).map((mod) => `${mod.size_bytes} ${mod.file_name}`));
  return new Set(
    byHand
      .filter((mod) => mod.kind !== "folder" && !loadedFiles.has(`${mod.size_bytes} ${mod.file_name}`))
      .map((mod) => mod.file_name),
  );
}

const NOTHING: ReadonlySet<string> = new Set();
