import type { Schema } from "../../api/client";

export type Entry = Schema["FileEntry"];
export type Column = "name" | "size" | "modified";

export interface Order {
  by: Column;
  isDown: boolean;
}

const names = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

/** Folders first, whatever the order. */
export function sorted(entries: readonly Entry[], { by, isDown }: Order): readonly Entry[] {
  const sign = isDown ? -1 : 1;
  return [...entries].sort((one, other) => {
    const folders = Number(other.kind === "folder") - Number(one.kind === "folder");
    if (folders !== 0) return folders;
    return sign * compare(one, other, by) || names.compare(one.name, other.name);
  });
}

function compare(one: Entry, other: Entry, by: Column): number {
  switch (by) {
    case "name":
      return names.compare(one.name, other.name);
    case "size":
      return one.size_bytes - other.size_bytes;
    case "modified":
      return one.modified_at < other.modified_at ? -1 : Number(one.modified_at > other.modified_at);
  }
}

/** Those whose name holds every word. */
export function named(entries: readonly Entry[], sought: string): readonly Entry[] {
  const words = sought.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return entries;
  return entries.filter((entry) => {
    const name = entry.name.toLocaleLowerCase();
    return words.every((word) => name.includes(word));
  });
}
