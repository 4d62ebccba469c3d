import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Schema } from "../../api/client";
import { updatesQuery } from "../../api/updates";
import { EmptyState } from "../../components/ui/EmptyState";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { Page, Panel } from "../../components/ui/Page";
import { OnServer, useCan, useCanSomewhere, useHighestRole } from "../../session/me";
import { policy as policyWords, updates as words } from "../../text/updates";
import { GoingLine } from "./Going";
import { urgency } from "./looks";
import { PlanButton } from "./PlanDialog";
import { StateLines } from "./StateLines";
import classes from "./updates.module.css";

type State = Schema["UpdateState"];

/** What is new for each server. */
export default function UpdatesPage() {
  const states = useQuery(updatesQuery());
  const canSomewhere = useCanSomewhere();
  const role = useHighestRole();
  return (
    <Page title={words.title} lead={words.lead}>
      {states.isPending && <LoadingState rows={10} />}
      {states.isLoadingError && <ErrorState error={states.error} onRetry={states.refetch} />}
      {states.data &&
        (states.data.items.length > 0 ? (
          <Servers states={states.data.items} />
        ) : (
          <EmptyState title={words.empty} action={<Link to="/servers">{words.toServers}</Link>}>
            {words.emptyText}
          </EmptyState>
        ))}
      {states.data && !canSomewhere("operator") && <p className={classes.hint}>{words.viewerHint(role)}</p>}
    </Page>
  );
}

/** Beyond so many, those for which nothing is new are folded. */
const SHOWN = 8;

function Servers({ states }: { states: readonly State[] }) {
  const [showsAll, setShowsAll] = useState(false);
  const sorted = [...states].sort(
    (one, other) => urgency(one) - urgency(other) || one.server_name.localeCompare(other.server_name),
  );
  const first = Math.max(SHOWN, sorted.filter((state) => urgency(state) < 2).length);
  const shown = showsAll ? sorted : sorted.slice(0, first);
  return (
    <Panel inset={false}>
      <ul className={classes.servers} aria-label={words.list}>
        {shown.map((state) => (
          <OnServer key={state.server_id} serverId={state.server_id}>
            <Row state={state} />
          </OnServer>
        ))}
      </ul>
      {sorted.length > first && (
        <Button variant="subtle" fullWidth onClick={() => setShowsAll(!showsAll)}>
          {showsAll ? words.fewer : words.more(sorted.length)}
        </Button>
      )}
    </Panel>
  );
}

function Row({ state }: { state: State }) {
  const can = useCan();
  return (
    <li className={classes.server}>
      <div className={classes.said}>
        <Link
          to="/servers/$serverId/updates"
          params={{ serverId: state.server_id }}
          className={classes.name}
          aria-label={words.open(state.server_name)}
        >
          {state.server_name}
        </Link>
        {state.current ? <GoingLine update={state.current} /> : <StateLines state={state} />}
        <p className={classes.policy}>{policyWords.sentence(state.policy)}</p>
      </div>
      {can("operator", state.server_id) && <PlanButton state={state} isQuiet />}
    </li>
  );
}
