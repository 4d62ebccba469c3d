import type { Schema } from "../../api/client";
import type { Tone } from "../../components/ui/StateMark";
import { relativeTime } from "../../lib/time";
import { copyWords, safety, worldWords as words } from "../../text/backups";

type Backup = Schema["BackupSummary"];
type State = Schema["BackupState"];

export interface BackupLook {
  tone: Tone;
  label: string;
  /** What is wrong with it, in words. */
  problem: string | null;
}

/** How reliable a backup is: the worst that is known of it. */
export function lookOfBackup(backup: Backup): BackupLook {
  if (backup.problem !== null)
    return { tone: "bad", label: canBeRestored(backup) ? words.broken : words.gone, problem: backup.problem };
  if (backup.world === "damaged") return { tone: "bad", label: words.damaged, problem: words.damagedText };
  if (!backup.is_there) {
    const places = placesWith(backup, "copied");
    return places.length > 0
      ? { tone: "ok", label: words.onlyElsewhere(places), problem: null }
      : { tone: "bad", label: words.gone, problem: words.goneText };
  }
  if (backup.world === "none") return { tone: "off", label: words.none, problem: null };
  if (backup.world === "unknown" && backup.verified_at === null)
    return { tone: "warn", label: words.unknown, problem: null };
  return { tone: "ok", label: backup.verified_at ? words.verified : words.sound, problem: null };
}

export const placesWith = (backup: Backup, state: Schema["CopyState"]["state"]): string[] =>
  backup.copies.filter((copy) => copy.state === state).map((copy) => copy.target_name);

/** One that lies only elsewhere is fetched back by the restore. */
export const canBeRestored = (backup: Backup): boolean => backup.is_there || placesWith(backup, "copied").length > 0;

/** What there is to say about copies elsewhere, the worst first. */
export function copyLines(backup: Backup): { tone: Tone; text: string }[] {
  const failed = backup.copies.filter((copy) => copy.state === "failed");
  const lines: { tone: Tone; text: string }[] = failed.map((copy) => ({
    tone: "bad",
    text: copyWords.failed(copy.target_name, copy.error),
  }));
  const add = (tone: Tone, state: "copying" | "waiting" | "copied") => {
    const places = placesWith(backup, state);
    if (places.length > 0) lines.push({ tone, text: copyWords[state](places) });
  };
  add("busy", "copying");
  add("off", "waiting");
  if (backup.is_there) add("ok", "copied");
  return lines;
}

const STALE_MS = 48 * 3_600_000;

/** How long ago, also where `now` is a little behind: it steps, and the clock here may be slow. */
const since = (time: number, now: number) => relativeTime(time, Math.max(time, now));

/** Whether a server could be put back, in one sentence. */
export function safetyOf(state: State, now: number): { tone: Tone; text: string; detail: string | null } {
  const good = state.last_good;
  const failedAt = state.last_failed_at === null ? null : Date.parse(state.last_failed_at);
  if (failedAt !== null && (good === null || failedAt > Date.parse(good.made_at))) {
    return { tone: "bad", text: safety.failed(since(failedAt, now)), detail: state.last_failure };
  }
  if (good === null) {
    if (state.count > 0) return { tone: "bad", text: safety.noneGood, detail: null };
    return { tone: "warn", text: safety.none, detail: null };
  }
  const made = Date.parse(good.made_at);
  if (!state.ran_since) return { tone: "ok", text: safety.all(since(made, now)), detail: null };
  const tone = now - made > STALE_MS ? "warn" : "ok";
  return { tone, text: safety.ran(since(made, now)), detail: null };
}
