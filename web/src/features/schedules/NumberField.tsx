import { Input } from "@mantine/core";
import { useId, useState } from "react";
import classes from "./Editor.module.css";

interface NumberFieldProps {
  /** For who does not see the sentence around it. */
  label: string;
  /** NaN while nothing that is a number is written. */
  value: number;
  error: string | undefined;
  onChange: (value: number, text: string) => void;
}

/** A number inside a sentence. */
export function NumberField({ label, value, error, onChange }: NumberFieldProps) {
  const [text, setText] = useState<string | null>(null);
  const errorId = useId();
  return (
    <span className={classes.numberBox}>
      <Input
        className={classes.number}
        aria-label={label}
        aria-describedby={error ? errorId : undefined}
        inputMode="decimal"
        autoComplete="off"
        value={text ?? (Number.isNaN(value) ? "" : String(value))}
        error={error !== undefined}
        onChange={(event) => {
          setText(event.currentTarget.value);
          onChange(readNumber(event.currentTarget.value), event.currentTarget.value);
        }}
        onBlur={() => setText(null)}
      />
      {error && (
        <span id={errorId} className={classes.error}>
          {error}
        </span>
      )}
    </span>
  );
}

export function readNumber(text: string): number {
  const written = text.trim().replace(",", ".");
  return /^\d+(\.\d+)?$/.test(written) ? Number(written) : Number.NaN;
}
