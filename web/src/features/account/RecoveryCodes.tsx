import { Button } from "@mantine/core";
import { IconCheck, IconCopy, IconDownload } from "@tabler/icons-react";
import { useState } from "react";
import { StateShape } from "../../components/ui/StateMark";
import { copyText } from "../../lib/copyText";
import { downloadText } from "../../lib/download";
import { useMe } from "../../session/me";
import { secondFactor as words } from "../../text/secondFactor";
import classes from "./secondFactor.module.css";

interface RecoveryCodesProps {
  codes: readonly string[];
  /** What has happened before they are shown. */
  done?: string;
  onKept: () => void;
}

export function RecoveryCodes({ codes, done, onKept }: RecoveryCodesProps) {
  const me = useMe();
  const [outcome, setOutcome] = useState<"copied" | "failed" | null>(null);
  const text = `${codes.join("\n")}\n`;
  const copy = async () => setOutcome((await copyText(text)) ? "copied" : "failed");
  const download = () => downloadText(words.fileName, `${words.fileHead(me.name, window.location.origin)}\n\n${text}`);
  const icon = { size: 16, "aria-hidden": true } as const;
  return (
    <div className={classes.form}>
      {done && (
        <p className={classes.text} role="status">
          {done}
        </p>
      )}
      <p className={classes.once}>
        <StateShape tone="warn" size={16} />
        <strong>{words.codesOnce}</strong>
      </p>
      <ol className={classes.codes} aria-label={words.codesLabel}>
        {codes.map((code) => (
          <li key={code} className="mono">
            {code}
          </li>
        ))}
      </ol>
      <div className={classes.actions}>
        <Button
          variant="default"
          data-autofocus
          leftSection={outcome === "copied" ? <IconCheck {...icon} /> : <IconCopy {...icon} />}
          onClick={() => void copy()}
        >
          {outcome === "copied" ? words.copied : words.copy}
        </Button>
        <Button variant="default" leftSection={<IconDownload {...icon} />} onClick={download}>
          {words.download}
        </Button>
      </div>
      <p className={classes.hint} role="status">
        {outcome === "failed" && words.copyFailed}
      </p>
      <p className={classes.text}>{words.codesWhy}</p>
      <div className={classes.buttons}>
        <Button onClick={onKept}>{words.kept}</Button>
      </div>
    </div>
  );
}
