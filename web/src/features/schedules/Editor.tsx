import { Button, TextInput } from "@mantine/core";
import { type FormEvent, useRef, useState } from "react";
import type { Schema } from "../../api/client";
import { FormError, fieldErrors } from "../../components/ui/FormError";
import { LeaveGuard } from "../../components/ui/LeaveGuard";
import { Panel, Section } from "../../components/ui/Page";
import { editor as words } from "../../text/schedules";
import { ConditionFields } from "./ConditionFields";
import { DryRunDialog } from "./DryRun";
import { type Body, bodyOf, type Draft, draftErrors, plainField } from "./draft";
import classes from "./Editor.module.css";
import { NextTimes } from "./NextTimes";
import { OtherFields } from "./OtherFields";
import { useReading } from "./reading";
import { StepList } from "./StepList";
import { TriggerFields } from "./TriggerFields";

interface EditorProps {
  server: Schema["ServerDetails"];
  title: string;
  start: () => Draft;
  saveLabel: string;
  /** Why it was not taken. */
  error: unknown;
  onEdited: () => void;
  /** Returns where it goes on from there. */
  onSave: (body: Body) => Promise<() => unknown>;
  onCancel: () => unknown;
}

/** A schedule as a sentence that is put together: when, whether, what. */
export function Editor({ server, title, start, saveLabel, error, onEdited, onSave, onCancel }: EditorProps) {
  const [first] = useState(start);
  const [draft, setDraft] = useState(first);
  const [wasTried, setWasTried] = useState(false);
  const [isSaving, setSaving] = useState(false);
  const [looks, setLooks] = useState<{ number: number; opened: boolean }>({ number: 0, opened: false });
  const form = useRef<HTMLFormElement>(null);
  const isLeaving = useRef(false);
  const body = bodyOf(draft);
  const reading = useReading(draft);
  const own = draftErrors(draft);
  const told = Object.fromEntries(
    Object.entries(fieldErrors(error)).map(([field, message]) => [plainField(field), message]),
  );
  const errors: Readonly<Record<string, string>> = { ...told, ...(wasTried ? own : {}) };
  const isChanged = draft !== first;
  const edit = (changes: Partial<Draft>) => {
    onEdited();
    setDraft((before) => ({ ...before, ...changes }));
  };
  const isComplete = () => {
    setWasTried(true);
    if (Object.keys(own).length === 0) return true;
    setTimeout(() => form.current?.querySelector<HTMLElement>("[data-wrong], [aria-invalid=true]")?.focus());
    return false;
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!isComplete()) return;
    setSaving(true);
    try {
      const leave = await onSave(body);
      isLeaving.current = true;
      await leave();
    } catch {
      setTimeout(() => form.current?.querySelector<HTMLElement>("[data-wrong], [aria-invalid=true]")?.focus());
    } finally {
      setSaving(false);
    }
  };
  const unmarked = wasTried ? Object.keys(own).length : 0;
  return (
    <form ref={form} className={classes.form} onSubmit={(event) => void submit(event)} noValidate>
      <div className={classes.head}>
        <h2 className={classes.title}>{title}</h2>
        <div className={classes.reads} aria-live="polite">
          <span className="visually-hidden">{words.reads}: </span>
          {reading.preview.data?.sentence ?? words.readsLater}
        </div>
      </div>
      <div className={classes.columns}>
        <div className={classes.main}>
          <Panel>
            <TextInput
              className={classes.name}
              label={words.name}
              placeholder={words.namePlaceholder}
              maxLength={80}
              value={draft.name}
              error={errors.name}
              onChange={(event) => edit({ name: event.currentTarget.value })}
            />
          </Panel>
          <Section title={words.when}>
            <Panel>
              <TriggerFields draft={draft.trigger} errors={errors} onChange={(trigger) => edit({ trigger })} />
            </Panel>
          </Section>
          <Section title={words.whether}>
            <Panel>
              <ConditionFields
                conditions={draft.conditions}
                errors={errors}
                onChange={(conditions) => edit({ conditions })}
              />
            </Panel>
          </Section>
          <Section title={words.what}>
            <Panel>
              <StepList
                name="steps"
                label={words.what}
                hint={words.whatHint}
                add={words.add}
                steps={draft.steps}
                sentenceOf={reading.sentenceOf}
                errors={errors}
                onChange={(steps) => edit({ steps })}
              />
            </Panel>
          </Section>
          <Section title={words.last}>
            <Panel>
              <StepList
                name="finally"
                label={words.last}
                hint={words.lastHint}
                add={words.addLast}
                steps={draft.last}
                sentenceOf={reading.sentenceOf}
                errors={errors}
                onChange={(last) => edit({ last })}
              />
            </Panel>
          </Section>
          <OtherFields draft={draft} errors={errors} onChange={edit} />
        </div>
        <aside className={classes.side}>
          <Section title={words.nextRuns}>
            <Panel>
              <Preview reading={reading} />
            </Panel>
          </Section>
        </aside>
      </div>
      <FormError error={error} />
      <div className={classes.buttons}>
        {unmarked > 0 && (
          <span className={classes.incomplete} role="alert">
            {words.incomplete(unmarked)}
          </span>
        )}
        <Button
          variant="default"
          onClick={() => isComplete() && setLooks((before) => ({ number: before.number + 1, opened: true }))}
        >
          {words.dryRun}
        </Button>
        <Button variant="default" onClick={() => void onCancel()}>
          {words.cancel}
        </Button>
        <Button type="submit" loading={isSaving}>
          {saveLabel}
        </Button>
      </div>
      <DryRunDialog
        key={looks.number}
        serverId={server.id}
        body={body}
        name={body.name}
        opened={looks.opened}
        onClose={() => setLooks((before) => ({ ...before, opened: false }))}
      />
      <LeaveGuard
        isUnsaved={() => isChanged && !isLeaving.current}
        inPage
        title={words.leaveTitle}
        confirmLabel={words.leave}
      >
        <p className={classes.text}>{words.leaveText}</p>
      </LeaveGuard>
    </form>
  );
}

/** When it would be due, while it is written. */
function Preview({ reading: { preview, isUnreadable } }: { reading: ReturnType<typeof useReading> }) {
  return (
    <div className={classes.preview} aria-busy={preview.isFetching || undefined}>
      {!isUnreadable && preview.data && !preview.isError ? (
        <NextTimes next={preview.data} />
      ) : (
        <p className="quiet">
          {!isUnreadable && preview.isError ? <PreviewError error={preview.error} /> : words.nextRunsWait}
        </p>
      )}
    </div>
  );
}

function PreviewError({ error }: { error: unknown }) {
  const [found] = Object.values(fieldErrors(error));
  return found ?? <FormError error={error} />;
}
