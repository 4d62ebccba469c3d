import { LINE_GROUPS, type LineGroup } from "../../lib/lineTypes";

/** What the page shows, as it stands in its address, several types with commas between. Whatever doesn't fit is left out. */
export interface LogsSearch {
  file?: string;
  types?: string;
  q?: string;
}

export function readLogsSearch(address: Record<string, unknown>): LogsSearch {
  const search: LogsSearch = {};
  const file = text(address.file, 500);
  const q = text(address.q, 200);
  const groups = groupsIn(address.types);
  if (file) search.file = file;
  if (groups.length > 0) search.types = groups.join(",");
  if (q) search.q = q;
  return search;
}

export function groupsIn(types: unknown): LineGroup[] {
  const named = typeof types === "string" ? types.split(",") : [];
  return LINE_GROUPS.filter((group) => named.includes(group));
}

function text(value: unknown, longest: number): string | undefined {
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  return String(value).trim().slice(0, longest) || undefined;
}
