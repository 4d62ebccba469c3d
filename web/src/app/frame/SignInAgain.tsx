import { Modal } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Link, useRouter } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useSyncExternalStore } from "react";
import type { Schema } from "../../api/client";
import { refetchAll } from "../../live/applyEvent";
import { useLive } from "../../live/LiveProvider";
import { useMe } from "../../session/me";
import { onChangeInOtherTab } from "../../session/otherTabs";
import { readSession, sessionQuery } from "../../session/session";
import { sessionEnd } from "../../session/sessionEnd";
import { signIn as words } from "../../text/session";
import classes from "./SignInAgain.module.css";

const LOAD_FORM_AFTER_MS = 5_000;
const loadForm = () => import("../../features/session/SignInForm");
const SignInForm = lazy(async () => ({ default: (await loadForm()).SignInForm }));

/** Over the page when the session has ended, so that nothing typed is lost. */
export function SignInAgain() {
  const hasEnded = useSyncExternalStore(sessionEnd.subscribe, sessionEnd.get);
  const me = useMe();
  const goOn = useGoOn(me);
  useFollowOtherTabs(goOn);
  // Not needed for the first page, but long before a session ends: the manager may be another one by then.
  useEffect(() => {
    const soon = setTimeout(() => void loadForm().catch(() => undefined), LOAD_FORM_AFTER_MS);
    return () => clearTimeout(soon);
  }, []);
  return (
    <Modal
      opened={hasEnded}
      onClose={() => undefined}
      title={words.endedTitle}
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
      size={400}
    >
      <div className={classes.body}>
        <p className={classes.text}>{words.endedText}</p>
        <Suspense>
          <SignInForm knownName={me.kind === "user" ? me.name : ""} onSignedIn={goOn} />
        </Suspense>
        <Link to="/sign-in" reloadDocument className={classes.leave}>
          {words.leave}
        </Link>
      </div>
    </Modal>
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
