import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, type Schema, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";

export const alertSettingsQuery = () =>
  queryOptions({
    queryKey: keys.alertSettings,
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/alert-settings", { signal })),
  });

/** The form shows what is wrong, and the address of the watchdog does not stay in memory. */
export function useChangeAlertSettings() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: Schema["AlertSettingsChange"]) => unwrap(api.PATCH("/api/v1/alert-settings", { body })),
    meta: { showsError: true },
    gcTime: 0,
    onSuccess: (saved) => queryClient.setQueryData<Schema["AlertSettingsView"]>(keys.alertSettings, saved),
  });
}
