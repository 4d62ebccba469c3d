import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, type Schema, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";

type Settings = Schema["BackupSettings"];

const path = (serverId: string) => ({ params: { path: { server_id: serverId } } });

export const backupSettingsQuery = (serverId: string) =>
  queryOptions({
    queryKey: [...keys.serverBackups(serverId), "settings"],
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/v1/servers/{server_id}/backup-settings", { ...path(serverId), signal })),
  });

/** What rules would delete now. */
export const retentionPreviewQuery = (serverId: string, rules: Schema["RetentionRules"]) =>
  queryOptions({
    queryKey: [...keys.serverBackups(serverId), "retention-preview", rules],
    queryFn: ({ signal }) =>
      unwrap(
        api.POST("/api/v1/servers/{server_id}/backups/retention-preview", {
          ...path(serverId),
          body: { retention: rules },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    gcTime: 60_000,
  });

export function useSaveBackupSettings(serverId: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (settings: Settings) =>
      unwrap(api.PUT("/api/v1/servers/{server_id}/backup-settings", { ...path(serverId), body: settings })),
    meta: { showsError: true },
    onSuccess: (saved) => {
      queryClient.setQueryData<Settings>(backupSettingsQuery(serverId).queryKey, saved);
      return queryClient.invalidateQueries({ queryKey: keys.backups });
    },
  });
}

export function usePrune(serverId: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: () => unwrap(api.POST("/api/v1/servers/{server_id}/backups/prune", path(serverId))),
    meta: { showsError: true },
    onSettled: () =>
      Promise.all([keys.backups, keys.runs].map((queryKey) => queryClient.invalidateQueries({ queryKey }))),
  });
}
