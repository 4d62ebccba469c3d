import { expect, test } from "vitest";
import { checkJson } from "./checkJson";

test.each([
  '{"a": 1}',
  '  [1, -2.5e3, true, null, "x\\"y"] ',
  "// first\n{ a: 1, 'b': [1, 2,], /* and */ c: { } , }",
  '\ufeff{"a": "ü"}',
  "[+1, .5, 1.]",
  `${"[".repeat(20_000)}${"]".repeat(20_000)}`,
])("%j passes", (text) => {
  expect(checkJson(text)).toBeNull();
});

test.each([
  ['{\n  "a": 1\n  "b": 2\n}', "comma", 3, 3],
  ['{"a" 1}', "colon", 1, 6],
  ['{"a": }', "value", 1, 7],
  ['{"a": yes}', "word", 1, 7],
  ['{"a": "no end\n}', "text", 1, 7],
  ['{"a": [1, 2}', "comma", 1, 12],
  ['{"a": 1', "open", 1, 8],
  ["", "open", 1, 1],
  ["{} {}", "rest", 1, 4],
  ["{, }", "name", 1, 2],
  ["/* {}", "comment", 1, 1],
  ["[1,,2]", "value", 1, 4],
])("%j has a mistake: %s in line %d, column %d", (text, problem, line, column) => {
  expect(checkJson(text)).toMatchObject({ problem, line, column });
});
