import { infiniteQueryOptions } from "@tanstack/react-query";
import { api, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";
import type { RunFilters } from "../search";

const PAGE_SIZE = 50;

/** Runs, newest first, page by page. */
export const runsQuery = (filters: RunFilters) =>
  infiniteQueryOptions({
    queryKey: keys.runsFiltered(filters),
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET("/api/v1/runs", {
          params: {
            query: {
              limit: PAGE_SIZE,
              ...(filters.job ? { job_id: filters.job } : {}),
              ...(filters.states.length > 0 ? { state: filters.states } : {}),
              ...(filters.triggers.length > 0 ? { trigger: filters.triggers } : {}),
              ...(pageParam ? { cursor: pageParam } : {}),
            },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });
