import { Link } from "@tanstack/react-router";
import type { Schema } from "../../api/client";
import { StateMark } from "../../components/ui/StateMark";
import { Time } from "../../components/ui/Time";
import { formatDuration } from "../../lib/duration";
import { runDuration, runTones } from "../../lib/runStates";
import { clockTime, useNow } from "../../lib/time";
import { jobs as words } from "../../text/jobs";
import { runStateWords } from "../../text/runStates";
import classes from "./JobTimes.module.css";

type JobView = Schema["JobView"];

/** When the job ran last, how that went, and how long it took. */
export function LastRun({ job }: { job: JobView }) {
  const run = job.last_run;
  if (!run) return <span className="quiet">{words.neverRan}</span>;
  const duration = runDuration(run);
  return (
    <span className={classes.pair}>
      <Time value={run.ended_at ?? run.started_at ?? run.scheduled_for} />
      <span className={classes.second}>
        <Link to="/runs/$runId" params={{ runId: run.id }} className={classes.link}>
          <StateMark tone={runTones[run.state]} label={runStateWords[run.state]} quiet={run.state === "succeeded"} />
        </Link>
        {duration !== null && <span className="quiet">{words.took(formatDuration(duration))}</span>}
      </span>
    </span>
  );
}

/** "in 23 min" and "14:00"; why not, where there is no next run. */
export function NextRun({ job }: { job: JobView }) {
  if (job.paused_reason !== null) return <span className="quiet">{words.pausedNext}</span>;
  if (!job.next_run_at) return <span className="quiet">{words.offNext}</span>;
  return <TimeWithClock value={job.next_run_at} />;
}

export function TimeWithClock({ value }: { value: string }) {
  const now = useNow(60);
  return (
    <span className={classes.pair}>
      <Time value={value} />
      <span className={`quiet tabular ${classes.clock}`}>{clockTime(Date.parse(value), now)}</span>
    </span>
  );
}
