import { memo } from "react";
import { timeOfDay } from "../../lib/lineText";
import { groupOf } from "../../lib/lineTypes";
import { marked } from "../../lib/marked";
import { consoleTab as words } from "../../text/console";
import { lineTypeWord } from "../../text/lineTypes";
import classes from "./LineRow.module.css";
import { isGap, type Line, type Row } from "./lineStore";

/** A line of a megabyte is no reason to stop drawing; copies have all of it. */
const LONGEST_SHOWN = 4_000;

interface LineRowProps {
  row: Row;
  /** In lower case; what is marked in the text. */
  needle: string;
  isCurrent: boolean;
}

export const LineRow = memo(function LineRow({ row, needle, isCurrent }: LineRowProps) {
  if (isGap(row)) {
    return (
      <div className={classes.gap} title={words.droppedHint}>
        {words.dropped(row.dropped)}
      </div>
    );
  }
  return (
    <div
      className={classes.line}
      data-group={groupOf(row.type)}
      data-probe={row.is_probe || undefined}
      data-current={isCurrent || undefined}
    >
      <span className={classes.time} title={row.time === null ? undefined : words.time(row.time.replace("T", " "))}>
        {row.is_continuation ? "" : timeOfDay(row.time)}
      </span>
      <Text line={row} needle={needle} />
    </div>
  );
});

function Text({ line, needle }: { line: Line; needle: string }) {
  const rest = line.text.length - LONGEST_SHOWN;
  return (
    <span className={classes.text}>
      {!line.is_continuation && (
        <span className="visually-hidden">
          {line.is_probe && words.probe}
          {lineTypeWord(line.type)}:{" "}
        </span>
      )}
      {marked(rest > 0 ? line.text.slice(0, LONGEST_SHOWN) : line.text, needle)}
      {rest > 0 && <em className={classes.rest}>{words.moreText(rest)}</em>}
    </span>
  );
}
