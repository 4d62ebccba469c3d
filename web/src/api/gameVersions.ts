import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "./client";
import { keys } from "./keys";

/** All versions of all channels, in the order of releases, newest first. */
export const gameVersionsQuery = () =>
  queryOptions({
    queryKey: keys.gameVersions,
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/game-versions", { signal })),
  });
