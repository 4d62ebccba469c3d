import { formatBytes } from "../../lib/bytes";
import { formatDuration } from "../../lib/duration";
import { formatNumber } from "../../lib/numbers";
import { factName, runFacts as words } from "../../text/runs";

export interface ReportFact {
  name: string;
  value: string;
}

/** What a job reported, as facts that can be read. */
export function reportFacts(report: Readonly<Record<string, unknown>>): ReportFact[] {
  return Object.entries(report).map(([name, value]) => ({ name: factName(name), value: inWords(name, value) }));
}

function inWords(name: string, value: unknown): string {
  if (value === null || value === undefined || value === "") return words.none;
  if (typeof value === "boolean") return value ? words.yes : words.no;
  if (typeof value === "number") return figure(name, value);
  if (Array.isArray(value)) return value.map((item) => inWords("", item)).join(", ") || words.none;
  if (typeof value === "object") {
    const parts = Object.entries(value).map(([part, inner]) =>
      words.part(part.replaceAll("_", " "), inWords(part, inner)),
    );
    return parts.join(", ") || words.none;
  }
  return String(value);
}

function figure(name: string, value: number): string {
  if (/(^|_)bytes(_|$)/.test(name)) return formatBytes(value);
  if (/(^|_)seconds(_|$)/.test(name)) return formatDuration(value * 1000);
  return Number.isInteger(value) ? formatNumber(value) : String(value);
}
