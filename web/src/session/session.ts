import { queryOptions, useQuery } from "@tanstack/react-query";
import { api, type Schema, unwrap } from "../api/client";
import { keys } from "../api/keys";

export type Me = Schema["Me"];
export type Role = Schema["Role"];

const RANK: Record<Role, number> = { viewer: 0, operator: 1, admin: 2 };

/** Who uses this browser. Fetched once before the first page; signing in and out change it. */
export const sessionQuery = () =>
  queryOptions({
    queryKey: keys.session,
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/session", { signal })),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });

/** Pages inside the frame have someone signed in. */
export function useMe(): Me {
  const { data } = useQuery(sessionQuery());
  if (!data?.me) throw new Error("useMe is for pages inside the frame, where someone is signed in");
  return data.me;
}

/** Whether the role of this user suffices: `const can = useCan(); can("operator")`. */
export function useCan(): (needed: Role) => boolean {
  const me = useMe();
  return (needed) => RANK[me.role] >= RANK[needed];
}
