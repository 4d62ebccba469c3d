import { NativeSelect } from "@mantine/core";
import { editor as words } from "../../text/schedules";
import type { Draft } from "./draft";
import classes from "./Editor.module.css";
import { NumberField } from "./NumberField";

interface OtherFieldsProps {
  draft: Draft;
  errors: Readonly<Record<string, string>>;
  onChange: (changes: Partial<Draft>) => void;
}

/** What few need: times that overlap or were missed, and how long it may take. */
export function OtherFields({ draft, errors, onChange }: OtherFieldsProps) {
  const isWrong = Boolean(errors.catch_up_limit ?? errors.timeout_seconds);
  return (
    <details className={classes.other} open={isWrong || undefined}>
      <summary>{words.more}</summary>
      <div className={classes.fields}>
        <NativeSelect
          className={classes.medium}
          label={words.overlap}
          value={draft.overlap}
          data={Object.entries(words.overlaps).map(([value, label]) => ({ value, label }))}
          onChange={(event) => onChange({ overlap: event.currentTarget.value as Draft["overlap"] })}
        />
        <NativeSelect
          className={classes.medium}
          label={words.catchUp}
          value={draft.catchUp}
          data={Object.entries(words.catchUps).map(([value, label]) => ({ value, label }))}
          onChange={(event) => onChange({ catchUp: event.currentTarget.value as Draft["catchUp"] })}
        />
        {draft.catchUp === "all" && (
          <div className={classes.sentence}>
            <span>{words.catchUpLimit}</span>
            <NumberField
              label={words.catchUpLimit}
              value={draft.catchUpLimit}
              error={errors.catch_up_limit}
              onChange={(catchUpLimit) => onChange({ catchUpLimit })}
            />
          </div>
        )}
        <div className={classes.sentence}>
          <span>{words.timeoutAll}</span>
          <NumberField
            label={words.timeoutAll}
            value={draft.timeoutHours}
            error={errors.timeout_seconds}
            onChange={(timeoutHours) => onChange({ timeoutHours })}
          />
          <span>{words.hours}</span>
        </div>
      </div>
    </details>
  );
}
