import { infiniteQueryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, type Schema, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";
import { useMe } from "../../../session/me";

export const usersQuery = () =>
  infiniteQueryOptions({
    queryKey: keys.users,
    queryFn: ({ pageParam, signal }) =>
      unwrap(api.GET("/api/v1/users", { params: { query: { cursor: pageParam } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });

const at = (userId: string) => ({ params: { path: { user_id: userId } } });

/** A change of users: the form shows what is wrong with it, and no password stays in memory. */
function useUserChange<Variables>(
  change: (variables: Variables) => Promise<unknown>,
  idOf: (v: Variables) => string | null,
) {
  const queryClient = useQueryClient();
  const me = useMe();
  return useMutation({
    mutationFn: change,
    meta: { showsError: true },
    gcTime: 0,
    onSuccess: (_done, variables) => {
      void queryClient.invalidateQueries({ queryKey: keys.users });
      if (idOf(variables) === me.id) void queryClient.invalidateQueries({ queryKey: keys.session });
    },
  });
}

export const useAddUser = () =>
  useUserChange(
    (body: Schema["NewUser"]) => unwrap(api.POST("/api/v1/users", { body })),
    () => null,
  );

export const useChangeUser = () =>
  useUserChange(
    ({ id, ...body }: Schema["UserChange"] & { id: string }) =>
      unwrap(api.PATCH("/api/v1/users/{user_id}", { ...at(id), body })),
    ({ id }) => id,
  );

export const useDeleteUser = () =>
  useUserChange(
    (id: string) => unwrap(api.DELETE("/api/v1/users/{user_id}", at(id))),
    (id) => id,
  );

export const useSetPassword = () =>
  useUserChange(
    ({ id, password }: { id: string; password: string }) =>
      unwrap(api.POST("/api/v1/users/{user_id}/password", { ...at(id), body: { password } })),
    ({ id }) => id,
  );

export const useResetSecondFactor = () =>
  useUserChange(
    (id: string) => unwrap(api.DELETE("/api/v1/users/{user_id}/second-factor", at(id))),
    (id) => id,
  );

export const useEndUserSessions = () =>
  useUserChange(
    (id: string) => unwrap(api.DELETE("/api/v1/users/{user_id}/sessions", at(id))),
    (id) => id,
  );
