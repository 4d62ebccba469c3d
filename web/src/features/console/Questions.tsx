import { Button } from "@mantine/core";
import { useState } from "react";
import { ConfirmDialog } from "../../components/ui/ConfirmDialog";
import { FormError } from "../../components/ui/FormError";
import { commandLine as words } from "../../text/console";
import classes from "./CommandLine.module.css";
import { type Hint, usageOf } from "./completion";

interface SayProps {
  opened: boolean;
  text: string;
  hints: readonly Hint[];
  onClose: () => void;
  onSend: (line: string) => Promise<unknown>;
}

/** A line without a slash is chat. Whoever only forgot the slash has it one click away. */
export function AskBeforeSaying({ opened, text, hints, onClose, onSend }: SayProps) {
  const [failure, setFailure] = useState<unknown>(null);
  const command = `/${text}`;
  const isCommand = usageOf(hints, command) !== undefined && !/^\/stop(\s|$)/i.test(command);
  const sendAsCommand = () => {
    setFailure(null);
    onSend(command).then(onClose, setFailure);
  };
  return (
    <ConfirmDialog
      harmless
      opened={opened}
      onClose={onClose}
      title={words.sayTitle}
      confirmLabel={words.say}
      onConfirm={() => onSend(text)}
    >
      <blockquote className={classes.quote}>{text}</blockquote>
      <p className={classes.text}>{words.sayText}</p>
      {isCommand && (
        <Button variant="default" className={classes.instead} onClick={sendAsCommand}>
          {words.asCommand(command)}
        </Button>
      )}
      <FormError error={failure} />
    </ConfirmDialog>
  );
}

interface StopProps {
  opened: boolean;
  command: string;
  onClose: () => void;
  onSend: (line: string) => Promise<unknown>;
}

export function AskBeforeStopping({ opened, command, onClose, onSend }: StopProps) {
  return (
    <ConfirmDialog
      opened={opened}
      onClose={onClose}
      title={words.stopTitle}
      confirmLabel={words.stop(command)}
      onConfirm={() => onSend(command)}
    >
      <p className={classes.text}>{words.stopText}</p>
    </ConfirmDialog>
  );
}
