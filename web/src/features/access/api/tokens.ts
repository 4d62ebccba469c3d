import { infiniteQueryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, type Schema, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";

export const tokensQuery = (withRevoked: boolean) =>
  infiniteQueryOptions({
    queryKey: [...keys.tokens, { withRevoked }],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET("/api/v1/tokens", {
          params: { query: { include_revoked: withRevoked, cursor: pageParam, limit: 200 } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: (known) => known,
  });

/** The secret is in the answer only, and nothing keeps the answer longer than the dialog. */
export function useCreateToken() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: Schema["NewToken"]) => unwrap(api.POST("/api/v1/tokens", { body })),
    meta: { showsError: true },
    gcTime: 0,
    onSuccess: () => queryClient.invalidateQueries({ queryKey: keys.tokens }),
  });
}

export function useRevokeToken() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => unwrap(api.DELETE("/api/v1/tokens/{token_id}", { params: { path: { token_id: id } } })),
    meta: { showsError: true },
    onSuccess: () => queryClient.invalidateQueries({ queryKey: keys.tokens }),
  });
}
