import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, type Schema, unwrap } from "./client";
import { keys } from "./keys";

export type ModChange = Schema["ModChange"];

/** What can be chosen about a plan while one looks at it. */
export interface PlanOptions {
  allow_prereleases: boolean;
  allow_unfitting: boolean;
  with_dependencies: boolean;
}

/** What somebody wants done with the mods of a server: changes, a list taken over, or an earlier set. */
export type Wish =
  | { kind: "changes"; changes: ModChange[] }
  | { kind: "list"; lock: Schema["LockList"]; replace: boolean }
  | { kind: "restore"; number: number };

const path = (serverId: string) => ({ params: { path: { server_id: serverId } } });
const pathOfSet = (serverId: string, number: number) => ({ params: { path: { server_id: serverId, number } } });

/** The mods of a server, with what waits for its next start. */
export const serverModsQuery = (serverId: string) =>
  queryOptions({
    queryKey: keys.serverModList(serverId),
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/servers/{server_id}/mods", { ...path(serverId), signal })),
  });

/** What waits for the next start of a server: asked on each of its pages, so without all of its mods. */
export const pendingModsQuery = (serverId: string) =>
  queryOptions({
    queryKey: keys.pendingMods(serverId),
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/servers/{server_id}/mods/pending", { ...path(serverId), signal })),
    select: ({ pending }) => pending,
  });

/** What a wish would do. It is worked out anew each time that somebody asks. */
export const planQuery = (serverId: string, wish: Wish, options: PlanOptions) =>
  queryOptions({
    queryKey: keys.modPlan(serverId, { wish, options }),
    queryFn: ({ signal }) => {
      switch (wish.kind) {
        case "changes":
          return unwrap(
            api.POST("/api/v1/servers/{server_id}/mods/plan", {
              ...path(serverId),
              body: { changes: wish.changes, ...options, when: "next_start" },
              signal,
            }),
          );
        case "list":
          return unwrap(
            api.POST("/api/v1/servers/{server_id}/mods/lock-list/plan", {
              ...path(serverId),
              body: { lock: wish.lock, replace: wish.replace, when: "next_start", dry_run: true },
              signal,
            }),
          );
        case "restore":
          return unwrap(
            api.POST("/api/v1/servers/{server_id}/mod-generations/{number}/plan", {
              ...pathOfSet(serverId, wish.number),
              signal,
            }),
          );
      }
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });

export interface Doing {
  wish: Wish;
  options: PlanOptions;
  digest: string;
  when: "next_start" | "restart";
  why: string;
}

/** Does what was planned, as a run; it fails when another plan would be made by now. */
export function useDoPlan(serverId: string) {
  const refresh = useRefresh(serverId);
  return useMutation({
    mutationFn: ({ wish, options, digest, when, why }: Doing) => {
      switch (wish.kind) {
        case "changes":
          return unwrap(
            api.POST("/api/v1/servers/{server_id}/mods/changes", {
              ...path(serverId),
              body: { changes: wish.changes, ...options, when, digest, why: why.trim() || null },
            }),
          );
        case "list":
          return unwrap(
            api.POST("/api/v1/servers/{server_id}/mods/lock-list", {
              ...path(serverId),
              body: { lock: wish.lock, replace: wish.replace, when, digest, dry_run: false },
            }),
          );
        case "restore":
          return unwrap(
            api.POST("/api/v1/servers/{server_id}/mod-generations/{number}/restore", {
              ...pathOfSet(serverId, wish.number),
              body: { when, digest },
            }),
          );
      }
    },
    meta: { showsError: true },
    onSettled: refresh,
  });
}

/** When the game does not start with them, it gets back those that it ran with. */
export function useRestartWithPending(serverId: string) {
  const refresh = useRefresh(serverId);
  return useMutation({
    mutationFn: (why: Schema["Reason"]) =>
      unwrap(api.POST("/api/v1/servers/{server_id}/mods/pending/restart", { ...path(serverId), body: why })),
    onSettled: refresh,
  });
}

export function useForgetPending(serverId: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: () => unwrap(api.DELETE("/api/v1/servers/{server_id}/mods/pending", path(serverId))),
    meta: { showsError: true },
    onSuccess: (list) => {
      queryClient.setQueryData(keys.serverModList(serverId), list);
      queryClient.setQueryData(keys.pendingMods(serverId), { pending: list.pending });
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: keys.serverMods(serverId) }),
  });
}

/** The run that changes mods, and what the server is doing, show at once. */
function useRefresh(serverId: string) {
  const queryClient = useQueryClient();
  return () =>
    Promise.all(
      [keys.serverMods(serverId), keys.server(serverId), keys.servers, keys.runs].map((queryKey) =>
        queryClient.invalidateQueries({ queryKey }),
      ),
    );
}

/** One set of mods with its list. */
export const generationQuery = (serverId: string, number: number) =>
  queryOptions({
    queryKey: keys.modGeneration(serverId, number),
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/v1/servers/{server_id}/mod-generations/{number}", {
          ...pathOfSet(serverId, number),
          signal,
        }),
      ),
  });

export const lockListQuery = (serverId: string) =>
  queryOptions({
    queryKey: [...keys.serverMods(serverId), "lock-list"],
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/v1/servers/{server_id}/mods/lock-list", { ...path(serverId), signal })),
    gcTime: 0,
  });
