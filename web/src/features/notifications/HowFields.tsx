import { Checkbox, Input, NativeSelect, Textarea } from "@mantine/core";
import { ZoneInput } from "../../components/ui/ZoneInput";
import { sample, editor as words } from "../../text/notifications";
import classes from "./TargetDrawer.module.css";
import { FIELDS, fillIn, type TargetDraft } from "./targetDraft";

interface HowFieldsProps {
  draft: TargetDraft;
  onEdit: (changes: Partial<TargetDraft>) => void;
  errors: Readonly<Record<string, string>>;
  hasWrongTimes: boolean;
}

const DIGESTS = [0, 5, 15, 30, 60, 240, 1440];
const REPEATS = [0, 60, 240, 720, 1440, 10_080];

/** When messages go out, and how they read. */
export function HowFields({ draft, onEdit, errors, hasWrongTimes }: HowFieldsProps) {
  return (
    <fieldset className={classes.group}>
      <legend>{words.how}</legend>
      <NativeSelect
        label={words.digest}
        description={words.digestHint}
        value={draft.digest}
        data={choices(DIGESTS, draft.digest, words.digests)}
        error={errors.digest_minutes}
        onChange={(event) => onEdit({ digest: Number(event.currentTarget.value) })}
      />
      <NativeSelect
        label={words.repeat}
        value={draft.repeat}
        data={choices(REPEATS, draft.repeat, words.repeats)}
        error={errors.repeat_minutes}
        onChange={(event) => onEdit({ repeat: Number(event.currentTarget.value) })}
      />
      <div className={classes.sentence}>
        <Checkbox
          label={words.quiet}
          checked={draft.hasQuiet}
          onChange={(event) => onEdit({ hasQuiet: event.currentTarget.checked })}
        />
        {draft.hasQuiet && (
          <>
            <Input
              type="time"
              className={classes.time}
              aria-label={words.quietBegin}
              value={draft.begin}
              onChange={(event) => onEdit({ begin: event.currentTarget.value })}
            />
            <span>{words.to}</span>
            <Input
              type="time"
              className={classes.time}
              aria-label={words.quietEnd}
              value={draft.end}
              onChange={(event) => onEdit({ end: event.currentTarget.value })}
            />
            <span className="quiet">{words.quietHint}</span>
          </>
        )}
        {hasWrongTimes && <span className={classes.error}>{words.timesWrong}</span>}
      </div>
      {draft.hasQuiet && (
        <ZoneInput value={draft.zone} error={errors.zone ?? errors.options} onChange={(zone) => onEdit({ zone })} />
      )}
      <Checkbox
        label={words.over}
        checked={draft.toldWhenOver}
        onChange={(event) => onEdit({ toldWhenOver: event.currentTarget.checked })}
      />
      <Checkbox
        label={words.words}
        checked={draft.hasWords}
        onChange={(event) => onEdit({ hasWords: event.currentTarget.checked })}
      />
      {draft.hasWords && <Template draft={draft} onEdit={onEdit} error={errors.template} />}
    </fieldset>
  );
}

function choices(known: readonly number[], chosen: number, word: (minutes: number) => string) {
  const all = known.includes(chosen) ? known : [...known, chosen].sort((one, other) => one - other);
  return all.map((minutes) => ({ value: String(minutes), label: word(minutes) }));
}

interface TemplateProps {
  draft: TargetDraft;
  onEdit: (changes: Partial<TargetDraft>) => void;
  error: string | undefined;
}

function Template({ draft, onEdit, error }: TemplateProps) {
  return (
    <>
      <Textarea
        label={words.template}
        description={
          <>
            {words.templateHint}{" "}
            {FIELDS.map((field) => (
              <code key={field} className={classes.field}>{`{${field}}`}</code>
            ))}
          </>
        }
        autosize
        minRows={3}
        maxRows={8}
        maxLength={2000}
        error={error}
        value={draft.template}
        onChange={(event) => onEdit({ template: event.currentTarget.value })}
      />
      <figure className={classes.preview}>
        <figcaption>{words.preview}</figcaption>
        <strong>{sample.title}</strong>
        <p className={classes.message}>{fillIn(draft.template)}</p>
      </figure>
    </>
  );
}
