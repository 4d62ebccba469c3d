import { Checkbox, NativeSelect, TextInput } from "@mantine/core";
import { IntervalInput } from "../../components/ui/IntervalInput";
import { ZoneInput } from "../../components/ui/ZoneInput";
import { eventWords, weekdays, editor as words } from "../../text/schedules";
import { TRIGGER_KINDS, type TriggerDraft, type TriggerKind } from "./draft";
import classes from "./Editor.module.css";
import { NumberField } from "./NumberField";

interface TriggerFieldsProps {
  draft: TriggerDraft;
  errors: Readonly<Record<string, string>>;
  onChange: (draft: TriggerDraft) => void;
}

/** From Monday on; the numbers are those of cron. */
const WEEK = [1, 2, 3, 4, 5, 6, 0];
const EVENTS = Object.keys(eventWords) as TriggerDraft["event"][];

/** When it runs. */
export function TriggerFields({ draft, errors, onChange }: TriggerFieldsProps) {
  const edit = (changes: Partial<TriggerDraft>) => onChange({ ...draft, ...changes });
  const isTimed = draft.kind === "daily" || draft.kind === "weekly";
  return (
    <div className={classes.fields}>
      <div className={classes.together}>
        <NativeSelect
          className={classes.medium}
          label={words.kind}
          value={draft.kind}
          data={TRIGGER_KINDS.map((kind) => ({ value: kind, label: words.kinds[kind] }))}
          onChange={(event) => edit({ kind: event.currentTarget.value as TriggerKind })}
        />
        {isTimed && (
          <TextInput
            className={classes.short}
            type="time"
            label={words.time}
            value={draft.time}
            error={errors["trigger.cron"]}
            onChange={(event) => edit({ time: event.currentTarget.value })}
          />
        )}
      </div>
      {draft.kind === "weekly" && (
        <Checkbox.Group
          label={words.days}
          value={draft.days.map(String)}
          error={errors["trigger.days"]}
          onChange={(days) => edit({ days: days.map(Number) })}
        >
          <div className={classes.days}>
            {WEEK.map((day) => (
              <Checkbox key={day} value={String(day)} label={weekdays[day]} />
            ))}
          </div>
        </Checkbox.Group>
      )}
      {draft.kind === "cron" && (
        <TextInput
          className={classes.medium}
          label={words.cron}
          description={words.cronHint}
          classNames={{ input: "mono" }}
          spellCheck={false}
          autoComplete="off"
          value={draft.cron}
          error={errors["trigger.cron"]}
          onChange={(event) => edit({ cron: event.currentTarget.value })}
        />
      )}
      {(isTimed || draft.kind === "cron") && (
        <ZoneInput
          className={classes.medium}
          value={draft.zone}
          error={errors["trigger.zone"]}
          onChange={(zone) => edit({ zone })}
        />
      )}
      {draft.kind === "interval" && (
        <IntervalInput
          label={words.intervalLabel}
          value={draft.every}
          error={errors["trigger.seconds"]}
          onChange={(every) => edit({ every })}
        />
      )}
      {draft.kind === "event" && (
        <>
          <NativeSelect
            className={classes.wide}
            label={words.event}
            value={draft.event}
            data={EVENTS.map((event) => ({ value: event, label: eventWords[event] }))}
            onChange={(event) => edit({ event: event.currentTarget.value as TriggerDraft["event"] })}
          />
          {draft.event === "empty_for" && (
            <div className={classes.sentence}>
              <span>{words.emptyMinutes}</span>
              <NumberField
                label={words.emptyMinutes}
                value={draft.emptyMinutes}
                error={errors["trigger.minutes"]}
                onChange={(emptyMinutes) => edit({ emptyMinutes })}
              />
              <span>{words.minutes}</span>
            </div>
          )}
          <div className={classes.sentence}>
            <span>{words.atMostOnce}</span>
            <NumberField
              label={words.atMostOnce}
              value={draft.waitMinutes}
              error={errors["trigger.wait_minutes"]}
              onChange={(waitMinutes) => edit({ waitMinutes })}
            />
            <span>{words.atMostOnceHint}</span>
          </div>
        </>
      )}
    </div>
  );
}
