import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { useState } from "react";
import type { Schema } from "../../api/client";
import { keys } from "../../api/keys";
import { ConfirmDialog } from "../../components/ui/ConfirmDialog";
import { DataTable } from "../../components/ui/DataTable";
import { EmptyState } from "../../components/ui/EmptyState";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { Section } from "../../components/ui/Page";
import { Time } from "../../components/ui/Time";
import { sessions as words } from "../../text/account";
import classes from "./account.module.css";
import { ownSessionsQuery, useEndSessions, useSignOutEverywhere } from "./api/sessions";

type BrowserSession = Schema["BrowserSession"];

export function Sessions() {
  const sessions = useQuery(ownSessionsQuery());
  const [asked, setAsked] = useState<BrowserSession | "others" | "everywhere" | null>(null);
  const [isAsking, setAsking] = useState(false);
  const ask = (what: BrowserSession | "others" | "everywhere") => {
    setAsked(what);
    setAsking(true);
  };
  const list = sessions.data?.items ?? [];
  const others = list.filter((session) => !session.is_current);
  return (
    <Section
      title={words.title}
      actions={
        list.length > 0 && (
          <>
            {others.length > 0 && (
              <Button variant="default" onClick={() => ask("others")}>
                {words.signOutOthers}
              </Button>
            )}
            <Button variant="default" onClick={() => ask("everywhere")}>
              {words.signOutEverywhere}
            </Button>
          </>
        )
      }
    >
      {sessions.isPending && <LoadingState rows={3} />}
      {sessions.isLoadingError && <ErrorState error={sessions.error} onRetry={sessions.refetch} />}
      {sessions.data && list.length === 0 && <EmptyState title={words.none} />}
      {list.length > 0 && <SessionTable sessions={list} onSignOut={ask} />}
      {asked && <SignOutDialog asked={asked} others={others} opened={isAsking} onClose={() => setAsking(false)} />}
    </Section>
  );
}

const browserOf = (session: BrowserSession) => session.browser ?? words.unknownBrowser;

interface SessionTableProps {
  sessions: readonly BrowserSession[];
  onSignOut: (session: BrowserSession) => void;
}

function SessionTable({ sessions, onSignOut }: SessionTableProps) {
  return (
    <DataTable label={words.title} stacked>
      <thead>
        <tr>
          <th>{words.table.browser}</th>
          <th>{words.table.address}</th>
          <th>{words.table.lastUsed}</th>
          <th>{words.table.created}</th>
          <th>
            <span className="visually-hidden">{words.signOut}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {sessions.map((session) => (
          <tr key={session.id}>
            <td data-label={words.table.browser} data-width="fill">
              <span>
                {browserOf(session)}
                {session.is_current && <span className={classes.mark}>{words.thisBrowser}</span>}
              </span>
            </td>
            <td data-label={words.table.address}>
              <span className="mono">{session.from_address ?? words.unknownAddress}</span>
            </td>
            <td data-label={words.table.lastUsed}>
              <Time value={session.last_used_at} />
            </td>
            <td data-label={words.table.created}>
              <Time value={session.created_at} />
            </td>
            <td data-align="end">
              {!session.is_current && (
                <Button
                  variant="default"
                  size="xs"
                  aria-label={words.signOutOf(browserOf(session))}
                  onClick={() => onSignOut(session)}
                >
                  {words.signOut}
                </Button>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </DataTable>
  );
}

interface SignOutDialogProps {
  asked: BrowserSession | "others" | "everywhere";
  others: readonly BrowserSession[];
  opened: boolean;
  onClose: () => void;
}

function SignOutDialog({ asked, others, opened, onClose }: SignOutDialogProps) {
  const end = useEndSessions();
  const endAll = useLeaveEverywhere();
  if (asked === "everywhere") {
    return (
      <ConfirmDialog
        opened={opened}
        onClose={onClose}
        title={words.everywhereTitle}
        confirmLabel={words.everywhereConfirm}
        onConfirm={endAll}
      >
        <p className={classes.text}>{words.everywhereLost}</p>
      </ConfirmDialog>
    );
  }
  if (asked === "others") {
    return (
      <ConfirmDialog
        opened={opened}
        onClose={onClose}
        title={words.othersTitle}
        confirmLabel={words.othersConfirm}
        onConfirm={() => end.mutateAsync(others.map((session) => session.id))}
      >
        <p className={classes.text}>{words.othersLost(others.length)}</p>
      </ConfirmDialog>
    );
  }
  return (
    <ConfirmDialog
      opened={opened}
      onClose={onClose}
      title={words.oneTitle(browserOf(asked))}
      confirmLabel={words.signOutOf(browserOf(asked))}
      onConfirm={() => end.mutateAsync([asked.id])}
    >
      <p className={classes.text}>{words.oneLost}</p>
    </ConfirmDialog>
  );
}

/** Ends all sessions and goes to the sign-in page. This tab keeps nothing of what the user saw. */
function useLeaveEverywhere(): () => Promise<void> {
  const router = useRouter();
  const signOut = useSignOutEverywhere();
  return async () => {
    await signOut.mutateAsync();
    await router.navigate({ to: "/sign-in" });
    router.options.context.queryClient.removeQueries({ predicate: (query) => query.queryKey[0] !== keys.session[0] });
  };
}
