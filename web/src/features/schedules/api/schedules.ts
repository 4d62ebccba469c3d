import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, type Schema, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";

type Schedule = Schema["Schedule"];
type Body = Schema["ScheduleBody"];

const ofServer = (serverId: string) => ({ params: { path: { server_id: serverId } } });
const ofSchedule = (id: string) => ({ params: { path: { schedule_id: id } } });

export const serverSchedulesQuery = (serverId: string) =>
  queryOptions({
    queryKey: keys.serverSchedules(serverId),
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/v1/servers/{server_id}/schedules", { ...ofServer(serverId), signal })),
  });

export const scheduleQuery = (id: string) =>
  queryOptions({
    queryKey: keys.schedule(id),
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/schedules/{schedule_id}", { ...ofSchedule(id), signal })),
  });

/** They come with the version of the manager. */
export const scheduleTemplatesQuery = () =>
  queryOptions({
    queryKey: keys.scheduleTemplates,
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/schedule-templates", { signal })),
    staleTime: Number.POSITIVE_INFINITY,
  });

function useRefresh() {
  const queryClient = useQueryClient();
  return () => Promise.all([keys.schedules, keys.runs].map((queryKey) => queryClient.invalidateQueries({ queryKey })));
}

export function useCreateSchedule(serverId: string) {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: (body: Body) =>
      unwrap(api.POST("/api/v1/servers/{server_id}/schedules", { ...ofServer(serverId), body })),
    meta: { showsError: true },
    onSettled: refresh,
  });
}

export function useSaveSchedule(id: string) {
  const queryClient = useQueryClient();
  const refresh = useRefresh();
  return useMutation({
    mutationFn: (body: Body) =>
      unwrap(api.PATCH("/api/v1/schedules/{schedule_id}", { ...ofSchedule(id), body: { body } })),
    meta: { showsError: true },
    onSuccess: (saved) => queryClient.setQueryData<Schedule>(keys.schedule(id), saved),
    onSettled: refresh,
  });
}

/** Turns it on or off. */
export function useSwitchSchedule(id: string) {
  const queryClient = useQueryClient();
  const refresh = useRefresh();
  return useMutation({
    mutationFn: (enabled: boolean) =>
      unwrap(api.PATCH("/api/v1/schedules/{schedule_id}", { ...ofSchedule(id), body: { enabled } })),
    onSuccess: (saved) => queryClient.setQueryData<Schedule>(keys.schedule(id), (known) => known && saved),
    onSettled: refresh,
  });
}

export function useRunSchedule(id: string) {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: () => unwrap(api.POST("/api/v1/schedules/{schedule_id}/run", ofSchedule(id))),
    onSettled: refresh,
  });
}

/** `leave`: away from its page, which would ask for it again. */
export function useDeleteSchedule(id: string, leave: () => unknown) {
  const queryClient = useQueryClient();
  const refresh = useRefresh();
  return useMutation({
    mutationFn: () => unwrap(api.DELETE("/api/v1/schedules/{schedule_id}", ofSchedule(id))),
    meta: { showsError: true },
    onSuccess: async () => {
      await leave();
      queryClient.removeQueries({ queryKey: keys.schedule(id) });
      await refresh();
    },
  });
}
