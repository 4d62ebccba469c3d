import type { LineType } from "./lineTypes";

interface WrittenLine {
  time: string | null;
  type: LineType;
  text: string;
  is_continuation?: boolean;
}

/** The time of day of a line; the game writes its host's own, without a zone. */
export const timeOfDay = (time: string | null): string => time?.slice(11, 19) ?? "";

/** A line as the game's own log files have it, for copies. */
export function asWritten(line: WrittenLine): string {
  if (line.is_continuation || line.time === null) return line.text;
  return `${line.time.replace("T", " ")} [${line.type}] ${line.text}`;
}
