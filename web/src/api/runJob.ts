import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "./client";
import { keys } from "./keys";

/** Starts a run now, for every page that offers it. The answer is the run. */
export function useRunJob() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (jobId: string) =>
      unwrap(api.POST("/api/v1/jobs/{job_id}/run", { params: { path: { job_id: jobId } } })),
    onSettled: () =>
      Promise.all([keys.jobs, keys.runs, keys.overview].map((queryKey) => queryClient.invalidateQueries({ queryKey }))),
  });
}
