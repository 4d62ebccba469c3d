import { Button, Modal, PasswordInput, Radio, Textarea, TextInput } from "@mantine/core";
import { useMounted } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { type FormEvent, useState } from "react";
import type { Schema } from "../../api/client";
import { FormError, fieldErrors } from "../../components/ui/FormError";
import { common } from "../../text/common";
import { places as words } from "../../text/places";
import { useAddPlace, useChangePlace } from "./api/offsite";
import dialogClasses from "./dialogs.module.css";
import { NumberSentence } from "./NumberSentence";
import { draftOfPlace, type PlaceDraft, type PlaceErrors, placeChange, placeErrors, placeOf } from "./placeDraft";

type Place = Schema["OffsiteTarget"];

const MAX_NAME = 64;

interface PlaceDialogProps {
  opened: boolean;
  onClose: () => void;
  /** Its version, where it is installed. */
  restic: string | null;
  /** The one that is changed; without it, another one is added. */
  place?: Place;
}

export function PlaceDialog({ opened, onClose, restic, place }: PlaceDialogProps) {
  const isMounted = useMounted();
  return (
    <Modal
      opened={opened && isMounted}
      onClose={onClose}
      title={place ? words.changeTitle(place.name) : words.addTitle}
      size={560}
      closeButtonProps={{ "aria-label": common.close }}
    >
      <PlaceForm onDone={onClose} restic={restic} place={place} />
    </Modal>
  );
}

interface PlaceFormProps {
  onDone: () => void;
  restic: string | null;
  place: Place | undefined;
}

function PlaceForm({ onDone, restic, place }: PlaceFormProps) {
  const [draft, setDraft] = useState(() => draftOfPlace(place));
  const [isTold, setIsTold] = useState(false);
  const add = useAddPlace();
  const change = useChangePlace(place?.id ?? "");
  const save = place ? change : add;
  const hasPassword = place?.has_password === true && draft.repository.trim() === place.where;
  const wrong = placeErrors(draft, hasPassword);
  const told = fieldErrors(save.error);
  const errors: PlaceErrors = isTold ? wrong : {};
  const edit = (changes: Partial<PlaceDraft>) => {
    save.reset();
    setDraft({ ...draft, ...changes });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setIsTold(true);
    if (Object.keys(wrong).length > 0) return;
    const onSuccess = () => {
      notifications.show({ message: place ? words.saved : words.added });
      onDone();
    };
    if (place) change.mutate(placeChange(draft, place), { onSuccess });
    else {
      const body = { name: draft.name.trim(), place: placeOf(draft), max_age_hours: Number(draft.maxAgeHours) };
      add.mutate(body, { onSuccess });
    }
  };
  return (
    <form className={dialogClasses.body} onSubmit={submit} noValidate>
      <TextInput
        label={words.name}
        description={words.nameHint}
        autoComplete="off"
        maxLength={MAX_NAME}
        data-autofocus
        value={draft.name}
        error={errors.name ?? told.name}
        onChange={(event) => edit({ name: event.currentTarget.value })}
      />
      <Radio.Group
        label={words.kind}
        value={draft.kind}
        onChange={(kind) => edit({ kind: kind === "restic" ? kind : "folder" })}
      >
        <div className={dialogClasses.choices}>
          <Radio value="folder" label={words.kindFolder} description={words.kindFolderHint} />
          <Radio
            value="restic"
            label={words.kindRestic}
            description={restic === null ? words.resticMissing : words.kindResticHint}
            disabled={restic === null && draft.kind !== "restic"}
          />
        </div>
      </Radio.Group>
      {draft.kind === "folder" ? (
        <TextInput
          label={words.path}
          description={words.pathHint}
          autoComplete="off"
          spellCheck={false}
          classNames={{ input: "mono" }}
          value={draft.path}
          error={errors.path ?? told["place.folder.path"] ?? told["place.path"]}
          onChange={(event) => edit({ path: event.currentTarget.value })}
        />
      ) : (
        <ResticFields draft={draft} errors={errors} place={place} hasPassword={hasPassword} onChange={edit} />
      )}
      <NumberSentence
        before={words.ageBefore}
        after={words.ageAfter}
        label={words.ageLabel}
        value={draft.maxAgeHours}
        error={errors.maxAgeHours}
        onChange={(maxAgeHours) => edit({ maxAgeHours })}
      />
      <p className={dialogClasses.quiet}>{words.trying}</p>
      <FormError error={save.error} />
      <div className={dialogClasses.buttons}>
        <Button variant="default" onClick={onDone}>
          {common.cancel}
        </Button>
        <Button type="submit" loading={save.isPending}>
          {place ? common.save : words.add}
        </Button>
      </div>
    </form>
  );
}

interface ResticFieldsProps {
  draft: PlaceDraft;
  errors: PlaceErrors;
  place: Place | undefined;
  hasPassword: boolean;
  onChange: (changes: Partial<PlaceDraft>) => void;
}

function ResticFields({ draft, errors, place, hasPassword, onChange }: ResticFieldsProps) {
  return (
    <>
      <TextInput
        label={words.repository}
        description={words.repositoryHint}
        autoComplete="off"
        spellCheck={false}
        classNames={{ input: "mono" }}
        value={draft.repository}
        error={errors.repository}
        onChange={(event) => onChange({ repository: event.currentTarget.value })}
      />
      <PasswordInput
        label={words.password}
        description={hasPassword ? words.passwordKept : words.passwordHint}
        autoComplete="new-password"
        value={draft.password}
        error={errors.password}
        onChange={(event) => onChange({ password: event.currentTarget.value })}
      />
      <Textarea
        label={words.environment}
        description={`${words.environmentHint} ${place?.kind === "restic" ? words.environmentKept(place.environment) : ""}`}
        rows={3}
        autoComplete="off"
        spellCheck={false}
        classNames={{ input: "mono" }}
        value={draft.environment}
        error={errors.environment}
        onChange={(event) => onChange({ environment: event.currentTarget.value })}
      />
    </>
  );
}
