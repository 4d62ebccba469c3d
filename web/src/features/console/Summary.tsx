import { useEffect, useRef, useState } from "react";
import { LINE_GROUPS } from "../../lib/lineTypes";
import { consoleTab as words } from "../../text/console";
import type { LineStore, ShownLines } from "./lineStore";

const EVERY_MS = 20_000;

/** Tells those who can't see the console what has come, now and then and in one sentence: never line by line. */
export function Summary({ lines }: { lines: LineStore }) {
  const [text, setText] = useState("");
  const told = useRef<ShownLines["counts"] | null>(null);
  useEffect(() => {
    const tell = () => {
      const { counts } = lines.getShown();
      const before = told.current ?? counts;
      told.current = counts;
      // What was cut off makes the counts smaller; then nothing is said.
      const count = LINE_GROUPS.reduce((sum, group) => sum + Math.max(0, counts[group] - before[group]), 0);
      if (count > 0) setText(words.summary(count, Math.max(0, counts.error - before.error)));
    };
    const timer = setInterval(tell, EVERY_MS);
    return () => clearInterval(timer);
  }, [lines]);
  return (
    <p className="visually-hidden" role="status">
      {text}
    </p>
  );
}
