import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "./client";
import { keys } from "./keys";

/** All game servers, for every page that shows a part of them. */
export const serversQuery = () =>
  queryOptions({
    queryKey: keys.servers,
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/servers", { signal })),
  });

export const serverQuery = (serverId: string) =>
  queryOptions({
    queryKey: keys.server(serverId),
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/v1/servers/{server_id}", { params: { path: { server_id: serverId } }, signal })),
  });
