import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";

/** What a form for a new server starts with. */
export const newServerQuery = () =>
  queryOptions({
    queryKey: keys.newServer,
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/new-server", { signal })),
  });

export const worldOptionsQuery = () =>
  queryOptions({
    queryKey: keys.worldOptions,
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/world-options", { signal })),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** Whether a server could take this port now. */
export const portQuery = (port: number | null, serverId: string | null = null) =>
  queryOptions({
    queryKey: keys.port(port ?? 0, serverId),
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/v1/ports/{port}", {
          params: { path: { port: port ?? 0 }, query: serverId ? { server_id: serverId } : {} },
          signal,
        }),
      ),
    enabled: port !== null,
    staleTime: 5_000,
  });
