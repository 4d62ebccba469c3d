import { Button } from "@mantine/core";
import { useState } from "react";
import { ConfirmDialog } from "../../components/ui/ConfirmDialog";
import { StateShape } from "../../components/ui/StateMark";
import { settings as words } from "../../text/settings";
import { useResetSettings } from "./api/changes";
import classes from "./BrokenFile.module.css";

interface BrokenFileProps {
  problem: string;
  mayReset: boolean;
  onReset: (message: string) => void;
}

/** The settings file can't be used: what that means, and the way out. */
export function BrokenFile({ problem, mayReset, onReset }: BrokenFileProps) {
  const [asks, setAsks] = useState(false);
  const reset = useResetSettings();
  const confirm = async () => {
    const done = await reset.mutateAsync();
    onReset(words.resetDone(done.kept_as));
  };
  return (
    <section className={classes.broken} role="alert">
      <div className={classes.head}>
        <StateShape tone="bad" size={18} />
        <h2 className={classes.title}>{words.broken}</h2>
      </div>
      <p className={classes.text}>{problem}</p>
      <p className={classes.text}>{words.brokenText}</p>
      {mayReset && (
        <Button variant="default" onClick={() => setAsks(true)}>
          {words.resetAll}
        </Button>
      )}
      <ConfirmDialog
        opened={asks}
        onClose={() => setAsks(false)}
        title={words.resetTitle}
        confirmLabel={words.resetConfirm}
        onConfirm={confirm}
      >
        <p className={classes.text}>{words.resetLoss}</p>
      </ConfirmDialog>
    </section>
  );
}
