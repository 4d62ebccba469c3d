import { queryOptions } from "@tanstack/react-query";
import { api, type Schema, unwrap } from "../api/client";
import { keys } from "../api/keys";

export type Me = Schema["Me"];
export type Role = Schema["Role"];

/** Who uses this browser. Fetched once before the first page; signing in and out change it. */
export const sessionQuery = () =>
  queryOptions({
    queryKey: keys.session,
    queryFn: ({ signal }) => readSession(signal),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });

export function readSession(signal?: AbortSignal): Promise<Schema["SessionInfo"]> {
  return unwrap(api.GET("/api/v1/session", { signal }));
}
