import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, type Schema, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";

/** The manager measures once a minute. */
const MEASURED_EACH_MS = 60_000;

export const metricsQuery = (serverId: string, range: Schema["Series"]["range"]) =>
  queryOptions({
    queryKey: keys.serverMetrics(serverId, range),
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/v1/servers/{server_id}/metrics", {
          params: { path: { server_id: serverId }, query: { range } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: MEASURED_EACH_MS,
  });
