import { infiniteQueryOptions } from "@tanstack/react-query";
import { api, type Schema, unwrap } from "./client";
import { keys } from "./keys";

const PAGE_SIZE = 30;

/** Every set of mods that a server had, newest first. */
export const generationsQuery = (serverId: string) =>
  infiniteQueryOptions({
    queryKey: keys.modGenerations(serverId),
    queryFn: ({ pageParam, signal }): Promise<Schema["GenerationList"]> =>
      unwrap(
        api.GET("/api/v1/servers/{server_id}/mod-generations", {
          params: { path: { server_id: serverId }, query: { limit: PAGE_SIZE, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
