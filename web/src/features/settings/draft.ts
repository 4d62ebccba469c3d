import type { Schema } from "../../api/client";
import { readInterval, type WrittenInterval, writeInterval } from "../../lib/duration";
import { intervals } from "../../text/intervals";
import { settings as words } from "../../text/settings";

export type Field = Schema["SettingField"];
export type Value = Field["value"];

/** What someone has written into a field that was `before` when they began. */
export interface Draft {
  before: Value;
  text: string;
  unit: WrittenInterval["unit"];
}

/** By the name of the field; only those that someone has touched. */
export type Drafts = Readonly<Record<string, Draft>>;

export function draftOf(field: Field, value: Value): Draft {
  const written =
    field.kind === "interval" ? writeInterval(Number(value)) : { count: String(value), unit: "seconds" as const };
  return { before: field.value, text: written.count, unit: written.unit };
}

/** The value of a draft; null while it can't be read as one. */
export function readValue(field: Field, draft: Draft): Value | null {
  switch (field.kind) {
    case "interval":
      return readInterval({ count: draft.text, unit: draft.unit });
    case "number":
      return /^\d+$/.test(draft.text.trim()) ? Number(draft.text) : null;
    case "text":
      return draft.text.trim();
    case "choice":
      return draft.text;
  }
}

/** A value as one says it: "1 hour", "90 days", "off". */
export function inWords(field: Field, value: Value): string {
  if (value === 0 && field.zero_means) return field.zero_means;
  if (field.kind === "text") return value === "" ? words.empty : String(value);
  if (field.kind === "choice") return field.choices.find((choice) => choice.value === value)?.label ?? String(value);
  if (field.kind === "number") return words.withUnit(Number(value), field.unit);
  const { count, unit } = writeInterval(Number(value));
  return intervals.length(Number(count), unit);
}

/** What may stand in a field, in one line. */
export function limitsInWords(field: Field): string {
  const parts: string[] = [];
  const { minimum, maximum } = field;
  if (field.kind === "text") {
    if (maximum !== null) parts.push(words.characters(maximum));
  } else if (minimum !== null && maximum !== null && minimum > 0) {
    parts.push(words.between(inWords(field, minimum), inWords(field, maximum)));
  } else if (maximum !== null) {
    parts.push(words.atMost(words.withUnit(maximum, field.unit)));
  }
  if (field.zero_means) parts.push(words.zero(field.zero_means));
  parts.push(words.standard(inWords(field, field.default)));
  return parts.join(" ");
}
