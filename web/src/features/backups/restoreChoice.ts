import type { Schema } from "../../api/client";
import { restore as words } from "../../text/backups";

type Part = Schema["BackupFile"]["part"];

/** What somebody has chosen in the dialog. `without`: parts that stay as they are. */
export interface RestoreChoice {
  into: "same" | "new";
  name: string;
  port: string;
  what: "parts" | "files";
  without: readonly Part[];
  files: readonly string[];
  starts: boolean;
}

export type ChoiceErrors = Partial<Record<"name" | "port" | "what", string>>;

const MIN_PORT = 1024;
const MAX_PORT = 65_535;

/** Null where nothing is written, or no port. */
function portOf(text: string): number | null {
  const port = /^\d{1,5}$/.test(text.trim()) ? Number(text.trim()) : 0;
  return port >= MIN_PORT && port <= MAX_PORT ? port : null;
}

export function choiceErrors(choice: RestoreChoice): ChoiceErrors {
  const isNew = choice.into === "new";
  return {
    ...(isNew && choice.name.trim() === "" ? { name: words.nameMissing } : {}),
    ...(isNew && choice.port.trim() !== "" && portOf(choice.port) === null ? { port: words.portWrong } : {}),
    ...(choice.what === "files" && choice.files.length === 0 ? { what: words.chooseSomething } : {}),
  };
}

/** What to ask the manager for. `parts`: all that the backup holds; all of them are asked for as "everything". */
export function wantedOf(choice: RestoreChoice, parts: readonly Part[]): Schema["RestoreRequest"] {
  const chosen = parts.filter((part) => !choice.without.includes(part));
  const what =
    choice.what === "files" ? { files: [...choice.files] } : choice.without.length > 0 ? { parts: chosen } : {};
  const into = choice.into === "new" ? { new_server: { name: choice.name.trim(), port: portOf(choice.port) } } : {};
  return { ...what, ...into };
}
