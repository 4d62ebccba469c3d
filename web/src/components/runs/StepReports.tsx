import { Link } from "@tanstack/react-router";
import { formatDuration } from "../../lib/duration";
import { stepOutcomes, stepReports as words } from "../../text/stepReports";
import { StateShape, type Tone } from "../ui/StateMark";
import classes from "./StepReports.module.css";

interface StepReport {
  sentence: string;
  outcome: string;
  is_finally: boolean;
  seconds: number | null;
  run_id: string | null;
  note: string | null;
}

const tones: Record<string, Tone> = {
  ok: "ok",
  not_needed: "ok",
  failed: "bad",
  timed_out: "bad",
  cancelled: "off",
  left_out: "off",
};

/** The steps that the run of a schedule reports; none for other runs. */
export function stepsIn(report: Readonly<Record<string, unknown>> | null): StepReport[] {
  const steps = report?.steps;
  return Array.isArray(steps) ? steps.filter(isStep) : [];
}

function isStep(step: unknown): step is StepReport {
  return typeof step === "object" && step !== null && "sentence" in step && "outcome" in step;
}

/** What became of each step, and why. */
export function StepReports({ steps }: { steps: readonly StepReport[] }) {
  return (
    <ol className={classes.steps}>
      {steps.map((step, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a step has no identity but its place
        <li key={index} className={classes.step}>
          <StateShape tone={tones[step.outcome] ?? "off"} size={16} />
          <div>
            <span>{step.sentence}</span>
            <span className={classes.outcome}>
              {stepOutcomes[step.outcome] ?? step.outcome}
              {step.seconds !== null && step.seconds > 0 && words.took(formatDuration(step.seconds * 1000))}
              {step.is_finally && ` · ${words.isLast}`}
              {step.run_id && (
                <>
                  {" · "}
                  <Link to="/runs/$runId" params={{ runId: step.run_id }} preload={false}>
                    {words.run}
                  </Link>
                </>
              )}
            </span>
            {step.note && <p className={classes.note}>{step.note}</p>}
          </div>
        </li>
      ))}
    </ol>
  );
}
