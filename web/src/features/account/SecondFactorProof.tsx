import { Button, Modal, PasswordInput, TextInput } from "@mantine/core";
import { useMounted } from "@mantine/hooks";
import { type FormEvent, useState } from "react";
import { FormError, fieldErrors } from "../../components/ui/FormError";
import { useMe } from "../../session/me";
import { common } from "../../text/common";
import { secondFactor as words } from "../../text/secondFactor";
import { useRenewRecoveryCodes, useTurnOffSecondFactor } from "./api/secondFactor";
import { RecoveryCodes } from "./RecoveryCodes";
import classes from "./secondFactor.module.css";

interface DialogProps {
  opened: boolean;
  onClose: () => void;
}

export function TurnOffSecondFactor({ opened, onClose }: DialogProps) {
  const turnOff = useTurnOffSecondFactor();
  const isMounted = useMounted();
  return (
    <Modal
      opened={opened && isMounted}
      onClose={onClose}
      title={words.turnOffTitle}
      closeButtonProps={{ "aria-label": common.close }}
    >
      <ProofForm
        text={words.turnOffLost}
        submitLabel={words.turnOff}
        isLoss
        isBusy={turnOff.isPending}
        error={turnOff.error}
        onSubmit={(proof) => turnOff.mutate(proof, { onSuccess: onClose })}
        onCancel={onClose}
      />
    </Modal>
  );
}

export function RenewRecoveryCodes({ opened, onClose }: DialogProps) {
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const renew = useRenewRecoveryCodes();
  const isMounted = useMounted();
  return (
    <Modal
      opened={opened && isMounted}
      onClose={onClose}
      onExitTransitionEnd={() => setCodes(null)}
      title={codes ? words.codesTitle : words.renewTitle}
      withCloseButton={!codes}
      closeOnEscape={!codes}
      closeOnClickOutside={!codes}
      closeButtonProps={{ "aria-label": common.close }}
    >
      {codes ? (
        <RecoveryCodes codes={codes} onKept={onClose} />
      ) : (
        <ProofForm
          text={words.renewLost}
          submitLabel={words.renewSubmit}
          isBusy={renew.isPending}
          error={renew.error}
          onSubmit={(proof) => renew.mutate(proof, { onSuccess: (answer) => setCodes(answer.recovery_codes) })}
          onCancel={onClose}
        />
      )}
    </Modal>
  );
}

interface ProofFormProps {
  text: string;
  submitLabel: string;
  isLoss?: boolean;
  isBusy: boolean;
  error: unknown;
  onSubmit: (proof: { password: string; code: string }) => void;
  onCancel: () => void;
}

function ProofForm({ text, submitLabel, isLoss = false, isBusy, error, onSubmit, onCancel }: ProofFormProps) {
  const me = useMe();
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const errors = fieldErrors(error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit({ password, code });
  };
  return (
    <form className={classes.form} onSubmit={submit}>
      <p className={classes.text}>{text}</p>
      <input type="text" name="username" autoComplete="username" value={me.name} readOnly hidden />
      <PasswordInput
        label={words.password}
        autoComplete="current-password"
        required
        withAsterisk={false}
        data-autofocus
        error={errors.password}
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      <TextInput
        label={words.anyCode}
        description={words.anyCodeHint}
        autoComplete="one-time-code"
        autoCapitalize="none"
        spellCheck={false}
        required
        withAsterisk={false}
        error={errors.code}
        value={code}
        onChange={(event) => setCode(event.currentTarget.value)}
      />
      <FormError error={error} />
      <div className={classes.buttons}>
        <Button variant="default" onClick={onCancel}>
          {common.cancel}
        </Button>
        <Button type="submit" color={isLoss ? "red" : undefined} loading={isBusy}>
          {submitLabel}
        </Button>
      </div>
    </form>
  );
}
