import type { Schema } from "../../api/client";
import { serverSettings as words } from "../../text/serverPage";
import { readPort } from "./PortField";

type Server = Schema["ServerDetails"];

/** The settings of one server as they stand in the fields. */
export interface SettingsDraft {
  name: string;
  port: string;
  restarts: boolean;
  stopSeconds: string;
  termSeconds: string;
  /** One to a line. */
  arguments: string;
}

const written = (seconds: number | null | undefined) => (seconds ? String(seconds) : "");

export const draftOf = (server: Server): SettingsDraft => ({
  name: server.name,
  port: String(server.port),
  restarts: server.settings.restart_after_crash,
  stopSeconds: written(server.settings.stop_timeout_seconds),
  termSeconds: written(server.settings.term_timeout_seconds),
  arguments: server.settings.extra_arguments.join("\n"),
});

/** Null for "as the manager has it"; undefined where it is no number. */
function readSeconds(text: string): number | null | undefined {
  if (text.trim() === "") return null;
  return /^\d{1,5}$/.test(text.trim()) ? Number(text.trim()) : undefined;
}

const linesOf = (text: string) =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);

export function settingsErrors(draft: SettingsDraft): Partial<Record<keyof SettingsDraft, string>> {
  return {
    ...(draft.name.trim() === "" && { name: words.nameMissing }),
    ...(readPort(draft.port) === null && { port: words.portNotANumber }),
    ...(readSeconds(draft.stopSeconds) === undefined && { stopSeconds: words.notANumber }),
    ...(readSeconds(draft.termSeconds) === undefined && { termSeconds: words.notANumber }),
  };
}

/** Only what differs is sent; null where nothing does. */
export function changeOf(server: Server, draft: SettingsDraft): Schema["ServerChange"] | null {
  const before = draftOf(server);
  const port = readPort(draft.port);
  const settings = {
    restart_after_crash: draft.restarts,
    stop_timeout_seconds: readSeconds(draft.stopSeconds) ?? null,
    term_timeout_seconds: readSeconds(draft.termSeconds) ?? null,
    extra_arguments: linesOf(draft.arguments),
  };
  const hasOtherSettings = (["restarts", "stopSeconds", "termSeconds", "arguments"] as const).some(
    (field) => draft[field] !== before[field],
  );
  const change: Schema["ServerChange"] = {
    ...(draft.name.trim() !== before.name && { name: draft.name.trim() }),
    ...(port !== server.port && port !== null && { port }),
    ...(hasOtherSettings && { settings }),
  };
  return Object.keys(change).length > 0 ? change : null;
}
