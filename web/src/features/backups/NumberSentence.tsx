import { TextInput } from "@mantine/core";
import { useId } from "react";
import classes from "./NumberSentence.module.css";

interface NumberSentenceProps {
  before: string;
  after: string;
  /** For who does not see the sentence. */
  label: string;
  value: string;
  error: string | undefined;
  onChange: (value: string) => void;
}

/** "One for each of the last [14] days". */
export function NumberSentence({ before, after, label, value, error, onChange }: NumberSentenceProps) {
  const errorId = useId();
  return (
    <div className={classes.sentence}>
      <span>{before}</span>
      <TextInput
        className={classes.number}
        aria-label={label}
        aria-describedby={error ? errorId : undefined}
        inputMode="decimal"
        autoComplete="off"
        value={value}
        error={error !== undefined}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      <span>{after}</span>
      {error && (
        <span id={errorId} className={classes.error}>
          {error}
        </span>
      )}
    </div>
  );
}
