import { infiniteQueryOptions, keepPreviousData } from "@tanstack/react-query";
import { api, type Schema, unwrap } from "../../../api/client";
import { keys } from "../../../api/keys";
import type { BackupsSearch } from "../search";

const PAGE_SIZE = 50;

/** Backups, newest first: those of one server, or of all. */
export const backupsQuery = ({ server, kind, q }: BackupsSearch) =>
  infiniteQueryOptions({
    queryKey: keys.backupsFound({ server, kind, q }),
    queryFn: ({ pageParam, signal }): Promise<Schema["BackupList"]> =>
      unwrap(
        api.GET("/api/v1/backups", {
          params: {
            query: {
              limit: PAGE_SIZE,
              ...(server ? { server_id: server } : {}),
              ...(kind ? { kind } : {}),
              ...(q ? { q } : {}),
              ...(pageParam ? { cursor: pageParam } : {}),
            },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    placeholderData: keepPreviousData,
  });
