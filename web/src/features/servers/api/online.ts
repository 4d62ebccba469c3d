import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";

export const MOST_NAMED = 12;

/** Who is on a server, for the few that are named on its overview. */
export const onlineQuery = (serverId: string) =>
  queryOptions({
    queryKey: [...keys.serverPlayers(serverId), "online"],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/v1/servers/{server_id}/players", {
          params: { path: { server_id: serverId }, query: { online: true, limit: MOST_NAMED } },
          signal,
        }),
      ),
  });
