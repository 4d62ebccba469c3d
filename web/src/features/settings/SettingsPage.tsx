import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Schema } from "../../api/client";
import { EmptyState } from "../../components/ui/EmptyState";
import { ErrorState } from "../../components/ui/ErrorState";
import { LeaveGuard } from "../../components/ui/LeaveGuard";
import { LoadingState } from "../../components/ui/LoadingState";
import { Page } from "../../components/ui/Page";
import { useCan, useMe } from "../../session/me";
import { settings as words } from "../../text/settings";
import { settingFieldsQuery } from "./api/fields";
import { BrokenFile } from "./BrokenFile";
import { ChangeList } from "./ChangeList";
import type { Field } from "./draft";
import { SaveBar } from "./SaveBar";
import { SettingGroup } from "./SettingGroup";
import classes from "./SettingsPage.module.css";
import { useSettingsForm } from "./useSettingsForm";

export default function SettingsPage() {
  const fields = useQuery(settingFieldsQuery());
  const can = useCan();
  const { role } = useMe();
  return (
    <Page title={words.title} lead={can("admin") ? words.lead : words.readOnly(role)}>
      {fields.isPending && <SettingsSkeleton />}
      {fields.isLoadingError && <ErrorState error={fields.error} onRetry={fields.refetch} />}
      {fields.data && <Settings told={fields.data} mayChange={can("admin")} />}
    </Page>
  );
}

function Settings({ told, mayChange }: { told: Schema["SettingFields"]; mayChange: boolean }) {
  const fields = told.items;
  const form = useSettingsForm(fields);
  const [resetDone, setResetDone] = useState<string | null>(null);
  if (fields.length === 0) return <EmptyState title={words.noneTitle}>{words.noneText}</EmptyState>;
  const isBroken = told.problem !== null;
  const onReset = (message: string) => {
    form.discard();
    setResetDone(message);
  };
  return (
    <form
      className={classes.form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        form.save();
      }}
    >
      {told.problem !== null && <BrokenFile problem={told.problem} mayReset={mayChange} onReset={onReset} />}
      {!isBroken && resetDone && (
        <p className={classes.done} role="status">
          {resetDone}
        </p>
      )}
      {groupsOf(fields).map(([group, members]) => (
        <SettingGroup key={group} title={group} fields={members} form={form} isReadOnly={!mayChange || isBroken} />
      ))}
      {mayChange && !isBroken && <SaveBar form={form} />}
      <LeaveGuard isUnsaved={() => form.changes.length > 0} title={words.leaveTitle} confirmLabel={words.leave}>
        <p className={classes.text}>{words.leaveLoss}</p>
        <ChangeList changes={form.changes} />
      </LeaveGuard>
    </form>
  );
}

function groupsOf(fields: readonly Field[]): [string, Field[]][] {
  const groups = new Map<string, Field[]>();
  for (const field of fields) groups.set(field.group, [...(groups.get(field.group) ?? []), field]);
  return [...groups];
}

function SettingsSkeleton() {
  return (
    <div className={classes.skeleton}>
      <LoadingState rows={16} />
    </div>
  );
}
