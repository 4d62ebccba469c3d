import { Button, Checkbox, NativeSelect, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { ApiError, type Schema } from "../../api/client";
import { RunOutcome } from "../../components/runs/RunOutcome";
import { DialogButtons } from "../../components/ui/DialogButtons";
import { ErrorState } from "../../components/ui/ErrorState";
import { FormError } from "../../components/ui/FormError";
import { LoadingState } from "../../components/ui/LoadingState";
import { StateShape } from "../../components/ui/StateMark";
import { areWarnings, readMinutes } from "../../lib/minutes";
import { common } from "../../text/common";
import { plan as words } from "../../text/updates";
import { updatePlanQuery, useStartUpdate } from "./api/updates";
import { bestVersion } from "./looks";
import classes from "./PlanDialog.module.css";
import { PlanView } from "./PlanView";

type State = Schema["UpdateState"];
type Wanted = Schema["UpdateRequest"];

/** What is wished for, what that would do, and the button that does it. */
export function PlanBody({ state, onClose }: { state: State; onClose: () => void }) {
  const [version, setVersion] = useState(() => bestVersion(state));
  const [withMods, setWithMods] = useState(true);
  const [allowsUnready, setAllowsUnready] = useState(false);
  const [warn, setWarn] = useState(() => state.policy.warn_minutes.join(", "));
  const [runId, setRunId] = useState<string | null>(null);
  const start = useStartUpdate(state.server_id);
  const minutes = readMinutes(warn);
  const isWarnWrong = !areWarnings(minutes);
  const wanted: Wanted = {
    game_version: version,
    mods: withMods ? "fitting" : "none",
    warn_minutes: isWarnWrong ? null : minutes,
    allow_unready: allowsUnready,
  };
  const plan = useQuery({ ...updatePlanQuery(state.server_id, wanted), enabled: runId === null });
  const { refetch } = plan;
  const again = useCallback(() => {
    setRunId(null);
    void refetch();
  }, [refetch]);
  if (runId !== null) {
    return (
      <RunOutcome
        runId={runId}
        done={words.done}
        stopped={words.stopped}
        onClose={onClose}
        onAgain={again}
        again={words.again}
      />
    );
  }
  const wasChanged = start.error instanceof ApiError && start.error.code === "update_plan_changed";
  const found = plan.data;
  const canBegin = found?.is_ready && !found.nothing_to_do && !isWarnWrong && !plan.isFetching;
  const begin = () => {
    if (!found) return;
    start.mutate(
      { ...wanted, digest: found.digest },
      { onSuccess: (run) => setRunId(run.id), onError: () => void refetch() },
    );
  };
  const versions = [...new Set([state.newest_stable, state.newest_patch])].filter((item) => item !== null);
  const offersUnready =
    allowsUnready || (version !== null && version === state.newest_stable && state.not_ready.length > 0);
  return (
    <div className={classes.body}>
      <div className={classes.wishes}>
        {versions.length > 0 && (
          <NativeSelect
            label={words.game}
            value={version ?? ""}
            data={[
              ...versions.map((item) => ({ value: item, label: words.to(item) })),
              { value: "", label: words.stays(state.game_now) },
            ]}
            onChange={(event) => {
              setVersion(event.currentTarget.value || null);
              setAllowsUnready(false);
            }}
          />
        )}
        <Checkbox
          label={words.withMods}
          checked={withMods}
          onChange={(event) => setWithMods(event.currentTarget.checked)}
        />
        {offersUnready && (
          <Checkbox
            label={words.unready}
            checked={allowsUnready}
            onChange={(event) => setAllowsUnready(event.currentTarget.checked)}
          />
        )}
      </div>
      {wasChanged && (
        <p className={classes.notice} role="alert">
          <StateShape tone="warn" size={16} />
          <span>{words.changed}</span>
        </p>
      )}
      <div className={classes.plan} aria-busy={plan.isFetching}>
        {plan.isError ? (
          <ErrorState error={plan.error} onRetry={plan.refetch} />
        ) : found ? (
          <PlanView plan={found} />
        ) : (
          <LoadingState label={words.working} rows={9} />
        )}
      </div>
      {found && found.players_online > 0 && found.is_ready && (
        <TextInput
          label={words.warn}
          description={words.warnHint}
          autoComplete="off"
          value={warn}
          error={isWarnWrong ? words.warnWrong : undefined}
          onChange={(event) => setWarn(event.currentTarget.value)}
        />
      )}
      {!wasChanged && <FormError error={start.error} />}
      <DialogButtons>
        <Button variant="default" onClick={onClose}>
          {common.cancel}
        </Button>
        {found && !found.nothing_to_do && (
          <Button className={classes.act} disabled={!canBegin} loading={start.isPending} onClick={begin}>
            {words.act(found)}
          </Button>
        )}
      </DialogButtons>
    </div>
  );
}
