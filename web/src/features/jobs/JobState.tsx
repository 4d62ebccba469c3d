import type { Schema } from "../../api/client";
import { RunProgress } from "../../components/runs/RunProgress";
import { StateMark } from "../../components/ui/StateMark";
import { jobTones } from "../../lib/runStates";
import { jobs as words } from "../../text/jobs";
import { jobHealthWords } from "../../text/runStates";
import classes from "./JobState.module.css";

/** How the job is doing, in one line; while it runs, how far it is. `isWide` where there is room for all of it. */
export function JobState({ job, isWide = false }: { job: Schema["JobView"]; isWide?: boolean }) {
  if (job.running) {
    return (
      <div className={classes.state}>
        <RunProgress run={job.running} hasFigures={isWide} />
      </div>
    );
  }
  const detail = job.health === "failing" ? job.last_run?.error?.message : null;
  const label = job.paused_reason === null ? jobHealthWords[job.health] : words.paused(job.paused_reason);
  return (
    <div className={classes.state} data-wide={isWide || undefined}>
      <span className={classes.line} title={isWide ? undefined : (job.paused_reason ?? detail ?? undefined)}>
        <StateMark tone={jobTones[job.health]} label={label} quiet={job.health === "ok"} />
        {detail && <span className={classes.detail}>{detail}</span>}
      </span>
    </div>
  );
}
