import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useId, useState } from "react";
import type { Schema } from "../../api/client";
import { StepReports, stepsIn } from "../../components/runs/StepReports";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { Panel } from "../../components/ui/Page";
import { StateMark } from "../../components/ui/StateMark";
import { Time } from "../../components/ui/Time";
import { formatDuration } from "../../lib/duration";
import { runDuration, runTones } from "../../lib/runStates";
import { exactTime } from "../../lib/time";
import { reasonWords, runStateWords, runTriggers } from "../../text/runStates";
import { schedule as words } from "../../text/schedules";
import { scheduleRunsQuery } from "./api/looking";
import classes from "./History.module.css";

type Run = Schema["Run"];

/** Its runs and skips, newest first; each run opens to its steps. */
export function History({ schedule }: { schedule: Schema["Schedule"] }) {
  const runs = useInfiniteQuery(scheduleRunsQuery(schedule.job_id));
  if (runs.isPending) return <LoadingState rows={6} />;
  if (runs.isLoadingError) return <ErrorState error={runs.error} onRetry={runs.refetch} />;
  const items = runs.data?.pages.flatMap((page) => page.items) ?? [];
  if (items.length === 0) return <p className="quiet">{words.noHistory}</p>;
  return (
    <>
      <Panel inset={false}>
        <ul className={classes.runs}>
          {items.map((run) => (
            <Row key={run.id} run={run} />
          ))}
        </ul>
      </Panel>
      {runs.hasNextPage && (
        <Button
          variant="default"
          className={classes.more}
          loading={runs.isFetchingNextPage}
          onClick={() => void runs.fetchNextPage()}
        >
          {words.earlier}
        </Button>
      )}
    </>
  );
}

function Row({ run }: { run: Run }) {
  const steps = stepsIn(run.report);
  const [isOpen, setOpen] = useState(false);
  const stepsId = useId();
  const when = run.started_at ?? run.scheduled_for;
  const duration = runDuration(run);
  const said = [
    run.reason && `${reasonWords(run.reason)}`,
    words.times(run.ticks),
    duration !== null && formatDuration(duration),
    run.trigger !== "schedule" && runTriggers[run.trigger].toLowerCase(),
  ].filter(Boolean);
  const text = run.error?.message ?? (run.state === "skipped" ? run.message : null);
  return (
    <li className={classes.run}>
      <div className={classes.line}>
        <span className={classes.state}>
          <StateMark tone={runTones[run.state]} label={runStateWords[run.state]} quiet={run.state === "succeeded"} />
        </span>
        <span className={classes.when}>
          <Time value={when} />
        </span>
        <span className={classes.said}>{said.join(" · ")}</span>
        {steps.length > 0 && (
          <button
            type="button"
            className="text-button"
            aria-expanded={isOpen}
            aria-controls={isOpen ? stepsId : undefined}
            aria-label={words.stepsOf(isOpen ? words.hideSteps : words.showSteps, exactTime(Date.parse(when)))}
            onClick={() => setOpen(!isOpen)}
          >
            {isOpen ? words.hideSteps : words.showSteps}
          </button>
        )}
      </div>
      {text && <p className={classes.text}>{text}</p>}
      {isOpen && (
        <div id={stepsId} className={classes.steps}>
          <StepReports steps={steps} />
          <Link to="/runs/$runId" params={{ runId: run.id }} preload={false}>
            {words.fullRun}
          </Link>
        </div>
      )}
    </li>
  );
}
