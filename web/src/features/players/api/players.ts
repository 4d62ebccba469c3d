import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";

/** Who is on, then who was seen last. Live events refetch it. */
export const playersQuery = (serverId: string, q = "") =>
  infiniteQueryOptions({
    queryKey: [...keys.serverPlayers(serverId), "list", q],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET("/api/v1/servers/{server_id}/players", {
          params: { path: { server_id: serverId }, query: { q: q || undefined, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });

/** When a player was on, newest first. */
export const sessionsQuery = (serverId: string, name: string) =>
  infiniteQueryOptions({
    queryKey: [...keys.serverPlayers(serverId), "sessions", name],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET("/api/v1/servers/{server_id}/players/{name}/sessions", {
          params: { path: { server_id: serverId, name }, query: { cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });

/** What was said, newest first. */
export const chatQuery = (serverId: string, q = "") =>
  infiniteQueryOptions({
    queryKey: [...keys.chat(serverId), q],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET("/api/v1/servers/{server_id}/chat", {
          params: { path: { server_id: serverId }, query: { q: q || undefined, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });

/** The roles that the server's configuration defines. */
export const rolesQuery = (serverId: string) =>
  queryOptions({
    queryKey: [...keys.serverPlayers(serverId), "roles"],
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/v1/servers/{server_id}/roles", { params: { path: { server_id: serverId } }, signal })),
  });
