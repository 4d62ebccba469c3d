import { useQueries } from "@tanstack/react-query";
import type { Schema } from "../../api/client";
import { serverModsQuery } from "../../api/serverMods";

type Server = Schema["ServerView"];
type List = Schema["InstalledModList"];

/** Which versions of a mod its author has taken back, as far as the lists of the servers tell of what they have. */
export function useRetracted(modids: readonly string[], servers: readonly Server[]): ReadonlySet<string> {
  return useQueries({
    queries: servers
      .filter((server) => server.state !== "not_installed")
      .map((server) => ({ ...serverModsQuery(server.id), enabled: modids.length > 0 })),
    combine: (lists) =>
      retractedIn(
        modids,
        lists.map((list) => list.data),
      ),
  });
}

function retractedIn(modids: readonly string[], lists: readonly (List | undefined)[]): ReadonlySet<string> {
  const keys = new Set(modids.map((modid) => modid.toLowerCase()));
  return new Set(
    lists
      .flatMap((list) => list?.items ?? [])
      .filter((mod) => keys.has(mod.modid?.toLowerCase() ?? "") && isRetracted(mod))
      .flatMap((mod) => mod.version ?? []),
  );
}

export const isRetracted = (mod: Schema["InstalledMod"]): boolean =>
  mod.troubles.some((trouble) => trouble.code === "retracted");
