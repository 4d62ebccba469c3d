import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { backupStatesQuery } from "../../api/backups";
import type { Schema } from "../../api/client";
import { serversQuery } from "../../api/servers";
import { EmptyState } from "../../components/ui/EmptyState";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { Page, Panel, Section } from "../../components/ui/Page";
import { StateShape } from "../../components/ui/StateMark";
import { useNow } from "../../lib/time";
import { useCan } from "../../session/me";
import { safety as safetyWords, backups as words } from "../../text/backups";
import { BackupList } from "./BackupList";
import { AllBackupsNav } from "./BackupsNav";
import classes from "./BackupsPage.module.css";
import { safetyOf } from "./looks";
import { MakeBackup } from "./MakeBackup";
import { SafetyFacts } from "./Safety";
import type { BackupsSearch } from "./search";

type Server = Schema["ServerView"];
type State = Schema["BackupState"];

const route = getRouteApi("/frame/backups");

export default function BackupsPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const servers = useQuery(serversQuery());
  const states = useQuery(backupStatesQuery());
  const change = (next: BackupsSearch) => void navigate({ search: next, replace: true, resetScroll: false });
  const isPending = servers.isPending || states.isPending;
  return (
    <Page title={words.title} lead={words.lead}>
      <AllBackupsNav />
      {isPending && <LoadingState rows={12} />}
      {servers.isLoadingError && <ErrorState error={servers.error} onRetry={servers.refetch} />}
      {states.isLoadingError && <ErrorState error={states.error} onRetry={states.refetch} />}
      {servers.data && states.data && (
        <>
          {servers.data.items.length > 0 && (
            <Section title={safetyWords.title}>
              <Servers servers={servers.data.items} states={states.data.items} />
            </Section>
          )}
          <Section title={words.views.all}>
            <BackupList search={search} onSearch={change} servers={servers.data.items} empty={<NoBackups />} />
          </Section>
        </>
      )}
    </Page>
  );
}

function NoBackups() {
  return (
    <EmptyState title={words.emptyAll} action={<Link to="/servers">{words.toServers}</Link>}>
      {words.emptyAllText}
    </EmptyState>
  );
}

/** Beyond so many, those that are well are folded. */
const SHOWN = 6;
const URGENCY = { bad: 0, warn: 1, busy: 2, off: 3, ok: 4 } as const;

/** Whether each server is safe; those that need somebody come first. */
function Servers({ servers, states }: { servers: readonly Server[]; states: readonly State[] }) {
  const now = useNow(60);
  const [showsAll, setShowsAll] = useState(false);
  const rows = servers
    .flatMap((server) => {
      const state = states.find((item) => item.server_id === server.id);
      return state ? [{ server, state, safety: safetyOf(state, now) }] : [];
    })
    .sort((one, other) => URGENCY[one.safety.tone] - URGENCY[other.safety.tone]);
  const troubled = rows.filter(({ safety }) => safety.tone === "bad" || safety.tone === "warn").length;
  const shown = showsAll ? rows : rows.slice(0, Math.max(SHOWN, troubled));
  return (
    <Panel inset={false}>
      <ul className={classes.servers}>
        {shown.map(({ server, state, safety }) => (
          <li key={server.id} className={classes.server}>
            <div className={classes.said}>
              <Link to="/servers/$serverId/backups" params={{ serverId: server.id }} className={classes.name}>
                {server.name}
              </Link>
              <p className={classes.sentence}>
                <StateShape tone={safety.tone} />
                <span>{safety.text}</span>
              </p>
              {safety.detail && <p className={classes.detail}>{safety.detail}</p>}
              {state.count > 0 && <SafetyFacts state={state} />}
            </div>
            <MakeHere server={server} />
          </li>
        ))}
      </ul>
      {rows.length > Math.max(SHOWN, troubled) && (
        <Button variant="subtle" fullWidth onClick={() => setShowsAll(!showsAll)}>
          {showsAll ? safetyWords.showFewer : safetyWords.showAll(rows.length)}
        </Button>
      )}
    </Panel>
  );
}

function MakeHere({ server }: { server: Server }) {
  const can = useCan(server.id);
  return can("operator") ? <MakeBackup server={server} isQuiet /> : null;
}
