import { Button, Switch, Textarea, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { type FormEvent, type ReactNode, useState } from "react";
import type { Schema } from "../../api/client";
import { FormError, fieldErrors } from "../../components/ui/FormError";
import { Panel } from "../../components/ui/Page";
import { Time } from "../../components/ui/Time";
import { useCan } from "../../session/me";
import { serverSettings as words } from "../../text/serverPage";
import { useChangeServer } from "./api/changes";
import { DeleteServer } from "./DeleteServer";
import { ExportDefinition } from "./ExportDefinition";
import { PortField } from "./PortField";
import classes from "./SettingsTab.module.css";
import { changeOf, draftOf, type SettingsDraft, settingsErrors } from "./settingsDraft";

type Server = Schema["ServerDetails"];

const MAX_NAME = 64;

export default function SettingsTab({ server }: { server: Server }) {
  return (
    <div className={classes.parts}>
      <SettingsForm server={server} />
      <dl className={classes.facts}>
        {server.data_path && (
          <Fact name={words.folder}>
            <span className="mono">{server.data_path}</span>
          </Fact>
        )}
        <Fact name={words.created}>
          <Time value={server.created_at} /> {words.createdBy(server.created_by)}
        </Fact>
      </dl>
      <ExportDefinition server={server} />
      <DeleteServer server={server} />
    </div>
  );
}

function SettingsForm({ server }: { server: Server }) {
  const isAdminOfAll = useCan(null)("admin");
  // Null until something is typed, so that what someone else changes shows.
  const [typed, setTyped] = useState<SettingsDraft | null>(null);
  const change = useChangeServer(server.id);
  const draft = typed ?? draftOf(server);
  const isStopped = server.state !== "running" && server.state !== "starting" && server.state !== "stopping";
  const told = fieldErrors(change.error);
  const wrong = settingsErrors(draft);
  const wanted = changeOf(server, draft);
  const edit = (changes: Partial<SettingsDraft>) => {
    if (change.isError) change.reset();
    setTyped({ ...draft, ...changes });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (wanted === null || Object.keys(wrong).length > 0) return;
    change.mutate(wanted, {
      onSuccess: () => {
        setTyped(null);
        notifications.show({ message: words.saved });
      },
    });
  };
  return (
    <form onSubmit={submit} noValidate>
      <Panel>
        <div className={classes.fields}>
          <TextInput
            label={words.name}
            description={words.nameHint}
            autoComplete="off"
            maxLength={MAX_NAME}
            value={draft.name}
            error={wrong.name ?? told.name}
            onChange={(event) => edit({ name: event.currentTarget.value })}
          />
          <PortField
            value={draft.port}
            onChange={(port) => edit({ port })}
            error={told.port}
            serverId={server.id}
            disabled={!isStopped}
            hint={isStopped ? undefined : words.portFixed}
          />
          <Switch
            className={classes.switch}
            label={words.restart}
            description={words.restartHint}
            checked={draft.restarts}
            onChange={(event) => edit({ restarts: event.currentTarget.checked })}
          />
          <Seconds
            label={words.stopTimeout}
            description={words.stopTimeoutHint}
            value={draft.stopSeconds}
            error={wrong.stopSeconds ?? told["settings.stop_timeout_seconds"]}
            onChange={(stopSeconds) => edit({ stopSeconds })}
          />
          <Seconds
            label={words.termTimeout}
            description={words.termTimeoutHint}
            value={draft.termSeconds}
            error={wrong.termSeconds ?? told["settings.term_timeout_seconds"]}
            onChange={(termSeconds) => edit({ termSeconds })}
          />
          <Textarea
            label={words.arguments}
            description={isAdminOfAll ? words.argumentsHint : words.argumentsOfAdmins}
            disabled={!isAdminOfAll}
            rows={3}
            spellCheck={false}
            classNames={{ input: "mono" }}
            value={draft.arguments}
            error={argumentError(told)}
            onChange={(event) => edit({ arguments: event.currentTarget.value })}
          />
          <FormError error={change.error} />
          <div className={classes.buttons}>
            {wanted && (
              <Button variant="default" onClick={() => setTyped(null)}>
                {words.discard}
              </Button>
            )}
            <Button type="submit" loading={change.isPending} disabled={wanted === null}>
              {words.save}
            </Button>
          </div>
        </div>
      </Panel>
    </form>
  );
}

function argumentError(told: Readonly<Record<string, string>>): string | undefined {
  return Object.entries(told).find(([field]) => field.startsWith("settings.extra_arguments"))?.[1];
}

interface SecondsProps {
  label: string;
  description: string;
  value: string;
  error: string | undefined;
  onChange: (value: string) => void;
}

function Seconds({ label, description, value, error, onChange }: SecondsProps) {
  return (
    <TextInput
      label={label}
      description={description}
      className={classes.seconds}
      inputMode="numeric"
      autoComplete="off"
      placeholder={words.default}
      rightSection={value.trim() && <span className="quiet">{words.seconds}</span>}
      rightSectionWidth={72}
      value={value}
      error={error}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
