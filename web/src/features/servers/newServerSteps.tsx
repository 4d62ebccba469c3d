import { Checkbox, PasswordInput, Textarea, TextInput } from "@mantine/core";
import { newServer as words } from "../../text/newServer";
import classes from "./NewServerForm.module.css";
import type { Draft, DraftErrors } from "./newServerDraft";
import { PortField } from "./PortField";
import { VersionField } from "./VersionField";

export interface StepProps {
  draft: Draft;
  errors: DraftErrors;
  edit: (changes: Partial<Draft>) => void;
}

const MAX_NAME = 64;
const MAX_PASSWORD = 100;
const MAX_WELCOME = 500;

export function ServerStep({ draft, errors, edit }: StepProps) {
  return (
    <>
      <TextInput
        label={words.name}
        description={words.nameHint}
        autoComplete="off"
        maxLength={MAX_NAME}
        value={draft.name}
        error={errors.name}
        onChange={(event) => edit({ name: event.currentTarget.value })}
      />
      <VersionField value={draft.version} onChange={(version) => edit({ version })} error={errors.version} />
      <PortField value={draft.port} onChange={(port) => edit({ port })} error={errors.port} />
    </>
  );
}

export function PlayersStep({ draft, errors, edit }: StepProps) {
  return (
    <>
      <TextInput
        label={words.maxPlayers}
        inputMode="numeric"
        autoComplete="off"
        className={classes.short}
        value={draft.maxPlayers}
        error={errors.maxPlayers}
        onChange={(event) => edit({ maxPlayers: event.currentTarget.value })}
      />
      <PasswordInput
        label={words.password}
        description={words.passwordHint}
        autoComplete="new-password"
        maxLength={MAX_PASSWORD}
        className={classes.narrow}
        value={draft.password}
        error={errors.password}
        onChange={(event) => edit({ password: event.currentTarget.value })}
      />
      <Checkbox
        className={classes.start}
        label={words.whitelist}
        description={words.whitelistHint}
        checked={draft.whitelist}
        onChange={(event) => edit({ whitelist: event.currentTarget.checked })}
      />
      <Textarea
        label={words.welcome}
        description={words.welcomeHint}
        rows={2}
        maxLength={MAX_WELCOME}
        value={draft.welcome}
        error={errors.welcome}
        onChange={(event) => edit({ welcome: event.currentTarget.value })}
      />
    </>
  );
}
