import { expect, test } from "vitest";
import { aBackup, aBackupState } from "../../testing/answers";
import { lookOfBackup, safetyOf } from "./looks";

const made = "2026-11-25T12:00:13Z";

test("a backup of this moment was made just now, also for a clock that is behind", () => {
  const state = aBackupState({ last_good: aBackup({ made_at: made }), ran_since: true });
  const { text } = safetyOf(state, Date.parse("2026-11-25T12:00:00Z"));
  expect(text).toBe("Last good backup just now; the game has run since");
});

test("a failure of this moment is told as one that has been", () => {
  const state = aBackupState({ last_good: null, last_failed_at: made, last_failure: "The disk is full." });
  const { tone, text } = safetyOf(state, Date.parse("2026-11-25T12:00:00Z"));
  expect(tone).toBe("bad");
  expect(text).toBe("The last try failed just now");
});

test("a backup whose file somebody deleted is gone, and one that can't be unpacked is damaged", () => {
  const gone = lookOfBackup(aBackup({ is_there: false, problem: "Its file is not there any more." }));
  expect(gone).toEqual({ tone: "bad", label: "File is gone", problem: "Its file is not there any more." });
  const broken = lookOfBackup(aBackup({ problem: "It can't be unpacked." }));
  expect(broken).toEqual({ tone: "bad", label: "Damaged", problem: "It can't be unpacked." });
});
