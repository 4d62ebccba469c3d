import { infiniteQueryOptions, keepPreviousData, queryOptions, useMutation } from "@tanstack/react-query";
import { api, type Schema, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";

type Body = Schema["ScheduleBody"];
type Draft = Schema["ScheduleDraft"];

const RUNS_AT_ONCE = 20;

/** How a schedule reads, and when it is due next, before it is stored. */
export const previewQuery = (draft: Draft | null, count: number) =>
  queryOptions({
    queryKey: keys.schedulePreview({ draft, count }),
    queryFn: ({ signal }) =>
      unwrap(
        api.POST("/api/v1/schedules/preview", {
          params: { query: { n: count } },
          body: draft as Draft,
          signal,
        }),
      ),
    enabled: draft !== null,
    placeholderData: keepPreviousData,
    retry: false,
    gcTime: 60_000,
  });

export const nextRunsQuery = (id: string, count: number) =>
  queryOptions({
    queryKey: [...keys.schedule(id), "next-runs", count],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/v1/schedules/{schedule_id}/next-runs", {
          params: { path: { schedule_id: id }, query: { n: count } },
          signal,
        }),
      ),
  });

/** What a run would do at this moment, stored or not. */
export function useDryRun(serverId: string) {
  return useMutation({
    mutationFn: (body: Body) =>
      unwrap(
        api.POST("/api/v1/servers/{server_id}/schedules/dry-run", {
          params: { path: { server_id: serverId } },
          body,
        }),
      ),
    meta: { showsError: true },
  });
}

/** Its runs and skips, newest first. */
export const scheduleRunsQuery = (jobId: string) =>
  infiniteQueryOptions({
    queryKey: keys.runsFiltered({ scheduleJob: jobId }),
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET("/api/v1/runs", {
          params: { query: { job_id: jobId, limit: RUNS_AT_ONCE, ...(pageParam && { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
  });
