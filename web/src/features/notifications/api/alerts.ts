import { infiniteQueryOptions } from "@tanstack/react-query";
import { api, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";

const PAGE = 20;

/** What is over, the newest first. */
export const closedAlertsQuery = (serverId: string | null) =>
  infiniteQueryOptions({
    queryKey: keys.closedAlerts(serverId),
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET("/api/v1/alerts", {
          params: { query: { open: false, server_id: serverId ?? undefined, limit: PAGE, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
