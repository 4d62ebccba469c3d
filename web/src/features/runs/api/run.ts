import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, type Schema, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";

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
