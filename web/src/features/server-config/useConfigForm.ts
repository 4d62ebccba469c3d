import { useState } from "react";
import { ApiError, type Schema } from "../../api/client";
import { useSaveConfig } from "../../api/serverConfig";
import { fieldErrors } from "../../components/ui/FormError";
import {
  comingOf,
  type Draft,
  draftOf,
  type Field,
  inWords,
  isDefault,
  isFixed,
  isSame,
  keyOf,
  type Pending,
  readDraft,
  type View,
} from "./draft";

interface Typed {
  draft: Draft;
  /** What it was when somebody began to change it, or looked at what it has become. */
  before: unknown;
}

/** A change that would be saved. */
export interface Change {
  field: Field;
  before: string;
  after: string;
}

/** What somebody has changed and not saved yet. It stays whatever happens to the file, until it is saved or discarded. */
export function useConfigForm(serverId: string, view: View) {
  const [drafts, setDrafts] = useState<Readonly<Record<string, Typed>>>({});
  const [outcomes, setOutcomes] = useState<readonly Schema["ChangeOutcome"][]>([]);
  const [sent, setSent] = useState<readonly string[]>([]);
  const [overwrites, setOverwrites] = useState(false);
  const save = useSaveConfig(serverId, view.file);
  const waiting = new Map(view.pending.map((pending) => [keyOf(pending.path), pending]));

  const waitingFor = (field: Field): Pending | undefined => waiting.get(keyOf(field.path));
  const nowOf = (field: Field) => comingOf(field, waitingFor(field));
  const typedIn = (field: Field) => drafts[keyOf(field.path)];
  /** Null is a draft, too: a secret that is cleared. */
  const draftFor = (field: Field): Draft => {
    const typed = typedIn(field);
    return typed === undefined ? draftOf(field, nowOf(field)) : typed.draft;
  };
  const secretDraft = (field: Field): Draft | undefined => typedIn(field)?.draft;
  const isChanged = (field: Field) => {
    const typed = typedIn(field);
    if (typed === undefined || isFixed(field, view)) return false;
    if (field.type === "secret") return typed.draft !== null || field.is_set;
    return typed.draft !== draftOf(field, nowOf(field));
  };
  const isOvertaken = (field: Field) => {
    const typed = typedIn(field);
    return isChanged(field) && typed !== undefined && field.type !== "secret" && !isSame(typed.before, nowOf(field));
  };

  const changed = view.fields.filter(isChanged);
  const reading = (field: Field) => readDraft(field, draftFor(field));
  const unreadable = changed.filter((field) => reading(field).problem !== undefined);
  const overtaken = changed.filter(isOvertaken);
  const refused = refusedFields(save.error, sent);
  const changes: Change[] = changed.map((field) => {
    const read = reading(field);
    return {
      field,
      before: field.type === "secret" ? inWords(field, field.is_set || null) : inWords(field, nowOf(field)),
      after: read.problem === undefined ? inWords(field, read.value) : String(typedIn(field)?.draft),
    };
  });

  const edit = (field: Field, draft: Draft) => {
    if (save.isError) save.reset();
    setOutcomes([]);
    const key = keyOf(field.path);
    setDrafts((all) => ({ ...all, [key]: { draft, before: all[key] ? all[key].before : nowOf(field) } }));
  };
  const forget = (field: Field) => {
    if (save.isError) save.reset();
    setDrafts(({ [keyOf(field.path)]: _, ...rest }) => rest);
  };
  const keepMine = (field: Field) => {
    const typed = typedIn(field);
    if (typed === undefined) return;
    if (save.isError) save.reset();
    setOverwrites(true);
    setDrafts((all) => ({ ...all, [keyOf(field.path)]: { ...typed, before: nowOf(field) } }));
  };
  const discard = () => {
    save.reset();
    setDrafts({});
    setOverwrites(false);
  };
  const submit = () => {
    if (changed.length === 0 || unreadable.length > 0 || overtaken.length > 0 || save.isPending) return;
    setSent(changed.map((field) => keyOf(field.path)));
    save.mutate(
      {
        etag: view.etag,
        changes: changed.map((field) => ({ path: field.path, value: reading(field).value ?? null })),
        overwrite: overwrites,
      },
      {
        onSuccess: ({ outcomes: became }) => {
          setOutcomes(became);
          setDrafts({});
          setOverwrites(false);
        },
      },
    );
  };

  const isConflict = save.error instanceof ApiError && save.error.code === "changed_meanwhile";
  return {
    waitingFor,
    nowOf,
    draftFor,
    secretDraft,
    isChanged,
    isOvertaken,
    isDefault: (field: Field) => isDefault(field, draftFor(field)),
    edit,
    forget,
    keepMine,
    toDefault: (field: Field) => edit(field, field.type === "secret" ? null : draftOf(field, field.default)),
    errorOf: (field: Field): string | undefined =>
      (isChanged(field) ? reading(field).problem : undefined) ?? refused[keyOf(field.path)],
    changes,
    wrongCount: unreadable.length + Object.keys(refused).length,
    isUnreadable: unreadable.length > 0,
    overtakenCount: overtaken.length,
    /** What stands at single fields is not said twice. */
    error: (isConflict && overtaken.length > 0) || Object.keys(refused).length > 0 ? null : save.error,
    isSaving: save.isPending,
    outcomes,
    forgetOutcomes: () => setOutcomes([]),
    submit,
    discard,
  };
}

export type ConfigForm = ReturnType<typeof useConfigForm>;

/** The manager names a value by its place among the changes, or by its path. */
function refusedFields(error: unknown, sent: readonly string[]): Readonly<Record<string, string>> {
  const told = fieldErrors(error);
  const found: Record<string, string> = {};
  sent.forEach((key, index) => {
    const dotted = (JSON.parse(key) as string[]).join(".");
    const message =
      told[`changes.${index}.value`] ?? told[`changes.${index}`] ?? told[`changes.${index}.path`] ?? told[dotted];
    if (message) found[key] = message;
  });
  return found;
}
