import { Link } from "@tanstack/react-router";
import type { Schema } from "../../api/client";
import { JobStrip } from "../../components/runs/JobStrip";
import { Panel, Section } from "../../components/ui/Page";
import { StateMark } from "../../components/ui/StateMark";
import { Time } from "../../components/ui/Time";
import { formatPercent } from "../../lib/numbers";
import { jobTones } from "../../lib/runStates";
import { overview as words } from "../../text/overview";
import { jobHealthWords, runStateWords } from "../../text/runStates";
import classes from "./JobRows.module.css";

/** What the manager does by itself, one row each. */
export function JobRows({ jobs }: { jobs: readonly Schema["JobView"][] }) {
  return (
    <Section title={words.jobs} actions={<Link to="/runs">{words.allRuns}</Link>}>
      <Panel inset={false}>
        <ul className={classes.rows}>
          {jobs.map((job) => (
            <JobRow key={job.id} job={job} />
          ))}
        </ul>
      </Panel>
    </Section>
  );
}

function JobRow({ job }: { job: Schema["JobView"] }) {
  return (
    <li className={classes.row}>
      <div className={classes.name}>
        <Link to="/jobs/$jobId" params={{ jobId: job.id }} className={classes.title}>
          {job.title}
        </Link>
        <JobState job={job} />
      </div>
      <div className={classes.strip}>
        <JobStrip runs={job.recent_runs} />
      </div>
      <dl className={classes.times}>
        <div>
          <dt>{words.last}</dt>
          <dd>
            <Time value={job.last_run?.ended_at ?? job.last_run?.started_at} />
          </dd>
        </div>
        <div>
          <dt>{words.next}</dt>
          <dd>
            <Time value={job.paused_reason === null ? job.next_run_at : null} absent={words.nextNone} />
          </dd>
        </div>
      </dl>
    </li>
  );
}

function JobState({ job }: { job: Schema["JobView"] }) {
  if (job.running) {
    const progress = job.running.progress === null ? "" : ` ${formatPercent(job.running.progress)}`;
    return <StateMark tone="busy" label={`${runStateWords.running}${progress}`} />;
  }
  return <StateMark tone={jobTones[job.health]} label={jobHealthWords[job.health]} quiet={job.health === "ok"} />;
}
