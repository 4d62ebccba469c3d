import { Button, PasswordInput, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { ApiError, type Schema } from "../../api/client";
import { FormError } from "../../components/ui/FormError";
import { useSignIn } from "../../session/signIn";
import { signIn as words } from "../../text/session";
import { SecondStep } from "./SecondStep";
import classes from "./session.module.css";

interface SignInFormProps {
  /** Who was signed in here before. */
  knownName?: string;
  onSignedIn: (session: Schema["SessionInfo"]) => void;
}

export function SignInForm({ knownName = "", onSignedIn }: SignInFormProps) {
  const [name, setName] = useState(knownName);
  const [password, setPassword] = useState("");
  const [needsCode, setNeedsCode] = useState(false);
  const signIn = useSignIn();
  const send = (code?: string) =>
    signIn.mutate(
      { name, password, ...(code === undefined ? {} : { code }) },
      {
        onSuccess: onSignedIn,
        onError: (error) => {
          if (!(error instanceof ApiError)) return;
          if (error.code === "second_factor_needed") {
            setNeedsCode(true);
            signIn.reset();
          }
          if (error.code === "wrong_credentials") setNeedsCode(false);
        },
      },
    );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    send();
  };
  if (needsCode) {
    return (
      <SecondStep
        name={name}
        isBusy={signIn.isPending}
        error={signIn.error}
        onSubmit={send}
        onBack={() => {
          setNeedsCode(false);
          signIn.reset();
        }}
      />
    );
  }
  return (
    <form className={classes.form} onSubmit={submit}>
      <TextInput
        label={words.name}
        name="username"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        required
        withAsterisk={false}
        data-autofocus={knownName ? undefined : true}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <PasswordInput
        label={words.password}
        name="password"
        autoComplete="current-password"
        required
        withAsterisk={false}
        data-autofocus={knownName ? true : undefined}
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      <FormError error={signIn.error} />
      <Button type="submit" fullWidth loading={signIn.isPending}>
        {words.submit}
      </Button>
    </form>
  );
}
