import { NativeSelect, TextInput, UnstyledButton } from "@mantine/core";
import { IntervalInput } from "../../components/ui/IntervalInput";
import { settings as words } from "../../text/settings";
import { type Field, inWords, limitsInWords, readValue } from "./draft";
import classes from "./SettingRow.module.css";
import type { SettingsForm } from "./useSettingsForm";

/** One setting: what it means beside what it is. */
export function SettingRow({ field, form, isReadOnly }: { field: Field; form: SettingsForm; isReadOnly: boolean }) {
  const draft = form.draft(field);
  const isDefault = readValue(field, draft) === field.default;
  return (
    <div className={classes.row}>
      <div className={classes.about}>
        <h3 className={classes.title} id={`${field.name}-title`}>
          {field.title}
        </h3>
        <p className={classes.description}>{field.description}</p>
        <p className={classes.limits}>
          {limitsInWords(field)}
          {!isReadOnly && !isDefault && (
            <UnstyledButton
              className={classes.reset}
              aria-label={words.resetThis(field.title)}
              onClick={() => form.toDefault(field)}
            >
              {words.reset}
            </UnstyledButton>
          )}
        </p>
      </div>
      <div className={classes.control}>
        {isReadOnly ? (
          <p className={classes.value}>{inWords(field, field.value)}</p>
        ) : (
          <>
            <Control field={field} form={form} />
            {form.isOvertaken(field) && (
              <p className={classes.overtaken}>{words.changedMeanwhile(inWords(field, field.value))}</p>
            )}
          </>
        )}
      </div>
    </div>
  );
}

function Control({ field, form }: { field: Field; form: SettingsForm }) {
  const draft = form.draft(field);
  const error = form.errorOf(field);
  if (field.kind === "interval") {
    return (
      <IntervalInput
        label={field.title}
        hidesLabel
        value={{ count: draft.text, unit: draft.unit }}
        onChange={({ count, unit }) => form.edit(field, { ...draft, text: count, unit })}
        error={error}
        zeroMeans={field.zero_means}
      />
    );
  }
  if (field.kind === "choice") {
    return (
      <NativeSelect
        aria-label={field.title}
        className={classes.text}
        data={field.choices}
        value={draft.text}
        error={error}
        onChange={(event) => form.edit(field, { ...draft, text: event.currentTarget.value })}
      />
    );
  }
  const isUnreadable = readValue(field, draft) === null;
  const value = readValue(field, draft);
  return (
    <div className={classes.plain}>
      <TextInput
        aria-label={field.title}
        className={field.kind === "number" ? classes.number : classes.text}
        inputMode={field.kind === "number" ? "numeric" : undefined}
        autoComplete="off"
        spellCheck={false}
        value={draft.text}
        error={error ?? (isUnreadable ? words.notANumber : undefined)}
        onChange={(event) => form.edit(field, { ...draft, text: event.currentTarget.value })}
      />
      {field.kind === "number" && (
        <span className={classes.unit}>
          {value === 0 && field.zero_means ? field.zero_means : words.unit(field.unit, Number(value))}
        </span>
      )}
    </div>
  );
}
