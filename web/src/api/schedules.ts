import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "./client";
import { keys } from "./keys";

/** The schedules of all servers, for every page that shows a part of them. */
export const schedulesQuery = () =>
  queryOptions({
    queryKey: keys.allSchedules,
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/schedules", { signal })),
  });
