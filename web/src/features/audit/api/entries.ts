import { infiniteQueryOptions, keepPreviousData } from "@tanstack/react-query";
import { api, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";
import { type AuditSearch, startOfDay } from "../search";

export const auditQuery = (search: AuditSearch) =>
  infiniteQueryOptions({
    queryKey: keys.auditFiltered(search),
    queryFn: ({ pageParam, signal }) => {
      const since = search.since ? startOfDay(search.since) : null;
      return unwrap(
        api.GET("/api/v1/audit", {
          params: { query: { ...search, since: since ?? undefined, cursor: pageParam } },
          signal,
        }),
      );
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });
