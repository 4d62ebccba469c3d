import { expect, test } from "vitest";
import { errors } from "./common";

test.each([
  ["It has trouble of its own. Try again later.", "It has trouble of its own. Try again in 5 s."],
  ["No answer. Try again later, or check the network.", "No answer. Try again in 5 s, or check the network."],
  ["Too many attempts. Try again in 2 minutes.", "Too many attempts. Try again in 2 minutes."],
  ["Too many attempts.", "Too many attempts. Try again in 5 s."],
])("an error says once when to try again: %s", (message, told) => {
  expect(errors.withRetry(message, 5)).toBe(told);
});
