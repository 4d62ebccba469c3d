import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";
import { type LineGroup, typesOf } from "../../../lib/lineTypes";

/** The log files of a server, the newest first. */
export const logFilesQuery = (serverId: string) =>
  queryOptions({
    queryKey: keys.logFiles(serverId),
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/v1/servers/{server_id}/log-files", { params: { path: { server_id: serverId } }, signal })),
  });

export interface LogQuestion {
  serverId: string;
  name: string;
  groups: readonly LineGroup[];
  q: string;
}

/** The end of a log file; each further page goes back from where the one before began. */
export const logQuery = ({ serverId, name, groups, q }: LogQuestion) =>
  infiniteQueryOptions({
    queryKey: [...keys.logFile(serverId, name), { groups, q }],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET("/api/v1/servers/{server_id}/log-files/{name}/lines", {
          params: {
            path: { server_id: serverId, name },
            query: { before: pageParam, types: groups.flatMap(typesOf), q: q || undefined },
          },
          signal,
        }),
      ),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: (page) => page.next_before ?? undefined,
    staleTime: 0,
    // A search that goes back through gigabytes is not repeated because a page is looked at again.
    refetchOnMount: false,
  });

/** Where the browser gets the whole file. */
export const downloadAddress = (serverId: string, name: string) =>
  `/api/v1/servers/${encodeURIComponent(serverId)}/log-files/${name.split("/").map(encodeURIComponent).join("/")}/download`;
