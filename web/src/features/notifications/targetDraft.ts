import type { Schema } from "../../api/client";
import { ownZone } from "../../lib/zones";
import { type Service, sample, services } from "../../text/notifications";

type Options = Schema["TargetOptions"];
type Rule = Schema["Rule"];

export interface RuleDraft {
  /** Tells the rules of a form apart, whatever is in them. */
  key: number;
  kinds: Rule["kinds"];
  servers: string[];
  severity: Rule["min_severity"];
}

/** A target as its form has it. */
export interface TargetDraft {
  service: Service;
  address: string;
  /** Empty: called like the service. */
  name: string;
  rules: RuleDraft[];
  hasWords: boolean;
  template: string;
  digest: number;
  hasQuiet: boolean;
  begin: string;
  end: string;
  zone: string;
  repeat: number;
  toldWhenOver: boolean;
}

export const FIELDS = ["title", "text", "server", "kind", "severity", "time", "count"] as const;
export const FIRST_TEMPLATE = "{title}\n{text}";

const NIGHT = { begin: "22:00", end: "07:00" };

let lastKey = 0;

const WARNINGS: Rule = { kinds: [], servers: [], min_severity: "warning" };

export function newRule({ kinds, servers, min_severity: severity }: Rule = WARNINGS): RuleDraft {
  lastKey += 1;
  return { key: lastKey, kinds, servers, severity };
}

export function draftOf(target: Schema["Target"] | null): TargetDraft {
  const quiet = target?.quiet_hours ?? null;
  return {
    service: serviceOf(target),
    address: "",
    name: target?.name ?? "",
    rules: (target?.rules ?? [WARNINGS]).map((rule) => newRule(rule)),
    hasWords: Boolean(target?.template),
    template: target?.template ?? FIRST_TEMPLATE,
    digest: target?.digest_minutes ?? 0,
    hasQuiet: quiet !== null,
    begin: quiet?.begin ?? NIGHT.begin,
    end: quiet?.end ?? NIGHT.end,
    zone: target && quiet ? target.zone : ownZone(),
    repeat: target?.repeat_minutes ?? 0,
    toldWhenOver: target?.told_when_over ?? true,
  };
}

const SCHEMES: Readonly<Record<string, Service>> = {
  discord: "discord",
  tgram: "telegram",
  ntfy: "ntfy",
  ntfys: "ntfy",
  gotify: "gotify",
  gotifys: "gotify",
  mailto: "mail",
  mailtos: "mail",
  json: "json",
  jsons: "json",
};

function serviceOf(target: Schema["Target"] | null): Service {
  if (target === null) return "discord";
  return SCHEMES[target.where.split(":")[0] ?? ""] ?? "other";
}

export const nameOf = (draft: TargetDraft): string => draft.name.trim() || services[draft.service].name;

export function optionsOfDraft(draft: TargetDraft, enabled: boolean): Options {
  return {
    enabled,
    rules: draft.rules.map(({ kinds, servers, severity }) => ({ kinds, servers, min_severity: severity })),
    template: draft.hasWords && draft.template.trim() !== "" ? draft.template : null,
    digest_minutes: draft.digest,
    quiet_hours: draft.hasQuiet ? { begin: draft.begin, end: draft.end } : null,
    zone: draft.zone.trim() || "UTC",
    repeat_minutes: draft.repeat,
    told_when_over: draft.toldWhenOver,
  };
}

/** What keeps a draft from being sent, by field. */
export function hasWrongTimes(draft: TargetDraft): boolean {
  const isTime = (text: string) => /^\d\d:\d\d$/.test(text);
  return draft.hasQuiet && !(isTime(draft.begin) && isTime(draft.end));
}

const FIELD = new RegExp(`\\{(${FIELDS.join("|")})\\}`, "g");

/** As the manager does it: what is put in is not looked at again, and anything else stays as it is. */
export function fillIn(template: string): string {
  return template.replace(FIELD, (_, field: keyof typeof sample) => sample[field]);
}
