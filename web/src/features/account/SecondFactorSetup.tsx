import { Button, Modal, PasswordInput, TextInput } from "@mantine/core";
import { useMounted } from "@mantine/hooks";
import { type FormEvent, useState } from "react";
import type { Schema } from "../../api/client";
import { CopyButton } from "../../components/ui/CopyButton";
import { FormError, fieldErrors } from "../../components/ui/FormError";
import { useMe } from "../../session/me";
import { common } from "../../text/common";
import { secondFactor as words } from "../../text/secondFactor";
import { useBeginSecondFactor, useConfirmSecondFactor } from "./api/secondFactor";
import { RecoveryCodes } from "./RecoveryCodes";
import classes from "./secondFactor.module.css";

interface SecondFactorSetupProps {
  opened: boolean;
  onClose: () => void;
}

/** Step by step: the password, the app with its first code, the recovery codes. */
export function SecondFactorSetup({ opened, onClose }: SecondFactorSetupProps) {
  const [setup, setSetup] = useState<Schema["SecondFactorSetup"] | null>(null);
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  // Only a dialog that was there before it opened gives the focus back.
  const isMounted = useMounted();
  const forget = () => {
    setSetup(null);
    setCodes(null);
  };
  return (
    <Modal
      opened={opened && isMounted}
      onClose={onClose}
      onExitTransitionEnd={forget}
      title={codes ? words.codesTitle : setup ? words.scanTitle : words.setUp}
      // What is shown once goes by its own button alone.
      withCloseButton={!codes}
      closeOnEscape={!codes}
      closeOnClickOutside={!codes && !setup}
      closeButtonProps={{ "aria-label": common.close }}
    >
      {codes ? (
        <RecoveryCodes codes={codes} done={words.codesOn} onKept={onClose} />
      ) : setup ? (
        <Scan setup={setup} onConfirmed={setCodes} onCancel={onClose} />
      ) : (
        <AskPassword onBegun={setSetup} onCancel={onClose} />
      )}
    </Modal>
  );
}

interface AskPasswordProps {
  onBegun: (setup: Schema["SecondFactorSetup"]) => void;
  onCancel: () => void;
}

function AskPassword({ onBegun, onCancel }: AskPasswordProps) {
  const me = useMe();
  const [password, setPassword] = useState("");
  const begin = useBeginSecondFactor();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    begin.mutate({ password }, { onSuccess: onBegun });
  };
  return (
    <form className={classes.form} onSubmit={submit}>
      <p className={classes.text}>{words.lead}</p>
      <input type="text" name="username" autoComplete="username" value={me.name} readOnly hidden />
      <PasswordInput
        label={words.password}
        autoComplete="current-password"
        required
        withAsterisk={false}
        data-autofocus
        error={fieldErrors(begin.error).password}
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      <FormError error={begin.error} />
      <div className={classes.buttons}>
        <Button variant="default" onClick={onCancel}>
          {common.cancel}
        </Button>
        <Button type="submit" loading={begin.isPending}>
          {words.next}
        </Button>
      </div>
    </form>
  );
}

interface ScanProps {
  setup: Schema["SecondFactorSetup"];
  onConfirmed: (codes: readonly string[]) => void;
  onCancel: () => void;
}

function Scan({ setup, onConfirmed, onCancel }: ScanProps) {
  const [code, setCode] = useState("");
  const secret = inGroups(setup.secret);
  const confirm = useConfirmSecondFactor();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    confirm.mutate({ code }, { onSuccess: (answer) => onConfirmed(answer.recovery_codes) });
  };
  return (
    <form className={classes.form} onSubmit={submit}>
      <p className={classes.text}>{words.scan}</p>
      <img
        className={classes.qr}
        src={`data:image/svg+xml,${encodeURIComponent(setup.qr_svg)}`}
        alt={words.qrLabel}
        width={232}
        height={232}
      />
      <p className={classes.secret}>
        <span className={classes.hint}>{words.byHand}</span>
        <br />
        <CopyButton text={secret} label={words.copySecret(secret)} />
      </p>
      <p className={classes.text}>{words.expires(Math.round(setup.expires_in_seconds / 60))}</p>
      <TextInput
        label={words.code}
        description={words.codeHint}
        inputMode="numeric"
        autoComplete="one-time-code"
        spellCheck={false}
        required
        withAsterisk={false}
        data-autofocus
        error={fieldErrors(confirm.error).code}
        value={code}
        onChange={(event) => setCode(event.currentTarget.value)}
      />
      <FormError error={confirm.error} />
      <div className={classes.buttons}>
        <Button variant="default" onClick={onCancel}>
          {common.cancel}
        </Button>
        <Button type="submit" loading={confirm.isPending}>
          {words.confirm}
        </Button>
      </div>
    </form>
  );
}

/** As people read it aloud and type it; apps take it with the blanks. */
function inGroups(secret: string): string {
  return secret.replace(/(.{4})(?=.)/g, "$1 ");
}
