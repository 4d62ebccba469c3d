import { Link } from "@tanstack/react-router";
import type { Schema } from "../../api/client";
import { JobStrip } from "../../components/runs/JobStrip";
import { DataTable } from "../../components/ui/DataTable";
import { LoadingState } from "../../components/ui/LoadingState";
import { useCan } from "../../session/me";
import { jobs as words } from "../../text/jobs";
import { IntervalEditor } from "./IntervalEditor";
import { JobActions } from "./JobActions";
import { JobState } from "./JobState";
import classes from "./JobTable.module.css";
import { LastRun, NextRun } from "./JobTimes";

export function JobTable({ jobs }: { jobs: readonly Schema["JobView"][] }) {
  const can = useCan();
  return (
    <DataTable label={words.table} stacked>
      <thead>
        <tr>
          <th>{words.columns.job}</th>
          <th>{words.columns.every}</th>
          <th>{words.columns.strip}</th>
          <th>{words.columns.last}</th>
          <th>{words.columns.next}</th>
          {can("operator") && (
            <th>
              <span className="visually-hidden">{words.columns.actions}</span>
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {jobs.map((job) => (
          <JobRow key={job.id} job={job} hasActions={can("operator")} />
        ))}
      </tbody>
    </DataTable>
  );
}

function JobRow({ job, hasActions }: { job: Schema["JobView"]; hasActions: boolean }) {
  return (
    <tr className={classes.row}>
      <td className={classes.job}>
        <Link to="/jobs/$jobId" params={{ jobId: job.id }} className={classes.title}>
          {job.title}
        </Link>
        <JobState job={job} />
      </td>
      <td className={classes.every} data-label={words.columns.every}>
        <IntervalEditor job={job} />
      </td>
      <td className={classes.strip}>
        <JobStrip runs={job.recent_runs} />
      </td>
      <td className={classes.last} data-label={words.columns.last}>
        <LastRun job={job} />
      </td>
      <td className={classes.next} data-label={words.columns.next}>
        <NextRun job={job} />
      </td>
      {hasActions && (
        <td className={classes.actions}>
          <JobActions job={job} />
        </td>
      )}
    </tr>
  );
}

/** As high as the table of the jobs there usually are. */
export function JobTableSkeleton() {
  return (
    <div className={classes.skeleton}>
      <LoadingState rows={9} />
    </div>
  );
}
