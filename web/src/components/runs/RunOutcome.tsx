import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useEffect } from "react";
import type { Schema } from "../../api/client";
import { runQuery, useCancelRun } from "../../api/run";
import { runStateWords } from "../../text/runStates";
import { runOutcome as words } from "../../text/runs";
import { DialogButtons } from "../ui/DialogButtons";
import { ErrorState } from "../ui/ErrorState";
import { FormError } from "../ui/FormError";
import { StateShape } from "../ui/StateMark";
import classes from "./RunOutcome.module.css";
import { RunProgress } from "./RunProgress";

const LOOK_AGAIN_MS = 1_500;

interface RunOutcomeProps {
  runId: string;
  /** What came of it, in words, when it has worked. */
  done: (report: Schema["Run"]["report"]) => string;
  /** What it means that it was cancelled: what there is now. */
  stopped: string;
  onClose: () => void;
  /** A way on from there, when it has worked. */
  next?: ReactNode;
  /** Back to what was asked, after it has not worked, and how that is called. */
  onAgain: () => void;
  again: string;
  /** The run has refused with an error of this type, for what was looked at had changed. */
  changedError?: string;
  onChanged?: () => void;
}

/** How far a run is that somebody has just begun, and what came of it. */
export function RunOutcome(props: RunOutcomeProps) {
  const { runId, done, stopped, onClose, next, onAgain, again, changedError, onChanged } = props;
  const query = useQuery({
    ...runQuery(runId),
    // Also without live events nobody waits for a run that has ended.
    refetchInterval: ({ state }) => (state.data?.ended_at ? false : LOOK_AGAIN_MS),
  });
  const run = query.data;
  const wasChanged = changedError !== undefined && run?.state === "failed" && run.error?.type === changedError;
  useEffect(() => {
    if (wasChanged) onChanged?.();
  }, [wasChanged, onChanged]);
  if (query.isLoadingError) return <ErrorState error={query.error} onRetry={query.refetch} />;
  if (!run || run.ended_at === null) return <Going run={run} runId={runId} onClose={onClose} />;
  const link = (
    <Link to="/runs/$runId" params={{ runId }} preload={false} className={classes.runLink}>
      {words.showRun}
    </Link>
  );
  if (run.state === "succeeded") {
    return (
      <Ended tone="ok" link={link} next={next} onClose={onClose}>
        {done(run.report)}
      </Ended>
    );
  }
  const text = run.state === "cancelled" ? stopped : (run.error?.message ?? `${runStateWords[run.state]}.`);
  return (
    <Ended
      tone={run.state === "cancelled" ? "off" : "bad"}
      link={link}
      next={
        <Button variant="default" onClick={onAgain}>
          {again}
        </Button>
      }
      onClose={onClose}
    >
      {text}
    </Ended>
  );
}

function Going({ run, runId, onClose }: { run: Schema["Run"] | undefined; runId: string; onClose: () => void }) {
  const cancel = useCancelRun(runId);
  return (
    <div className={classes.body}>
      {run && <RunProgress run={{ ...run, message: run.message ?? words.running }} />}
      <p className={classes.text}>{words.mayClose}</p>
      <FormError error={cancel.error} />
      <DialogButtons>
        <Button
          variant="default"
          loading={cancel.isPending}
          disabled={cancel.isSuccess}
          onClick={() => cancel.mutate()}
        >
          {cancel.isSuccess ? words.cancelling : words.cancelRun}
        </Button>
        <Button variant="default" onClick={onClose}>
          {words.close}
        </Button>
      </DialogButtons>
    </div>
  );
}

interface EndedProps {
  tone: "ok" | "off" | "bad";
  link: ReactNode;
  next?: ReactNode;
  onClose: () => void;
  children: ReactNode;
}

function Ended({ tone, link, next, onClose, children }: EndedProps) {
  return (
    <div className={classes.body}>
      <p className={classes.outcome} role={tone === "bad" ? "alert" : "status"}>
        <StateShape tone={tone} size={18} />
        <span>{children}</span>
      </p>
      <DialogButtons>
        {link}
        {next}
        <Button variant={next ? "default" : "filled"} onClick={onClose} data-autofocus>
          {words.close}
        </Button>
      </DialogButtons>
    </div>
  );
}
