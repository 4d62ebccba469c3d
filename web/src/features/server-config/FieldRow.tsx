import { Button } from "@mantine/core";
import { StateShape } from "../../components/ui/StateMark";
import { printable } from "../../lib/printable";
import { serverConfig as words } from "../../text/serverConfig";
import { type Field, inWords, isFixed, type Pending, type View } from "./draft";
import { FieldControl } from "./FieldControl";
import classes from "./FieldRow.module.css";
import type { ConfigForm } from "./useConfigForm";

interface FieldRowProps {
  field: Field;
  form: ConfigForm;
  view: View;
  mayChange: boolean;
  onDrop: (pending: Pending) => void;
}

/** One setting: what it means beside what it is. */
export function FieldRow({ field, form, view, mayChange, onDrop }: FieldRowProps) {
  const id = `setting-${field.path.join("-")}`;
  const isShown = !mayChange || isFixed(field, view);
  const waiting = form.waitingFor(field);
  const canReset = !isShown && !form.isDefault(field);
  return (
    <div className={classes.row} data-changed={form.isChanged(field) || undefined}>
      <div className={classes.about}>
        <h3 className={classes.title}>
          {field.title} <code className={classes.name}>{printable(field.path.at(-1) ?? "")}</code>
        </h3>
        {field.text && <p className={classes.text}>{field.text}</p>}
        {field.path.join() === "WhitelistMode" && view.whitelist && (
          <p className={classes.note}>
            <StateShape tone="warn" size={14} />
            <span>{view.whitelist}</span>
          </p>
        )}
        <p className={classes.facts} id={id}>
          <Facts field={field} view={view} />
        </p>
      </div>
      <div className={classes.control}>
        {isShown ? <Shown field={field} form={form} /> : <FieldControl field={field} form={form} describedBy={id} />}
        {canReset && field.type !== "secret" && (
          <button
            type="button"
            className="text-button"
            aria-label={words.toDefaultOf(field.title)}
            onClick={() => form.toDefault(field)}
          >
            {words.toDefault}
          </button>
        )}
        {field.problem && !form.isChanged(field) && <p className={classes.problem}>{field.problem}</p>}
        {waiting && <Waits field={field} waiting={waiting} mayChange={mayChange} onDrop={onDrop} />}
        {form.isOvertaken(field) && <Overtaken field={field} form={form} />}
      </div>
    </div>
  );
}

/** Limits, default and when a change counts, on one quiet line. */
function Facts({ field, view }: { field: Field; view: View }) {
  const limits = field.type === "int" || field.type === "float" ? words.limits(field) : null;
  const facts = [
    limits,
    field.max_length ? words.characters(field.max_length) : null,
    field.type === "secret" ? words.secretHint : words.default(inWords(field, field.default)),
    field.since ? words.since(field.since) : null,
  ].filter((fact) => fact !== null);
  return (
    <>
      <span className={classes.effect} title={words.effectHint(field)}>
        {words.effect(field, view)}
      </span>
      {facts.map((fact) => (
        <span key={fact}>{fact}</span>
      ))}
      {field.takes_effect === "live" && field.command && <code>{field.command}</code>}
    </>
  );
}

function Shown({ field, form }: { field: Field; form: ConfigForm }) {
  const value = field.type === "secret" ? field.is_set || null : form.nowOf(field);
  const said = field.is_set || field.type === "secret" ? value : field.default;
  return <p className={classes.value}>{printable(inWords(field, said))}</p>;
}

interface WaitsProps {
  field: Field;
  waiting: Pending;
  mayChange: boolean;
  onDrop: (pending: Pending) => void;
}

function Waits({ field, waiting, mayChange, onDrop }: WaitsProps) {
  const now = field.type === "secret" ? field.is_set || null : (field.value ?? field.default);
  return (
    <div className={classes.waits}>
      <StateShape tone="busy" size={14} />
      <span>{printable(words.waits(inWords(field, now)))}</span>
      {mayChange && (
        <button
          type="button"
          className="text-button"
          aria-label={words.dropOf(field.title)}
          onClick={() => onDrop(waiting)}
        >
          {words.drop}
        </button>
      )}
    </div>
  );
}

/** Theirs against mine, and a choice; what was typed stays until it is made. */
function Overtaken({ field, form }: { field: Field; form: ConfigForm }) {
  return (
    <div className={classes.overtaken} role="alert">
      <p className={classes.plain}>{printable(words.theirs(inWords(field, form.nowOf(field))))}</p>
      <div className={classes.buttons}>
        <Button
          size="xs"
          variant="default"
          aria-label={words.takeTheirsOf(field.title)}
          onClick={() => form.forget(field)}
        >
          {words.takeTheirs}
        </Button>
        <Button
          size="xs"
          variant="default"
          aria-label={words.keepMineOf(field.title)}
          onClick={() => form.keepMine(field)}
        >
          {words.keepMine}
        </Button>
      </div>
    </div>
  );
}
