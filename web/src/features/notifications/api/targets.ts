import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, type Schema, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";

type Target = Schema["Target"];

const ofTarget = (id: string) => ({ params: { path: { target_id: id } } });

export const targetsQuery = () =>
  queryOptions({
    queryKey: keys.notificationTargets,
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/notification-targets", { signal })),
  });

/** The form shows what is wrong, and no address stays in memory. */
const FORM = { meta: { showsError: true }, gcTime: 0 } as const;

function useRefresh() {
  const queryClient = useQueryClient();
  return () => queryClient.invalidateQueries({ queryKey: keys.notifications });
}

export const useAddTarget = () =>
  useMutation({
    ...FORM,
    mutationFn: (body: Schema["NewTarget"]) => unwrap(api.POST("/api/v1/notification-targets", { body })),
    onSuccess: useRefresh(),
  });

export const useChangeTarget = (id: string) =>
  useMutation({
    ...FORM,
    mutationFn: (body: Schema["TargetChange"]) =>
      unwrap(api.PATCH("/api/v1/notification-targets/{target_id}", { ...ofTarget(id), body })),
    onSuccess: useRefresh(),
  });

/** On or off, with everything else as it is. */
export const useSwitchTarget = (target: Target) =>
  useMutation({
    mutationFn: (enabled: boolean) =>
      unwrap(
        api.PATCH("/api/v1/notification-targets/{target_id}", {
          ...ofTarget(target.id),
          body: { options: { ...optionsOf(target), enabled } },
        }),
      ),
    onSettled: useRefresh(),
  });

export const useRemoveTarget = (id: string) =>
  useMutation({
    meta: { showsError: true },
    mutationFn: () => unwrap(api.DELETE("/api/v1/notification-targets/{target_id}", ofTarget(id))),
    onSuccess: useRefresh(),
  });

export const useTestTarget = (id: string) =>
  useMutation({
    meta: { showsError: true },
    mutationFn: () => unwrap(api.POST("/api/v1/notification-targets/{target_id}/test", ofTarget(id))),
    onSettled: useRefresh(),
  });

export const useTestUnsaved = () =>
  useMutation({
    ...FORM,
    mutationFn: (body: Schema["NewTarget"]) => unwrap(api.POST("/api/v1/notification-targets/test", { body })),
  });

export function optionsOf(target: Schema["TargetOptions"]): Schema["TargetOptions"] {
  const { enabled, rules, template, digest_minutes, quiet_hours, zone, repeat_minutes, told_when_over } = target;
  return { enabled, rules, template, digest_minutes, quiet_hours, zone, repeat_minutes, told_when_over };
}
