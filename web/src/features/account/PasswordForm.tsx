import { Button, PasswordInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { FormError, fieldErrors } from "../../components/ui/FormError";
import { Section } from "../../components/ui/Page";
import { StateMark } from "../../components/ui/StateMark";
import { useMe } from "../../session/me";
import { password as words } from "../../text/account";
import classes from "./account.module.css";
import { useChangePassword } from "./api/password";

const EMPTY = { current: "", next: "", again: "" };

export function PasswordForm() {
  const me = useMe();
  const [typed, setTyped] = useState(EMPTY);
  const [differs, setDiffers] = useState(false);
  const change = useChangePassword();
  const errors = fieldErrors(change.error);

  const type = (name: keyof typeof EMPTY) => (event: React.ChangeEvent<HTMLInputElement>) => {
    const { value } = event.currentTarget;
    setTyped((known) => ({ ...known, [name]: value }));
    setDiffers(false);
    if (change.isSuccess) change.reset();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setDiffers(typed.next !== typed.again);
    if (typed.next !== typed.again) return;
    change.mutate({ current_password: typed.current, new_password: typed.next }, { onSuccess: () => setTyped(EMPTY) });
  };

  return (
    <Section title={words.title}>
      <p className={classes.lead}>{words.lead}</p>
      <form className={classes.form} onSubmit={submit}>
        <input type="text" name="username" autoComplete="username" value={me.name} readOnly hidden />
        <PasswordInput
          label={words.current}
          autoComplete="current-password"
          required
          withAsterisk={false}
          error={errors.current_password}
          value={typed.current}
          onChange={type("current")}
        />
        <PasswordInput
          label={words.next}
          description={words.nextHint}
          autoComplete="new-password"
          required
          withAsterisk={false}
          error={errors.new_password}
          value={typed.next}
          onChange={type("next")}
        />
        <PasswordInput
          label={words.again}
          autoComplete="new-password"
          required
          withAsterisk={false}
          error={differs ? words.differs : undefined}
          value={typed.again}
          onChange={type("again")}
        />
        <FormError error={change.error} />
        <div className={classes.submit}>
          <Button type="submit" loading={change.isPending}>
            {words.submit}
          </Button>
          <span role="status">{change.isSuccess && <StateMark tone="ok" label={words.done} quiet />}</span>
        </div>
      </form>
    </Section>
  );
}
