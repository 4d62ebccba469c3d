import { Button, PasswordInput, TextInput } from "@mantine/core";
import { Link, useLocation } from "@tanstack/react-router";
import { type FormEvent, useEffect, useState } from "react";
import { ApiError } from "../../api/client";
import { FormError, fieldErrors } from "../../components/ui/FormError";
import { StateMark } from "../../components/ui/StateMark";
import { takeSetupToken, tokenIn } from "../../session/setupToken";
import { useSetup } from "../../session/signIn";
import { setup as words } from "../../text/session";
import { DoorPage } from "./DoorPage";
import { SecondFactorOffer } from "./SecondFactorOffer";
import classes from "./session.module.css";

export default function SetupPage() {
  const hash = useLocation({ select: (location) => location.hash });
  const [token, setToken] = useState(takeSetupToken);
  const [link, setLink] = useState("");
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const [differs, setDiffers] = useState(false);
  const setup = useSetup();

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new link opened in this tab changes nothing but the hash
  useEffect(() => setToken(takeSetupToken()), [hash]);

  const isLinkInvalid = setup.error instanceof ApiError && setup.error.code === "setup_link_invalid";
  const isDone = setup.error instanceof ApiError && setup.error.code === "setup_done";
  const asksForLink = token === null || isLinkInvalid;
  const errors = fieldErrors(setup.error);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setDiffers(password !== again);
    if (password !== again) return;
    const used = asksForLink ? (tokenIn(link) ?? link.trim()) : token;
    setup.mutate({ token: used, name, password });
  };

  if (setup.isSuccess) return <SecondFactorOffer />;
  return (
    <DoorPage title={words.title} lead={words.lead}>
      <form className={classes.form} onSubmit={submit}>
        {asksForLink ? (
          <TextInput
            label={words.link}
            description={words.linkHint}
            autoComplete="off"
            spellCheck={false}
            required
            withAsterisk={false}
            data-autofocus
            value={link}
            onChange={(event) => setLink(event.currentTarget.value)}
          />
        ) : (
          <StateMark tone="ok" label={words.linkTaken} quiet />
        )}
        <TextInput
          label={words.name}
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          withAsterisk={false}
          maxLength={64}
          data-autofocus={asksForLink ? undefined : true}
          error={errors.name}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <PasswordInput
          label={words.password}
          description={words.passwordHint}
          name="new-password"
          autoComplete="new-password"
          required
          withAsterisk={false}
          error={errors.password}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <PasswordInput
          label={words.repeat}
          name="new-password-again"
          autoComplete="new-password"
          required
          withAsterisk={false}
          error={differs ? words.repeatDiffers : undefined}
          value={again}
          onChange={(event) => {
            setAgain(event.currentTarget.value);
            setDiffers(false);
          }}
        />
        <FormError error={setup.error} />
        {isDone && <Link to="/sign-in">{words.toSignIn}</Link>}
        <Button type="submit" fullWidth loading={setup.isPending}>
          {words.submit}
        </Button>
      </form>
    </DoorPage>
  );
}
