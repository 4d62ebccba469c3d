import { Button, Modal } from "@mantine/core";
import { useMounted } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { backupStatesQuery } from "../../api/backups";
import type { Schema } from "../../api/client";
import { RunOutcome } from "../../components/runs/RunOutcome";
import { ErrorState } from "../../components/ui/ErrorState";
import { FormError } from "../../components/ui/FormError";
import { StateShape } from "../../components/ui/StateMark";
import { Time } from "../../components/ui/Time";
import { printable } from "../../lib/printable";
import { useNow } from "../../lib/time";
import { useCan } from "../../session/me";
import { safety as words } from "../../text/backups";
import { common } from "../../text/common";
import { useDrill } from "./api/make";
import dialogClasses from "./dialogs.module.css";
import { safetyOf } from "./looks";
import classes from "./Safety.module.css";

type State = Schema["BackupState"];

/** Whether a server could be put back, and to when; beside it what can be done about that. */
export function Safety({ serverId, actions }: { serverId: string; actions?: React.ReactNode }) {
  const states = useQuery(backupStatesQuery());
  const state = states.data?.items.find((item) => item.server_id === serverId);
  return (
    <section className={classes.safety} aria-label={words.title}>
      {states.isLoadingError && <ErrorState error={states.error} onRetry={states.refetch} />}
      {state ? <Said state={state} /> : <div className={classes.waiting} aria-busy={states.isPending || undefined} />}
      {actions && <div className={classes.actions}>{actions}</div>}
    </section>
  );
}

function Said({ state }: { state: State }) {
  const now = useNow(60);
  const can = useCan(state.server_id);
  const { tone, text, detail } = safetyOf(state, now);
  return (
    <div className={classes.said}>
      <p className={classes.sentence} role={tone === "bad" ? "alert" : undefined}>
        <StateShape tone={tone} size={18} />
        <span>{text}</span>
      </p>
      {detail && <p className={classes.detail}>{printable(detail)}</p>}
      {state.count > 0 && <SafetyFacts state={state} />}
      {can("operator") && state.last_good && <Drill serverId={state.server_id} />}
    </div>
  );
}

/** What is stored, how old the copy elsewhere is, and whether a restore has been practised. */
export function SafetyFacts({ state }: { state: State }) {
  return (
    <p className={classes.facts}>
      <span>{words.stored(state.count, state.total_bytes)}</span>
      <span>
        {state.offsite_last_good_at ? (
          <>
            {words.offsite} <Time value={state.offsite_last_good_at} />
          </>
        ) : (
          words.noOffsite
        )}
      </span>
      <span data-tone={state.last_drill_ok === false ? "bad" : undefined}>
        {state.last_drill_at ? (
          <>
            {words.drill} <Time value={state.last_drill_at} />,{" "}
            {state.last_drill_ok ? words.drillWell : words.drillFailed}
          </>
        ) : (
          words.neverDrilled
        )}
      </span>
      {state.offsite_problem && (
        <span className={classes.problem} data-tone="bad">
          {printable(state.offsite_problem)}
        </span>
      )}
    </p>
  );
}

function Drill({ serverId }: { serverId: string }) {
  const [opened, setOpened] = useState(false);
  const isMounted = useMounted();
  const close = () => setOpened(false);
  return (
    <>
      <button type="button" className={`text-button ${classes.drill}`} onClick={() => setOpened(true)}>
        {words.drillNow}
      </button>
      <Modal
        opened={opened && isMounted}
        onClose={close}
        title={words.drillTitle}
        size={560}
        closeButtonProps={{ "aria-label": common.close }}
      >
        <Drilling serverId={serverId} onClose={close} />
      </Modal>
    </>
  );
}

function Drilling({ serverId, onClose }: { serverId: string; onClose: () => void }) {
  const drill = useDrill(serverId);
  if (drill.data) {
    return (
      <RunOutcome
        runId={drill.data.id}
        done={() => words.drillDone}
        stopped={words.drillStopped}
        onClose={onClose}
        onAgain={() => drill.mutate()}
        again={words.drillAgain}
      />
    );
  }
  return (
    <div className={dialogClasses.body}>
      <p className={dialogClasses.text}>{words.drillText}</p>
      <FormError error={drill.error} />
      <div className={dialogClasses.buttons}>
        <Button variant="default" onClick={onClose}>
          {common.cancel}
        </Button>
        <Button loading={drill.isPending} onClick={() => drill.mutate()} data-autofocus>
          {words.drillStart}
        </Button>
      </div>
    </div>
  );
}
