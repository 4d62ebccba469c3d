import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";

/** Time passes: what was fresh may be overdue. */
const ASKED_EACH_MS = 120_000;

/** What looks after each server, by server. */
export const caresQuery = () =>
  queryOptions({
    queryKey: keys.cares,
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/overview/servers", { signal })),
    select: ({ items }) => new Map(items.map((care) => [care.server_id, care])),
    refetchInterval: ASKED_EACH_MS,
  });
