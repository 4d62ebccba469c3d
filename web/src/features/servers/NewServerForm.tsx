import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from "react";
import type { Schema } from "../../api/client";
import { FormError, fieldErrors } from "../../components/ui/FormError";
import { LeaveGuard } from "../../components/ui/LeaveGuard";
import { Panel } from "../../components/ui/Page";
import { newServer as words } from "../../text/newServer";
import { useCreateServer } from "./api/changes";
import { CheckStep } from "./CheckStep";
import classes from "./NewServerForm.module.css";
import {
  type Draft,
  errorsIn,
  firstDraft,
  fromApi,
  STEPS,
  type Step,
  stepsWithErrors,
  toRequest,
} from "./newServerDraft";
import { PlayersStep, ServerStep } from "./newServerSteps";
import { WorldStep } from "./WorldStep";

/** Four steps; what was typed stays, whichever one goes to and whatever fails. */
export function NewServerForm({ hints }: { hints: Schema["NewServerHints"] }) {
  const [draft, setDraft] = useState<Draft>(() => firstDraft(hints));
  const [step, setStep] = useState<Step>("server");
  const [tried, setTried] = useState<readonly Step[]>([]);
  const create = useCreateServer();
  const navigate = useNavigate();
  const own = errorsIn(draft);
  const told = fromApi(fieldErrors(create.error));
  const wrong = stepsWithErrors({ ...told, ...own });
  const shown = tried.includes(step) ? { ...told, ...own } : told;
  const isTyped = draft.name !== "" && !create.isSuccess;

  const edit = (changes: Partial<Draft>) => {
    if (create.isError) create.reset();
    setDraft((before) => ({ ...before, ...changes }));
  };
  const leave = (next: Step) => {
    setTried((before) => [...before, step]);
    setStep(next);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const next = STEPS[STEPS.indexOf(step) + 1];
    if (next) {
      setTried((before) => [...before, step]);
      if (!stepsWithErrors(own).includes(step)) leave(next);
      return;
    }
    const [first] = stepsWithErrors(own);
    if (first) {
      setTried(STEPS);
      setStep(first);
      return;
    }
    create.mutate(toRequest(draft), {
      onSuccess: (server) => {
        notifications.show({ message: words.creating(server.name) });
        void navigate({ to: "/servers/$serverId", params: { serverId: server.id }, ignoreBlocker: true });
      },
      onError: (error) => {
        const [mended] = stepsWithErrors(fromApi(fieldErrors(error)));
        if (mended) setStep(mended);
      },
    });
  };
  const props = { draft, errors: shown, edit };
  return (
    <form className={classes.form} onSubmit={submit} noValidate>
      <StepList current={step} wrong={wrong.filter((one) => tried.includes(one))} onGo={leave} />
      <StepBody key={step} step={step}>
        {step === "server" && <ServerStep {...props} />}
        {step === "players" && <PlayersStep {...props} />}
        {step === "world" && <WorldStep {...props} />}
        {step === "check" && <CheckStep draft={draft} edit={edit} />}
      </StepBody>
      <FormError error={create.error} />
      <div className={classes.buttons}>
        {step !== "server" && (
          <Button variant="default" onClick={() => leave(STEPS[STEPS.indexOf(step) - 1] ?? "server")}>
            {words.previous}
          </Button>
        )}
        <Button type="submit" loading={create.isPending}>
          {step !== "check" ? words.next : draft.start ? words.createAndStart : words.create}
        </Button>
      </div>
      <LeaveGuard isUnsaved={() => isTyped} title={words.leaveTitle} confirmLabel={words.leave}>
        <p className={classes.text}>{words.leaveLoss}</p>
      </LeaveGuard>
    </form>
  );
}

function StepList(props: { current: Step; wrong: readonly Step[]; onGo: (step: Step) => void }) {
  return (
    <nav aria-label={words.steps}>
      <ol className={classes.steps}>
        {STEPS.map((step, index) => (
          <li key={step} data-current={step === props.current || undefined}>
            <button
              type="button"
              className={classes.step}
              aria-current={step === props.current ? "step" : undefined}
              onClick={() => props.onGo(step)}
            >
              <span className={classes.number} aria-hidden="true">
                {index + 1}
              </span>
              <span className={classes.label}>{words.step[step]}</span>
              {props.wrong.includes(step) && <span className={classes.wrong}>{words.hasError}</span>}
            </button>
          </li>
        ))}
      </ol>
    </nav>
  );
}

/** Each step begins at its heading, for whoever uses a keyboard or a screen reader. */
function StepBody({ step, children }: { step: Step; children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const isFirst = step === "server";
  useEffect(() => {
    if (!isFirst) heading.current?.focus();
  }, [isFirst]);
  return (
    <Panel>
      <section className={classes.body} aria-labelledby="step">
        <h2 id="step" ref={heading} tabIndex={-1} className={classes.heading}>
          {words.step[step]}
        </h2>
        {children}
      </section>
    </Panel>
  );
}
