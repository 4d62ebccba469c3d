import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Schema } from "../../api/client";
import { runQuery } from "../../api/run";
import { CancelRunButton } from "../../components/runs/CancelRunButton";
import { RunProgress } from "../../components/runs/RunProgress";
import { StateMark, StateShape } from "../../components/ui/StateMark";
import { history as historyWords, phases, going as words } from "../../text/updates";
import classes from "./Going.module.css";

type Update = Schema["UpdateRecord"];

const ORDER = [
  "planned",
  "announcing",
  "backing_up",
  "stopping",
  "switching",
  "starting",
  "watching",
] as const satisfies readonly Update["phase"][];
/** Up to here nothing has been changed. */
const HARMLESS: readonly Update["phase"][] = ["planned", "announcing", "backing_up", "stopping"];

/** In a list of servers: what is going on, in words. */
export function GoingLine({ update }: { update: Update }) {
  return <StateMark tone={update.phase === "going_back" ? "warn" : "busy"} label={`${phases[update.phase]}.`} />;
}

/** An update that is under way: which phases are over, what is being done, and a way out. */
export function Going({ update }: { update: Update }) {
  const run = useQuery({ ...runQuery(update.run_id ?? ""), enabled: update.run_id !== null }).data;
  const isBack = update.phase === "going_back";
  const order = ORDER.filter((phase) => phase !== "announcing" || update.warns);
  const at = (order as readonly Update["phase"][]).indexOf(update.phase);
  return (
    <div className={classes.going}>
      <div className={classes.head}>
        <p className={classes.what}>
          {historyWords.what(update)} <span className="quiet">{words.by(update.trigger, update.actor)}</span>
        </p>
        {update.run_id && !isBack && <CancelUpdate runId={update.run_id} phase={update.phase} />}
      </div>
      {isBack ? (
        <p className={classes.back} role="alert">
          <StateShape tone="warn" size={18} />
          <span>
            {phases.going_back}. {update.text}
          </span>
        </p>
      ) : (
        <ol className={classes.phases} aria-label={words.steps}>
          {order.map((phase, index) => (
            <li
              key={phase}
              className={classes.phase}
              data-is={index < at ? "over" : index === at ? "now" : "ahead"}
              aria-current={index === at ? "step" : undefined}
            >
              {index > at ? (
                <span className={classes.dot} aria-hidden="true" />
              ) : (
                <StateShape tone={index === at ? "busy" : "ok"} size={16} />
              )}
              {phases[phase]}
            </li>
          ))}
        </ol>
      )}
      {run && run.ended_at === null && <RunProgress run={run} />}
      {update.run_id && (
        <Link to="/runs/$runId" params={{ runId: update.run_id }} preload={false} className={classes.link}>
          {words.showRun}
        </Link>
      )}
    </div>
  );
}

function CancelUpdate({ runId, phase }: { runId: string; phase: Update["phase"] }) {
  return (
    <CancelRunButton runId={runId} words={words}>
      <p className={classes.text}>{HARMLESS.includes(phase) ? words.cancelBefore : words.cancelAfter}</p>
    </CancelRunButton>
  );
}
