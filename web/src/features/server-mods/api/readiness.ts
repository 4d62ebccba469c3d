import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";

/** Which mods of a server are ready for another version of the game. */
export const readinessQuery = (serverId: string, version: string) =>
  queryOptions({
    queryKey: keys.modReadiness(serverId, version),
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/v1/servers/{server_id}/mods/ready-for/{version}", {
          params: { path: { server_id: serverId, version } },
          signal,
        }),
      ),
    staleTime: 5 * 60_000,
  });
