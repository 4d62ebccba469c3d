import { CancelRunButton } from "../../components/runs/CancelRunButton";
import { schedule as words } from "../../text/schedules";
import classes from "./schedule.module.css";

/** Ends the run that is under way. `hasLast`: it has steps that are done all the same. */
export function CancelNow({ runId, hasLast }: { runId: string; hasLast: boolean }) {
  return (
    <CancelRunButton runId={runId} words={words}>
      <p className={classes.text}>
        {words.cancelText} {hasLast && words.cancelFinally}
      </p>
    </CancelRunButton>
  );
}
