import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, type Schema, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";

type Details = Schema["ServerDetails"];

const path = (serverId: string) => ({ params: { path: { server_id: serverId } } });

/** A server that is new or another shows at once. */
function useShowServer() {
  const queryClient = useQueryClient();
  return (server: Details) => {
    queryClient.setQueryData<Details>(keys.server(server.id), server);
    return Promise.all(
      [keys.servers, keys.newServer, keys.overview].map((queryKey) => queryClient.invalidateQueries({ queryKey })),
    );
  };
}

export function useCreateServer() {
  const show = useShowServer();
  return useMutation({
    mutationFn: (server: Schema["NewServer"]) => unwrap(api.POST("/api/v1/servers", { body: server })),
    meta: { showsError: true },
    onSuccess: (server) => void show(server),
  });
}

export function useInspectFolder() {
  return useMutation({
    mutationFn: (folder: string) => unwrap(api.POST("/api/v1/adoptions/inspect", { body: { path: folder } })),
    meta: { showsError: true },
  });
}

export function useAdoptServer() {
  const show = useShowServer();
  return useMutation({
    mutationFn: (adoption: Schema["Adoption"]) => unwrap(api.POST("/api/v1/adoptions", { body: adoption })),
    meta: { showsError: true },
    onSuccess: (server) => void show(server),
  });
}

/** The run of the copy; the server is there when that has ended. */
export function useCopyServer() {
  return useMutation({
    mutationFn: (adoption: Schema["Adoption"]) => unwrap(api.POST("/api/v1/adoptions/copy", { body: adoption })),
    meta: { showsError: true },
  });
}

/** Everything that makes a server what it is, as a text to keep. */
export function useExportDefinition(serverId: string) {
  return useMutation({
    mutationFn: () =>
      unwrap(api.GET("/api/v1/servers/{server_id}/definition", { ...path(serverId), parseAs: "text" as const })),
    meta: { showsError: true },
  });
}

export function useChangeServer(serverId: string) {
  const show = useShowServer();
  return useMutation({
    mutationFn: (change: Schema["ServerChange"]) =>
      unwrap(api.PATCH("/api/v1/servers/{server_id}", { ...path(serverId), body: change })),
    meta: { showsError: true },
    onSuccess: show,
  });
}

export function useSwitchVersion(serverId: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (version: string) =>
      unwrap(api.POST("/api/v1/servers/{server_id}/version", { ...path(serverId), body: { version } })),
    meta: { showsError: true },
    onSettled: () =>
      Promise.all(
        [keys.servers, keys.server(serverId), keys.runs].map((queryKey) => queryClient.invalidateQueries({ queryKey })),
      ),
  });
}

export function useDeleteServer(serverId: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ deleteFiles }: { deleteFiles: boolean }) =>
      unwrap(
        api.DELETE("/api/v1/servers/{server_id}", {
          params: { path: { server_id: serverId }, query: { delete_files: deleteFiles } },
        }),
      ),
    meta: { showsError: true },
    onSettled: () =>
      Promise.all([keys.servers, keys.runs].map((queryKey) => queryClient.invalidateQueries({ queryKey }))),
  });
}
