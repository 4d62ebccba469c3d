import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";

/** The manager measures once a minute. */
const MEASURED_EACH_MS = 60_000;

/** Players and tick time of all servers over the last day, by server. */
export const lastDayQuery = () =>
  queryOptions({
    queryKey: keys.lastDay,
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/overview/last-day", { signal })),
    select: ({ servers }) => new Map(servers.map((server) => [server.server_id, server])),
    refetchInterval: MEASURED_EACH_MS,
  });
