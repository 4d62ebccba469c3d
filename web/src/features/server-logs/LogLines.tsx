import { memo, type ReactNode } from "react";
import type { Schema } from "../../api/client";
import { groupOf } from "../../lib/lineTypes";
import { marked } from "../../lib/marked";
import { printable } from "../../lib/printable";
import { lineTypeWord } from "../../text/lineTypes";
import classes from "./LogLines.module.css";

interface LogLinesProps {
  lines: readonly Schema["LogFileLine"][];
  /** In lower case; what is marked in the text. */
  needle: string;
  isWrapped: boolean;
}

/** The lines of one page. What they say is text, whatever it looks like. */
export const LogLines = memo(function LogLines({ lines, needle, isWrapped }: LogLinesProps): ReactNode {
  return (
    <ol className={classes.lines} data-wrapped={isWrapped || undefined}>
      {lines.map((line) => (
        <li key={line.number} className={classes.line} data-group={groupOf(line.type)}>
          <span className={classes.time}>{line.time?.replace("T", " ")}</span>
          <span className={classes.text}>
            {line.time !== null && <span className="visually-hidden">{lineTypeWord(line.type)}: </span>}
            {marked(printable(line.text), needle)}
          </span>
        </li>
      ))}
    </ol>
  );
});
