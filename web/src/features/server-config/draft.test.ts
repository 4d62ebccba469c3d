import { expect, test } from "vitest";
import { draftOf, inWords, isDefault, readDraft } from "./draft";
import { aField } from "./testing";

test("attributes of the world stay texts, as the game has them", () => {
  const speed = aField("playerMoveSpeed", { type: "float", default: "1.5", value: "1.5" });
  expect(readDraft(speed, "1,25")).toEqual({ value: "1.25" });
  const winters = aField("harshWinters", { type: "bool", default: "true", value: "false" });
  expect(draftOf(winters, "false")).toBe(false);
  expect(readDraft(winters, true)).toEqual({ value: "true" });
});

test("an empty field means nothing where the game has nothing by default", () => {
  expect(readDraft(aField("Ip", { default: null }), "")).toEqual({ value: null });
  expect(readDraft(aField("Text", { default: "" }), "")).toEqual({ value: "" });
  expect(readDraft(aField("List", { type: "list", default: null }), " \n")).toEqual({ value: null });
  expect(readDraft(aField("Number", { type: "int", default: 3 }), "").problem).toBe("Give a whole number.");
});

test("a file that does not say stands at the default", () => {
  const field = aField("Pvp", { type: "bool", default: true, value: null, is_set: false });
  expect(isDefault(field, draftOf(field, null))).toBe(true);
  expect(inWords(aField("Ticks", { type: "float", unit: "ms" }), 33.333332)).toBe("33.333332 ms");
  expect(inWords(aField("Mods", { type: "list" }), ["Mods", "/srv/Mods"])).toBe("Mods, /srv/Mods");
});

test("a value beside the choices is kept as what the choices are", () => {
  const choices = [
    { value: 1, title: "One" },
    { value: 2, title: "Two" },
  ];
  const field = aField("Number", { type: "choice", choices, allows_others: true });
  expect(readDraft(field, "2")).toEqual({ value: 2 });
  expect(readDraft(field, "7")).toEqual({ value: 7 });
});
