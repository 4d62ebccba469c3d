import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";

/** The lines of the game's versions, newest first: 1.22, 1.21, … */
export const gameLinesQuery = () =>
  queryOptions({
    queryKey: [...keys.gameVersions, "lines"],
    queryFn: async ({ signal }) => {
      const versions = await unwrap(api.GET("/api/v1/game-versions", { signal }));
      return [...new Set(versions.items.map((version) => version.minor))];
    },
  });
