import { expect, test } from "vitest";
import { mergeLines } from "./mergeLines";

const BASE = "{\n  a: 1,\n  b: 2,\n  c: 3,\n  d: 4\n}";

test("what two people changed at different places is put together", () => {
  const mine = BASE.replace("a: 1", "a: 10").replace("  b: 2,\n", "");
  const theirs = BASE.replace("d: 4", "d: 4,\n  e: 5");
  expect(mergeLines(BASE, mine, theirs)).toBe("{\n  a: 10,\n  c: 3,\n  d: 4,\n  e: 5\n}");
});

test("what both changed in the same lines, or side by side, is left to people", () => {
  expect(mergeLines(BASE, BASE.replace("a: 1", "a: 2"), BASE.replace("a: 1", "a: 3"))).toBeNull();
  expect(mergeLines(BASE, BASE.replace("a: 1", "a: 2"), BASE.replace("b: 2", "b: 3"))).toBeNull();
  expect(mergeLines("a\nb", "a\nx\nb", "a\ny\nb")).toBeNull();
});

test("the same change of both counts once, and no change of one is no conflict", () => {
  const both = BASE.replace("c: 3", "c: 30");
  expect(mergeLines(BASE, both, both.replace("a: 1", "a: 9"))).toBe(both.replace("a: 1", "a: 9"));
  expect(mergeLines(BASE, both, BASE)).toBe(both);
  expect(mergeLines(BASE, BASE, both)).toBe(both);
});
