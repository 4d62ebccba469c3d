import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";
import { tellOtherTabs } from "../../../session/otherTabs";
import { sessionQuery } from "../../../session/session";

export const ownSessionsQuery = () =>
  queryOptions({
    queryKey: keys.sessions,
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/sessions", { signal })),
  });

/** Signs out these browsers of the user, all at once. */
export function useEndSessions() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (ids: readonly string[]) =>
      Promise.all(
        ids.map((id) => unwrap(api.DELETE("/api/v1/sessions/{session_id}", { params: { path: { session_id: id } } }))),
      ),
    meta: { showsError: true },
    onSettled: () => queryClient.invalidateQueries({ queryKey: keys.sessions }),
  });
}

export function useSignOutEverywhere() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: () => unwrap(api.DELETE("/api/v1/sessions")),
    meta: { showsError: true },
    onSuccess: () => {
      queryClient.setQueryData(
        sessionQuery().queryKey,
        (known) => known && { ...known, state: "signed_out" as const, me: null },
      );
      tellOtherTabs();
    },
  });
}
