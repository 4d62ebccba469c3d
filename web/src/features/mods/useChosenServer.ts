import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Schema } from "../../api/client";
import { serverModsQuery } from "../../api/serverMods";
import { serversQuery } from "../../api/servers";
import { NO_SERVER } from "./search";

type Installed = Schema["InstalledMod"];

export interface ChosenServer {
  servers: readonly Schema["ServerView"][];
  /** The one that mods are looked at for; where there is only one, nobody has to choose it. */
  server: Schema["ServerView"] | undefined;
  /** What is installed on it, by the ids in small letters. */
  installed: ReadonlyMap<string, Installed>;
}

export function useChosenServer(wanted: string | undefined): ChosenServer {
  const { data } = useQuery(serversQuery());
  const servers = data?.items ?? NO_SERVERS;
  const only = servers.length === 1 ? servers[0] : undefined;
  const server = wanted === NO_SERVER ? undefined : (servers.find((item) => item.id === wanted) ?? only);
  const isThere = server !== undefined && server.state !== "not_installed";
  const list = useQuery({ ...serverModsQuery(server?.id ?? ""), enabled: isThere });
  const items = server ? list.data?.items : undefined;
  const installed = useMemo(
    () => new Map((items ?? []).flatMap((mod) => (mod.modid ? [[mod.modid.toLowerCase(), mod]] : []))),
    [items],
  );
  return { servers, server, installed };
}

const NO_SERVERS: readonly Schema["ServerView"][] = [];

/** What of a mod is installed, under any of its ids. */
export function installedOf(
  modids: readonly string[],
  installed: ReadonlyMap<string, Installed>,
): Installed | undefined {
  for (const modid of modids) {
    const found = installed.get(modid.toLowerCase());
    if (found) return found;
  }
  return undefined;
}
