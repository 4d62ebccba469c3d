import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, type Schema, unwrap } from "../api/client";
import { tellOtherTabs } from "./otherTabs";
import { sessionQuery } from "./session";

function useSessionChange() {
  const queryClient = useQueryClient();
  return (session: Schema["SessionInfo"]) => {
    queryClient.setQueryData(sessionQuery().queryKey, session);
    tellOtherTabs();
  };
}

export function useSignIn() {
  const changeSession = useSessionChange();
  return useMutation({
    mutationFn: (body: Schema["SignIn"]) => unwrap(api.POST("/api/v1/session", { body })),
    meta: { showsError: true },
    onSuccess: changeSession,
  });
}

export function useSetup() {
  const changeSession = useSessionChange();
  return useMutation({
    mutationFn: (body: Schema["Setup"]) => unwrap(api.POST("/api/v1/setup", { body })),
    meta: { showsError: true },
    onSuccess: changeSession,
  });
}

export function useSignOut() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: () => unwrap(api.DELETE("/api/v1/session")),
    onSuccess: () => {
      queryClient.setQueryData(
        sessionQuery().queryKey,
        (known) => known && { ...known, state: "signed_out" as const, me: null },
      );
      tellOtherTabs();
    },
  });
}
