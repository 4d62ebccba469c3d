import { CloseButton } from "@mantine/core";
import { printable } from "../../lib/printable";
import { answer as words } from "../../text/console";
import classes from "./AnswerPanel.module.css";
import type { Answer } from "./api/commands";

/** What the game printed for the last command; it may have scrolled away in the console, or be of a type not shown there. */
export function AnswerPanel({ answer, onClose }: { answer: Answer; onClose: () => void }) {
  const lines = answer.lines.filter((line) => line.seq !== answer.seq);
  const isSaid = !answer.command.startsWith("/");
  return (
    <section className={classes.panel} aria-label={words.title(answer.command)}>
      <div className={classes.head}>
        <span className={classes.command}>{answer.command}</span>
        <CloseButton size="sm" aria-label={words.close} onClick={onClose} />
      </div>
      <div role="status">
        {lines.length > 0 && (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable with the keyboard
          <pre className={classes.lines} tabIndex={0}>
            {lines.map((line) => printable(line.text)).join("\n")}
          </pre>
        )}
        {lines.length === 0 && answer.is_complete && (
          <p className={classes.note}>{isSaid ? words.said : words.nothing}</p>
        )}
        {!answer.is_complete && <p className={classes.note}>{words.late}</p>}
      </div>
    </section>
  );
}
