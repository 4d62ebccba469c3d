import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { ApiError, type Schema } from "../../api/client";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { Panel, Section } from "../../components/ui/Page";
import { StateShape } from "../../components/ui/StateMark";
import { formatDuration } from "../../lib/duration";
import { useCan } from "../../session/me";
import { schedule as words } from "../../text/schedules";
import { nextRunsQuery } from "./api/looking";
import { scheduleQuery, useSwitchSchedule } from "./api/schedules";
import { CancelNow } from "./CancelNow";
import { DeleteSchedule } from "./DeleteSchedule";
import { DryRunDialog } from "./DryRun";
import { History } from "./History";
import { NextTimes } from "./NextTimes";
import { RunNow } from "./RunNow";
import { Progress } from "./ScheduleRow";
import classes from "./schedule.module.css";

type Server = Schema["ServerDetails"];
type Schedule = Schema["Schedule"];
type Step = Schedule["steps"][number];

const NEXT = 6;

/** One schedule: what it does, when next, and how it went. */
export default function ScheduleTab({ server }: { server: Server }) {
  const { scheduleId } = useParams({ from: "/frame/servers/$serverId/schedules/$scheduleId" });
  const schedule = useQuery(scheduleQuery(scheduleId));
  const isGone = schedule.error instanceof ApiError && schedule.error.status === 404;
  return (
    <div className={classes.tab}>
      <Link to="/servers/$serverId/schedules" params={{ serverId: server.id }} className={classes.back}>
        {words.back}
      </Link>
      {schedule.isPending && <LoadingState rows={12} />}
      {(schedule.isLoadingError || isGone) && <ErrorState error={schedule.error} onRetry={schedule.refetch} />}
      {schedule.data && !isGone && <Details server={server} schedule={schedule.data} />}
    </div>
  );
}

function Details({ server, schedule }: { server: Server; schedule: Schedule }) {
  return (
    <>
      <div className={classes.head}>
        <h2 className={classes.title}>{schedule.name}</h2>
        <Actions server={server} schedule={schedule} />
      </div>
      <p className={classes.sentence} data-off={!schedule.enabled || undefined}>
        {schedule.sentence}
      </p>
      {schedule.problem && <Notice tone="bad">{schedule.problem}</Notice>}
      {!schedule.enabled && <Notice tone="off">{words.off}</Notice>}
      {schedule.is_running && (
        <Panel>
          <div className={classes.running}>
            <div className={classes.progress}>
              <Progress schedule={schedule} />
            </div>
            {schedule.last_run_id && <CancelNow runId={schedule.last_run_id} hasLast={schedule.finally.length > 0} />}
          </div>
        </Panel>
      )}
      <div className={classes.columns}>
        <Section title={words.steps}>
          <Panel>
            <Steps steps={schedule.steps} sentences={schedule.step_sentences} />
            {schedule.finally.length > 0 && (
              <>
                <h3 className={classes.part}>{words.last}</h3>
                <Steps steps={schedule.finally} sentences={schedule.finally_sentences} isLast />
              </>
            )}
            <p className={classes.rules}>
              {words.overlap[schedule.overlap]} {words.catchUp[schedule.catch_up]}
            </p>
          </Panel>
        </Section>
        <Section title={words.next}>
          <NextRuns schedule={schedule} />
        </Section>
      </div>
      <Section title={words.history}>
        <History schedule={schedule} />
      </Section>
    </>
  );
}

interface StepsProps {
  steps: readonly Step[];
  sentences: readonly string[];
  isLast?: boolean;
}

function Steps({ steps, sentences, isLast = false }: StepsProps) {
  return (
    <ol className={classes.steps}>
      {steps.map((step, index) => {
        const notes = [
          !isLast && step.on_failure === "continue" && words.onFailure.continue,
          step.timeout_seconds && words.within(formatDuration(step.timeout_seconds * 1000)),
        ].filter(Boolean);
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a step has no identity but its place
          <li key={index}>
            {sentences[index]}
            {notes.length > 0 && <span className={classes.note}>{notes.join(" · ")}</span>}
          </li>
        );
      })}
    </ol>
  );
}

function NextRuns({ schedule }: { schedule: Schedule }) {
  const next = useQuery(nextRunsQuery(schedule.id, NEXT));
  if (next.isPending) return <LoadingState rows={NEXT} />;
  if (next.isLoadingError) return <ErrorState error={next.error} onRetry={next.refetch} />;
  return <NextTimes next={next.data} isOff={!schedule.enabled} />;
}

function Notice({ tone, children }: { tone: "bad" | "off"; children: ReactNode }) {
  return (
    <p className={classes.notice} data-tone={tone} role={tone === "bad" ? "alert" : undefined}>
      <StateShape tone={tone} size={16} />
      <span>{children}</span>
    </p>
  );
}

function Actions({ server, schedule }: { server: Server; schedule: Schedule }) {
  const can = useCan();
  const navigate = useNavigate();
  const change = useSwitchSchedule(schedule.id);
  const [asks, setAsks] = useState<"dry-run" | null>(null);
  if (!can("operator")) return null;
  const params = { serverId: server.id, scheduleId: schedule.id };
  return (
    <div className={classes.actions}>
      <DeleteSchedule
        schedule={schedule}
        onDeleted={() => navigate({ to: "/servers/$serverId/schedules", params: { serverId: server.id } })}
      />
      <Button variant="default" loading={change.isPending} onClick={() => change.mutate(!schedule.enabled)}>
        {schedule.enabled ? words.turnOff : words.turnOn}
      </Button>
      <Button variant="default" onClick={() => setAsks("dry-run")}>
        {words.dryRun}
      </Button>
      <RunNow schedule={schedule} />
      <Button
        renderRoot={(props) => <Link to="/servers/$serverId/schedules/$scheduleId/edit" params={params} {...props} />}
      >
        {words.edit}
      </Button>
      <DryRunDialog
        serverId={server.id}
        body={schedule}
        name={schedule.name}
        opened={asks === "dry-run"}
        onClose={() => setAsks(null)}
      />
    </div>
  );
}
