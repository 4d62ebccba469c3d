import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, type Schema, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";

type Wanted = Schema["RestoreRequest"];

const path = (backupId: string) => ({ params: { path: { backup_id: backupId } } });

/** What a restore would do. What was shown stays while another choice is looked at. */
export const restorePreviewQuery = (backupId: string, wanted: Wanted) =>
  queryOptions({
    queryKey: keys.restorePreview(backupId, wanted),
    queryFn: ({ signal }) =>
      unwrap(api.POST("/api/v1/backups/{backup_id}/restore-preview", { ...path(backupId), body: wanted, signal })),
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });

export function useRestore(backupId: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (wanted: Wanted) =>
      unwrap(api.POST("/api/v1/backups/{backup_id}/restore", { ...path(backupId), body: wanted })),
    meta: { showsError: true },
    onSettled: (run) =>
      Promise.all(
        [keys.backups, keys.servers, keys.runs, ...(run?.server_id ? [keys.server(run.server_id)] : [])].map(
          (queryKey) => queryClient.invalidateQueries({ queryKey }),
        ),
      ),
  });
}

/** What was put back on a server, newest first. */
export const restoresQuery = (serverId: string) =>
  queryOptions({
    queryKey: [...keys.serverBackups(serverId), "restores"],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/v1/servers/{server_id}/restores", {
          params: { path: { server_id: serverId }, query: { limit: 200 } },
          signal,
        }),
      ),
  });
