import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, type Schema, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";

const path = (backupId: string) => ({ params: { path: { backup_id: backupId } } });

/** One backup with what is in it. */
export const backupQuery = (backupId: string) =>
  queryOptions({
    queryKey: keys.backup(backupId),
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/backups/{backup_id}", { ...path(backupId), signal })),
  });

export const downloadAddress = (backupId: string) => `/api/v1/backups/${encodeURIComponent(backupId)}/download`;

export function useRefreshBackups() {
  const queryClient = useQueryClient();
  return () => Promise.all([keys.backups, keys.runs].map((queryKey) => queryClient.invalidateQueries({ queryKey })));
}

/** `isForm`: whoever asks shows what went wrong itself. */
export function useChangeBackup(backupId: string, { isForm = false } = {}) {
  const refresh = useRefreshBackups();
  return useMutation({
    mutationFn: (change: Schema["BackupChange"]) =>
      unwrap(api.PATCH("/api/v1/backups/{backup_id}", { ...path(backupId), body: change })),
    meta: { showsError: isForm },
    onSuccess: refresh,
  });
}

export function useDeleteBackup(backupId: string) {
  const refresh = useRefreshBackups();
  return useMutation({
    mutationFn: () => unwrap(api.DELETE("/api/v1/backups/{backup_id}", path(backupId))),
    meta: { showsError: true },
    onSuccess: refresh,
  });
}

export function useVerifyBackup(backupId: string) {
  const refresh = useRefreshBackups();
  return useMutation({
    mutationFn: () => unwrap(api.POST("/api/v1/backups/{backup_id}/verify", path(backupId))),
    meta: { showsError: true },
    onSuccess: refresh,
  });
}

/** Brings one back that lies only elsewhere. */
export function useFetchBackup(backupId: string) {
  const refresh = useRefreshBackups();
  return useMutation({
    mutationFn: () => unwrap(api.POST("/api/v1/backups/{backup_id}/fetch", path(backupId))),
    meta: { showsError: true },
    onSuccess: refresh,
  });
}
