import { NativeSelect, Switch, TextInput } from "@mantine/core";
import { useState } from "react";
import { IntervalInput } from "../../components/ui/IntervalInput";
import { readInterval, type WrittenInterval, writeInterval } from "../../lib/duration";
import { readMinutes } from "../../lib/minutes";
import { editor as words } from "../../text/schedules";
import type { Step } from "./draft";
import editorClasses from "./Editor.module.css";
import { NumberField } from "./NumberField";
import classes from "./StepList.module.css";

interface StepFieldsProps {
  step: Step;
  /** By the names of its fields. */
  errors: Readonly<Record<string, string>>;
  /** One of those that are done whatever happens. */
  isLast: boolean;
  onChange: (step: Step) => void;
}

export function StepFields({ step, errors, isLast, onChange }: StepFieldsProps) {
  return (
    <div className={classes.fields}>
      <OwnFields step={step} errors={errors} onChange={onChange} />
      <div className={classes.usual}>
        {!isLast && (
          <div className={editorClasses.sentence}>
            <span>{words.onFailure}</span>
            <NativeSelect
              aria-label={words.onFailure}
              value={step.on_failure}
              data={Object.entries(words.onFailures).map(([value, label]) => ({ value, label }))}
              onChange={(event) => onChange({ ...step, on_failure: event.currentTarget.value as Step["on_failure"] })}
            />
          </div>
        )}
        <div className={editorClasses.sentence}>
          <span>{words.timeout}</span>
          <Timeout step={step} error={errors.timeout_seconds} onChange={onChange} />
          <span>{words.timeoutHint}</span>
        </div>
      </div>
    </div>
  );
}

/** Minutes; empty means the usual time. */
function Timeout({ step, error, onChange }: { step: Step; error: string | undefined; onChange: (step: Step) => void }) {
  const [isEmpty, setEmpty] = useState(step.timeout_seconds == null);
  return (
    <NumberField
      label={words.timeoutLabel}
      value={isEmpty ? Number.NaN : (step.timeout_seconds ?? Number.NaN) / 60}
      error={error}
      onChange={(minutes, text) => {
        const empties = text.trim() === "";
        setEmpty(empties);
        onChange({ ...step, timeout_seconds: empties ? null : Math.round(minutes * 60) });
      }}
    />
  );
}

function OwnFields({ step, errors, onChange }: Omit<StepFieldsProps, "isLast">) {
  switch (step.do) {
    case "announce":
      return (
        <>
          <TextInput
            label={words.text}
            description={words.textHint}
            maxLength={400}
            value={step.text}
            error={errors.text}
            onChange={(event) => onChange({ ...step, text: event.currentTarget.value })}
          />
          <MinutesField
            minutes={step.warn_minutes}
            error={errors.warn_minutes}
            onChange={(warn_minutes) => onChange({ ...step, warn_minutes })}
          />
        </>
      );
    case "command":
      return (
        <>
          <TextInput
            label={words.command}
            description={words.commandHint}
            classNames={{ input: "mono" }}
            maxLength={400}
            spellCheck={false}
            autoComplete="off"
            value={step.command}
            error={errors.command}
            onChange={(event) => onChange({ ...step, command: event.currentTarget.value })}
          />
          <TextInput
            label={words.expect}
            description={words.expectHint}
            maxLength={400}
            value={step.expect ?? ""}
            error={errors.expect}
            onChange={(event) => onChange({ ...step, expect: event.currentTarget.value || null })}
          />
        </>
      );
    case "backup":
      return (
        <TextInput
          label={words.note}
          maxLength={400}
          value={step.note ?? ""}
          error={errors.note}
          onChange={(event) => onChange({ ...step, note: event.currentTarget.value || null })}
        />
      );
    case "notify":
      return (
        <TextInput
          label={words.message}
          description={words.messageHint}
          maxLength={400}
          value={step.text}
          error={errors.text}
          onChange={(event) => onChange({ ...step, text: event.currentTarget.value })}
        />
      );
    case "wait":
      return <WaitFields step={step} errors={errors} onChange={onChange} />;
    default:
      return null;
  }
}

interface WaitFieldsProps {
  step: Extract<Step, { do: "wait" }>;
  errors: Readonly<Record<string, string>>;
  onChange: (step: Step) => void;
}

function WaitFields({ step, errors, onChange }: WaitFieldsProps) {
  const [written, setWritten] = useState<WrittenInterval>(() => writeInterval(step.seconds));
  return (
    <>
      <IntervalInput
        label={words.waitFor}
        value={written}
        error={errors.seconds}
        onChange={(next) => {
          setWritten(next);
          onChange({ ...step, seconds: readInterval(next) ?? Number.NaN });
        }}
      />
      <Switch
        label={words.untilEmpty}
        checked={step.until_empty}
        onChange={(event) => onChange({ ...step, until_empty: event.currentTarget.checked })}
      />
    </>
  );
}

interface MinutesFieldProps {
  minutes: readonly number[];
  error: string | undefined;
  onChange: (minutes: number[]) => void;
}

/** "30, 10, 5, 1". */
export function MinutesField({ minutes, error, onChange }: MinutesFieldProps) {
  const [text, setText] = useState(() => minutes.join(", "));
  return (
    <TextInput
      className={classes.minutes}
      label={words.warn}
      description={words.warnHint}
      inputMode="text"
      autoComplete="off"
      value={text}
      error={error}
      onChange={(event) => {
        setText(event.currentTarget.value);
        onChange(readMinutes(event.currentTarget.value));
      }}
    />
  );
}
