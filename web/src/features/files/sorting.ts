import type { Schema } from "../../api/client";

export type Entry = Schema["FileEntry"];
export type Column = "name" | "size" | "modified";

export interface Order {
  by: Column;
  isDown: boolean;
}

/** Comparing as people of this language do takes a second for ten thousands of names. */
const MOST_COMPARED_WELL = 3_000;
const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

/** Folders first, whatever the order; numbers in names count as numbers. */
export function sorted(entries: readonly Entry[], { by, isDown }: Order): readonly Entry[] {
  const sign = isDown ? -1 : 1;
  const byName = entries.length <= MOST_COMPARED_WELL ? compareWell : compareQuickly(entries);
  return [...entries].sort((one, other) => {
    const folders = Number(other.kind === "folder") - Number(one.kind === "folder");
    if (folders !== 0) return folders;
    if (by === "name") return sign * byName(one, other);
    const first = by === "size" ? one.size_bytes - other.size_bytes : inOrder(one.modified_at, other.modified_at);
    return sign * first || byName(one, other);
  });
}

type Compare = (one: Entry, other: Entry) => number;

const compareWell: Compare = (one, other) => collator.compare(one.name, other.name);

function compareQuickly(entries: readonly Entry[]): Compare {
  const keys = new Map(
    entries.map((entry) => [
      entry,
      entry.name.toLowerCase().replace(/\d{1,15}/g, (digits) => digits.padStart(15, "0")),
    ]),
  );
  return (one, other) => inOrder(keys.get(one) ?? "", keys.get(other) ?? "");
}

const inOrder = (one: string, other: string): number => (one < other ? -1 : Number(one > other));

/** Those whose name holds every word. */
export function named(entries: readonly Entry[], sought: string): readonly Entry[] {
  const words = sought.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return entries;
  return entries.filter((entry) => {
    const name = entry.name.toLocaleLowerCase();
    return words.every((word) => name.includes(word));
  });
}
