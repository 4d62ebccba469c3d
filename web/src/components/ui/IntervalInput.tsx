import { Input, NativeSelect } from "@mantine/core";
import { useId } from "react";
import { INTERVAL_UNITS, type IntervalUnit, readInterval, type WrittenInterval } from "../../lib/duration";
import { intervals as words } from "../../text/intervals";
import classes from "./IntervalInput.module.css";

interface IntervalInputProps {
  label: string;
  /** Where a heading says the same. */
  hidesLabel?: boolean;
  value: WrittenInterval;
  onChange: (value: WrittenInterval) => void;
  /** What is wrong with it, in words of the API. */
  error?: string;
  /** What 0 does: "off". */
  zeroMeans?: string | null;
  autoFocus?: boolean;
}

/** A length of time in the unit that suits it, with the exact seconds beside. */
export function IntervalInput({ label, hidesLabel, value, onChange, error, zeroMeans, autoFocus }: IntervalInputProps) {
  const id = useId();
  const seconds = readInterval(value);
  const shownError = error ?? (seconds === null ? words.notANumber : undefined);
  return (
    <Input.Wrapper id={id} label={hidesLabel ? undefined : label} error={shownError}>
      <div className={classes.row}>
        <Input
          id={id}
          className={classes.count}
          aria-label={hidesLabel ? label : undefined}
          inputMode="decimal"
          autoComplete="off"
          value={value.count}
          error={shownError !== undefined}
          data-autofocus={autoFocus || undefined}
          onChange={(event) => onChange({ ...value, count: event.currentTarget.value })}
        />
        <NativeSelect
          className={classes.unit}
          aria-label={words.unit}
          value={value.unit}
          data={INTERVAL_UNITS.map((unit) => ({ value: unit, label: words.units[unit] }))}
          onChange={(event) => onChange({ ...value, unit: event.currentTarget.value as IntervalUnit })}
        />
        <span className={classes.seconds}>
          {seconds === 0 && zeroMeans ? zeroMeans : seconds === null ? "" : words.exactly(seconds)}
        </span>
      </div>
    </Input.Wrapper>
  );
}
