import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, type Schema, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";

/** What applying a definition would do. Changes nothing. */
export function usePlanDefinition() {
  return useMutation({
    mutationFn: (yaml: string) => unwrap(api.POST("/api/v1/definitions/plan", { body: { yaml } })),
    meta: { showsError: true },
  });
}

/** Does exactly what the plan with this digest says, as a run. */
export function useApplyDefinition() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: Schema["ApplyDefinition"]) => unwrap(api.POST("/api/v1/definitions/apply", { body })),
    meta: { showsError: true },
    onSuccess: () => void queryClient.invalidateQueries({ queryKey: keys.servers }),
  });
}
