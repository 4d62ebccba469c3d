/** The filters of the page, as they stand in its address. Whatever doesn't fit is left out. */
export interface AuditSearch {
  who?: string;
  action?: string;
  result?: string;
  /** A day, like 2026-11-25, beginning at midnight where the browser is. */
  since?: string;
}

const NAMES = ["who", "action", "result", "since"] as const;
const LONGEST = 100;

export function readAuditSearch(address: Record<string, unknown>): AuditSearch {
  const search: AuditSearch = {};
  for (const name of NAMES) {
    const value = text(address[name]);
    if (value && (name !== "since" || startOfDay(value) !== null)) search[name] = value;
  }
  return search;
}

/** The moment at which a day begins here, as the API wants it; null for what is no day. */
export function startOfDay(day: string): string | null {
  const [, year, month, date] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day)?.map(Number) ?? [];
  if (!year || !month || !date) return null;
  const start = new Date(year, month - 1, date);
  return start.getMonth() === month - 1 && start.getDate() === date ? start.toISOString() : null;
}

function text(value: unknown): string | undefined {
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  return String(value).trim().slice(0, LONGEST) || undefined;
}
