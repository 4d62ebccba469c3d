import type { Schema } from "../../api/client";
import { CancelRunButton } from "../../components/runs/CancelRunButton";
import { run as words } from "../../text/runs";
import classes from "./CancelRun.module.css";

export function CancelRun({ run, jobTitle }: { run: Schema["Run"]; jobTitle: string }) {
  const said = { ...words, cancelTitle: words.cancelTitle(jobTitle), cancelling: words.stopping };
  return (
    <CancelRunButton runId={run.id} words={said}>
      <p className={classes.text}>{words.cancelLoss}</p>
    </CancelRunButton>
  );
}
