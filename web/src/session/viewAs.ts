import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { api, type Schema, unwrap } from "../api/client";
import { tellOtherTabs } from "./otherTabs";
import { type Me, sessionQuery } from "./session";

/** What somebody else may not see is forgotten, and everything is asked for anew. */
function useOtherEyes() {
  const queryClient = useQueryClient();
  const router = useRouter();
  return async (me: Me) => {
    queryClient.setQueryData(sessionQuery().queryKey, (known) => known && { ...known, me });
    tellOtherTabs();
    await router.navigate({ to: "/" });
    await queryClient.resetQueries({ predicate: (query) => query.queryKey[0] !== sessionQuery().queryKey[0] });
  };
}

/** Look at the manager as a user or a role. */
export function useViewAs() {
  const see = useOtherEyes();
  return useMutation({
    mutationFn: (body: Schema["ViewAs"]) => unwrap(api.PUT("/api/v1/session/view-as", { body })),
    onSuccess: see,
  });
}

export function useLeaveView() {
  const see = useOtherEyes();
  return useMutation({
    mutationFn: () => unwrap(api.DELETE("/api/v1/session/view-as")),
    onSuccess: see,
  });
}
