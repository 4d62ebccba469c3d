import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, type Schema, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";

type Policy = Schema["UpdatePolicy"];
type State = Schema["UpdateState"];
type Wanted = Schema["UpdateRequest"];

const PAST_AT_ONCE = 20;

const path = (serverId: string) => ({ params: { path: { server_id: serverId } } });

/** What is new for one server, and what is done of itself. */
export const serverUpdateQuery = (serverId: string) =>
  queryOptions({
    queryKey: keys.serverUpdate(serverId),
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/servers/{server_id}/update", { ...path(serverId), signal })),
  });

/** What an update would do. */
export const updatePlanQuery = (serverId: string, wanted: Wanted) =>
  queryOptions({
    queryKey: keys.updatePlan(serverId, wanted),
    queryFn: ({ signal }) =>
      unwrap(api.POST("/api/v1/servers/{server_id}/update/plan", { ...path(serverId), body: wanted, signal })),
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });

/** Updates of one server and what became of them, newest first. */
export const pastUpdatesQuery = (serverId: string) =>
  infiniteQueryOptions({
    queryKey: [...keys.serverUpdate(serverId), "past"],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET("/api/v1/servers/{server_id}/updates", {
          params: {
            path: { server_id: serverId },
            query: { limit: PAST_AT_ONCE, ...(pageParam && { cursor: pageParam }) },
          },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
  });

export function useStartUpdate(serverId: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (wanted: Wanted) =>
      unwrap(api.POST("/api/v1/servers/{server_id}/update", { ...path(serverId), body: wanted })),
    meta: { showsError: true },
    onSettled: () =>
      Promise.all(
        [keys.updates, keys.servers, keys.server(serverId), keys.runs].map((queryKey) =>
          queryClient.invalidateQueries({ queryKey }),
        ),
      ),
  });
}

export function useSavePolicy(serverId: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (policy: Policy) =>
      unwrap(api.PUT("/api/v1/servers/{server_id}/update-policy", { ...path(serverId), body: policy })),
    meta: { showsError: true },
    onSuccess: (saved) => {
      queryClient.setQueryData<State>(keys.serverUpdate(serverId), saved);
      return queryClient.invalidateQueries({ queryKey: keys.updates });
    },
  });
}
