import { Button } from "@mantine/core";
import { useState } from "react";
import type { Schema } from "../../api/client";
import { useCancelRun } from "../../api/run";
import { ConfirmDialog } from "../../components/ui/ConfirmDialog";
import { run as words } from "../../text/runs";
import classes from "./CancelRun.module.css";

export function CancelRun({ run, jobTitle }: { run: Schema["Run"]; jobTitle: string }) {
  const [asks, setAsks] = useState(false);
  const cancel = useCancelRun(run.id);
  if (cancel.isSuccess) return <span className="quiet">{words.stopping}</span>;
  return (
    <>
      <Button variant="default" onClick={() => setAsks(true)}>
        {words.cancel}
      </Button>
      <ConfirmDialog
        opened={asks}
        onClose={() => setAsks(false)}
        title={words.cancelTitle(jobTitle)}
        confirmLabel={words.cancelConfirm}
        onConfirm={() => cancel.mutateAsync()}
      >
        <p className={classes.text}>{words.cancelLoss}</p>
      </ConfirmDialog>
    </>
  );
}
