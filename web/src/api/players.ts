import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "./client";
import { keys } from "./keys";

/** Who is on a server at this moment, for every page that shows or needs it. */
export const onlinePlayersQuery = (serverId: string) =>
  queryOptions({
    queryKey: [...keys.serverPlayers(serverId), "online"],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/v1/servers/{server_id}/players", {
          params: { path: { server_id: serverId }, query: { online: true, limit: 500 } },
          signal,
        }),
      ),
  });
