import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useState, useSyncExternalStore } from "react";
import { keys } from "../api/keys";
import { type Me, sessionQuery } from "../session/session";
import { sessionEnd } from "../session/sessionEnd";
import { applyEvent, refetchAll } from "./applyEvent";
import { Live, type LiveState } from "./live";

const LiveContext = createContext<Live | null>(null);

/** Keeps everything below it up to date while someone is signed in. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const queryClient = useQueryClient();
  const [live] = useState(() => new Live());

  useEffect(() => {
    let lost = false;
    let knowsOfSignOut = false;
    let greeted = false;
    // For whom what is there was fetched; the session may have been read anew since.
    let shownTo: Me | null = null;
    const readSessionAnew = async () => {
      const session = await queryClient.fetchQuery({ ...sessionQuery(), staleTime: 0 });
      if (session.state !== "signed_in") sessionEnd.announce();
    };
    const stopListening = live.onEvent((event) => {
      if (event.event === "hello") {
        const session = queryClient.getQueryData(sessionQuery().queryKey);
        const before = shownTo ?? session?.me;
        shownTo = event.data.me;
        if (session?.me && before && !isSame(before, event.data.me)) {
          queryClient.setQueryData(sessionQuery().queryKey, { ...session, me: event.data.me });
          // With other roles, some of what is there may not be seen any more.
          void queryClient.resetQueries({ predicate: (query) => query.queryKey[0] !== keys.session[0] });
        } else if (!greeted) {
          // What was fetched before the events began to flow may have changed in between.
          refetchAll(queryClient);
        }
        greeted = true;
      } else if (event.event === "bye" && event.data.reason === "revoked") {
        readSessionAnew().catch(() => undefined);
      }
      applyEvent(queryClient, event);
    });
    const stopWatching = live.subscribe(() => {
      const { connection } = live.getState();
      if (connection.status === "live" && !live.holdsStream) greeted = true;
      if (connection.status === "lost") {
        lost = true;
        // Said once: other tabs may repeat it for a moment after someone has signed in again here.
        if (connection.cause === "signed_out" && !knowsOfSignOut) sessionEnd.announce();
        knowsOfSignOut = connection.cause === "signed_out";
      } else if (connection.status === "live" && lost) {
        lost = false;
        knowsOfSignOut = false;
        void queryClient.refetchQueries({
          type: "active",
          predicate: (query) => query.state.status === "error" && query.queryKey[0] !== keys.session[0],
        });
      }
    });
    live.start();
    return () => {
      stopListening();
      stopWatching();
      live.stop();
    };
  }, [live, queryClient]);

  return <LiveContext value={live}>{children}</LiveContext>;
}

function isSame(one: Me, other: Me): boolean {
  const told = (me: Me) => JSON.stringify([me.id, me.role, me.name, me.server_roles ?? [], me.viewing_as ?? null]);
  return told(one) === told(other);
}

export function useLive(): Live {
  const live = useContext(LiveContext);
  if (!live) throw new Error("useLive is for what is inside LiveProvider");
  return live;
}

/** Whether live events arrive, and from which version of the manager. */
export function useConnection(): LiveState {
  const live = useLive();
  return useSyncExternalStore(live.subscribe, live.getState);
}
