import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Schema } from "../../api/client";
import { jobsQuery } from "../../api/jobs";
import { JobStrip } from "../../components/runs/JobStrip";
import { RunTable } from "../../components/runs/RunTable";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { Page, Panel, Section } from "../../components/ui/Page";
import { jobs as jobsWords, job as words } from "../../text/jobs";
import { jobQuery } from "./api/job";
import { IntervalEditor } from "./IntervalEditor";
import { JobActions } from "./JobActions";
import classes from "./JobPage.module.css";
import { JobState } from "./JobState";
import { LastRun, NextRun } from "./JobTimes";
import { NextRuns } from "./NextRuns";

const route = getRouteApi("/frame/jobs/$jobId");

export default function JobPage() {
  const { jobId } = route.useParams();
  const listed = useQuery({ ...jobsQuery(), enabled: false }).data?.items.find((item) => item.id === jobId);
  const job = useQuery({ ...jobQuery(jobId), placeholderData: listed });
  const title = job.data?.title ?? words.fallbackTitle;
  return (
    <Page
      title={title}
      lead={jobsWords.about(jobId)}
      back={<Link to="/jobs">{words.back}</Link>}
      actions={job.data && <JobActions job={job.data} isMain />}
    >
      {job.isPending && <LoadingState rows={10} />}
      {job.isLoadingError && <ErrorState error={job.error} onRetry={job.refetch} />}
      {job.data && <Job job={job.data} />}
    </Page>
  );
}

function Job({ job }: { job: Schema["JobView"] }) {
  return (
    <>
      <Panel>
        <div className={classes.state}>
          <JobState job={job} isWide />
          {job.health === "failing" && job.last_run && !job.running && (
            <Link to="/runs/$runId" params={{ runId: job.last_run.id }}>
              {words.openRun}
            </Link>
          )}
        </div>
        <dl className={classes.facts}>
          <Fact name={words.every}>
            <IntervalEditor job={job} />
          </Fact>
          <Fact name={words.last}>
            <LastRun job={job} />
          </Fact>
          <Fact name={words.next}>
            <NextRun job={job} />
          </Fact>
          <Fact name={words.strip}>
            <JobStrip runs={job.recent_runs} />
          </Fact>
        </dl>
      </Panel>
      <div className={classes.columns}>
        <Section
          title={words.lastRuns}
          actions={
            <Link to="/runs" search={{ job: job.id }}>
              {words.showAll}
            </Link>
          }
        >
          <LastRuns job={job} />
        </Section>
        <Section title={words.nextRuns}>
          <NextRuns job={job} />
        </Section>
      </div>
    </>
  );
}

const SHOWN = 10;

function LastRuns({ job }: { job: Schema["JobView"] }) {
  const newestFirst = job.recent_runs.slice(-SHOWN).reverse();
  if (newestFirst.length === 0) return <p className={classes.none}>{words.noRuns}</p>;
  return <RunTable runs={newestFirst} label={words.lastRuns} />;
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
