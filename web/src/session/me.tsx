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

const RANK: Record<Role, number> = { viewer: 0, operator: 1, admin: 2 };

/** Whether the role of this user suffices: `const can = useCan(); can("operator")`. */
export function useCan(): (needed: Role) => boolean {
  const me = useMe();
  return (needed) => RANK[me.role] >= RANK[needed];
}
