import type { Schema } from "../api/client";
import { formatNumber } from "../lib/numbers";

type Field = Schema["SettingField"];

const units: Record<NonNullable<Field["unit"]>, [one: string, many: string]> = {
  seconds: ["second", "seconds"],
  days: ["day", "days"],
  runs: ["run", "runs"],
  restarts: ["restart", "restarts"],
  copies: ["copy", "copies"],
};

export const settings = {
  title: "Settings",
  lead: "Changes take effect at once, without a restart.",
  readOnly: (role: string) =>
    `Only admins can change the settings. You are signed in as ${role}; ask an admin to change your role.`,
  unit: (unit: Field["unit"], count: number) => (unit ? units[unit][count === 1 ? 0 : 1] : ""),
  withUnit: (count: number, unit: Field["unit"]) => `${formatNumber(count)} ${settings.unit(unit, count)}`.trim(),
  empty: "empty",
  between: (least: string, most: string) => `From ${least} to ${most}.`,
  atMost: (most: string) => `At most ${most}.`,
  characters: (most: number) => `Up to ${formatNumber(most)} characters.`,
  zero: (meaning: string) => `0 means ${meaning}.`,
  standard: (value: string) => `Default: ${value}.`,
  reset: "Reset to default",
  resetThis: (title: string) => `Reset to default: ${title}`,
  notANumber: "Give a whole number.",
  changedMeanwhile: (now: string) => `Someone else has changed this to ${now} in the meantime. Saving replaces it.`,
  unsaved: (count: number) => (count === 1 ? "1 unsaved change" : `${formatNumber(count)} unsaved changes`),
  save: "Save",
  discard: "Discard",
  saved: "Saved",
  change: (title: string, before: string, now: string) => `${title}: ${before} → ${now}`,
  fieldsWrong: (count: number) =>
    count === 1 ? "One field can't be saved as it is." : `${formatNumber(count)} fields can't be saved as they are.`,
  leaveTitle: "Leave without saving?",
  leaveLoss: "These changes have not been saved and would be lost:",
  leave: "Leave without saving",
  broken: "The settings file can't be used",
  brokenText:
    "The defaults apply until it is mended, and nothing can be changed here before that. Mend the file, or start over with the defaults.",
  resetAll: "Use the defaults",
  resetTitle: "Use the default settings?",
  resetLoss:
    "Every setting in the file is replaced by its default, and all of these are in force at once. The file that can't be used is kept beside it under another name, so nothing in it is deleted.",
  resetConfirm: "Use the defaults",
  resetDone: (kept: string | null) =>
    kept ? `The defaults are in force. The old file is kept as ${kept}.` : "The defaults are in force.",
  noneTitle: "No settings",
  noneText: "This manager has nothing to set.",
};
