import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconPlayerPlay } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Schema } from "../../api/client";
import { useRunJob } from "../../api/runJob";
import { useCan } from "../../session/me";
import { jobs as words } from "../../text/jobs";
import { useResumeJob } from "./api/changes";
import classes from "./JobActions.module.css";
import { PauseDialog } from "./PauseDialog";

/** What an operator can do with a job: run it now, pause and resume it. `isMain` on the job's own page. */
export function JobActions({ job, isMain = false }: { job: Schema["JobView"]; isMain?: boolean }) {
  const can = useCan();
  if (!can("operator")) return null;
  return (
    <div className={classes.actions}>
      {job.running ? <ShowRun job={job} runId={job.running.id} /> : <RunNow job={job} isMain={isMain} />}
      <PauseOrResume job={job} />
    </div>
  );
}

function RunNow({ job, isMain }: { job: Schema["JobView"]; isMain: boolean }) {
  const run = useRunJob();
  const start = () =>
    run.mutate(job.id, { onSuccess: () => void notifications.show({ message: words.started(job.title) }) });
  return (
    <Button
      variant={isMain ? "filled" : "default"}
      leftSection={isMain && <IconPlayerPlay size={16} stroke={1.8} aria-hidden="true" />}
      aria-label={words.runThis(job.title)}
      loading={run.isPending}
      onClick={start}
      className={classes.first}
    >
      {words.run}
    </Button>
  );
}

function ShowRun({ job, runId }: { job: Schema["JobView"]; runId: string }) {
  return (
    <Button
      variant="default"
      className={classes.first}
      aria-label={words.showRunOf(job.title)}
      renderRoot={(props) => <Link to="/runs/$runId" params={{ runId }} {...props} />}
    >
      {words.showRun}
    </Button>
  );
}

function PauseOrResume({ job }: { job: Schema["JobView"] }) {
  const resume = useResumeJob(job.id);
  const [asks, setAsks] = useState(false);
  if (!job.enabled) return <span className={classes.second} />;
  return (
    <>
      {job.paused_reason === null ? (
        <Button
          variant="subtle"
          color="gray"
          aria-label={words.pauseThis(job.title)}
          onClick={() => setAsks(true)}
          className={classes.second}
        >
          {words.pause}
        </Button>
      ) : (
        <Button
          variant="subtle"
          aria-label={words.resumeThis(job.title)}
          loading={resume.isPending}
          onClick={() => resume.mutate()}
          className={classes.second}
        >
          {words.resume}
        </Button>
      )}
      {asks && <PauseDialog job={job} onClose={() => setAsks(false)} />}
    </>
  );
}
