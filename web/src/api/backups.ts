import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "./client";
import { keys } from "./keys";

/** Whether each server could be put back, and to when. */
export const backupStatesQuery = () =>
  queryOptions({
    queryKey: keys.backupStates,
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/backup-states", { signal })),
  });
