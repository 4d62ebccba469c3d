import { Button, TextInput } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useRef, useState } from "react";
import { copyText } from "../../lib/copyText";
import { access as words } from "../../text/access";
import classes from "./access.module.css";

/** A text to take along: selected at a click, copied by the button. */
export function CopyField({ label, value }: { label: string; value: string }) {
  const field = useRef<HTMLInputElement>(null);
  const [outcome, setOutcome] = useState<"copied" | "failed" | null>(null);
  const copy = async () => setOutcome((await copyText(value, field.current)) ? "copied" : "failed");
  return (
    <div className={classes.copy}>
      <TextInput
        ref={field}
        label={label}
        value={value}
        readOnly
        spellCheck={false}
        classNames={{ input: "mono" }}
        data-autofocus
        onFocus={(event) => event.currentTarget.select()}
      />
      <Button
        variant="default"
        leftSection={
          outcome === "copied" ? <IconCheck size={16} aria-hidden="true" /> : <IconCopy size={16} aria-hidden="true" />
        }
        onClick={() => void copy()}
      >
        {outcome === "copied" ? words.copied : words.copy}
      </Button>
      <p className={classes.hint} role="status">
        {outcome === "failed" && words.copyFailed}
      </p>
    </div>
  );
}
