import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";

/** What the zip for players holds, and what is left out of it. */
export const clientPackQuery = (serverId: string) =>
  queryOptions({
    queryKey: keys.clientPack(serverId),
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/v1/servers/{server_id}/mods/client-pack/contents", {
          params: { path: { server_id: serverId } },
          signal,
        }),
      ),
  });
