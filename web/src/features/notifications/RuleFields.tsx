import { CloseButton, MultiSelect, NativeSelect } from "@mantine/core";
import type { Schema } from "../../api/client";
import { kindGroups, kindWords, editor as words } from "../../text/notifications";
import classes from "./TargetDrawer.module.css";
import type { RuleDraft } from "./targetDraft";

interface RuleFieldsProps {
  rule: RuleDraft;
  number: number;
  servers: readonly Schema["ServerView"][];
  onChange: (rule: RuleDraft) => void;
  /** Not where it is the only one. */
  onRemove: (() => void) | undefined;
}

const KINDS = kindGroups.map(({ group, kinds }) => ({
  group,
  items: kinds.map((kind) => ({ value: kind, label: kindWords[kind] })),
}));

/** What is sent, of which servers, and from which severity on. */
export function RuleFields({ rule, number, servers, onChange, onRemove }: RuleFieldsProps) {
  const setKinds = (kinds: RuleDraft["kinds"]) => {
    // What is named is wanted, however light it is; what is not named only from warnings on.
    const severity = kinds.length > 0 === rule.kinds.length > 0 ? rule.severity : kinds.length > 0 ? "info" : "warning";
    onChange({ ...rule, kinds, severity });
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: the whole form has its fieldsets
    <div className={classes.rule} role="group" aria-label={words.rule(number)}>
      <MultiSelect
        label={words.kinds}
        placeholder={rule.kinds.length > 0 ? words.kindsMore : words.kindsAll}
        data={KINDS}
        value={rule.kinds}
        onChange={(kinds) => setKinds(kinds as RuleDraft["kinds"])}
        searchable
        hidePickedOptions
        className={classes.wide}
      />
      {servers.length > 0 && (
        <MultiSelect
          label={words.servers}
          placeholder={rule.servers.length > 0 ? words.serversMore : words.serversAll}
          data={[
            ...servers.map(({ id, name }) => ({ value: id, label: name })),
            ...rule.servers
              .filter((id) => !servers.some((server) => server.id === id))
              .map((id) => ({ value: id, label: id })),
          ]}
          value={rule.servers}
          onChange={(chosen) => onChange({ ...rule, servers: chosen })}
          searchable
          hidePickedOptions
          className={classes.wide}
        />
      )}
      <NativeSelect
        label={words.severity}
        value={rule.severity}
        data={Object.entries(words.severities).map(([value, label]) => ({ value, label }))}
        onChange={(event) => onChange({ ...rule, severity: event.currentTarget.value as RuleDraft["severity"] })}
        className={classes.wide}
      />
      {onRemove && (
        <CloseButton className={classes.removeRule} aria-label={words.removeRule(number)} onClick={onRemove} />
      )}
    </div>
  );
}
