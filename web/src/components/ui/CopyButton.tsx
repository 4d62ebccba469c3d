import { UnstyledButton } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { copyText } from "../../lib/copyText";
import { common as words } from "../../text/common";
import classes from "./CopyButton.module.css";

const SHOWN_MS = 2_000;

/** A short text with a way to take it along. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const [outcome, setOutcome] = useState<"copied" | "failed" | null>(null);
  useEffect(() => {
    if (outcome !== "copied") return;
    const timer = setTimeout(() => setOutcome(null), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [outcome]);
  const Icon = outcome === "copied" ? IconCheck : IconCopy;
  return (
    <span className={classes.copy}>
      <UnstyledButton
        className={classes.button}
        aria-label={label}
        onClick={async () => setOutcome((await copyText(text)) ? "copied" : "failed")}
      >
        <span className={classes.text}>{text}</span>
        <Icon size={14} stroke={1.8} aria-hidden="true" />
      </UnstyledButton>
      <span className={outcome === "failed" ? classes.failed : "visually-hidden"} role="status">
        {outcome === "copied" && words.copied}
        {outcome === "failed" && words.copyFailed}
      </span>
    </span>
  );
}
