import { type KeyboardEvent, type Ref, useImperativeHandle, useMemo, useRef } from "react";
import classes from "./LinedText.module.css";

const INDENT = "  ";

export interface LinedTextHandle {
  /** Puts the cursor at a place and brings it into sight. */
  goTo: (offset: number) => void;
}

interface LinedTextProps {
  handle: Ref<LinedTextHandle>;
  label: string;
  value: string;
  onChange: (value: string) => void;
  /** Counted from 1. */
  wrongLine: number | undefined;
}

/** A field for text of many lines with their numbers beside. Long lines are not broken, so each number stays at its line. */
export function LinedText({ handle, label, value, onChange, wrongLine }: LinedTextProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  const gutter = useRef<HTMLDivElement>(null);
  const lines = useMemo(() => value.split("\n").length, [value]);
  const numbers = useMemo(() => Array.from({ length: lines }, (_, line) => line + 1).join("\n"), [lines]);

  useImperativeHandle(handle, () => ({
    goTo: (offset) => {
      const area = field.current;
      if (!area) return;
      area.focus();
      area.setSelectionRange(offset, Math.min(offset + 1, area.value.length));
      const line = area.value.slice(0, offset).split("\n").length - 1;
      const lineHeight = area.scrollHeight / Math.max(1, lines);
      area.scrollTop = Math.max(0, line * lineHeight - area.clientHeight / 2);
    },
  }));

  const follow = () => {
    if (gutter.current && field.current) gutter.current.scrollTop = field.current.scrollTop;
  };
  /** A new line begins below the one before it. The Tab key goes on to the next field, as everywhere. */
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey || event.altKey || event.nativeEvent.isComposing)
      return;
    const area = event.currentTarget;
    const { selectionStart: start, selectionEnd: end } = area;
    const line = area.value.slice(area.value.lastIndexOf("\n", start - 1) + 1, start);
    const indent = /^[ \t]*/.exec(line)?.[0] ?? "";
    const deeper = /[{[]\s*$/.test(line) ? INDENT : "";
    if (indent + deeper === "") return;
    event.preventDefault();
    area.setRangeText(`\n${indent}${deeper}`, start, end, "end");
    onChange(area.value);
  };

  return (
    <div className={classes.box}>
      <div ref={gutter} className={classes.gutter} aria-hidden="true">
        <div className={classes.numbers}>
          {numbers}
          {wrongLine !== undefined && <span className={classes.wrong} style={{ top: `${(wrongLine - 1) * 1.5}em` }} />}
        </div>
      </div>
      <textarea
        ref={field}
        className={classes.text}
        aria-label={label}
        wrap="off"
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        autoCorrect="off"
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        onScroll={follow}
        onKeyDown={onKeyDown}
      />
    </div>
  );
}
