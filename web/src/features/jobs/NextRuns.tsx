import { useQuery } from "@tanstack/react-query";
import type { Schema } from "../../api/client";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { job as words } from "../../text/jobs";
import { jobPreviewQuery } from "./api/preview";
import { TimeWithClock } from "./JobTimes";
import classes from "./NextRuns.module.css";

const COUNT = 8;

/** When the job is due next, for as far as one looks ahead. */
export function NextRuns({ job }: { job: Schema["JobView"] }) {
  const preview = useQuery(jobPreviewQuery(job.id, COUNT));
  if (preview.isPending) return <LoadingState rows={COUNT} />;
  if (preview.isLoadingError) return <ErrorState error={preview.error} onRetry={preview.refetch} />;
  const times = preview.data.items;
  if (times.length === 0) {
    return <p className={classes.note}>{job.enabled ? words.nextRunsUnknown : words.nextRunsOff}</p>;
  }
  return (
    <div className={classes.next}>
      {job.paused_reason !== null && <p className={classes.note}>{words.nextRunsPaused}</p>}
      <ol className={classes.times}>
        {times.map((time) => (
          <li key={time}>
            <TimeWithClock value={time} />
          </li>
        ))}
      </ol>
    </div>
  );
}
