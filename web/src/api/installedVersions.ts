import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, type Schema, unwrap } from "./client";
import { keys } from "./keys";

/** The versions of the game that lie on this machine, newest first. */
export const installedVersionsQuery = () =>
  queryOptions({
    queryKey: keys.installedVersions,
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/installed-versions", { signal })),
  });

export const openInstallsQuery = () =>
  queryOptions({
    queryKey: keys.runsFiltered({ open: "version_install" }),
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/v1/runs", {
          params: { query: { job_id: "version_install", state: ["queued", "running"], limit: 10 } },
          signal,
        }),
      ),
  });

function useRefreshInstalls() {
  const queryClient = useQueryClient();
  return () =>
    Promise.all([keys.installedVersions, keys.runs].map((queryKey) => queryClient.invalidateQueries({ queryKey })));
}

/** `isForm`: whoever asks shows what went wrong itself. */
export function useInstallVersion({ isForm = false } = {}) {
  const refresh = useRefreshInstalls();
  return useMutation({
    mutationFn: (install: Schema["NewInstall"]) => unwrap(api.POST("/api/v1/installed-versions", { body: install })),
    meta: { showsError: isForm },
    onSettled: refresh,
  });
}

export function useRemoveVersion() {
  const refresh = useRefreshInstalls();
  return useMutation({
    mutationFn: (version: string) =>
      unwrap(api.DELETE("/api/v1/installed-versions/{version}", { params: { path: { version } } })),
    meta: { showsError: true },
    onSettled: refresh,
  });
}
