import { Button, Drawer } from "@mantine/core";
import { useMounted } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { type FormEvent, useState } from "react";
import type { Schema } from "../../api/client";
import { ConfirmDialog } from "../../components/ui/ConfirmDialog";
import { FormError, fieldErrors } from "../../components/ui/FormError";
import { common } from "../../text/common";
import { editor as words } from "../../text/notifications";
import { AddressFields } from "./AddressFields";
import { useAddTarget, useChangeTarget, useRemoveTarget, useTestTarget, useTestUnsaved } from "./api/targets";
import { HowFields } from "./HowFields";
import { RuleFields } from "./RuleFields";
import classes from "./TargetDrawer.module.css";
import { TestAnswer } from "./TestAnswer";
import { draftOf, hasWrongTimes, nameOf, newRule, optionsOfDraft, type TargetDraft } from "./targetDraft";

interface TargetDrawerProps {
  /** None: a new one. */
  target: Schema["Target"] | null;
  servers: readonly Schema["ServerView"][];
  opened: boolean;
  onClose: () => void;
}

/** Everything about a target; its address is only ever written. */
export function TargetDrawer({ target, servers, opened, onClose }: TargetDrawerProps) {
  // Only a drawer that was there before it opened gives the focus back.
  const isMounted = useMounted();
  return (
    <Drawer
      opened={opened && isMounted}
      onClose={onClose}
      position="right"
      size={560}
      title={target ? words.editTitle(target.name) : words.addTitle}
      closeButtonProps={{ "aria-label": common.close }}
      classNames={{ title: classes.title, body: classes.body }}
    >
      {target ? (
        <EditTarget target={target} servers={servers} onDone={onClose} />
      ) : (
        <NewTarget servers={servers} onDone={onClose} />
      )}
    </Drawer>
  );
}

interface FormProps {
  servers: readonly Schema["ServerView"][];
  onDone: () => void;
}

function NewTarget({ servers, onDone }: FormProps) {
  const [draft, setDraft] = useState(() => draftOf(null));
  const add = useAddTarget();
  const test = useTestUnsaved();
  const body = () => ({ ...optionsOfDraft(draft, true), name: nameOf(draft), address: draft.address.trim() });
  const save = () =>
    add.mutate(body(), {
      onSuccess: (made) => {
        notifications.show({ message: words.added(made.name) });
        onDone();
      },
    });
  return (
    <Fields
      draft={draft}
      onChange={setDraft}
      stored={null}
      servers={servers}
      error={add.error}
      isSaving={add.isPending}
      onSave={save}
      test={test}
      testError={fieldErrors(test.error).address}
      onTest={() => test.mutate(body())}
      submitLabel={words.add}
    />
  );
}

function EditTarget({ target, servers, onDone }: FormProps & { target: Schema["Target"] }) {
  const [draft, setDraft] = useState(() => draftOf(target));
  const change = useChangeTarget(target.id);
  const testUnsaved = useTestUnsaved();
  const testStored = useTestTarget(target.id);
  const address = draft.address.trim();
  const test = address ? testUnsaved : testStored;
  const options = () => optionsOfDraft(draft, target.enabled);
  const save = () =>
    change.mutate(
      { name: nameOf(draft), options: options(), ...(address && { address }) },
      {
        onSuccess: (saved) => {
          notifications.show({ message: words.saved(saved.name) });
          onDone();
        },
      },
    );
  return (
    <Fields
      draft={draft}
      onChange={setDraft}
      stored={target}
      servers={servers}
      error={change.error}
      isSaving={change.isPending}
      onSave={save}
      test={test}
      testError={address ? fieldErrors(testUnsaved.error).address : undefined}
      onTest={() =>
        address ? testUnsaved.mutate({ ...options(), name: nameOf(draft), address }) : testStored.mutate()
      }
      submitLabel={words.save}
      remove={<Remove target={target} onDone={onDone} />}
    />
  );
}

interface FieldsProps {
  draft: TargetDraft;
  onChange: (draft: TargetDraft) => void;
  stored: Schema["Target"] | null;
  servers: readonly Schema["ServerView"][];
  error: unknown;
  isSaving: boolean;
  onSave: () => void;
  test: { data: Schema["TestResult"] | undefined; error: unknown; isPending: boolean };
  testError: string | undefined;
  onTest: () => void;
  submitLabel: string;
  remove?: React.ReactNode;
}

function Fields({ draft, onChange, stored, servers, onSave, test, onTest, ...form }: FieldsProps) {
  const errors = fieldErrors(form.error);
  const edit = (changes: Partial<TargetDraft>) => onChange({ ...draft, ...changes });
  const lacksAddress = stored === null && draft.address.trim() === "";
  const isWrong = hasWrongTimes(draft);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isWrong && !lacksAddress) onSave();
  };
  return (
    <form className={classes.form} onSubmit={submit} noValidate>
      <AddressFields
        draft={draft}
        onEdit={edit}
        stored={stored}
        errors={{ ...errors, address: errors.address ?? form.testError }}
      />
      <fieldset className={classes.group}>
        <legend>{words.what}</legend>
        <p className={classes.hint}>{words.whatHint}</p>
        {draft.rules.map((rule, index) => (
          <RuleFields
            key={rule.key}
            rule={rule}
            number={index + 1}
            servers={servers}
            onChange={(next) => edit({ rules: draft.rules.map((one) => (one.key === rule.key ? next : one)) })}
            onRemove={
              draft.rules.length > 1
                ? () => edit({ rules: draft.rules.filter((one) => one.key !== rule.key) })
                : undefined
            }
          />
        ))}
        <Button
          variant="default"
          className={classes.start}
          onClick={() => edit({ rules: [...draft.rules, newRule()] })}
        >
          {words.addRule}
        </Button>
      </fieldset>
      <HowFields draft={draft} onEdit={edit} errors={errors} hasWrongTimes={isWrong} />
      <div className={classes.foot}>
        <TestAnswer test={test} />
        <FormError error={form.error} />
        <div className={classes.buttons}>
          {form.remove}
          <Button
            variant="default"
            loading={test.isPending}
            disabled={lacksAddress || isWrong}
            onClick={onTest}
            title={stored && draft.address.trim() === "" ? words.testStoredHint : undefined}
          >
            {words.sendTest}
          </Button>
          <Button type="submit" loading={form.isSaving} disabled={lacksAddress || isWrong}>
            {form.submitLabel}
          </Button>
        </div>
      </div>
    </form>
  );
}

function Remove({ target, onDone }: { target: Schema["Target"]; onDone: () => void }) {
  const [isAsking, setAsking] = useState(false);
  const remove = useRemoveTarget(target.id);
  return (
    <>
      <Button variant="subtle" color="red" className={classes.remove} onClick={() => setAsking(true)}>
        {words.remove}
      </Button>
      <ConfirmDialog
        opened={isAsking}
        onClose={() => setAsking(false)}
        title={words.removeTitle(target.name)}
        confirmLabel={words.removeConfirm}
        onConfirm={async () => {
          await remove.mutateAsync();
          notifications.show({ message: words.removed(target.name) });
          onDone();
        }}
      >
        <p className={classes.text}>{words.removeText}</p>
      </ConfirmDialog>
    </>
  );
}
