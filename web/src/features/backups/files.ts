import type { Schema } from "../../api/client";
import { partNames } from "../../text/backups";

type File = Schema["BackupFile"];

/** Those whose path or part holds every word of what somebody has written. */
export function filesNamed(files: readonly File[], sought: string): readonly File[] {
  const words = sought.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return files;
  return files.filter((file) => {
    const text = `${file.path} ${partNames[file.part]}`.toLocaleLowerCase();
    return words.every((word) => text.includes(word));
  });
}
