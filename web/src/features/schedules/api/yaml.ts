import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, type Schema, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";

/** All schedules of a server as a document, which `useApplyText` takes. */
export const exportQuery = (serverId: string) =>
  queryOptions({
    queryKey: [...keys.serverSchedules(serverId), "export"],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/v1/servers/{server_id}/schedules/export", {
          params: { path: { server_id: serverId } },
          parseAs: "text",
          signal,
        }),
      ),
    gcTime: 0,
  });

/** Brings the schedules of a server in line with a document; with `dry_run` it only says what that would mean. */
export function useApplyText(serverId: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (text: Schema["ScheduleText"]) =>
      unwrap(
        api.POST("/api/v1/servers/{server_id}/schedules/apply", {
          params: { path: { server_id: serverId } },
          body: text,
        }),
      ),
    meta: { showsError: true },
    onSuccess: (_applied, { dry_run }) =>
      dry_run ? undefined : queryClient.invalidateQueries({ queryKey: keys.schedules }),
  });
}
