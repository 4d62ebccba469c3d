import { Switch } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Schema } from "../../api/client";
import { runQuery } from "../../api/run";
import { RunProgress } from "../../components/runs/RunProgress";
import { StateMark, StateShape } from "../../components/ui/StateMark";
import { Time } from "../../components/ui/Time";
import { runTones } from "../../lib/runStates";
import { clockTime, useNow } from "../../lib/time";
import { useCan } from "../../session/me";
import { reasonWords, runStateWords } from "../../text/runStates";
import { schedules as words } from "../../text/schedules";
import { useSwitchSchedule } from "./api/schedules";
import { RunNow } from "./RunNow";
import classes from "./schedules.module.css";

type Schedule = Schema["Schedule"];

/** One schedule, which reads like a sentence. */
export function ScheduleRow({ schedule }: { schedule: Schedule }) {
  const can = useCan(schedule.server_id);
  return (
    <li className={classes.row} data-off={!schedule.enabled || undefined}>
      <div className={classes.what}>
        <Link
          to="/servers/$serverId/schedules/$scheduleId"
          params={{ serverId: schedule.server_id, scheduleId: schedule.id }}
          className={classes.name}
        >
          {schedule.name}
        </Link>
        <p className={classes.sentence}>{schedule.sentence}</p>
        {schedule.problem && (
          <p className={classes.problem}>
            <StateShape tone="bad" />
            <span>{schedule.problem}</span>
          </p>
        )}
      </div>
      {schedule.is_running ? (
        <div className={classes.progress}>
          <Progress schedule={schedule} />
        </div>
      ) : (
        <dl className={classes.times}>
          <div>
            <dt>{words.next}</dt>
            <dd>
              <Next schedule={schedule} />
            </dd>
          </div>
          <div>
            <dt>{words.last}</dt>
            <dd>
              <Last schedule={schedule} />
            </dd>
          </div>
        </dl>
      )}
      {can("operator") && (
        <div className={classes.acts}>
          <OnOff schedule={schedule} />
          <RunNow schedule={schedule} isQuiet />
        </div>
      )}
    </li>
  );
}

function OnOff({ schedule }: { schedule: Schedule }) {
  const change = useSwitchSchedule(schedule.id);
  return (
    <Switch
      aria-label={words.isOn(schedule.name)}
      className={classes.switch}
      checked={change.isPending ? change.variables : schedule.enabled}
      onChange={(event) => {
        const enabled = event.currentTarget.checked;
        change.mutate(enabled, {
          onSuccess: () =>
            notifications.show({ message: enabled ? words.turnedOn(schedule.name) : words.turnedOff(schedule.name) }),
        });
      }}
    />
  );
}

/** "in 6 h", and "05:00"; why not, where nothing is due. */
export function Next({ schedule }: { schedule: Schedule }) {
  if (!schedule.enabled) return <span className="quiet">{words.off}</span>;
  if (schedule.next_run_at) return <TimeWithClock value={schedule.next_run_at} />;
  return <span className="quiet">{schedule.trigger.kind === "event" ? words.whenItHappens : words.noNext}</span>;
}

export function TimeWithClock({ value }: { value: string }) {
  const now = useNow(60);
  return (
    <>
      <Time value={value} /> <span className="quiet tabular">{clockTime(Date.parse(value), now)}</span>
    </>
  );
}

/** How the latest run went, with the reason where it was none. */
export function Last({ schedule }: { schedule: Schedule }) {
  const { last_run_state: state, last_run_reason: reason } = schedule;
  if (!isRunState(state)) return <span className="quiet">{words.neverRan}</span>;
  return (
    <>
      <StateMark tone={runTones[state]} label={runStateWords[state]} quiet={state === "succeeded"} />{" "}
      <Time value={schedule.last_run_at} />
      {reason && <span className={classes.reason}>{reasonWords(reason)}</span>}
    </>
  );
}

const isRunState = (state: string | null): state is Schema["Run"]["state"] => state !== null && state in runStateWords;

/** "Step 2 of 5: Make a backup", or whom it waits for. */
export function Progress({ schedule }: { schedule: Schedule }) {
  const run = useQuery({ ...runQuery(schedule.last_run_id ?? ""), enabled: schedule.last_run_id !== null }).data;
  return run && run.ended_at === null ? (
    <RunProgress run={run} hasFigures={false} />
  ) : (
    <StateMark tone="busy" label={words.now} />
  );
}
