import { expect, test } from "vitest";
import { formatDuration, readInterval, writeInterval } from "./duration";

test.each([
  [420, "420 ms"],
  [1_900, "1.9 s"],
  [12_400, "12 s"],
  [200_000, "3 min 20 s"],
  [7_500_000, "2 h 5 min"],
  [273_600_000, "3 d 4 h"],
])("%d ms are told as %s", (milliseconds, words) => {
  expect(formatDuration(milliseconds)).toBe(words);
});

test.each([
  [0, "0", "seconds"],
  [90, "90", "seconds"],
  [5400, "90", "minutes"],
  [3600, "1", "hours"],
  [172_800, "2", "days"],
] as const)("%d s are written as %s %s", (seconds, count, unit) => {
  expect(writeInterval(seconds)).toEqual({ count, unit });
  expect(readInterval({ count, unit })).toBe(seconds);
});

test("fractions are read where they make whole seconds", () => {
  expect(readInterval({ count: "1.5", unit: "hours" })).toBe(5400);
  expect(readInterval({ count: "1,5", unit: "hours" })).toBe(5400);
  expect(readInterval({ count: "0.1", unit: "hours" })).toBe(360);
  expect(readInterval({ count: "0.5", unit: "seconds" })).toBeNull();
});

test.each(["", "soon", "-5", "1e5", "5 min"])("%j is no interval", (count) => {
  expect(readInterval({ count, unit: "minutes" })).toBeNull();
});
