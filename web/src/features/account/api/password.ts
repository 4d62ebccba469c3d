import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, type Schema, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";

export function useChangePassword() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: Schema["PasswordChange"]) => unwrap(api.POST("/api/v1/me/password", { body })),
    meta: { showsError: true },
    gcTime: 0,
    onSuccess: () => queryClient.invalidateQueries({ queryKey: keys.sessions }),
  });
}
