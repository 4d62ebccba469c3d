import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, type Schema, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";

type JobView = Schema["JobView"];

/** Each change answers with the job as it is then, so it shows at once. */
function useShowJob() {
  const queryClient = useQueryClient();
  return async (job: JobView) => {
    queryClient.setQueryData<JobView>(keys.job(job.id), job);
    queryClient.setQueryData<Schema["JobList"]>(
      keys.jobs,
      (known) => known && { ...known, items: known.items.map((item) => (item.id === job.id ? job : item)) },
    );
    await Promise.all(
      [keys.jobs, keys.overview, keys.settings].map((queryKey) => queryClient.invalidateQueries({ queryKey })),
    );
  };
}

export function usePauseJob(jobId: string) {
  const show = useShowJob();
  return useMutation({
    mutationFn: (reason: string) =>
      unwrap(api.POST("/api/v1/jobs/{job_id}/pause", { params: { path: { job_id: jobId } }, body: { reason } })),
    meta: { showsError: true },
    onSuccess: show,
  });
}

export function useResumeJob(jobId: string) {
  const show = useShowJob();
  return useMutation({
    mutationFn: () => unwrap(api.POST("/api/v1/jobs/{job_id}/resume", { params: { path: { job_id: jobId } } })),
    onSuccess: show,
  });
}

/** 0 turns the job off. */
export function useChangeInterval(jobId: string) {
  const show = useShowJob();
  return useMutation({
    mutationFn: (interval_seconds: number) =>
      unwrap(api.PATCH("/api/v1/jobs/{job_id}", { params: { path: { job_id: jobId } }, body: { interval_seconds } })),
    meta: { showsError: true },
    onSuccess: show,
  });
}
