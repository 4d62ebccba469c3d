import { Button, Checkbox, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useCallback, useState } from "react";
import type { Schema } from "../../api/client";
import { type PlanOptions, planQuery, useDoPlan, type Wish } from "../../api/serverMods";
import { common } from "../../text/common";
import { plan as words } from "../../text/serverMods";
import { RunOutcome } from "../runs/RunOutcome";
import { DialogButtons } from "../ui/DialogButtons";
import { ErrorState } from "../ui/ErrorState";
import { FormError } from "../ui/FormError";
import { LoadingState } from "../ui/LoadingState";
import { StateShape } from "../ui/StateMark";
import classes from "./PlanDialog.module.css";
import { PlanNotes, PlanSteps } from "./PlanSteps";
import type { Asked, PlanServer } from "./usePlanDialog";
import { usualWhen, type When, WhenChoice } from "./WhenChoice";

type Plan = Schema["ModPlan"];

const USUAL: PlanOptions = { allow_prereleases: false, allow_unfitting: false, with_dependencies: true };

/** What a wish would do, how it goes, and what came of it. */
export default function PlanBody({
  server,
  asked,
  onClose,
}: {
  server: PlanServer;
  asked: Asked;
  onClose: () => void;
}) {
  const [wish, setWish] = useState(asked.wish);
  const [options, setOptions] = useState(USUAL);
  const [running, setRunning] = useState<{ runId: string; steps: Plan["steps"] } | null>(null);
  const [wasChanged, setWasChanged] = useState(false);
  const plan = useQuery({ ...planQuery(server.id, wish, options), enabled: running === null });
  const { refetch } = plan;
  const again = useCallback(() => {
    setRunning(null);
    void refetch();
  }, [refetch]);
  const onChanged = useCallback(() => {
    setWasChanged(true);
    again();
  }, [again]);
  if (running) {
    return (
      <RunOutcome
        runId={running.runId}
        done={(report) => words.outcome(running.steps, report)}
        stopped={words.stopped}
        onClose={onClose}
        onAgain={again}
        again={words.again}
        changedError="PlanChanged"
        onChanged={onChanged}
      />
    );
  }
  return (
    <div className={classes.body}>
      {asked.choice?.(wish, setWish)}
      {plan.isError ? (
        <>
          <ErrorState error={plan.error} onRetry={plan.refetch} />
          <p className={classes.text}>{words.planFailed}</p>
          {options !== USUAL && (
            <Button variant="default" onClick={() => setOptions(USUAL)}>
              {words.again}
            </Button>
          )}
        </>
      ) : plan.isPending || plan.isFetching ? (
        <Working onClose={onClose} />
      ) : (
        <PlanForm
          server={server}
          wish={wish}
          plan={plan.data}
          options={options}
          onOptions={setOptions}
          notice={wasChanged && <Notice>{words.changedMeanwhile}</Notice>}
          onStarted={(run) => {
            setRunning({ runId: run.id, steps: plan.data.steps });
            asked.onDone?.();
          }}
          onClose={onClose}
        />
      )}
    </div>
  );
}

function Working({ onClose }: { onClose: () => void }) {
  return (
    <>
      <LoadingState label={words.working} rows={5} />
      <p className={classes.why}>{words.workingText}</p>
      <DialogButtons>
        <Button variant="default" onClick={onClose}>
          {common.cancel}
        </Button>
      </DialogButtons>
    </>
  );
}

interface PlanFormProps {
  server: PlanServer;
  wish: Wish;
  plan: Plan;
  options: PlanOptions;
  onOptions: (options: PlanOptions) => void;
  notice: ReactNode;
  onStarted: (run: Schema["Run"]) => void;
  onClose: () => void;
}

function PlanForm({ server, wish, plan, options, onOptions, notice, onStarted, onClose }: PlanFormProps) {
  const [when, setWhen] = useState<When>(() => usualWhen(server.players_online));
  const [why, setWhy] = useState("");
  const doPlan = useDoPlan(server.id);
  const isNothing = plan.steps.length === 0 && !plan.notes.some((note) => note.blocks);
  const hasOtherNotes = plan.notes.some((note) => note.code !== "nothing_to_do");
  const act = wish.kind === "restore" ? words.titles.restore(wish.number) : words.act(plan.steps);
  const label = !plan.needs_restart ? act : when === "restart" ? words.whenRestart(act) : words.whenNext(act);
  const bytes = plan.steps.reduce((sum, step) => sum + (step.size_bytes ?? 0), 0);
  const begin = () =>
    doPlan.mutate(
      { wish, options, digest: plan.digest, when: plan.needs_restart ? when : "next_start", why },
      { onSuccess: onStarted },
    );
  return (
    <>
      {notice}
      <PlanNotes notes={plan.notes} />
      {wish.kind === "changes" && <Options plan={plan} value={options} onChange={onOptions} />}
      {plan.steps.length > 0 && (
        <div className={classes.groups}>
          <PlanSteps steps={plan.steps} gameVersion={plan.game_version} />
          {bytes > 0 && <p className={classes.why}>{words.download(bytes)}</p>}
        </div>
      )}
      {isNothing && (
        <p className={classes.text}>
          <strong>{words.nothing}.</strong> {!hasOtherNotes && words.nothingText}
        </p>
      )}
      {wish.kind === "restore" && plan.can_be_applied && <p className={classes.text}>{words.staysInHistory}</p>}
      {plan.can_be_applied && !isNothing && (
        <>
          {plan.needs_restart && <WhenChoice value={when} onChange={setWhen} online={server.players_online ?? 0} />}
          {wish.kind === "changes" && (
            <TextInput
              label={words.why}
              description={words.whyHint}
              value={why}
              maxLength={200}
              onChange={(event) => setWhy(event.currentTarget.value)}
            />
          )}
        </>
      )}
      <FormError error={doPlan.error} />
      <DialogButtons>
        <Button variant="default" onClick={onClose}>
          {isNothing || !plan.can_be_applied ? common.close : common.cancel}
        </Button>
        {plan.can_be_applied && !isNothing && (
          <Button
            className={classes.act}
            color={plan.steps.every((step) => step.action === "remove") ? "red" : undefined}
            loading={doPlan.isPending}
            onClick={begin}
          >
            {label}
          </Button>
        )}
      </DialogButtons>
    </>
  );
}

const CALLS_FOR: Record<keyof PlanOptions, readonly string[]> = {
  allow_prereleases: ["prerelease_only"],
  allow_unfitting: ["not_fitting", "no_release"],
  with_dependencies: ["missing_dependency", "dependency_too_old"],
};

interface OptionsProps {
  plan: Plan;
  value: PlanOptions;
  onChange: (options: PlanOptions) => void;
}

/** Ways round what stands against the plan, where there is something. */
function Options({ plan, value, onChange }: OptionsProps) {
  const options = [
    { name: "allow_prereleases", label: words.prereleases, isOn: value.allow_prereleases },
    { name: "allow_unfitting", label: words.unfitting, isOn: value.allow_unfitting },
    { name: "with_dependencies", label: words.withoutDependencies, isOn: !value.with_dependencies },
  ] as const;
  const shown = options.filter(
    ({ name, isOn }) => isOn || plan.notes.some((note) => note.blocks && CALLS_FOR[name].includes(note.code)),
  );
  if (shown.length === 0) return null;
  return (
    <div className={classes.choices}>
      {shown.map(({ name, label, isOn }) => (
        <Checkbox
          key={name}
          label={label}
          checked={isOn}
          onChange={() => onChange({ ...value, [name]: !value[name] })}
        />
      ))}
    </div>
  );
}

function Notice({ children }: { children: ReactNode }) {
  return (
    <p className={classes.notice} role="alert">
      <StateShape tone="warn" size={16} />
      <span>{children}</span>
    </p>
  );
}
