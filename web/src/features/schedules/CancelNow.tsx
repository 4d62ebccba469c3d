import { Button } from "@mantine/core";
import { useState } from "react";
import { useCancelRun } from "../../api/run";
import { ConfirmDialog } from "../../components/ui/ConfirmDialog";
import { useCan } from "../../session/me";
import { schedule as words } from "../../text/schedules";
import classes from "./schedule.module.css";

/** Ends the run that is under way. `hasLast`: it has steps that are done all the same. */
export function CancelNow({ runId, hasLast }: { runId: string; hasLast: boolean }) {
  const can = useCan();
  const [asks, setAsks] = useState(false);
  const cancel = useCancelRun(runId);
  if (!can("operator")) return null;
  if (cancel.isSuccess) return <span className="quiet">{words.cancelling}</span>;
  return (
    <>
      <Button variant="default" onClick={() => setAsks(true)}>
        {words.cancel}
      </Button>
      <ConfirmDialog
        opened={asks}
        onClose={() => setAsks(false)}
        title={words.cancelTitle}
        confirmLabel={words.cancelConfirm}
        onConfirm={() => cancel.mutateAsync()}
      >
        <p className={classes.text}>
          {words.cancelText} {hasLast && words.cancelFinally}
        </p>
      </ConfirmDialog>
    </>
  );
}
