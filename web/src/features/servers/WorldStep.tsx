import { NativeSelect, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import type { Schema } from "../../api/client";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { newServer as words } from "../../text/newServer";
import { worldOptionsQuery } from "./api/newServer";
import classes from "./NewServerForm.module.css";
import type { Draft } from "./newServerDraft";
import type { StepProps } from "./newServerSteps";

type Option = Schema["WorldOption"];

const MAX_NAME = 64;
const MAX_VALUE = 60;

export function WorldStep({ draft, errors, edit }: StepProps) {
  const options = useQuery(worldOptionsQuery());
  const styles = options.data?.play_styles ?? [draft.playStyle];
  const types = options.data?.world_types ?? [draft.worldType];
  return (
    <>
      <p className={classes.text}>{words.worldLead}</p>
      <div className={classes.pair}>
        <TextInput
          label={words.worldName}
          autoComplete="off"
          maxLength={MAX_NAME}
          placeholder={draft.name}
          value={draft.worldName}
          error={errors.worldName}
          onChange={(event) => edit({ worldName: event.currentTarget.value })}
        />
        <TextInput
          label={words.seed}
          autoComplete="off"
          maxLength={MAX_NAME}
          placeholder={words.randomSeed}
          value={draft.seed}
          error={errors.seed}
          onChange={(event) => edit({ seed: event.currentTarget.value })}
        />
        <NativeSelect
          label={words.playStyle}
          value={draft.playStyle}
          error={errors.playStyle}
          data={styles.map((value) => ({ value, label: words.playStyleName(value) }))}
          description={words.playStyleAbout(draft.playStyle)}
          onChange={(event) => edit({ playStyle: event.currentTarget.value })}
        />
        <NativeSelect
          label={words.worldType}
          value={draft.worldType}
          error={errors.worldType}
          data={types.map((value) => ({ value, label: words.worldTypeName(value) }))}
          onChange={(event) => edit({ worldType: event.currentTarget.value })}
        />
        <TextInput
          label={words.height}
          description={words.heightHint}
          inputMode="numeric"
          autoComplete="off"
          value={draft.height}
          error={errors.height}
          onChange={(event) => edit({ height: event.currentTarget.value })}
        />
      </div>
      {options.isPending && <LoadingState rows={4} />}
      {options.isLoadingError && <ErrorState error={options.error} onRetry={options.refetch} />}
      {options.data && <Options options={options.data.items} draft={draft} edit={edit} />}
    </>
  );
}

function Options({ options, draft, edit }: { options: readonly Option[] } & Pick<StepProps, "draft" | "edit">) {
  const groups = new Map<string, Option[]>();
  for (const option of options) groups.set(option.group, [...(groups.get(option.group) ?? []), option]);
  const set = (name: string, value: string | null) => {
    const { [name]: _before, ...others } = draft.attributes;
    edit({ attributes: value === null ? others : { ...others, [name]: value } });
  };
  return (
    <div>
      {[...groups].map(([group, members]) => (
        <Group key={group} title={group} options={members} draft={draft} onSet={set} />
      ))}
    </div>
  );
}

interface GroupProps {
  title: string;
  options: readonly Option[];
  draft: Draft;
  onSet: (name: string, value: string | null) => void;
}

function Group({ title, options, draft, onSet }: GroupProps) {
  const changed = options.filter((option) => option.name in draft.attributes).length;
  return (
    <details className={classes.group}>
      <summary>
        {title}
        {changed > 0 && <span className={classes.changed}>{words.groupChanged(changed)}</span>}
      </summary>
      <div className={classes.options}>
        {options.map((option) => (
          <OptionField
            key={option.name}
            option={option}
            value={draft.attributes[option.name] ?? null}
            onSet={(value) => onSet(option.name, value)}
          />
        ))}
      </div>
    </details>
  );
}

/** As the play style has it, unless something else is chosen: then that is sent. */
function OptionField({
  option,
  value,
  onSet,
}: {
  option: Option;
  value: string | null;
  onSet: (value: string | null) => void;
}) {
  const id = useId();
  const byItself = words.optionDefault(option.default);
  if (option.values.length === 0) {
    return (
      <TextInput
        id={id}
        label={option.title}
        autoComplete="off"
        maxLength={MAX_VALUE}
        placeholder={byItself}
        value={value ?? ""}
        onChange={(event) => onSet(event.currentTarget.value.trim() === "" ? null : event.currentTarget.value)}
      />
    );
  }
  return (
    <NativeSelect
      id={id}
      label={option.title}
      value={value ?? ""}
      data={[
        { value: "", label: byItself },
        ...option.values
          .filter((known) => known !== option.default)
          .map((known) => ({ value: known, label: words.optionValue(known) })),
      ]}
      onChange={(event) => onSet(event.currentTarget.value === "" ? null : event.currentTarget.value)}
    />
  );
}
