import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, type Schema, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";

const path = (targetId: string) => ({ params: { path: { target_id: targetId } } });

/** The places off the machine that backups are copied to. */
export const offsiteTargetsQuery = () =>
  queryOptions({
    queryKey: keys.offsiteTargets,
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/offsite-targets", { signal })),
  });

function useRefreshPlaces() {
  const queryClient = useQueryClient();
  return () => queryClient.invalidateQueries({ queryKey: keys.backups });
}

export function useAddPlace() {
  const refresh = useRefreshPlaces();
  return useMutation({
    mutationFn: (place: Schema["NewOffsiteTarget"]) => unwrap(api.POST("/api/v1/offsite-targets", { body: place })),
    meta: { showsError: true },
    onSuccess: refresh,
  });
}

export function useChangePlace(targetId: string) {
  const refresh = useRefreshPlaces();
  return useMutation({
    mutationFn: (change: Schema["OffsiteTargetChange"]) =>
      unwrap(api.PATCH("/api/v1/offsite-targets/{target_id}", { ...path(targetId), body: change })),
    meta: { showsError: true },
    onSuccess: refresh,
  });
}

/** `force`: also when backups lie nowhere else. */
export function useRemovePlace(targetId: string) {
  const refresh = useRefreshPlaces();
  return useMutation({
    mutationFn: ({ force }: { force: boolean }) =>
      unwrap(
        api.DELETE("/api/v1/offsite-targets/{target_id}", {
          params: { path: { target_id: targetId }, query: { force } },
        }),
      ),
    meta: { showsError: true },
    onSuccess: refresh,
  });
}

export function useTestPlace(targetId: string) {
  const refresh = useRefreshPlaces();
  return useMutation({
    mutationFn: () => unwrap(api.POST("/api/v1/offsite-targets/{target_id}/test", path(targetId))),
    onSettled: refresh,
  });
}

export function useCheckPlace(targetId: string) {
  const refresh = useRefreshPlaces();
  return useMutation({
    mutationFn: () => unwrap(api.POST("/api/v1/offsite-targets/{target_id}/check", path(targetId))),
    meta: { showsError: true },
    onSettled: refresh,
  });
}
