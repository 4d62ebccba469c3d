import { infiniteQueryOptions, keepPreviousData } from "@tanstack/react-query";
import { api, type Schema, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";
import type { ModsSearch } from "../search";

const PAGE_SIZE = 60;
const ASK_AGAIN_MS = 1_500;
const FRESH_MS = 5 * 60_000;

/** Mods page by page, each with whether it fits `fitFor`, a version of the game. What was found before stays while the next is being asked for. */
export const modsFoundQuery = ({ server: _, ...search }: ModsSearch, fitFor: string | null) =>
  infiniteQueryOptions({
    queryKey: keys.modsFound({ ...search, fitFor }),
    queryFn: ({ pageParam, signal }): Promise<Schema["CatalogList"]> => {
      const { version, ...rest } = search;
      const query = {
        ...rest,
        game_version: version,
        fit_for: fitFor ?? undefined,
        limit: PAGE_SIZE,
        cursor: pageParam,
      };
      return unwrap(api.GET("/api/v1/catalog/mods", { params: { query }, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    staleTime: FRESH_MS,
    // Which mods fit a version is fetched without a run, so no event says when that is done.
    refetchInterval: ({ state }) => (state.data?.pages[0]?.state === "filling" ? ASK_AGAIN_MS : false),
  });
