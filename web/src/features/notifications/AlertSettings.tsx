import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { type FormEvent, useState } from "react";
import type { Schema } from "../../api/client";
import { FormError } from "../../components/ui/FormError";
import { Panel, Section } from "../../components/ui/Page";
import { alertSettings as words } from "../../text/notifications";
import { useChangeAlertSettings } from "./api/settings";
import classes from "./Settings.module.css";
import { WrittenNumber } from "./WrittenNumber";

type Settings = Schema["AlertSettingsView"];

interface Draft {
  failures: string;
  pause: string;
  /** In minutes. */
  grace: string;
  overdue: string;
}

const draftOf = (settings: Settings): Draft => ({
  failures: String(settings.failures),
  pause: String(settings.pause_after),
  grace: String(Math.round((settings.missed_grace_seconds / 60) * 100) / 100),
  overdue: String(settings.backup_overdue_hours),
});

const LIMITS: Record<keyof Draft, readonly [number, number]> = {
  failures: [1, 100],
  pause: [0, 1000],
  grace: [1, 1440],
  overdue: [0, 10_000],
};

function errorOf(name: keyof Draft, text: string): string | undefined {
  const [least, most] = LIMITS[name];
  const isNumber = name === "grace" ? /^\d+([.,]\d+)?$/ : /^\d+$/;
  const number = numberOf(text);
  return isNumber.test(text.trim()) && number >= least && number <= most ? undefined : words.between(least, most);
}

const numberOf = (text: string) => Number(text.trim().replace(",", "."));

/** What counts as an alert, as sentences. */
export function AlertSettings({ settings }: { settings: Settings }) {
  const [typed, setTyped] = useState<Draft | null>(null);
  const save = useChangeAlertSettings();
  const draft = typed ?? draftOf(settings);
  const isWrong = (Object.keys(LIMITS) as (keyof Draft)[]).some((name) => errorOf(name, draft[name]) !== undefined);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isWrong) return;
    const body = {
      failures: numberOf(draft.failures),
      pause_after: numberOf(draft.pause),
      missed_grace_seconds: Math.round(numberOf(draft.grace) * 60),
      backup_overdue_hours: numberOf(draft.overdue),
    };
    save.mutate(body, {
      onSuccess: () => {
        setTyped(null);
        notifications.show({ message: words.saved });
      },
    });
  };
  const field = (name: keyof Draft, label: string) => (
    <WrittenNumber
      label={label}
      value={draft[name]}
      error={errorOf(name, draft[name])}
      onChange={(text) => {
        if (save.isError) save.reset();
        setTyped({ ...draft, [name]: text });
      }}
    />
  );
  return (
    <Section title={words.title}>
      <Panel>
        <form className={classes.form} onSubmit={submit} noValidate>
          <div className={classes.sentence}>
            {words.failing} {field("failures", words.failures)} {words.failingAfter}
          </div>
          <div className={classes.sentence}>
            {words.pause} {field("pause", words.pauseLabel)} {words.pauseAfter}
            <span className="quiet">{words.zero}</span>
          </div>
          <div className={classes.sentence}>
            {words.grace} {field("grace", words.graceLabel)} {words.graceAfter}
          </div>
          <div className={classes.sentence}>
            {words.overdue} {field("overdue", words.overdueLabel)} {words.overdueAfter}
            <span className="quiet">{words.zero}</span>
          </div>
          <FormError error={save.error} />
          {typed !== null && (
            <div className={classes.buttons}>
              <Button type="submit" loading={save.isPending} disabled={isWrong}>
                {words.save}
              </Button>
              <Button variant="default" onClick={() => setTyped(null)}>
                {words.discard}
              </Button>
            </div>
          )}
        </form>
      </Panel>
    </Section>
  );
}
