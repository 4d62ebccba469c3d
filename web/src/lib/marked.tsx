import type { ReactNode } from "react";

/** A text with what was searched for marked in it. `needle` is in lower case; nothing is marked for an empty one. */
export function marked(text: string, needle: string): ReactNode {
  if (!needle) return text;
  const parts: ReactNode[] = [];
  const low = text.toLowerCase();
  // A few letters change their length with their case; then the places would not fit.
  if (low.length !== text.length) return text;
  let end = 0;
  for (let start = low.indexOf(needle); start >= 0; start = low.indexOf(needle, end)) {
    parts.push(text.slice(end, start), <mark key={start}>{text.slice(start, start + needle.length)}</mark>);
    end = start + needle.length;
  }
  parts.push(text.slice(end));
  return parts;
}
