import { Button } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { useCancelRun } from "../../api/run";
import { useCan } from "../../session/me";
import { ConfirmDialog } from "../ui/ConfirmDialog";

interface CancelWords {
  cancel: string;
  cancelTitle: string;
  cancelConfirm: string;
  cancelling: string;
}

/** Asks, and ends a run. `children`: what becomes of what it was at. */
export function CancelRunButton(props: { runId: string; words: CancelWords; children: ReactNode }) {
  const can = useCan();
  const [asks, setAsks] = useState(false);
  const cancel = useCancelRun(props.runId);
  if (!can("operator")) return null;
  if (cancel.isSuccess) return <span className="quiet">{props.words.cancelling}</span>;
  return (
    <>
      <Button variant="default" onClick={() => setAsks(true)}>
        {props.words.cancel}
      </Button>
      <ConfirmDialog
        opened={asks}
        onClose={() => setAsks(false)}
        title={props.words.cancelTitle}
        confirmLabel={props.words.cancelConfirm}
        onConfirm={() => cancel.mutateAsync()}
      >
        {props.children}
      </ConfirmDialog>
    </>
  );
}
