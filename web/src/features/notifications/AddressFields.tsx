import { NativeSelect, PasswordInput, TextInput } from "@mantine/core";
import type { Schema } from "../../api/client";
import { type Service, services, editor as words } from "../../text/notifications";
import classes from "./TargetDrawer.module.css";
import type { TargetDraft } from "./targetDraft";

interface AddressFieldsProps {
  draft: TargetDraft;
  onEdit: (changes: Partial<TargetDraft>) => void;
  stored: Schema["Target"] | null;
  errors: Readonly<Record<string, string | undefined>>;
}

/** Where messages go. */
export function AddressFields({ draft, onEdit, stored, errors }: AddressFieldsProps) {
  const service = services[draft.service];
  return (
    <>
      <NativeSelect
        label={words.service}
        value={draft.service}
        data={Object.entries(services).map(([value, { name }]) => ({ value, label: name }))}
        onChange={(event) => onEdit({ service: event.currentTarget.value as Service })}
      />
      <PasswordInput
        label={words.address}
        description={
          <>
            {stored && <span className={classes.line}>{words.addressStored(stored.where)}</span>}
            <span className={classes.line}>{service.hint}</span>
            {!stored && <span className={classes.line}>{words.addressSecret}</span>}
          </>
        }
        placeholder={service.placeholder}
        autoComplete="off"
        spellCheck={false}
        maxLength={4000}
        data-autofocus={stored ? undefined : true}
        value={draft.address}
        error={errors.address}
        onChange={(event) => onEdit({ address: event.currentTarget.value })}
      />
      <TextInput
        label={words.name}
        description={words.nameHint}
        placeholder={service.name}
        autoComplete="off"
        maxLength={64}
        value={draft.name}
        error={errors.name}
        onChange={(event) => onEdit({ name: event.currentTarget.value })}
      />
    </>
  );
}
