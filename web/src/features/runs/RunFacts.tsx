import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Schema } from "../../api/client";
import { serversQuery } from "../../api/servers";
import { Section } from "../../components/ui/Page";
import { Time } from "../../components/ui/Time";
import { formatDuration } from "../../lib/duration";
import { runDuration } from "../../lib/runStates";
import { runTriggers } from "../../text/runStates";
import { operationTitle, run as runWords, triggerHints } from "../../text/runs";
import classes from "./RunFacts.module.css";
import { reportFacts } from "./report";

const words = runWords.facts;

/** What the job said that it has done. */
export function RunReport({ report }: { report: Readonly<Record<string, unknown>> }) {
  return (
    <Section title={runWords.report}>
      <dl className={classes.report}>
        {reportFacts(report).map((fact) => (
          <Fact key={fact.name} name={fact.name}>
            {fact.value}
          </Fact>
        ))}
      </dl>
    </Section>
  );
}

export function RunFacts({ run, jobTitle }: { run: Schema["Run"]; jobTitle: string }) {
  const duration = runDuration(run);
  const didRun = run.started_at !== null;
  return (
    <Section title={words.title}>
      <dl className={classes.facts}>
        <RunOf run={run} jobTitle={jobTitle} />
        <Fact name={didRun ? words.trigger : words.notRun}>
          {runTriggers[run.trigger]}
          <span className={classes.hint}>{triggerHints[run.trigger]}</span>
        </Fact>
        {run.trigger !== "startup" && (
          <Fact name={words.due}>
            <Time value={run.scheduled_for} />
          </Fact>
        )}
        {didRun && (
          <>
            <Fact name={words.started}>
              <Time value={run.started_at} />
            </Fact>
            <Fact name={words.ended}>
              <Time value={run.ended_at} absent={words.notEnded} />
            </Fact>
          </>
        )}
        {didRun && duration !== null && <Fact name={words.took}>{formatDuration(duration)}</Fact>}
        {run.attempt > 1 && <Fact name={words.attempt}>{run.attempt}</Fact>}
        {run.ticks > 1 && <Fact name={words.ticks}>{words.tickCount(run.ticks)}</Fact>}
        <Fact name={words.id}>
          <code className={classes.id}>{run.id}</code>
        </Fact>
      </dl>
    </Section>
  );
}

/** What the run belongs to: a job, a server, or nothing but itself. */
function RunOf({ run, jobTitle }: { run: Schema["Run"]; jobTitle: string }) {
  const servers = useQuery(serversQuery()).data?.items ?? [];
  if (run.server_id !== null) {
    const server = servers.find((item) => item.id === run.server_id);
    return (
      <Fact name={words.server}>
        {server ? (
          <Link to="/servers/$serverId" params={{ serverId: server.id }}>
            {server.name}
          </Link>
        ) : (
          run.server_id
        )}
      </Fact>
    );
  }
  if (operationTitle(run.job_id)) return null;
  return (
    <Fact name={words.job}>
      <Link to="/jobs/$jobId" params={{ jobId: run.job_id }}>
        {jobTitle}
      </Link>
    </Fact>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
