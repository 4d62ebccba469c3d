import { Button, Modal } from "@mantine/core";
import { useMounted } from "@mantine/hooks";
import { useEffect, useRef } from "react";
import type { Schema } from "../../api/client";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { StateShape } from "../../components/ui/StateMark";
import { common } from "../../text/common";
import { dryRun as words } from "../../text/schedules";
import { useDryRun } from "./api/looking";
import classes from "./DryRun.module.css";
import { storedBody } from "./draft";

type Body = Schema["ScheduleBody"];

interface DryRunProps {
  serverId: string;
  /** Stored or not. */
  body: Body | Schema["Schedule"];
  name: string;
}

/** What a run at this moment would do, step by step. */
export function DryRunDialog({ opened, onClose, ...props }: DryRunProps & { opened: boolean; onClose: () => void }) {
  const isMounted = useMounted();
  return (
    <Modal
      opened={opened && isMounted}
      onClose={onClose}
      title={words.title(props.name)}
      size={640}
      closeButtonProps={{ "aria-label": common.close }}
    >
      <Look {...props} onClose={onClose} />
    </Modal>
  );
}

function Look({ serverId, body, onClose }: DryRunProps & { onClose: () => void }) {
  const look = useDryRun(serverId);
  const wanted = "sentence" in body ? storedBody(body) : body;
  const begin = () => look.mutate(wanted);
  const hasBegun = useRef(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when it opens
  useEffect(() => {
    if (hasBegun.current) return;
    hasBegun.current = true;
    begin();
  }, []);
  if (look.isError) return <ErrorState error={look.error} onRetry={begin} />;
  if (!look.data) return <LoadingState label={words.working} rows={6} />;
  return (
    <div className={classes.body}>
      <Found found={look.data} />
      <p className="quiet">{words.nothingChanged}</p>
      <div className={classes.buttons}>
        <Button variant="default" loading={look.isPending} onClick={begin}>
          {words.again}
        </Button>
        <Button onClick={onClose}>{common.close}</Button>
      </div>
    </div>
  );
}

function Found({ found }: { found: Schema["DryRun"] }) {
  return (
    <>
      <div className={classes.outcome} role="status">
        <StateShape tone={found.would_run ? "ok" : "warn"} size={18} />
        <div>
          <p className={classes.verdict}>{found.would_run ? words.wouldRun : words.wouldNot}</p>
          {found.reason && <p className={classes.text}>{found.reason}</p>}
          {found.waits && <p className={classes.text}>{words.waits(found.waits)}</p>}
          {!found.would_run && <p className="quiet">{words.asked}</p>}
        </div>
      </div>
      <ol className={classes.steps}>
        {found.steps.map((step, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a step has no identity but its place
          <li key={index} className={classes.step}>
            <StateShape tone={step.ok === null ? "off" : step.ok ? "ok" : "bad"} size={16} />
            <div>
              <span className="visually-hidden">
                {step.ok === null ? words.unknown : step.ok ? words.ok : words.bad}:{" "}
              </span>
              {step.sentence}
              {step.is_finally && <span className="quiet"> ({words.isLast})</span>}
              {step.note && <p className={classes.note}>{step.note}</p>}
            </div>
          </li>
        ))}
      </ol>
    </>
  );
}
