import { Panel, Section } from "../../components/ui/Page";
import type { Field } from "./draft";
import { SettingRow } from "./SettingRow";
import type { SettingsForm } from "./useSettingsForm";

interface SettingGroupProps {
  title: string;
  fields: readonly Field[];
  form: SettingsForm;
  isReadOnly: boolean;
}

export function SettingGroup({ title, fields, form, isReadOnly }: SettingGroupProps) {
  return (
    <Section title={title}>
      <Panel inset={false}>
        {fields.map((field) => (
          <SettingRow key={field.name} field={field} form={form} isReadOnly={isReadOnly} />
        ))}
      </Panel>
    </Section>
  );
}
