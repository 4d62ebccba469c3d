import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "./client";
import { keys } from "./keys";

const MOST = 200;

/** What is open at the moment, for the frame and every page that shows it. */
export const openAlertsQuery = () =>
  queryOptions({
    queryKey: keys.openAlerts,
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/v1/alerts", { params: { query: { open: true, limit: MOST } }, signal })),
  });

/** Somebody has seen it: it leaves the overview, and nobody is reminded of it. */
export function useAcknowledge() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (alertId: string) =>
      unwrap(api.POST("/api/v1/alerts/{alert_id}/acknowledge", { params: { path: { alert_id: alertId } } })),
    onSettled: () =>
      Promise.all([keys.alerts, keys.overview].map((queryKey) => queryClient.invalidateQueries({ queryKey }))),
  });
}
