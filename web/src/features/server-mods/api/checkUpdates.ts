import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";

/** Asks the mod database about the mods of all servers, now. */
export function useCheckUpdates(serverId: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: () =>
      unwrap(api.POST("/api/v1/servers/{server_id}/mods/updates/check", { params: { path: { server_id: serverId } } })),
    onSettled: () => Promise.all([keys.runs, keys.jobs].map((queryKey) => queryClient.invalidateQueries({ queryKey }))),
  });
}
