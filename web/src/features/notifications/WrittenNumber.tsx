import { Input } from "@mantine/core";
import { useId } from "react";
import classes from "./Settings.module.css";

interface WrittenNumberProps {
  /** For who does not see the sentence around it. */
  label: string;
  value: string;
  error: string | undefined;
  onChange: (text: string) => void;
}

/** A number inside a sentence, as it is being written. */
export function WrittenNumber({ label, value, error, onChange }: WrittenNumberProps) {
  const errorId = useId();
  return (
    <>
      <Input
        className={classes.number}
        aria-label={label}
        aria-describedby={error ? errorId : undefined}
        inputMode="decimal"
        autoComplete="off"
        value={value}
        error={error !== undefined}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      {error && (
        <span id={errorId} className={classes.error}>
          {error}
        </span>
      )}
    </>
  );
}
