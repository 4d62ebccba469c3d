import type { ReactNode } from "react";
import { formatPercent } from "../../lib/numbers";
import { run as words } from "../../text/runs";
import classes from "./ProgressLine.module.css";
import { StateShape } from "./StateMark";

interface ProgressLineProps {
  /** What is going on at this moment. */
  message: string;
  /** From 0 to 1; null where nobody knows. */
  progress: number | null;
  /** In narrow places without. */
  hasFigures?: boolean;
  /** Beside the percentage, quiet. */
  figures?: ReactNode;
}

/** How far something is, in words and as a bar. */
export function ProgressLine({ message, progress, hasFigures = true, figures }: ProgressLineProps) {
  const percent = progress === null ? undefined : Math.round(progress * 100);
  return (
    <div className={classes.progress}>
      <div className={classes.words}>
        <StateShape tone="busy" />
        <span className={classes.message} title={message}>
          {message}
        </span>
        {hasFigures && (
          <span className={classes.figures}>
            {progress !== null && <span>{formatPercent(progress)}</span>}
            {figures}
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
        aria-valuetext={message}
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
