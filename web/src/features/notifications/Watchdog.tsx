import { Button, PasswordInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { type FormEvent, useState } from "react";
import type { Schema } from "../../api/client";
import { ConfirmDialog } from "../../components/ui/ConfirmDialog";
import { FormError, fieldErrors } from "../../components/ui/FormError";
import { Panel, Section } from "../../components/ui/Page";
import { StateShape } from "../../components/ui/StateMark";
import { Time } from "../../components/ui/Time";
import { printable } from "../../lib/printable";
import { alertSettings, watchdog as words } from "../../text/notifications";
import { useChangeAlertSettings } from "./api/settings";
import classes from "./Settings.module.css";
import { WrittenNumber } from "./WrittenNumber";

type Settings = Schema["AlertSettingsView"];

const MOST_MINUTES = 1440;

/** Who notices when the manager is dead. */
export function Watchdog({ settings }: { settings: Settings }) {
  const [address, setAddress] = useState("");
  const [minutes, setMinutes] = useState<string | null>(null);
  const save = useChangeAlertSettings();
  const every = minutes ?? String(settings.ping_minutes);
  const isWrong = !(/^\d+$/.test(every) && Number(every) >= 1 && Number(every) <= MOST_MINUTES);
  const isChanged = address.trim() !== "" || minutes !== null;
  const discard = () => {
    save.reset();
    setAddress("");
    setMinutes(null);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isWrong || !isChanged) return;
    const url = address.trim();
    save.mutate(
      { ping_minutes: Number(every), ...(url && { ping_url: url }) },
      {
        onSuccess: () => {
          discard();
          notifications.show({ message: alertSettings.saved });
        },
      },
    );
  };
  return (
    <Section title={words.title}>
      <Panel>
        <form className={classes.form} onSubmit={submit} noValidate>
          <p className={classes.lead}>{words.lead}</p>
          <State settings={settings} />
          <PasswordInput
            label={words.address}
            description={settings.has_ping_url ? words.replaceHint : words.addressHint}
            className={classes.address}
            autoComplete="off"
            spellCheck={false}
            maxLength={2000}
            value={address}
            error={fieldErrors(save.error).ping_url}
            onChange={(event) => setAddress(event.currentTarget.value)}
          />
          <div className={classes.sentence}>
            {words.every}{" "}
            <WrittenNumber
              label={words.everyLabel}
              value={every}
              error={isWrong ? alertSettings.between(1, MOST_MINUTES) : undefined}
              onChange={setMinutes}
            />{" "}
            {words.minutes}
          </div>
          <FormError error={save.error} />
          <div className={classes.buttons}>
            {isChanged && (
              <>
                <Button type="submit" loading={save.isPending} disabled={isWrong}>
                  {alertSettings.save}
                </Button>
                <Button variant="default" onClick={discard}>
                  {alertSettings.discard}
                </Button>
              </>
            )}
            {settings.has_ping_url && !isChanged && <Remove />}
          </div>
        </form>
      </Panel>
    </Section>
  );
}

function State({ settings }: { settings: Settings }) {
  if (!settings.has_ping_url) return <p className={classes.state}>{words.none}</p>;
  const problem = settings.last_ping_problem;
  return (
    <p className={classes.state} data-tone={problem ? "bad" : undefined}>
      <StateShape tone={problem ? "bad" : settings.last_ping_at ? "ok" : "busy"} />
      <span>
        {words.last} <Time value={settings.last_ping_at} absent={words.neverAsked} />
        {problem && `: ${printable(problem)}`}
      </span>
    </p>
  );
}

function Remove() {
  const [isAsking, setAsking] = useState(false);
  const change = useChangeAlertSettings();
  return (
    <>
      <Button variant="default" onClick={() => setAsking(true)}>
        {words.remove}
      </Button>
      <ConfirmDialog
        opened={isAsking}
        onClose={() => setAsking(false)}
        title={words.removeTitle}
        confirmLabel={words.remove}
        onConfirm={async () => {
          await change.mutateAsync({ ping_url: "" });
          notifications.show({ message: words.removed });
        }}
      >
        <p className={classes.lead}>{words.removeText}</p>
      </ConfirmDialog>
    </>
  );
}
