import type { Schema } from "../../api/client";
import { rules as words } from "../../text/backupRules";

type Settings = Schema["BackupSettings"];

export const RULES = ["last", "hourly", "daily", "weekly", "monthly"] as const;
export const LIMITS = ["max_count", "max_gigabytes"] as const;
export const NUMBERS = [...RULES, ...LIMITS, "drill_days"] as const;
export type NumberName = (typeof NUMBERS)[number];

/** The settings as they are written in the form. */
export interface RulesDraft extends Record<NumberName, string> {
  modData: string;
  withModFiles: boolean;
  level: number;
  targets: readonly string[];
  keepLocal: boolean;
}

const GIGABYTE = 1024 ** 3;
const MAX_COUNT = 10_000;
const MAX_DAYS = 365;
const MAX_GIGABYTES = 900_000;

const inGigabytes = (bytes: number) => String(Math.round((bytes / GIGABYTE) * 100) / 100);

export function draftOf(settings: Settings): RulesDraft {
  const { retention } = settings;
  return {
    last: String(retention.last),
    hourly: String(retention.hourly),
    daily: String(retention.daily),
    weekly: String(retention.weekly),
    monthly: String(retention.monthly),
    max_count: String(retention.max_count),
    max_gigabytes: inGigabytes(retention.max_bytes),
    drill_days: String(settings.drill_days),
    modData: settings.mod_data.join("\n"),
    withModFiles: settings.with_mod_files,
    level: settings.compression_level,
    targets: settings.targets,
    keepLocal: settings.keep_local,
  };
}

function problemOf(name: NumberName, text: string): string | null {
  const value = text.trim().replace(",", ".");
  if (name === "max_gigabytes") {
    if (!/^\d+(\.\d+)?$/.test(value)) return words.notANumber;
    return Number(value) > MAX_GIGABYTES ? words.tooLarge : null;
  }
  if (!/^\d+$/.test(value)) return words.notANumber;
  if (name === "drill_days") return Number(value) > MAX_DAYS ? words.tooManyDays : null;
  return Number(value) > MAX_COUNT ? words.tooLarge : null;
}

export function draftErrors(draft: RulesDraft): Partial<Record<NumberName, string>> {
  return Object.fromEntries(
    NUMBERS.flatMap((name) => {
      const problem = problemOf(name, draft[name]);
      return problem ? [[name, problem]] : [];
    }),
  );
}

/** The rules that are written, null while one of them is none. `known`: what stays exact while nobody changes it. */
export function rulesOf(draft: RulesDraft, known: Settings): Schema["RetentionRules"] | null {
  if ([...RULES, ...LIMITS].some((name) => problemOf(name, draft[name]) !== null)) return null;
  const [last, hourly, daily, weekly, monthly] = RULES.map((name) => Number(draft[name]));
  const isSameSize = draft.max_gigabytes === inGigabytes(known.retention.max_bytes);
  const gigabytes = Number(draft.max_gigabytes.trim().replace(",", "."));
  return {
    last: last ?? 0,
    hourly: hourly ?? 0,
    daily: daily ?? 0,
    weekly: weekly ?? 0,
    monthly: monthly ?? 0,
    max_count: Number(draft.max_count),
    max_bytes: isSameSize ? known.retention.max_bytes : Math.round(gigabytes * GIGABYTE),
  };
}

type Rules = Schema["RetentionRules"];

export const areSameRules = (one: Rules, other: Rules): boolean =>
  (Object.keys(one) as (keyof Rules)[]).every((name) => one[name] === other[name]);

/** What would be saved; null where something in it is wrong, or nothing is another. */
export function settingsOf(draft: RulesDraft, known: Settings): Settings | null {
  const retention = rulesOf(draft, known);
  if (retention === null || problemOf("drill_days", draft.drill_days) !== null) return null;
  const wanted: Settings = {
    retention,
    mod_data: draft.modData
      .split("\n")
      .map((line) => line.trim())
      .filter(Boolean),
    with_mod_files: draft.withModFiles,
    compression_level: draft.level,
    targets: [...draft.targets],
    keep_local: draft.keepLocal,
    drill_days: Number(draft.drill_days),
  };
  const isSame =
    areSameRules(retention, known.retention) &&
    wanted.mod_data.join("\n") === known.mod_data.join("\n") &&
    wanted.with_mod_files === known.with_mod_files &&
    wanted.compression_level === known.compression_level &&
    wanted.targets.toSorted().join() === known.targets.toSorted().join() &&
    wanted.keep_local === known.keep_local &&
    wanted.drill_days === known.drill_days;
  return isSame ? null : wanted;
}
