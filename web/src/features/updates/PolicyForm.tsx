import { Button, Checkbox, Input, NativeSelect, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { type FormEvent, useId, useState } from "react";
import type { Schema } from "../../api/client";
import { FormError, fieldErrors } from "../../components/ui/FormError";
import { ZoneInput } from "../../components/ui/ZoneInput";
import { areWarnings, readMinutes } from "../../lib/minutes";
import { ownZone } from "../../lib/zones";
import { plan as planWords, policy as words } from "../../text/updates";
import { useSavePolicy } from "./api/updates";
import classes from "./PolicyForm.module.css";

type Policy = Schema["UpdatePolicy"];

interface PolicyDraft {
  game: Policy["game"];
  mods: Policy["mods"];
  hasWindow: boolean;
  begin: string;
  end: string;
  zone: string;
  withPlayers: boolean;
  warn: string;
  watch: string;
}

const draftOf = (policy: Policy): PolicyDraft => ({
  game: policy.game,
  mods: policy.mods,
  hasWindow: Boolean(policy.window),
  begin: policy.window?.begin ?? "03:00",
  end: policy.window?.end ?? "05:00",
  zone: policy.window ? policy.zone : ownZone(),
  withPlayers: policy.with_players,
  warn: policy.warn_minutes.join(", "),
  watch: String(policy.watch_seconds),
});

const policyOf = (draft: PolicyDraft, stored: Policy): Policy => ({
  game: draft.game,
  mods: draft.mods,
  window: draft.hasWindow ? { begin: draft.begin, end: draft.end } : null,
  zone: draft.hasWindow ? draft.zone.trim() : stored.zone,
  with_players: draft.withPlayers,
  warn_minutes: readMinutes(draft.warn),
  watch_seconds: Number(draft.watch),
});

function errorsOf(draft: PolicyDraft): Record<string, string> {
  const isTime = (text: string) => /^\d\d:\d\d$/.test(text);
  return {
    ...(draft.hasWindow && !(isTime(draft.begin) && isTime(draft.end)) && { window: words.timesWrong }),
    ...(!areWarnings(readMinutes(draft.warn)) && { warn_minutes: planWords.warnWrong }),
    ...(!(/^\d+$/.test(draft.watch.trim()) && Number(draft.watch) <= 3600) && { watch_seconds: words.watchWrong }),
  };
}

/** What is done of itself, as sentences. */
export function PolicyForm({ server, policy }: { server: Schema["ServerDetails"]; policy: Policy }) {
  const [typed, setTyped] = useState<PolicyDraft | null>(null);
  const save = useSavePolicy(server.id);
  const watchErrorId = useId();
  const draft = typed ?? draftOf(policy);
  const errors: Readonly<Record<string, string>> = { ...fieldErrors(save.error), ...errorsOf(draft) };
  const isWrong = Object.keys(errorsOf(draft)).length > 0;
  const edit = (changes: Partial<PolicyDraft>) => {
    if (save.isError) save.reset();
    setTyped({ ...draft, ...changes });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isWrong) return;
    save.mutate(policyOf(draft, policy), {
      onSuccess: () => {
        setTyped(null);
        notifications.show({ message: words.saved });
      },
    });
  };
  return (
    <form className={classes.form} onSubmit={submit} noValidate>
      <p className={classes.lead}>{words.lead(server.name)}</p>
      <NativeSelect
        label={words.game}
        value={draft.game}
        data={Object.entries(words.games).map(([value, label]) => ({ value, label }))}
        onChange={(event) => edit({ game: event.currentTarget.value as Policy["game"] })}
      />
      <NativeSelect
        label={words.mods}
        value={draft.mods}
        data={Object.entries(words.modses).map(([value, label]) => ({ value, label }))}
        onChange={(event) => edit({ mods: event.currentTarget.value as Policy["mods"] })}
      />
      <p className={classes.lead}>{words.never}</p>
      <div className={classes.sentence}>
        <Checkbox
          label={draft.hasWindow ? words.window : words.windowOff}
          checked={draft.hasWindow}
          onChange={(event) => edit({ hasWindow: event.currentTarget.checked })}
        />
        {draft.hasWindow && (
          <>
            <Input
              type="time"
              className={classes.time}
              aria-label={words.begin}
              value={draft.begin}
              onChange={(event) => edit({ begin: event.currentTarget.value })}
            />
            <span>{words.and}</span>
            <Input
              type="time"
              className={classes.time}
              aria-label={words.end}
              value={draft.end}
              onChange={(event) => edit({ end: event.currentTarget.value })}
            />
          </>
        )}
        {errors.window && <span className={classes.error}>{errors.window}</span>}
      </div>
      {draft.hasWindow && <ZoneInput value={draft.zone} error={errors.zone} onChange={(zone) => edit({ zone })} />}
      <Checkbox
        label={words.withPlayers}
        checked={draft.withPlayers}
        onChange={(event) => edit({ withPlayers: event.currentTarget.checked })}
      />
      <TextInput
        label={words.warn}
        description={planWords.warnHint}
        autoComplete="off"
        value={draft.warn}
        error={errors.warn_minutes}
        onChange={(event) => edit({ warn: event.currentTarget.value })}
      />
      <div className={classes.sentence}>
        <span>{words.watch}</span>
        <Input
          className={classes.number}
          aria-label={words.watchLabel}
          aria-describedby={errors.watch_seconds ? watchErrorId : undefined}
          inputMode="numeric"
          autoComplete="off"
          value={draft.watch}
          error={errors.watch_seconds !== undefined}
          onChange={(event) => edit({ watch: event.currentTarget.value })}
        />
        <span>{words.watchUnit}</span>
        {errors.watch_seconds && (
          <span id={watchErrorId} className={classes.error}>
            {errors.watch_seconds}
          </span>
        )}
      </div>
      <FormError error={save.error} />
      <div className={classes.buttons}>
        {typed !== null && (
          <Button variant="default" onClick={() => setTyped(null)}>
            {words.discard}
          </Button>
        )}
        <Button type="submit" loading={save.isPending} disabled={typed === null || isWrong}>
          {words.save}
        </Button>
      </div>
    </form>
  );
}
