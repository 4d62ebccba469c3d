import { Button, PasswordInput, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import type { Schema } from "../../api/client";
import { FormError } from "../../components/ui/FormError";
import { useSignIn } from "../../session/signIn";
import { signIn as words } from "../../text/session";
import classes from "./session.module.css";

interface SignInFormProps {
  /** Who was signed in here before. */
  knownName?: string;
  onSignedIn: (session: Schema["SessionInfo"]) => void;
}

export function SignInForm({ knownName = "", onSignedIn }: SignInFormProps) {
  const [name, setName] = useState(knownName);
  const [password, setPassword] = useState("");
  const signIn = useSignIn();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    signIn.mutate({ name, password }, { onSuccess: onSignedIn });
  };
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
