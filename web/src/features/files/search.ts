/** What the page shows, as it stands in its address: a folder, a file that is open, or the trash. */
export interface FilesSearch {
  path?: string;
  file?: string;
  trash?: true;
}

const LONGEST = 8_000;

export function readFilesSearch(address: Record<string, unknown>): FilesSearch {
  if (address.trash === true) return { trash: true };
  const file = text(address.file);
  if (file) return { file };
  const path = text(address.path);
  return path ? { path } : {};
}

/** Names may look like numbers. */
function text(value: unknown): string {
  if (typeof value !== "string" && typeof value !== "number") return "";
  return String(value).slice(0, LONGEST);
}
