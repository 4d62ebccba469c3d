import type { Schema } from "../../api/client";

type Entry = Schema["LockEntry"];
type Step = Schema["PlanStep"];

/** What becomes of a set of mods when another takes its place, told as the steps of a plan. */
export function stepsBetween(from: readonly Entry[], to: readonly Entry[]): Step[] {
  const before = new Map(from.map((entry) => [keyOf(entry), entry]));
  const after = new Map(to.map((entry) => [keyOf(entry), entry]));
  const steps: Step[] = [];
  for (const [key, entry] of after) {
    const known = before.get(key);
    if (!known) steps.push(step("install", entry, null));
    else if (known.version !== entry.version || known.sha256 !== entry.sha256)
      steps.push(step("downgrade", entry, known));
    else if (known.is_enabled !== entry.is_enabled)
      steps.push(step(entry.is_enabled ? "enable" : "disable", entry, known));
    else if (known.is_pinned !== entry.is_pinned) steps.push(step(entry.is_pinned ? "pin" : "unpin", entry, known));
    else if (known.is_held !== entry.is_held) steps.push(step(entry.is_held ? "hold" : "release", entry, known));
  }
  for (const [key, entry] of before) {
    if (!after.has(key)) steps.push({ ...step("remove", entry, entry), to_version: null });
  }
  return steps;
}

const keyOf = (entry: Entry) => entry.modid?.toLowerCase() ?? entry.file_name;

function step(action: Step["action"], entry: Entry, before: Entry | null): Step {
  return {
    action,
    modid: entry.modid ?? entry.file_name,
    name: null,
    from_version: before?.version ?? null,
    to_version: entry.version,
    fit: null,
    side: entry.side,
    because: [],
    size_bytes: null,
    changelog_html: null,
  };
}
