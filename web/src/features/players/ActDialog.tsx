import { Button, Modal } from "@mantine/core";
import { useMounted } from "@mantine/hooks";
import type { FormEvent, ReactNode } from "react";
import type { Schema } from "../../api/client";
import { FormError } from "../../components/ui/FormError";
import { StateMark, type Tone } from "../../components/ui/StateMark";
import { printable } from "../../lib/printable";
import { common } from "../../text/common";
import { actDialog as words } from "../../text/players";
import type { PlayerAct, usePlayerAct } from "./api/actions";
import classes from "./PlayersTab.module.css";

interface ActDialogProps {
  opened: boolean;
  onClose: () => void;
  title: string;
  /** Mounted anew each time it opens, so that each time begins with empty fields. */
  children: ReactNode;
}

export function ActDialog({ opened, onClose, title, children }: ActDialogProps) {
  // Only a dialog that was there before it opened gives the focus back.
  const isMounted = useMounted();
  return (
    <Modal
      opened={opened && isMounted}
      onClose={onClose}
      title={title}
      closeButtonProps={{ "aria-label": common.close }}
    >
      {children}
    </Modal>
  );
}

interface ActFormProps {
  act: ReturnType<typeof usePlayerAct>;
  onClose: () => void;
  /** What is asked for; null while something is missing. */
  does: () => PlayerAct | null;
  confirm: string;
  isDangerous?: boolean;
  children: ReactNode;
}

/** Fields and button, until the game has answered; then what it made of it. */
export function ActForm({ act, onClose, does, confirm, isDangerous, children }: ActFormProps) {
  if (act.data) return <Result result={act.data} onClose={onClose} />;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const asked = does();
    if (asked && !act.isPending) act.mutate(asked);
  };
  return (
    <form className={classes.form} onSubmit={submit}>
      {children}
      <FormError error={act.error} />
      <div className={classes.buttons}>
        <Button variant="default" onClick={onClose}>
          {common.cancel}
        </Button>
        <Button
          type="submit"
          color={isDangerous ? "red" : undefined}
          loading={act.isPending}
          disabled={does() === null}
        >
          {confirm}
        </Button>
      </div>
    </form>
  );
}

const tones: Record<Schema["PlayerActionResult"]["outcome"], Tone> = { done: "ok", refused: "bad", unknown: "warn" };

/** Told as it is: done only where the game or its files confirm it, and always with the game's own words. */
function Result({ result, onClose }: { result: Schema["PlayerActionResult"]; onClose: () => void }) {
  return (
    <div className={classes.form}>
      <div role="status" className={classes.result}>
        <StateMark tone={tones[result.outcome]} label={words.result.outcome(result.outcome)} />
        <p className={classes.text}>
          {printable(result.message)} {result.confirmed_by === "file" && words.result.byFile}
        </p>
      </div>
      <figure className={classes.answer}>
        <figcaption className="quiet">
          {result.answer.length > 0 ? words.result.answer : words.result.noAnswer}
        </figcaption>
        {result.answer.length > 0 && <blockquote>{result.answer.map(printable).join("\n")}</blockquote>}
      </figure>
      <div className={classes.buttons}>
        <Button onClick={onClose} data-autofocus autoFocus>
          {common.close}
        </Button>
      </div>
    </div>
  );
}
