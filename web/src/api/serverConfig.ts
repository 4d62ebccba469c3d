import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { ApiError, api, type Schema, unwrap } from "./client";
import { keys } from "./keys";

export type ConfigFile = Schema["ServerConfigView"]["file"];
type View = Schema["ServerConfigView"];
type Changed = Schema["ConfigChanged"];

const pathOf = (serverId: string, file: ConfigFile) => ({ params: { path: { server_id: serverId, file } } });

export const configQuery = (serverId: string, file: ConfigFile) =>
  queryOptions({
    queryKey: keys.serverConfigFile(serverId, file),
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/v1/servers/{server_id}/config/{file}", { ...pathOf(serverId, file), signal })),
  });

/** Whoever writes in it is not disturbed by what is there by now. */
export const configTextQuery = (serverId: string, file: ConfigFile) =>
  queryOptions({
    queryKey: keys.serverConfigText(serverId, file),
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/v1/servers/{server_id}/config/{file}/text", { ...pathOf(serverId, file), signal })),
    staleTime: 0,
    gcTime: 0,
  });

export const configVersionsQuery = (serverId: string, file: ConfigFile) =>
  infiniteQueryOptions({
    queryKey: keys.serverConfigVersions(serverId, file),
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET("/api/v1/servers/{server_id}/config/{file}/versions", {
          params: { path: { server_id: serverId, file }, query: pageParam === null ? {} : { cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });

export const configVersionQuery = (serverId: string, file: ConfigFile, versionId: string) =>
  queryOptions({
    queryKey: keys.configVersion(serverId, file, versionId),
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/v1/servers/{server_id}/config/{file}/versions/{version_id}", {
          params: { path: { server_id: serverId, file, version_id: versionId } },
          signal,
        }),
      ),
    staleTime: 0,
    gcTime: 0,
  });

export const gameRolesQuery = (serverId: string) =>
  queryOptions({
    queryKey: keys.gameRoles(serverId),
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/v1/servers/{server_id}/game-roles", { params: { path: { server_id: serverId } }, signal })),
  });

/** The file as it is after a change, shown at once; what else depends on it is asked for again. */
function useTakeChanged(serverId: string, file: ConfigFile) {
  const queryClient = useQueryClient();
  return {
    onSuccess: (config: View) => queryClient.setQueryData<View>(keys.serverConfigFile(serverId, file), config),
    onError: (error: unknown) => {
      if (error instanceof ApiError && error.code === "changed_meanwhile") {
        return queryClient.invalidateQueries({ queryKey: keys.serverConfigFile(serverId, file) });
      }
    },
    onSettled: () => {
      const others = { queryKey: keys.serverConfig(serverId), refetchType: "active" as const };
      for (const queryKey of [keys.servers, keys.server(serverId)]) {
        void queryClient.invalidateQueries({ queryKey, exact: true });
      }
      return queryClient.invalidateQueries({
        ...others,
        predicate: (query) => query.queryKey[2] !== "text" && query.queryKey[2] !== "file",
      });
    },
  };
}

export function useSaveConfig(serverId: string, file: ConfigFile) {
  const taken = useTakeChanged(serverId, file);
  return useMutation({
    mutationFn: (changes: Schema["ConfigChanges"]) =>
      unwrap(api.PATCH("/api/v1/servers/{server_id}/config/{file}", { ...pathOf(serverId, file), body: changes })),
    meta: { showsError: true },
    ...taken,
    onSuccess: ({ config }: Changed) => taken.onSuccess(config),
  });
}

export function useSaveConfigText(serverId: string, file: ConfigFile) {
  const taken = useTakeChanged(serverId, file);
  return useMutation({
    mutationFn: (change: Schema["RawConfigChange"]) =>
      unwrap(api.PUT("/api/v1/servers/{server_id}/config/{file}/text", { ...pathOf(serverId, file), body: change })),
    meta: { showsError: true },
    ...taken,
    onSuccess: ({ config }: Changed) => taken.onSuccess(config),
  });
}

/** One that waits for the next stop, or all of a file. */
export function useDropWaiting(serverId: string, file: ConfigFile) {
  const taken = useTakeChanged(serverId, file);
  return useMutation({
    mutationFn: (path: readonly string[] | null) =>
      unwrap(
        api.DELETE("/api/v1/servers/{server_id}/config/{file}/pending", {
          params: { path: { server_id: serverId, file }, query: path === null ? {} : { path: JSON.stringify(path) } },
        }),
      ),
    ...taken,
  });
}

export function useReturnToVersion(serverId: string, file: ConfigFile) {
  const taken = useTakeChanged(serverId, file);
  return useMutation({
    mutationFn: (versionId: string) =>
      unwrap(
        api.POST("/api/v1/servers/{server_id}/config/{file}/versions/{version_id}/return", {
          params: { path: { server_id: serverId, file, version_id: versionId } },
        }),
      ),
    meta: { showsError: true },
    ...taken,
    onSuccess: ({ config }: Changed) => taken.onSuccess(config),
  });
}

export function useSaveGameRoles(serverId: string) {
  const taken = useTakeChanged(serverId, "serverconfig");
  return useMutation({
    mutationFn: (roles: Schema["GameRolesChange"]) =>
      unwrap(
        api.PUT("/api/v1/servers/{server_id}/game-roles", { params: { path: { server_id: serverId } }, body: roles }),
      ),
    meta: { showsError: true },
    ...taken,
    onSuccess: ({ config }: Changed) => taken.onSuccess(config),
  });
}
