import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "./client";
import { keys } from "./keys";

/** What is new for each server, for every page that shows a part of it. */
export const updatesQuery = () =>
  queryOptions({
    queryKey: keys.allUpdates,
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/updates", { signal })),
  });
