import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, type Schema, unwrap } from "./client";
import { keys } from "./keys";

/** One run, for its page and for whatever shows how far it is. */
export const runQuery = (runId: string) =>
  queryOptions({
    queryKey: keys.run(runId),
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/runs/{run_id}", { params: { path: { run_id: runId } }, signal })),
  });

/** Asks the run to stop; it ends when its work allows. */
export function useCancelRun(runId: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: () => unwrap(api.POST("/api/v1/runs/{run_id}/cancel", { params: { path: { run_id: runId } } })),
    meta: { showsError: true },
    onSuccess: (run) =>
      queryClient.setQueryData<Schema["RunWithLog"]>(keys.run(runId), (known) => known && { ...known, ...run }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: keys.run(runId) }),
  });
}
