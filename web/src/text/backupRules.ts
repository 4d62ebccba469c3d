import { formatBytes } from "../lib/bytes";
import { formatNumber } from "../lib/numbers";

const plural = (count: number, one: string, many: string) => `${formatNumber(count)} ${count === 1 ? one : many}`;

/** Each rule is a sentence with its number in the middle: before it, and after it. */
const rule = (before: string, after: string, label: string) => ({ before, after, label });

export const rules = {
  keep: "What is kept",
  keepText:
    "A backup stays when any of these wants it. Pinned ones always stay; damaged ones never count, nor do hours or days without a backup.",
  sentences: {
    last: rule("The last", "backups", "The last so many backups"),
    hourly: rule("One for each of the last", "hours", "One for each of the last so many hours"),
    daily: rule("One for each of the last", "days", "One for each of the last so many days"),
    weekly: rule("One for each of the last", "weeks", "One for each of the last so many weeks"),
    monthly: rule("One for each of the last", "months", "One for each of the last so many months"),
    max_count: rule("Never more than", "backups (0: any number)", "Never more than so many backups"),
    max_gigabytes: rule("Never more than", "GB together (0: any size)", "Never more than so many gigabytes"),
  },
  plain: (values: {
    last: number;
    hourly: number;
    daily: number;
    weekly: number;
    monthly: number;
    max_count: number;
    max_bytes: number;
  }) => {
    const wanted = [
      values.last > 0 && `the last ${plural(values.last, "backup", "backups")}`,
      values.hourly > 0 && `one for each of the last ${plural(values.hourly, "hour", "hours")}`,
      values.daily > 0 && `one a day for ${plural(values.daily, "day", "days")}`,
      values.weekly > 0 && `one a week for ${plural(values.weekly, "week", "weeks")}`,
      values.monthly > 0 && `one a month for ${plural(values.monthly, "month", "months")}`,
    ].filter(Boolean);
    const limits = [
      values.max_count > 0 && plural(values.max_count, "backup", "backups"),
      values.max_bytes > 0 && formatBytes(values.max_bytes),
    ].filter(Boolean);
    const kept = wanted.length > 0 ? wanted.join(", ") : "only the newest good one";
    return `Kept are ${kept}${limits.length > 0 ? `, never more than ${limits.join(" or ")}` : ""}.`;
  },
  notANumber: "A whole number, please.",
  tooLarge: "That is too many.",
  tooManyDays: "At most 365.",
  preview: "What that means now",
  previewing: "Working out what would be deleted",
  wouldStay: (kept: number) => (kept === 1 ? "The one backup stays." : `All ${formatNumber(kept)} backups stay.`),
  noneYet: "There are no backups yet, so nothing would be deleted.",
  wouldGo: (deleted: number, kept: number, freed: number) =>
    `${plural(deleted, "backup", "backups")} would be deleted and ${formatNumber(kept)} stay; ${formatBytes(freed)} are freed.`,
  list: "Backups and what becomes of them",
  goes: "is deleted",
  stays: (reasons: readonly string[]) => `stays: ${reasons.join(", ")}`,
  keptBy: {
    pinned: "pinned",
    newest_verified: "the newest good one",
    nothing_newer: "no newer good one",
    being_copied: "being copied",
    last: "one of the last",
    hourly: "of its hour",
    daily: "of its day",
    weekly: "of its week",
    monthly: "of its month",
  } as Record<string, string>,
  keptByWord: (name: string) => rules.keptBy[name] ?? name.replaceAll("_", " "),
  showStaying: (count: number) =>
    count === 1 ? "Show the one that stays" : `Show the ${formatNumber(count)} that stay`,
  hideStaying: "Hide those that stay",
  more: (count: number) => `and ${formatNumber(count)} more`,
  prune: "Delete these now",
  pruneTitle: "Delete old backups now?",
  pruneText: (deleted: number, freed: number) =>
    `${plural(deleted, "backup", "backups")} that the saved rules do not want are deleted, which frees ${formatBytes(freed)}. There is no way to get them back.`,
  pruneConfirm: (deleted: number) => `Delete ${plural(deleted, "backup", "backups")}`,
  pruneSavedFirst: "Save the rules first; deleting goes by those that are saved.",
  pruneStarted: "Deleting old backups",
  otherwise: "Without you, they are deleted after the next backup, or within the hour.",

  packed: "What is packed",
  packedText: "The world, the players, the configuration and the list of mods always are.",
  modData: "Folders with data of mods",
  modDataHint: "Below the server's folder, one to a line, such as ModData.",
  withModFiles: "The files of the mods, too",
  withModFilesHint: "Larger, but a restore needs no mod database. Files that can't be fetched again are always packed.",
  level: "How hard it is packed",
  levels: (level: number) =>
    ({ 1: "Quick (1)", 3: "Usual (3)", 9: "Small (9)", 15: "Smaller (15)", 19: "Smallest, slow (19)" })[level] ??
    `Level ${level}`,

  practice: "Practice",
  drillBefore: "Restore the newest backup beside the server, for practice, every",
  drillAfter: "days (0: never)",
  drillLabel: "Practise a restore every so many days",

  elsewhere: "Elsewhere",
  elsewhereText: "Where copies of its backups go.",
  noPlaces: "There is no place off this machine yet.",
  addPlace: "Add one",
  keepLocal: "Keep them on this machine, too",
  keepLocalHint: "Without this a backup is deleted here once it is copied. What can't be copied stays.",
  keepLocalNeedsPlace: "Choose a place first: backups have to be somewhere.",

  save: "Save",
  discard: "Discard",
  saved: "Saved",
  saveTitle: "Save these rules?",
  saveConfirm: "Save the rules",
  viewerHint: (role: string) => `Admins can change this; you are signed in as ${role}.`,
};
