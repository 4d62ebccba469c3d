import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, type Schema, unwrap } from "./client";
import { keys } from "./keys";

/** What each operation on a server changes; its run tells the rest while it goes on. */
function useRefreshServer(serverId: string) {
  const queryClient = useQueryClient();
  return () =>
    Promise.all(
      [keys.servers, keys.server(serverId), keys.runs, keys.overview].map((queryKey) =>
        queryClient.invalidateQueries({ queryKey }),
      ),
    );
}

const path = (serverId: string) => ({ params: { path: { server_id: serverId } } });

export function useStartServer(serverId: string) {
  const refresh = useRefreshServer(serverId);
  return useMutation({
    mutationFn: () => unwrap(api.POST("/api/v1/servers/{server_id}/start", path(serverId))),
    onSettled: refresh,
  });
}

export function useStopServer(serverId: string) {
  const refresh = useRefreshServer(serverId);
  return useMutation({
    mutationFn: (why: Schema["Reason"]) =>
      unwrap(api.POST("/api/v1/servers/{server_id}/stop", { ...path(serverId), body: why })),
    onSettled: refresh,
  });
}

export function useRestartServer(serverId: string) {
  const refresh = useRefreshServer(serverId);
  return useMutation({
    mutationFn: (why: Schema["Reason"]) =>
      unwrap(api.POST("/api/v1/servers/{server_id}/restart", { ...path(serverId), body: why })),
    onSettled: refresh,
  });
}

export function useKillServer(serverId: string) {
  const refresh = useRefreshServer(serverId);
  return useMutation({
    mutationFn: () => unwrap(api.POST("/api/v1/servers/{server_id}/kill", path(serverId))),
    meta: { showsError: true },
    onSettled: refresh,
  });
}
