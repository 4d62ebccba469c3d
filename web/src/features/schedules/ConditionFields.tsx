import { Checkbox, Input, NativeSelect } from "@mantine/core";
import type { ReactNode } from "react";
import { editor as words } from "../../text/schedules";
import type { Conditions } from "./draft";
import classes from "./Editor.module.css";
import { NumberField } from "./NumberField";

interface ConditionFieldsProps {
  conditions: Conditions;
  errors: Readonly<Record<string, string>>;
  onChange: (conditions: Conditions) => void;
}

const NIGHT = { begin: "22:00", end: "06:00" };

/** Whether it runs, when it is due. */
export function ConditionFields({ conditions, errors, onChange }: ConditionFieldsProps) {
  const edit = (changes: Partial<Conditions>) => onChange({ ...conditions, ...changes });
  const { quiet_hours: quiet } = conditions;
  const defers = conditions.defer_minutes !== 0;
  const since = conditions.players_since_backup ? "players" : conditions.ran_since_backup ? "ran" : null;
  const setSince = (what: "players" | "ran" | null) =>
    edit({ players_since_backup: what === "players", ran_since_backup: what === "ran" });
  return (
    <div className={classes.fields}>
      <p className={classes.hint}>{words.whetherHint}</p>
      <div className={classes.sentence}>
        <span>{words.server}</span>
        <NativeSelect
          aria-label={words.server}
          value={conditions.server}
          error={errors["conditions.server"]}
          data={Object.entries(words.servers).map(([value, label]) => ({ value, label }))}
          onChange={(event) => edit({ server: event.currentTarget.value as Conditions["server"] })}
        />
      </div>
      <Checkbox
        label={words.onlyEmpty}
        checked={conditions.only_empty}
        onChange={(event) => edit({ only_empty: event.currentTarget.checked })}
      />
      <Condition
        label={words.defer}
        offLabel={words.deferOff}
        isOn={defers}
        onChange={(isOn) => edit({ defer_minutes: isOn ? 30 : 0 })}
        error={errors["conditions.defer_minutes"]}
      >
        <NumberField
          label={words.deferFor}
          value={defers ? conditions.defer_minutes : 30}
          error={undefined}
          onChange={(minutes) => edit({ defer_minutes: minutes === 0 ? Number.NaN : minutes })}
        />
        <span>{words.deferThen}</span>
        <NativeSelect
          aria-label={words.deferThenLabel}
          value={conditions.defer_then}
          data={Object.entries(words.deferThens).map(([value, label]) => ({ value, label }))}
          onChange={(event) => edit({ defer_then: event.currentTarget.value as Conditions["defer_then"] })}
        />
      </Condition>
      <Condition
        label={words.quiet}
        offLabel={words.quietOff}
        isOn={Boolean(quiet)}
        onChange={(isOn) => edit({ quiet_hours: isOn ? NIGHT : null })}
        error={
          errors["conditions.quiet_hours.end"] ?? errors["conditions.quiet_hours.begin"] ?? errors["conditions.zone"]
        }
      >
        <Input
          type="time"
          className={classes.short}
          aria-label={words.quietBegin}
          value={quiet?.begin ?? NIGHT.begin}
          onChange={(event) => edit({ quiet_hours: { ...(quiet ?? NIGHT), begin: event.currentTarget.value } })}
        />
        <span>{words.quietTo}</span>
        <Input
          type="time"
          className={classes.short}
          aria-label={words.quietEnd}
          value={quiet?.end ?? NIGHT.end}
          onChange={(event) => edit({ quiet_hours: { ...(quiet ?? NIGHT), end: event.currentTarget.value } })}
        />
      </Condition>
      <Condition
        label={words.backup}
        offLabel={words.backupOff}
        isOn={since !== null}
        onChange={(isOn) => setSince(isOn ? "players" : null)}
        error={undefined}
      >
        <NativeSelect
          aria-label={words.backupLabel}
          value={since ?? "players"}
          data={Object.entries(words.backups).map(([value, label]) => ({ value, label }))}
          onChange={(event) => setSince(event.currentTarget.value as "players" | "ran")}
        />
      </Condition>
    </div>
  );
}

interface ConditionProps {
  label: string;
  /** While it does not count, and nothing follows. */
  offLabel?: string;
  isOn: boolean;
  onChange: (isOn: boolean) => void;
  error: string | undefined;
  children: ReactNode;
}

/** A sentence that counts when it is ticked, with the fields that are part of it then. */
function Condition({ label, offLabel = label, isOn, onChange, error, children }: ConditionProps) {
  return (
    <div className={classes.sentence}>
      <Checkbox
        label={isOn ? label : offLabel}
        checked={isOn}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      {isOn && children}
      {error && (
        <span className={classes.error} data-wrong tabIndex={-1}>
          {error}
        </span>
      )}
    </div>
  );
}
