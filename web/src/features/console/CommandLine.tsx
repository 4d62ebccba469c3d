import { Button } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconSend2 } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, type KeyboardEvent, type ReactNode, useId, useState } from "react";
import type { Schema } from "../../api/client";
import { FormError } from "../../components/ui/FormError";
import { StateShape } from "../../components/ui/StateMark";
import { commandLine as words } from "../../text/console";
import { type Answer, commandHintsQuery, useSendCommand } from "./api/commands";
import classes from "./CommandLine.module.css";
import { Completion } from "./Completion";
import { fitting, typedName, usageOf } from "./completion";
import { AskBeforeSaying, AskBeforeStopping } from "./Questions";
import { useDraft } from "./useDraft";

interface CommandLineProps {
  server: Schema["ServerDetails"];
  onAnswer: (answer: Answer) => void;
  /** Before the field. */
  start: ReactNode;
}

type Question = { about: "say" | "stop"; text: string };

/** One line for the game. What was typed stays until the game has it. */
export function CommandLine({ server, onAnswer, start }: CommandLineProps) {
  const draft = useDraft(server.id);
  const send = useSendCommand(server.id, (answer) => {
    draft.done(answer.command);
    onAnswer(answer);
  });
  const hints = useQuery(commandHintsQuery(server.id)).data?.items ?? [];
  const [question, setQuestion] = useState<Question | null>(null);
  const [isAsking, setAsking] = useState(false);
  const [isListOpen, setListOpen] = useState(false);
  const [chosen, setChosen] = useState(-1);
  const ids = { list: useId(), note: useId() };
  // On a touch screen the keyboard would cover what one came to see.
  const isTouch = useMediaQuery("(pointer: coarse)", false, { getInitialValueInEffect: false });

  const whyNot = words.whyNot(server.state);
  const options = isListOpen && !whyNot ? fitting(hints, draft.draft) : [];
  const isOpen = options.length > 0;

  const type = (text: string) => {
    draft.change(text);
    setListOpen(text.startsWith("/"));
    setChosen(-1);
    if (send.isError) send.reset();
  };
  const complete = (option: number) => {
    const hint = options[option];
    if (!hint) return;
    draft.change(`${typedName(hint)} `);
    setListOpen(false);
    setChosen(-1);
  };
  const ask = (about: Question["about"], text: string) => {
    setQuestion({ about, text });
    setAsking(true);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const text = draft.draft.trim();
    if (text === "" || whyNot || send.isPending) return;
    setListOpen(false);
    if (text.startsWith(".")) return;
    if (!text.startsWith("/")) ask("say", text);
    else if (/^\/stop(\s|$)/i.test(text)) ask("stop", text);
    else send.mutate(text);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (step !== undefined && isOpen) {
      event.preventDefault();
      // Before the first and after the last there is the line itself.
      const places = options.length + 1;
      setChosen(((chosen + 1 + step + places) % places) - 1);
    } else if (step !== undefined) {
      if (step < 0 ? draft.older() : draft.newer()) event.preventDefault();
    } else if (isOpen && (event.key === "Tab" || event.key === "Enter") && !event.shiftKey) {
      if (event.key === "Enter" && chosen < 0) return;
      event.preventDefault();
      complete(Math.max(0, chosen));
    } else if (isOpen && event.key === "Escape") {
      event.preventDefault();
      setListOpen(false);
    }
  };

  return (
    <form className={classes.form} onSubmit={submit}>
      <FormError error={send.error} />
      <Note id={ids.note} whyNot={whyNot} server={server} draft={draft.draft} hint={usageOf(hints, draft.draft)} />
      <div className={classes.line}>
        {start}
        <div className={classes.entry}>
          {isOpen && <Completion id={ids.list} options={options} chosen={chosen} onChoose={complete} />}
          <input
            className={classes.input}
            role="combobox"
            aria-label={words.label}
            aria-describedby={ids.note}
            aria-autocomplete="list"
            aria-expanded={isOpen}
            aria-controls={isOpen ? ids.list : undefined}
            aria-activedescendant={isOpen && chosen >= 0 ? `${ids.list}-${chosen}` : undefined}
            data-page-focus={isTouch ? undefined : true}
            placeholder={words.placeholder}
            autoComplete="off"
            autoCapitalize="none"
            autoCorrect="off"
            spellCheck={false}
            enterKeyHint="send"
            maxLength={1_000}
            disabled={whyNot !== null}
            value={draft.draft}
            onChange={(event) => type(event.currentTarget.value)}
            onKeyDown={onKeyDown}
            onBlur={() => setListOpen(false)}
          />
        </div>
        <Button
          type="submit"
          className={classes.send}
          disabled={whyNot !== null}
          loading={send.isPending}
          leftSection={<IconSend2 size={16} stroke={1.8} aria-hidden="true" />}
        >
          {words.send}
        </Button>
      </div>
      <AskBeforeSaying
        opened={isAsking && question?.about === "say"}
        text={question?.text ?? ""}
        hints={hints}
        onClose={() => setAsking(false)}
        onSend={send.mutateAsync}
      />
      <AskBeforeStopping
        opened={isAsking && question?.about === "stop"}
        command={question?.text ?? ""}
        onClose={() => setAsking(false)}
        onSend={send.mutateAsync}
      />
    </form>
  );
}

interface NoteProps {
  id: string;
  whyNot: string | null;
  server: Schema["ServerDetails"];
  draft: string;
  hint: Schema["CommandHint"] | undefined;
}

/** Why nothing can be sent, what is odd about it, or how the command is written. */
function Note({ id, whyNot, server, draft, hint }: NoteProps) {
  const warning = whyNot ?? (draft.trim().startsWith(".") ? words.dot : server.is_hung ? words.isHung : null);
  return (
    <p id={id} className={classes.note}>
      {warning !== null && <StateShape tone={whyNot ? "off" : "warn"} />}
      {warning ?? (hint && <span className={classes.usage}>{`${typedName(hint)} ${hint.text}`}</span>)}
    </p>
  );
}
