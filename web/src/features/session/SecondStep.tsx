import { Button, TextInput, UnstyledButton } from "@mantine/core";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { FormError } from "../../components/ui/FormError";
import { secondStep as words } from "../../text/secondFactor";
import classes from "./session.module.css";

interface SecondStepProps {
  name: string;
  isBusy: boolean;
  error: unknown;
  onSubmit: (code: string) => void;
  /** To name and password, which are as they were. */
  onBack: () => void;
}

/** Asks whoever knows the password for a code of the app, or a recovery code. */
export function SecondStep({ name, isBusy, error, onSubmit, onBack }: SecondStepProps) {
  const field = useRef<HTMLInputElement>(null);
  const [code, setCode] = useState("");
  const [isRecovery, setRecovery] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the other kind of code is typed into the same field
  useEffect(() => field.current?.focus(), [isRecovery]);
  useEffect(() => {
    if (error) field.current?.select();
  }, [error]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit(code);
  };
  return (
    <form className={classes.form} onSubmit={submit}>
      <p className={classes.lead} role="status">
        {words.who(name)}
      </p>
      <TextInput
        ref={field}
        label={isRecovery ? words.recoveryCode : words.code}
        description={isRecovery ? words.recoveryHint : undefined}
        name="code"
        inputMode={isRecovery ? "text" : "numeric"}
        autoComplete={isRecovery ? "off" : "one-time-code"}
        autoCapitalize="none"
        spellCheck={false}
        required
        withAsterisk={false}
        value={code}
        onChange={(event) => setCode(event.currentTarget.value)}
      />
      <FormError error={error} />
      <Button type="submit" fullWidth loading={isBusy}>
        {words.submit}
      </Button>
      <div className={classes.others}>
        <UnstyledButton
          className={classes.other}
          onClick={() => {
            setRecovery(!isRecovery);
            setCode("");
          }}
        >
          {isRecovery ? words.useApp : words.useRecoveryCode}
        </UnstyledButton>
        <UnstyledButton className={classes.other} onClick={onBack}>
          {words.back}
        </UnstyledButton>
      </div>
      <p className={classes.hint}>{words.help}</p>
    </form>
  );
}
