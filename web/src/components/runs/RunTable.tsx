import { Link } from "@tanstack/react-router";
import type { Schema } from "../../api/client";
import { formatDuration } from "../../lib/duration";
import { formatPercent } from "../../lib/numbers";
import { runDuration, runTones } from "../../lib/runStates";
import { reasonWords, runStateWords, runTriggers } from "../../text/runStates";
import { runSentence, runs as words } from "../../text/runs";
import { DataTable } from "../ui/DataTable";
import { StateMark } from "../ui/StateMark";
import { Time } from "../ui/Time";
import classes from "./RunTable.module.css";

/** What a row needs; a whole run has more to say than one of a job's last runs. */
export type RunRow = Schema["RecentRun"] | Schema["Run"];

interface RunTableProps<Run extends RunRow> {
  runs: readonly Run[];
  label: string;
  /** The name of a run's job; left out where all are of the same one. */
  jobTitle?: (run: Run) => string;
}

/** Runs, one row each; a row opens its run. */
export function RunTable<Run extends RunRow>({ runs, label, jobTitle }: RunTableProps<Run>) {
  return (
    <DataTable label={label} stacked>
      <thead>
        <tr>
          <th>{words.columns.state}</th>
          {jobTitle && <th>{words.columns.job}</th>}
          <th>{words.columns.started}</th>
          <th>{words.columns.trigger}</th>
          <th data-align="end">{words.columns.took}</th>
        </tr>
      </thead>
      <tbody>
        {runs.map((run) => (
          <Row key={run.id} run={run} jobTitle={jobTitle?.(run)} />
        ))}
      </tbody>
    </DataTable>
  );
}

function Row({ run, jobTitle }: { run: RunRow; jobTitle: string | undefined }) {
  const duration = runDuration(run);
  const state = <StateMark tone={runTones[run.state]} label={stateOf(run)} quiet={run.state === "succeeded"} />;
  const took = duration === null || run.started_at === null ? null : formatDuration(duration);
  const detail = detailOf(run, took);
  return (
    <tr className={classes.row}>
      <td className={classes.state} data-width={jobTitle ? undefined : "fill"}>
        {jobTitle ? state : <RunLink run={run}>{state}</RunLink>}
        {!jobTitle && detail && <span className={classes.detail}>{detail}</span>}
      </td>
      {jobTitle && (
        <td className={classes.job} data-width="fill">
          <RunLink run={run}>{jobTitle}</RunLink>
          {detail && <span className={classes.detail}>{detail}</span>}
        </td>
      )}
      <td data-label={words.columns.started} className={classes.when}>
        <Time value={run.started_at ?? run.scheduled_for} />
      </td>
      <td data-label={words.columns.trigger} className={classes.trigger}>
        {runTriggers[run.trigger]}
      </td>
      <td data-label={words.columns.took} data-align="end" className={classes.took}>
        {took ?? <span className="quiet">–</span>}
      </td>
    </tr>
  );
}

function RunLink({ run, children }: { run: RunRow; children: React.ReactNode }) {
  return (
    <Link to="/runs/$runId" params={{ runId: run.id }} className={classes.link}>
      {children}
    </Link>
  );
}

function stateOf(run: RunRow): string {
  const progress = "progress" in run && run.state === "running" ? run.progress : null;
  return progress === null ? runStateWords[run.state] : `${runStateWords[run.state]} ${formatPercent(progress)}`;
}

/** What there is to say beside the state, in one line. */
function detailOf(run: RunRow, took: string | null): string | null {
  if (!("report" in run)) return run.reason ? reasonWords(run.reason) : null;
  if (run.state === "running") return run.message;
  return run.error?.message ?? runSentence(run, took);
}
