import { useQuery } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useState } from "react";
import { type Me, type Role, sessionQuery } from "./session";

const MeContext = createContext<Me | null>(null);

/** Whoever is signed in, for everything below; still there while the session has ended and the page waits for a new one. */
export function MeProvider({ children }: { children: ReactNode }) {
  const { data } = useQuery(sessionQuery());
  const [me, setMe] = useState(data?.me ?? null);
  if (data?.me && data.me !== me) setMe(data.me);
  return <MeContext value={me}>{children}</MeContext>;
}

/** Pages inside the frame have someone signed in. */
export function useMe(): Me {
  const me = useContext(MeContext);
  if (!me) throw new Error("useMe is for pages inside the frame, where someone is signed in");
  return me;
}

const RANK: Record<Role, number> = { none: 0, viewer: 1, operator: 2, admin: 3 };

const ServerContext = createContext<string | null>(null);

/** What is below is about this server: there, the roles on it count. */
export function OnServer({ serverId, children }: { serverId: string; children: ReactNode }) {
  return <ServerContext value={serverId}>{children}</ServerContext>;
}

/** The higher of the role for all and the one on that server; the one for all where none is named. */
export function roleOn(me: Me, serverId: string | null): Role {
  const mine = serverId === null ? undefined : me.server_roles?.find((one) => one.server_id === serverId)?.role;
  return mine !== undefined && RANK[mine] > RANK[me.role] ? mine : me.role;
}

type Can = (needed: Role, serverId?: string | null) => boolean;

/**
 * Whether the role of this user suffices: `const can = useCan(); can("operator")`. It is the one on the server that the page is
 * about, or on `serverId`; null stands for what belongs to no server.
 */
export function useCan(serverId?: string | null): Can {
  const me = useMe();
  const ofPage = useContext(ServerContext);
  const meant = serverId === undefined ? ofPage : serverId;
  return (needed, named = meant) => RANK[roleOn(me, named)] >= RANK[needed];
}

/** The role that counts here: on the server that the page is about. */
export function useRole(): Role {
  return roleOn(useMe(), useContext(ServerContext));
}

/** The highest role that counts anywhere. */
export function useHighestRole(): Role {
  const me = useMe();
  return (me.server_roles ?? []).reduce<Role>((found, { role }) => (RANK[role] > RANK[found] ? role : found), me.role);
}

/** Whether the role suffices for at least one server. */
export function useCanSomewhere(): (needed: Role) => boolean {
  const highest = useHighestRole();
  return (needed) => RANK[highest] >= RANK[needed];
}
