import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, type Schema, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";

const path = (serverId: string) => ({ params: { path: { server_id: serverId } } });

/** How much room the next backup takes. The manager looks at the files for it, so only dialogs ask. */
export const estimateQuery = (serverId: string) =>
  queryOptions({
    queryKey: [...keys.serverBackups(serverId), "estimate"],
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/v1/servers/{server_id}/backups/estimate", { ...path(serverId), signal })),
    gcTime: 0,
  });

function useRefreshServer(serverId: string) {
  const queryClient = useQueryClient();
  return () =>
    Promise.all(
      [keys.backups, keys.servers, keys.server(serverId), keys.runs].map((queryKey) =>
        queryClient.invalidateQueries({ queryKey }),
      ),
    );
}

export function useMakeBackup(serverId: string) {
  const refresh = useRefreshServer(serverId);
  return useMutation({
    mutationFn: (wanted: Schema["NewBackup"]) =>
      unwrap(api.POST("/api/v1/servers/{server_id}/backups", { ...path(serverId), body: wanted })),
    meta: { showsError: true },
    onSettled: refresh,
  });
}

/** Restores the newest backup beside the server. */
export function useDrill(serverId: string) {
  const refresh = useRefreshServer(serverId);
  return useMutation({
    mutationFn: () => unwrap(api.POST("/api/v1/servers/{server_id}/backups/drill", path(serverId))),
    meta: { showsError: true },
    onSettled: refresh,
  });
}
