import { queryOptions, useQuery } from "@tanstack/react-query";
import { useCan } from "../session/me";
import { api, unwrap } from "./client";
import { keys } from "./keys";

/** The timetable, for every page that shows a part of it. */
export const jobsQuery = () =>
  queryOptions({
    queryKey: keys.jobs,
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/jobs", { signal })),
  });

/** The timetable, for pages that are there also for who may not see it. */
export function useJobs() {
  const can = useCan(null);
  return useQuery({ ...jobsQuery(), enabled: can("viewer") });
}
