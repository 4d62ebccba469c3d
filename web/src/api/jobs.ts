import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "./client";
import { keys } from "./keys";

/** The timetable, for every page that shows a part of it. */
export const jobsQuery = () =>
  queryOptions({
    queryKey: keys.jobs,
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/jobs", { signal })),
  });
