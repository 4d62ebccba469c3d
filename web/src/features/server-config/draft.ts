import type { Schema } from "../../api/client";
import { serverConfig as words } from "../../text/serverConfig";

export type Field = Schema["ConfigField"];
export type View = Schema["ServerConfigView"];
export type Pending = Schema["ConfigPending"];

/** A setting as it stands in its control. Lists have one to a line; null clears a secret. */
export type Draft = string | boolean | null;

export const keyOf = (path: readonly string[]) => JSON.stringify(path);

export const isSame = (one: unknown, other: unknown) => JSON.stringify(one ?? null) === JSON.stringify(other ?? null);

/** What waits for the next stop counts as the value, for that is what will be. */
export const comingOf = (field: Field, waiting: Pending | undefined): unknown =>
  waiting ? waiting.value : field.value;

/** What the game goes by: its default where its file does not say. */
const known = (field: Field, value: unknown) => (value === undefined || value === null ? field.default : value);

export function draftOf(field: Field, value: unknown): Draft {
  switch (field.type) {
    case "bool":
      return String(known(field, value)) === "true";
    case "secret":
      return "";
    case "list":
      return Array.isArray(value) ? value.map(asText).join("\n") : asText(value);
    case "int":
    case "float":
    case "choice":
      return asText(known(field, value));
    default:
      return asText(value);
  }
}

function asText(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

export type Reading = { value: unknown; problem?: undefined } | { problem: string; value?: undefined };

/** What a control says, as the file would have it. Attributes of the world are texts there, even where they are numbers. */
export function readDraft(field: Field, draft: Draft): Reading {
  if (typeof draft === "boolean") return { value: typeof field.default === "string" ? String(draft) : draft };
  if (draft === null) return { value: null };
  switch (field.type) {
    case "int":
    case "float":
      return readNumber(field, draft);
    case "choice":
      return { value: choiceOf(field, draft) };
    case "secret":
      return draft === "" ? { problem: words.secretEmpty } : checkLength(field, draft);
    case "list": {
      const lines = draft
        .split("\n")
        .map((line) => line.trim())
        .filter(Boolean);
      return { value: lines.length === 0 && isUnset(field.default) ? null : lines };
    }
    default:
      return draft === "" && isUnset(field.default) ? { value: null } : checkLength(field, draft);
  }
}

const isUnset = (value: unknown) => value === null || value === undefined;

function checkLength(field: Field, draft: string): Reading {
  const most = field.max_length ?? null;
  return most !== null && draft.length > most ? { problem: words.tooLong(most) } : { value: draft };
}

function readNumber(field: Field, draft: string): Reading {
  const text = draft.trim().replace(",", ".");
  if (text === "" && isUnset(field.default)) return { value: null };
  if (field.type === "int" && !/^-?\d{1,15}$/.test(text)) return { problem: words.notWhole };
  if (!/^-?\d{1,15}(\.\d{1,15})?$/.test(text)) return { problem: words.notANumber };
  const value = Number(text);
  const { minimum = null, maximum = null } = field;
  if ((minimum !== null && value < minimum) || (maximum !== null && value > maximum)) {
    return { problem: words.outside(words.limits(field) ?? "") };
  }
  return { value: typeof field.default === "string" ? text : value };
}

function choiceOf(field: Field, draft: string): unknown {
  const choice = field.choices?.find(({ value }) => asText(value) === draft);
  if (choice) return choice.value;
  const number = Number(draft);
  const hasNumbers = field.choices?.every(({ value }) => typeof value === "number") ?? false;
  return hasNumbers && draft.trim() !== "" && Number.isFinite(number) ? number : draft;
}

/** A value as people say it. */
export function inWords(field: Field | undefined, value: unknown): string {
  if (field?.type === "secret") return value === null ? words.secretUnset : words.secretSet;
  const choice = field?.choices?.find((one) => asText(one.value) === asText(value));
  if (choice && !isUnset(value)) return choice.title;
  if (field?.type === "bool" && !isUnset(value)) return String(value) === "true" ? words.on : words.off;
  if (typeof value === "boolean") return value ? words.on : words.off;
  if (Array.isArray(value)) return value.length === 0 ? words.emptyList : value.map(asText).join(", ");
  if (isUnset(value) || value === "") return words.unset;
  if (typeof value === "number") return words.number(value, field?.unit);
  return field?.unit && !Number.isNaN(Number(value)) ? words.number(Number(value), field.unit) : asText(value);
}

/** Whether it is as the game has it without anybody's doing. */
export function isDefault(field: Field, draft: Draft): boolean {
  if (field.type === "secret") return draft === null || !field.is_set;
  return draft === draftOf(field, field.default);
}

/** Whether it can be changed at all, for who may. */
export const isFixed = (field: Field, view: Pick<View, "world_exists">) =>
  field.takes_effect === "never" || (field.takes_effect === "new_world" && view.world_exists);
