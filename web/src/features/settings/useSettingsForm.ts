import { useState } from "react";
import { fieldErrors } from "../../components/ui/FormError";
import { useChangeSettings } from "./api/changes";
import { type Draft, type Drafts, draftOf, type Field, inWords, readValue, type Value } from "./draft";

/** A change that was saved, or would be. */
export interface Change {
  field: Field;
  before: string;
  now: string;
}

/** What someone has changed and not saved yet. It stays whatever the manager does, until it is saved or discarded. */
export function useSettingsForm(fields: readonly Field[]) {
  const [drafts, setDrafts] = useState<Drafts>({});
  const [saved, setSaved] = useState<readonly Change[]>([]);
  const change = useChangeSettings();
  const refused = fieldErrors(change.error);

  const changed = fields.filter((field) => {
    const draft = drafts[field.name];
    return draft !== undefined && readValue(field, draft) !== field.value;
  });
  const unreadable = changed.filter((field) => readDraft(drafts, field) === null);
  const changes: Change[] = changed.map((field) => {
    const value = readDraft(drafts, field);
    return {
      field,
      before: inWords(field, field.value),
      now: value === null ? (drafts[field.name]?.text ?? "") : inWords(field, value),
    };
  });

  const edit = (field: Field, draft: Draft) => {
    change.reset();
    setSaved([]);
    setDrafts((known) => ({ ...known, [field.name]: { ...draft, before: known[field.name]?.before ?? field.value } }));
  };
  const discard = () => {
    change.reset();
    setDrafts({});
  };
  const save = () => {
    if (changed.length === 0 || unreadable.length > 0) return;
    const values: Record<string, Value> = {};
    for (const field of changed) values[field.name] = readDraft(drafts, field) ?? field.value;
    change.mutate(values, {
      onSuccess: () => {
        setSaved(changes);
        setDrafts({});
      },
    });
  };

  return {
    draft: (field: Field) => drafts[field.name] ?? draftOf(field, field.value),
    edit,
    toDefault: (field: Field) => edit(field, draftOf(field, field.default)),
    /** Someone else has changed it since this user began to. */
    isOvertaken: (field: Field) =>
      changed.includes(field) && drafts[field.name] !== undefined && drafts[field.name]?.before !== field.value,
    errorOf: (field: Field) => refused[field.name],
    changes,
    unreadable,
    refusedCount: Object.keys(refused).length,
    error: change.error,
    isSaving: change.isPending,
    saved,
    forgetSaved: () => setSaved([]),
    save,
    discard,
  };
}

export type SettingsForm = ReturnType<typeof useSettingsForm>;

function readDraft(drafts: Drafts, field: Field): Value | null {
  const draft = drafts[field.name];
  return draft === undefined ? field.value : readValue(field, draft);
}
