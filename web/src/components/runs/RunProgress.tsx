import type { Schema } from "../../api/client";
import { formatDuration } from "../../lib/duration";
import { formatPercent } from "../../lib/numbers";
import { useNow } from "../../lib/time";
import { runStateWords } from "../../text/runStates";
import { run as words } from "../../text/runs";
import { StateShape } from "../ui/StateMark";
import classes from "./RunProgress.module.css";

/** How far a run is, in words and as a bar, while it goes on; in narrow places without `hasFigures`. */
export function RunProgress({ run, hasFigures = true }: { run: Schema["Run"]; hasFigures?: boolean }) {
  const now = useNow();
  const started = Date.parse(run.started_at ?? run.scheduled_for);
  const percent = run.progress === null ? undefined : Math.round(run.progress * 100);
  const elapsed = Math.max(0, Math.round((now - started) / 1000) * 1000);
  return (
    <div className={classes.progress}>
      <div className={classes.words}>
        <StateShape tone="busy" />
        <span className={classes.message} title={run.message ?? undefined}>
          {run.message ?? runStateWords[run.state]}
        </span>
        {hasFigures && (
          <span className={classes.figures}>
            {run.progress !== null && <span>{formatPercent(run.progress)}</span>}
            {run.started_at && elapsed >= 1000 && (
              <span className="quiet">{words.runningFor(formatDuration(elapsed))}</span>
            )}
          </span>
        )}
      </div>
      <div
        className={classes.track}
        role="progressbar"
        aria-label={words.progress}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
        aria-valuetext={run.message ?? undefined}
      >
        <span
          className={classes.bar}
          data-endless={percent === undefined || undefined}
          style={percent === undefined ? undefined : { width: `${percent}%` }}
        />
      </div>
    </div>
  );
}
