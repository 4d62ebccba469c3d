import { Button, PasswordInput } from "@mantine/core";
import { useState } from "react";
import { users as words } from "../../text/access";
import classes from "./access.module.css";

interface NewPasswordFieldProps {
  value: string;
  onChange: (password: string) => void;
  error: string | undefined;
}

/** A password for somebody else: typed, or made up and shown, so that it can be told. */
export function NewPasswordField({ value, onChange, error }: NewPasswordFieldProps) {
  const [isShown, setShown] = useState(false);
  const generate = () => {
    setShown(true);
    onChange(madeUpPassword());
  };
  return (
    <div className={classes.password}>
      <PasswordInput
        label={words.password}
        description={words.passwordHint}
        autoComplete="new-password"
        required
        withAsterisk={false}
        error={error}
        value={value}
        visible={isShown}
        onVisibilityChange={setShown}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      <Button variant="default" onClick={generate}>
        {words.generate}
      </Button>
    </div>
  );
}

// Without what looks alike.
const LETTERS = "abcdefghijkmnpqrstuvwxyz23456789";
const GROUPS = 4;
const GROUP_LENGTH = 5;

/** 100 bits, in groups that can be read out. */
function madeUpPassword(): string {
  const random = crypto.getRandomValues(new Uint8Array(GROUPS * GROUP_LENGTH));
  const letters = [...random].map((byte) => LETTERS[byte % LETTERS.length]);
  return Array.from({ length: GROUPS }, (_, group) =>
    letters.slice(group * GROUP_LENGTH, (group + 1) * GROUP_LENGTH).join(""),
  ).join("-");
}
