import { Button, Modal } from "@mantine/core";
import { useMounted } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import type { Schema } from "../../api/client";
import { generationQuery, lockListQuery, useRestoreGeneration } from "../../api/serverMods";
import { PlanSteps } from "../../components/mods/PlanSteps";
import { usualWhen, type When, WhenChoice } from "../../components/mods/WhenChoice";
import { RunOutcome } from "../../components/runs/RunOutcome";
import { ErrorState } from "../../components/ui/ErrorState";
import { FormError } from "../../components/ui/FormError";
import { LoadingState } from "../../components/ui/LoadingState";
import { common } from "../../text/common";
import { plan as planWords, restore as words } from "../../text/serverMods";
import classes from "./HistoryTab.module.css";
import { stepsBetween } from "./lockDiff";

type Server = Schema["ServerDetails"];

interface RestoreDialogProps {
  server: Server;
  number: number | null;
  opened: boolean;
  onClose: () => void;
}

/** What going back to a set means, and the act. */
export function RestoreDialog({ server, number, opened, onClose }: RestoreDialogProps) {
  const isMounted = useMounted();
  return (
    <Modal
      opened={opened && isMounted}
      onClose={onClose}
      title={number !== null && planWords.titles.restore(number)}
      size={640}
      closeButtonProps={{ "aria-label": common.close }}
    >
      {number !== null && <Restore key={number} server={server} number={number} onClose={onClose} />}
    </Modal>
  );
}

function Restore({ server, number, onClose }: { server: Server; number: number; onClose: () => void }) {
  const target = useQuery(generationQuery(server.id, number));
  const present = useQuery(lockListQuery(server.id));
  const [when, setWhen] = useState<When>(() => usualWhen(server.players_online));
  const [runId, setRunId] = useState<string | null>(null);
  const restore = useRestoreGeneration(server.id);
  const again = useCallback(() => setRunId(null), []);
  if (runId !== null) {
    return (
      <RunOutcome
        runId={runId}
        done={(report) => planWords.outcome([], report)}
        stopped={planWords.stopped}
        onClose={onClose}
        onAgain={again}
        again={planWords.again}
      />
    );
  }
  const error = target.error ?? present.error;
  if (error) return <ErrorState error={error} onRetry={() => Promise.all([target.refetch(), present.refetch()])} />;
  if (!target.data || !present.data) return <LoadingState rows={5} />;
  const steps = stepsBetween(present.data.mods, target.data.lock.mods);
  const isUp = server.state === "running" || server.state === "starting";
  const act = words.act(number);
  const label = !isUp ? act : when === "restart" ? planWords.whenRestart(act) : planWords.whenNext(act);
  return (
    <div className={classes.dialog}>
      {steps.length > 0 ? (
        <PlanSteps steps={steps} gameVersion={server.version} />
      ) : (
        <p className={classes.text}>{words.same}</p>
      )}
      <p className={classes.text}>{words.text}</p>
      {isUp && <WhenChoice value={when} onChange={setWhen} online={server.players_online ?? 0} />}
      <FormError error={restore.error} />
      <div className={classes.buttons}>
        <Button variant="default" onClick={onClose}>
          {common.cancel}
        </Button>
        <Button
          loading={restore.isPending}
          onClick={() =>
            restore.mutate({ number, when: isUp ? when : "next_start" }, { onSuccess: (run) => setRunId(run.id) })
          }
        >
          {label}
        </Button>
      </div>
    </div>
  );
}
