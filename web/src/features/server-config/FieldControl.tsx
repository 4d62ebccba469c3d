import { Button, NativeSelect, PasswordInput, Switch, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { StateMark } from "../../components/ui/StateMark";
import { serverConfig as words } from "../../text/serverConfig";
import type { Field } from "./draft";
import classes from "./FieldRow.module.css";
import type { ConfigForm } from "./useConfigForm";

const OTHER = "\u0000other";

interface ControlProps {
  field: Field;
  form: ConfigForm;
  /** The id of what says more about the value. */
  describedBy: string;
}

/** What a setting is changed with, by what it holds. */
export function FieldControl(props: ControlProps) {
  switch (props.field.type) {
    case "bool":
      return <BoolControl {...props} />;
    case "choice":
      return <ChoiceControl {...props} />;
    case "secret":
      return <SecretControl {...props} />;
    default:
      return <TextControl {...props} />;
  }
}

function BoolControl({ field, form, describedBy }: ControlProps) {
  const isOn = form.draftFor(field) === true;
  return (
    <Switch
      className={classes.switch}
      aria-label={field.title}
      aria-describedby={describedBy}
      label={isOn ? words.on : words.off}
      checked={isOn}
      error={form.errorOf(field)}
      onChange={(event) => form.edit(field, event.currentTarget.checked)}
    />
  );
}

function ChoiceControl({ field, form, describedBy }: ControlProps) {
  const draft = String(form.draftFor(field) ?? "");
  const choices = (field.choices ?? []).map(({ value, title }) => ({
    value: value === null ? "" : String(value),
    label: title,
  }));
  const isListed = choices.some(({ value }) => value === draft);
  const [asksOther, setAsksOther] = useState(false);
  const isOther = field.allows_others === true && (asksOther || !isListed);
  const options = [
    ...choices,
    ...(isListed || field.allows_others ? [] : [{ value: draft, label: draft || words.unset }]),
    ...(field.allows_others ? [{ value: OTHER, label: words.other }] : []),
  ];
  return (
    <>
      <NativeSelect
        className={classes.wide}
        aria-label={field.title}
        aria-describedby={describedBy}
        data={options}
        value={isOther ? OTHER : draft}
        error={isOther ? undefined : form.errorOf(field)}
        onChange={(event) => {
          const { value } = event.currentTarget;
          setAsksOther(value === OTHER);
          if (value !== OTHER) form.edit(field, value);
        }}
      />
      {isOther && (
        <TextInput
          className={classes.wide}
          aria-label={words.otherOf(field.title)}
          autoComplete="off"
          spellCheck={false}
          value={draft}
          error={form.errorOf(field)}
          onChange={(event) => form.edit(field, event.currentTarget.value)}
        />
      )}
    </>
  );
}

function SecretControl({ field, form, describedBy }: ControlProps) {
  const draft = form.secretDraft(field);
  if (draft === null) {
    return (
      <div className={classes.secret}>
        <StateMark tone="warn" label={words.clears} quiet />
        <Button variant="default" aria-label={words.keepSecretOf(field.title)} onClick={() => form.forget(field)}>
          {words.keepSecret}
        </Button>
      </div>
    );
  }
  const typed = typeof draft === "string" ? draft : "";
  return (
    <div className={classes.secret}>
      <span className="quiet">{field.is_set ? words.secretSet : words.secretUnset}</span>
      <PasswordInput
        className={classes.wide}
        aria-label={words.setSecret(field.title)}
        aria-describedby={describedBy}
        placeholder={words.setSecretPlaceholder}
        autoComplete="new-password"
        value={typed}
        error={typed === "" ? undefined : form.errorOf(field)}
        onChange={(event) => {
          const { value } = event.currentTarget;
          if (value === "") form.forget(field);
          else form.edit(field, value);
        }}
      />
      {field.is_set && typed === "" && (
        <Button variant="default" aria-label={words.clearSecretOf(field.title)} onClick={() => form.edit(field, null)}>
          {words.clearSecret}
        </Button>
      )}
    </div>
  );
}

function TextControl({ field, form, describedBy }: ControlProps) {
  const isNumber = field.type === "int" || field.type === "float";
  const shared = {
    "aria-label": field.title,
    "aria-describedby": describedBy,
    autoComplete: "off",
    value: String(form.draftFor(field) ?? ""),
    error: form.errorOf(field),
  };
  if (field.type === "long_text" || field.type === "list") {
    return (
      <Textarea
        {...shared}
        className={classes.wide}
        autosize
        minRows={2}
        maxRows={10}
        spellCheck={field.type === "long_text"}
        description={field.type === "list" ? words.onePerLine : undefined}
        onChange={(event) => form.edit(field, event.currentTarget.value)}
      />
    );
  }
  return (
    <div className={isNumber ? classes.numeric : classes.wide}>
      <TextInput
        {...shared}
        className={isNumber ? classes.number : classes.wide}
        inputMode={isNumber ? (field.type === "int" && (field.minimum ?? -1) >= 0 ? "numeric" : "text") : undefined}
        spellCheck={false}
        onChange={(event) => form.edit(field, event.currentTarget.value)}
      />
      {isNumber && field.unit && <span className={classes.unit}>{field.unit}</span>}
    </div>
  );
}
