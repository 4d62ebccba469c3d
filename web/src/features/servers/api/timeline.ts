import { infiniteQueryOptions } from "@tanstack/react-query";
import { api, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";

const PAGE_SIZE = 30;

/** What happened to a server, newest first, page by page. */
export const timelineQuery = (serverId: string) =>
  infiniteQueryOptions({
    queryKey: keys.serverTimeline(serverId),
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET("/api/v1/servers/{server_id}/timeline", {
          params: {
            path: { server_id: serverId },
            query: { limit: PAGE_SIZE, ...(pageParam && { cursor: pageParam }) },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });
