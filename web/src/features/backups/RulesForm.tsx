import { Button, NativeSelect, Switch, Textarea } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import type { Schema } from "../../api/client";
import { ConfirmDialog } from "../../components/ui/ConfirmDialog";
import { FormError, fieldErrors } from "../../components/ui/FormError";
import { Panel, Section } from "../../components/ui/Page";
import { rules as words } from "../../text/backupRules";
import { retentionPreviewQuery, useSaveBackupSettings } from "./api/rules";
import dialogClasses from "./dialogs.module.css";
import { NumberSentence } from "./NumberSentence";
import { PlacesChoice } from "./PlacesChoice";
import classes from "./RulesTab.module.css";
import { areSameRules, draftErrors, draftOf, LIMITS, RULES, type RulesDraft, settingsOf } from "./rulesDraft";

type Server = Schema["ServerDetails"];
type Settings = Schema["BackupSettings"];

const LEVELS = [1, 3, 9, 15, 19];

interface RulesFormProps {
  server: Server;
  settings: Settings;
  typed: RulesDraft | null;
  onType: (draft: RulesDraft | null) => void;
  /** What the rules that are written would do, beside them. */
  preview: ReactNode;
}

export function RulesForm({ server, settings, typed, onType, preview }: RulesFormProps) {
  const save = useSaveBackupSettings(server.id);
  const [asks, setAsks] = useState<Settings | null>(null);
  const [isAsking, setIsAsking] = useState(false);
  const draft = typed ?? draftOf(settings);
  const wrong = draftErrors(draft);
  const wanted = settingsOf(draft, settings);
  const outcome = useQuery({
    ...retentionPreviewQuery(server.id, wanted?.retention ?? settings.retention),
    enabled: false,
  });
  const told = fieldErrors(save.error);
  const edit = (changes: Partial<RulesDraft>) => {
    if (save.isError) save.reset();
    onType({ ...draft, ...changes });
  };
  const store = async (next: Settings) => {
    await save.mutateAsync(next);
    onType(null);
    notifications.show({ message: words.saved });
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (wanted === null) return;
    const deletes = !areSameRules(wanted.retention, settings.retention)
      ? ((await outcome.refetch()).data?.deleted ?? 0)
      : 0;
    if (deletes > 0) {
      setAsks(wanted);
      setIsAsking(true);
      return;
    }
    await store(wanted).catch(() => undefined);
  };
  return (
    <form className={classes.form} onSubmit={(event) => void submit(event)} noValidate>
      <Section title={words.keep}>
        <Panel>
          <div className={classes.fields}>
            <p className={classes.text}>{words.keepText}</p>
            {[...RULES, ...LIMITS].map((name) => (
              <NumberSentence
                key={name}
                {...words.sentences[name]}
                value={draft[name]}
                error={wrong[name]}
                onChange={(value) => edit({ [name]: value })}
              />
            ))}
          </div>
        </Panel>
      </Section>
      {preview}
      <Section title={words.packed}>
        <Panel>
          <div className={classes.fields}>
            <p className={classes.text}>{words.packedText}</p>
            <Textarea
              label={words.modData}
              description={words.modDataHint}
              rows={3}
              spellCheck={false}
              classNames={{ input: "mono" }}
              value={draft.modData}
              error={Object.entries(told).find(([field]) => field.startsWith("mod_data"))?.[1]}
              onChange={(event) => edit({ modData: event.currentTarget.value })}
            />
            <Switch
              label={words.withModFiles}
              description={words.withModFilesHint}
              checked={draft.withModFiles}
              onChange={(event) => edit({ withModFiles: event.currentTarget.checked })}
            />
            <NativeSelect
              className={classes.level}
              label={words.level}
              value={String(draft.level)}
              data={[...new Set([...LEVELS, settings.compression_level])]
                .sort((one, other) => one - other)
                .map((level) => ({ value: String(level), label: words.levels(level) }))}
              onChange={(event) => edit({ level: Number(event.currentTarget.value) })}
            />
          </div>
        </Panel>
      </Section>
      <Section title={words.practice}>
        <Panel>
          <NumberSentence
            before={words.drillBefore}
            after={words.drillAfter}
            label={words.drillLabel}
            value={draft.drill_days}
            error={wrong.drill_days}
            onChange={(drill_days) => edit({ drill_days })}
          />
        </Panel>
      </Section>
      <Section title={words.elsewhere}>
        <Panel>
          <PlacesChoice
            draft={draft}
            error={Object.entries(told).find(([field]) => field.startsWith("targets"))?.[1]}
            onChange={edit}
          />
        </Panel>
      </Section>
      <FormError error={save.error} />
      <div className={classes.buttons} data-waiting={typed !== null || undefined}>
        {typed !== null && (
          <Button variant="default" onClick={() => onType(null)}>
            {words.discard}
          </Button>
        )}
        <Button type="submit" loading={save.isPending || outcome.isFetching} disabled={wanted === null}>
          {words.save}
        </Button>
      </div>
      <ConfirmDialog
        opened={isAsking}
        onClose={() => setIsAsking(false)}
        title={words.saveTitle}
        confirmLabel={words.saveConfirm}
        onConfirm={async () => {
          if (asks) await store(asks);
        }}
      >
        {outcome.data && (
          <p className={dialogClasses.text}>
            {words.wouldGo(outcome.data.deleted, outcome.data.kept, outcome.data.freed_bytes)} {words.otherwise}
          </p>
        )}
      </ConfirmDialog>
    </form>
  );
}
