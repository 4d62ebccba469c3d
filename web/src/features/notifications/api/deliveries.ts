import { infiniteQueryOptions } from "@tanstack/react-query";
import { api, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";

const PAGE = 20;

/** What was sent to one target, or to all, the newest first. */
export const deliveriesQuery = (targetId: string | null) =>
  infiniteQueryOptions({
    queryKey: keys.deliveries(targetId),
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET("/api/v1/notification-deliveries", {
          params: { query: { target_id: targetId ?? undefined, limit: PAGE, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
