import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import type { Schema } from "../../api/client";
import { useJobs } from "../../api/jobs";
import { runQuery } from "../../api/run";
import { useRunJob } from "../../api/runJob";
import { RunProgress } from "../../components/runs/RunProgress";
import { StepReports, stepsIn } from "../../components/runs/StepReports";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { Page, Panel, Section } from "../../components/ui/Page";
import { StateMark } from "../../components/ui/StateMark";
import { formatDuration } from "../../lib/duration";
import { runDuration, runTones } from "../../lib/runStates";
import { useCan } from "../../session/me";
import { runStateWords } from "../../text/runStates";
import { operationTitle, runSentence, run as words } from "../../text/runs";
import { CancelRun } from "./CancelRun";
import { RunError } from "./RunError";
import { RunFacts, RunReport } from "./RunFacts";
import { RunLog } from "./RunLog";
import classes from "./RunPage.module.css";
import { useRunTitle } from "./useRunTitle";

const route = getRouteApi("/frame/runs/$runId");

export default function RunPage() {
  const { runId } = route.useParams();
  const run = useQuery(runQuery(runId));
  const jobs = useJobs();
  const job = jobs.data?.items.find((item) => item.id === run.data?.job_id);
  const titleOf = useRunTitle();
  const title = run.data ? titleOf(run.data) : words.fallbackTitle;
  return (
    <Page
      title={title}
      back={<Link to="/runs">{words.back}</Link>}
      actions={run.data && <Actions run={run.data} jobTitle={title} isRunning={Boolean(job?.running)} />}
    >
      {run.isPending && <LoadingState rows={12} />}
      {run.isLoadingError && <ErrorState error={run.error} onRetry={run.refetch} />}
      {run.data && <Run run={run.data} jobTitle={title} />}
    </Page>
  );
}

const isOpen = (run: Schema["Run"]) => run.state === "queued" || run.state === "running";

function Run({ run, jobTitle }: { run: Schema["RunWithLog"]; jobTitle: string }) {
  const duration = runDuration(run);
  const didRun = run.started_at !== null;
  const sentence = runSentence(run, duration === null || !didRun ? null : formatDuration(duration));
  return (
    <>
      <div className={classes.outcome}>
        <StateMark tone={runTones[run.state]} label={runStateWords[run.state]} />
        {!isOpen(run) && <p className={classes.sentence}>{sentence}</p>}
      </div>
      {isOpen(run) && (
        <Panel>
          <RunProgress run={run} />
        </Panel>
      )}
      <RunError run={run} />
      <div className={didRun ? classes.columns : undefined}>
        {didRun && (
          <div className={classes.main}>
            <Report report={run.report} />
            <RunLog key={run.id} run={run} />
          </div>
        )}
        <RunFacts run={run} jobTitle={jobTitle} />
      </div>
    </>
  );
}

/** What it did; of a schedule, step by step. */
function Report({ report }: { report: Schema["Run"]["report"] }) {
  const steps = stepsIn(report);
  if (steps.length > 0) {
    return (
      <Section title={words.steps}>
        <Panel>
          <StepReports steps={steps} />
        </Panel>
      </Section>
    );
  }
  return report && Object.keys(report).length > 0 ? <RunReport report={report} /> : null;
}

function Actions(props: { run: Schema["Run"]; jobTitle: string; isRunning: boolean }) {
  const can = useCan();
  const navigate = useNavigate();
  const again = useRunJob();
  if (!can("operator", props.run.server_id)) return null;
  if (isOpen(props.run)) return <CancelRun run={props.run} jobTitle={props.jobTitle} />;
  // What was done with a server, by a schedule or not, is asked for on the server's own page.
  if (props.isRunning || operationTitle(props.run.job_id) || props.run.job_id.startsWith("schedule:")) return null;
  const start = () =>
    again.mutate(props.run.job_id, {
      onSuccess: (started) => {
        notifications.show({ message: words.started(props.jobTitle) });
        void navigate({ to: "/runs/$runId", params: { runId: started.id } });
      },
    });
  return (
    <Button
      variant="default"
      leftSection={<IconPlayerPlay size={16} stroke={1.8} aria-hidden="true" />}
      loading={again.isPending}
      onClick={start}
    >
      {words.again}
    </Button>
  );
}
