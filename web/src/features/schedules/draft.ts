import type { Schema } from "../../api/client";
import { readInterval, type WrittenInterval, writeInterval } from "../../lib/duration";
import { areWarnings } from "../../lib/minutes";
import { ownZone } from "../../lib/zones";
import { editor as words } from "../../text/schedules";

export type Body = Schema["ScheduleBody"];
export type Step = Body["steps"][number];
export type StepName = Step["do"];
export type Conditions = Schema["Conditions"];
type Trigger = Body["trigger"];

export type TriggerKind = "daily" | "weekly" | "interval" | "cron" | "event";
export const TRIGGER_KINDS: readonly TriggerKind[] = ["daily", "weekly", "interval", "event", "cron"];

/** Every field that a trigger could have, so that going from one kind to another and back loses nothing. */
export interface TriggerDraft {
  kind: TriggerKind;
  time: string;
  days: readonly number[];
  zone: string;
  cron: string;
  every: WrittenInterval;
  event: Schema["EventTrigger"]["event"];
  emptyMinutes: number;
  waitMinutes: number;
}

/** A step with a number that stays when it is moved. */
export interface DraftStep {
  key: number;
  step: Step;
}

/** A schedule while it is edited. Numbers that are not written yet are NaN. */
export interface Draft {
  name: string;
  enabled: boolean;
  trigger: TriggerDraft;
  conditions: Conditions;
  steps: readonly DraftStep[];
  last: readonly DraftStep[];
  overlap: Body["overlap"];
  catchUp: Body["catch_up"];
  catchUpLimit: number;
  timeoutHours: number;
}

const ANYTIME: Conditions = {
  server: "any",
  only_empty: false,
  defer_minutes: 0,
  defer_then: "run",
  quiet_hours: null,
  ran_since_backup: false,
  players_since_backup: false,
  zone: null,
};

/** Sorts the numbers of days (Sunday is 0) into the week from Monday on. */
const fromMonday = (one: number, other: number) => ((one + 6) % 7) - ((other + 6) % 7);

let keys = 0;
export const withKey = (step: Step): DraftStep => {
  keys += 1;
  return { key: keys, step };
};

const FIRST_TRIGGER: Trigger = { kind: "cron", cron: "0 5 * * *", zone: "UTC" };

export const emptyDraft = (): Draft =>
  draftOf({
    name: "",
    enabled: true,
    trigger: { ...FIRST_TRIGGER, zone: ownZone() },
    conditions: ANYTIME,
    steps: [],
    finally: [],
    overlap: "skip",
    catch_up: "none",
    catch_up_limit: 10,
    timeout_seconds: 21_600,
  });

/** A template, at the times of where its reader is. */
export function templateDraft(template: Schema["ScheduleTemplate"]): Draft {
  const { trigger } = template.body;
  const here = trigger.kind === "cron" && trigger.zone === "UTC" ? { ...trigger, zone: ownZone() } : trigger;
  return draftOf({ ...template.body, trigger: here });
}

export function draftOf(body: Body): Draft {
  return {
    name: body.name,
    enabled: body.enabled,
    trigger: triggerDraft(body.trigger),
    conditions: { ...ANYTIME, ...body.conditions },
    steps: body.steps.map(withKey),
    last: body.finally.map(withKey),
    overlap: body.overlap,
    catchUp: body.catch_up,
    catchUpLimit: body.catch_up_limit,
    timeoutHours: body.timeout_seconds / 3600,
  };
}

function triggerDraft(trigger: Trigger): TriggerDraft {
  const draft: TriggerDraft = {
    kind: "daily",
    time: "05:00",
    days: [1],
    zone: ownZone(),
    cron: "0 5 * * *",
    every: { count: "2", unit: "hours" },
    event: "last_player_left",
    emptyMinutes: 30,
    waitMinutes: 0,
  };
  switch (trigger.kind) {
    case "cron":
      return { ...draft, ...cronDraft(trigger.cron), cron: trigger.cron, zone: trigger.zone };
    case "interval":
      return { ...draft, kind: "interval", every: writeInterval(trigger.seconds) };
    case "event": {
      const { event, minutes, wait_minutes: waitMinutes } = trigger;
      return { ...draft, kind: "event", event, emptyMinutes: minutes ?? 30, waitMinutes };
    }
  }
}

/** The fields for a time of the day where the expression means one. */
function cronDraft(cron: string): Partial<TriggerDraft> {
  const found = /^(\d{1,2}) (\d{1,2}) \* \* (\*|[0-7](?:,[0-7])*)$/.exec(cron.trim().replace(/\s+/g, " "));
  const [, minute = "", hour = "", weekday = ""] = found ?? [];
  if (!found || Number(minute) > 59 || Number(hour) > 23) return { kind: "cron" };
  const time = `${hour.padStart(2, "0")}:${minute.padStart(2, "0")}`;
  if (weekday === "*") return { kind: "daily", time };
  return {
    kind: "weekly",
    time,
    days: [...new Set(weekday.split(",").map((day) => Number(day) % 7))].sort(fromMonday),
  };
}

export function triggerOf(draft: TriggerDraft): Trigger {
  const [hour = "", minute = ""] = draft.time.split(":");
  const at = `${Number(minute)} ${Number(hour)}`;
  switch (draft.kind) {
    case "daily":
      return { kind: "cron", cron: `${at} * * *`, zone: draft.zone.trim() };
    case "weekly":
      return { kind: "cron", cron: `${at} * * ${[...draft.days].sort(fromMonday).join(",")}`, zone: draft.zone.trim() };
    case "cron":
      return { kind: "cron", cron: draft.cron.trim(), zone: draft.zone.trim() };
    case "interval":
      return { kind: "interval", seconds: readInterval(draft.every) ?? Number.NaN };
    case "event":
      return {
        kind: "event",
        event: draft.event,
        wait_minutes: draft.waitMinutes,
        ...(draft.event === "empty_for" && { minutes: draft.emptyMinutes }),
      };
  }
}

export function bodyOf(draft: Draft): Body {
  return {
    name: draft.name.trim(),
    enabled: draft.enabled,
    trigger: triggerOf(draft.trigger),
    conditions: draft.conditions,
    steps: draft.steps.map(({ step }) => step),
    finally: draft.last.map(({ step }) => step),
    overlap: draft.overlap,
    catch_up: draft.catchUp,
    catch_up_limit: draft.catchUpLimit,
    timeout_seconds: Math.round(draft.timeoutHours * 3600),
  };
}

/** What of a draft can be read already: steps that lack something are left out. Null while nobody can tell when it is due. */
export function readableOf(draft: Draft): Schema["ScheduleDraft"] | null {
  const errors = Object.keys(draftErrors(draft));
  const lacks = (place: string) => errors.some((field) => field.startsWith(`${place}.`));
  const readable = (steps: readonly DraftStep[], name: string) =>
    steps.filter((_, index) => !lacks(`${name}.${index}`)).map(({ step }) => step);
  if (lacks("trigger")) return null;
  const body = bodyOf(draft);
  const conditions = lacks("conditions") ? ANYTIME : body.conditions;
  const settled = { catch_up_limit: 10, timeout_seconds: 21_600, catch_up: "none", overlap: "skip" } as const;
  return {
    ...body,
    ...settled,
    name: "",
    conditions,
    steps: readable(draft.steps, "steps"),
    finally: readable(draft.last, "finally"),
  };
}

/** What a stored schedule is, without what the manager says of it. */
export const storedBody = (schedule: Schema["Schedule"]): Body => ({
  name: schedule.name,
  enabled: schedule.enabled,
  trigger: schedule.trigger,
  conditions: schedule.conditions,
  steps: schedule.steps,
  finally: schedule.finally,
  overlap: schedule.overlap,
  catch_up: schedule.catch_up,
  catch_up_limit: schedule.catch_up_limit,
  timeout_seconds: schedule.timeout_seconds,
});

const USUAL = { on_failure: "stop" } as const;

/** A step as it is added. */
export function newStep(name: StepName): Step {
  switch (name) {
    case "announce":
      return { ...USUAL, do: name, text: "", warn_minutes: [] };
    case "command":
      return { ...USUAL, do: name, command: "" };
    case "wait":
      return { ...USUAL, do: name, seconds: 300, until_empty: false };
    case "notify":
      return { ...USUAL, do: name, text: "" };
    default:
      return { ...USUAL, do: name };
  }
}

/** What is wrong with which field, before the manager is asked; the names are those of the API. */
export function draftErrors(draft: Draft): Record<string, string> {
  const errors: Record<string, string> = {};
  const whole = (field: string, value: number, least: number, most: number) => {
    if (!Number.isInteger(value)) errors[field] = words.numberMissing;
    else if (value < least) errors[field] = words.tooSmall(least);
    else if (value > most) errors[field] = words.tooLarge(most);
  };
  if (draft.name.trim() === "") errors.name = words.fieldMissing;
  Object.assign(errors, triggerErrors(draft.trigger, whole));
  if (draft.conditions.defer_minutes !== 0) whole("conditions.defer_minutes", draft.conditions.defer_minutes, 1, 1440);
  const { quiet_hours: quiet } = draft.conditions;
  if (quiet && (quiet.begin === "" || quiet.end === "")) errors["conditions.quiet_hours.end"] = words.timeMissing;
  if (draft.steps.length === 0) errors.steps = words.stepsMissing;
  draft.steps.forEach(({ step }, index) => void stepErrors(step, `steps.${index}`, errors, whole));
  draft.last.forEach(({ step }, index) => void stepErrors(step, `finally.${index}`, errors, whole));
  if (draft.catchUp === "all") whole("catch_up_limit", draft.catchUpLimit, 1, 100);
  if (!(draft.timeoutHours >= 1 / 60 && draft.timeoutHours <= 48)) errors.timeout_seconds = words.numberMissing;
  return errors;
}

type Whole = (field: string, value: number, least: number, most: number) => void;

function triggerErrors(trigger: TriggerDraft, whole: Whole): Record<string, string> {
  const isTimed = trigger.kind === "daily" || trigger.kind === "weekly";
  if (isTimed && !/^\d\d:\d\d$/.test(trigger.time)) return { "trigger.cron": words.timeMissing };
  if (trigger.kind === "weekly" && trigger.days.length === 0) return { "trigger.days": words.dayMissing };
  if (trigger.kind === "cron" && trigger.cron.trim() === "") return { "trigger.cron": words.fieldMissing };
  if (trigger.kind === "interval") whole("trigger.seconds", readInterval(trigger.every) ?? Number.NaN, 60, 31_536_000);
  if (trigger.kind === "event") {
    whole("trigger.wait_minutes", trigger.waitMinutes, 0, 1440);
    if (trigger.event === "empty_for") whole("trigger.minutes", trigger.emptyMinutes, 1, 1440);
  }
  return {};
}

function stepErrors(step: Step, place: string, errors: Record<string, string>, whole: Whole): void {
  if ((step.do === "announce" || step.do === "notify") && step.text.trim() === "") {
    errors[`${place}.text`] = words.fieldMissing;
  }
  if (step.do === "command" && step.command.trim() === "") errors[`${place}.command`] = words.fieldMissing;
  if (step.do === "announce" && !areWarnings(step.warn_minutes)) {
    errors[`${place}.warn_minutes`] = words.warnWrong;
  }
  if (step.do === "wait") whole(`${place}.seconds`, step.seconds, 1, 86_400);
  if (step.timeout_seconds != null) whole(`${place}.timeout_seconds`, step.timeout_seconds, 1, 86_400);
}

/** The names of fields as the manager tells them, with the kind of a step or trigger in them or not, in one way. */
export function plainField(name: string): string {
  const parts = name.replace(/^body\./, "").split(".");
  const [first = ""] = parts;
  if (first === "trigger" && parts.length > 2) parts.splice(1, 1);
  if ((first === "steps" || first === "finally") && parts.length > 3) parts.splice(2, 1);
  if (parts[0] !== "conditions") return parts.slice(0, 3).join(".");
  return parts.join(".");
}
