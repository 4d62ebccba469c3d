import { expect, test } from "vitest";
import { clockTime, exactTime, relativeTime } from "./time";

const now = Date.parse("2026-11-25T12:00:00Z");
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

test.each([
  [0, "just now"],
  [-59_000, "just now"],
  [-minute, "1 min ago"],
  [-59 * minute, "59 min ago"],
  [-hour, "1 h ago"],
  [-47 * hour, "47 h ago"],
  [-2 * day, "2 d ago"],
  [-29 * day, "29 d ago"],
  [40_000, "in 40 s"],
  [300, "in 1 s"],
  [23 * minute + 59_000, "in 23 min"],
  [3 * hour, "in 3 h"],
  [5 * day, "in 5 d"],
])("%d ms from now is %s", (distance, words) => {
  expect(relativeTime(now + distance, now)).toBe(words);
});

test("what is more than 30 days away is a date", () => {
  expect(relativeTime(now - 45 * day, now)).toContain("2026");
  expect(relativeTime(now + 45 * day, now)).toContain("2027");
});

test("the exact time has the second and the zone", () => {
  const words = exactTime(Date.parse("2026-11-25T02:41:19Z"));
  expect(words).toContain("2026");
  expect(words).toMatch(/:41:19/);
  expect(words).toContain(Intl.DateTimeFormat().resolvedOptions().timeZone);
});

test("the time of day has a day only when it is another one", () => {
  expect(clockTime(now, now)).toMatch(/^\d{2}:00$/);
  expect(clockTime(now + 3 * day, now)).toContain("Nov");
});
