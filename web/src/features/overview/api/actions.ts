import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";

function useRefreshAll() {
  const queryClient = useQueryClient();
  return async () => {
    await Promise.all(
      [keys.overview, keys.jobs, keys.runs].map((queryKey) => queryClient.invalidateQueries({ queryKey })),
    );
  };
}

export function useRunJob() {
  const refresh = useRefreshAll();
  return useMutation({
    mutationFn: (jobId: string) =>
      unwrap(api.POST("/api/v1/jobs/{job_id}/run", { params: { path: { job_id: jobId } } })),
    onSuccess: refresh,
  });
}

export function useResumeJob() {
  const refresh = useRefreshAll();
  return useMutation({
    mutationFn: (jobId: string) =>
      unwrap(api.POST("/api/v1/jobs/{job_id}/resume", { params: { path: { job_id: jobId } } })),
    onSuccess: refresh,
  });
}

export function useResetSettings() {
  const refresh = useRefreshAll();
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: () => unwrap(api.POST("/api/v1/settings/reset")),
    meta: { showsError: true },
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: keys.settings });
      await refresh();
    },
  });
}
