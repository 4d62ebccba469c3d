import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, type Schema, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";

type Content = Schema["ModConfigContent"];

export const configFilesQuery = (serverId: string) =>
  queryOptions({
    queryKey: keys.modConfig(serverId),
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/v1/servers/{server_id}/mod-config", { params: { path: { server_id: serverId } }, signal })),
  });

/** A file as it is, or as it was at a kept moment. Whoever writes in it is not disturbed by what is there by now. */
export const configFileQuery = (serverId: string, path: string, version = "") =>
  queryOptions({
    queryKey: [...keys.modConfig(serverId), "file", path, version],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/v1/servers/{server_id}/mod-config/{path}/content", {
          params: { path: { server_id: serverId, path }, query: version ? { version } : {} },
          signal,
        }),
      ),
    staleTime: 0,
    gcTime: 0,
  });

interface Save {
  text: string;
  etag: string;
  allowBroken?: boolean;
}

export function useSaveConfig(serverId: string, path: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ text, etag, allowBroken = false }: Save) =>
      unwrap(
        api.PUT("/api/v1/servers/{server_id}/mod-config/{path}/content", {
          params: { path: { server_id: serverId, path } },
          body: { text, etag, allow_broken: allowBroken },
        }),
      ),
    meta: { showsError: true },
    onSuccess: (saved: Content) => {
      queryClient.setQueryData<Content>(configFileQuery(serverId, path).queryKey, saved);
      return queryClient.invalidateQueries({ queryKey: keys.modConfig(serverId), exact: true });
    },
  });
}
