import { useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useState, useSyncExternalStore } from "react";
import type { Schema } from "../../api/client";
import { refetchAll } from "../../live/applyEvent";
import { useLive } from "../../live/LiveProvider";
import { useMe } from "../../session/me";
import { onChangeInOtherTab } from "../../session/otherTabs";
import { readSession, sessionQuery } from "../../session/session";
import { sessionEnd } from "../../session/sessionEnd";

const LOAD_DIALOG_AFTER_MS = 5_000;
const loadDialog = () => import("./SignInDialog");
const SignInDialog = lazy(loadDialog);

/** Over the page when the session has ended, so that nothing typed is lost. */
export function SignInAgain() {
  const hasEnded = useSyncExternalStore(sessionEnd.subscribe, sessionEnd.get);
  const me = useMe();
  const goOn = useGoOn(me);
  useFollowOtherTabs(goOn);
  // Not needed for the first page, but long before a session ends: the manager may be another one by then.
  useEffect(() => {
    const soon = setTimeout(() => void loadDialog().catch(() => undefined), LOAD_DIALOG_AFTER_MS);
    return () => clearTimeout(soon);
  }, []);
  const [isNeeded, setNeeded] = useState(hasEnded);
  if (hasEnded && !isNeeded) setNeeded(true);
  if (!isNeeded) return null;
  return (
    <Suspense>
      <SignInDialog isOpen={hasEnded} knownName={me.kind === "user" ? me.name : ""} onSignedIn={goOn} />
    </Suspense>
  );
}

/** Catches up with what has happened since; somebody else starts with a page of their own. */
function useGoOn(before: Schema["Me"]): (session: Schema["SessionInfo"]) => void {
  const queryClient = useQueryClient();
  const router = useRouter();
  const live = useLive();
  return (session) => {
    sessionEnd.revoke();
    live.restart();
    if (session.me?.id === before.id) {
      refetchAll(queryClient);
    } else {
      void router.navigate({ to: "/" });
      void queryClient.resetQueries({ predicate: (query) => query.queryKey[0] !== sessionQuery().queryKey[0] });
    }
  };
}

function useFollowOtherTabs(goOn: (session: Schema["SessionInfo"]) => void): void {
  const queryClient = useQueryClient();
  useEffect(
    () =>
      onChangeInOtherTab(() => {
        readSession()
          .then((session) => {
            if (session.state !== "signed_in") {
              sessionEnd.announce();
              return;
            }
            queryClient.setQueryData(sessionQuery().queryKey, session);
            goOn(session);
          })
          .catch(() => undefined);
      }),
    [queryClient, goOn],
  );
}
