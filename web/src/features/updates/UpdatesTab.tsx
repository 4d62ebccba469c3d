import { useQuery } from "@tanstack/react-query";
import type { Schema } from "../../api/client";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { Panel, Section } from "../../components/ui/Page";
import { useCan, useRole } from "../../session/me";
import { going, history as historyWords, policy as policyWords, updates as words } from "../../text/updates";
import { serverUpdateQuery } from "./api/updates";
import { Going } from "./Going";
import { History } from "./History";
import { PlanButton } from "./PlanDialog";
import { PolicyForm } from "./PolicyForm";
import { StateLines } from "./StateLines";
import classes from "./updates.module.css";

type Server = Schema["ServerDetails"];
type State = Schema["UpdateState"];

/** What is new for one server, what is done of itself, and what was. */
export default function UpdatesTab({ server }: { server: Server }) {
  const state = useQuery(serverUpdateQuery(server.id));
  const can = useCan();
  const role = useRole();
  if (state.isPending) return <LoadingState rows={12} />;
  if (state.isLoadingError) return <ErrorState error={state.error} onRetry={state.refetch} />;
  const known: State = state.data;
  return (
    <div className={classes.parts}>
      <div className={classes.head}>
        {known.current ? (
          <Section title={going.title}>
            <Panel>
              <Going update={known.current} />
            </Panel>
          </Section>
        ) : (
          <div className={classes.said}>
            <StateLines state={known} isWhole />
          </div>
        )}
        {can("operator") && <PlanButton state={known} />}
      </div>
      <div className={classes.columns}>
        <Section title={historyWords.title}>
          <History serverId={server.id} />
        </Section>
        <Section title={policyWords.title}>
          <Panel>
            {can("operator") ? (
              <PolicyForm server={server} policy={known.policy} />
            ) : (
              <p className={classes.text}>{policyWords.sentence(known.policy)}</p>
            )}
          </Panel>
          {!can("operator") && <p className={classes.hint}>{words.viewerHint(role)}</p>}
        </Section>
      </div>
    </div>
  );
}
