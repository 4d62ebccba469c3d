import { expect, test } from "vitest";
import { folderOf, joined, nameOf } from "./paths";
import { readFilesSearch } from "./search";
import { type Entry, named, sorted } from "./sorting";

const entry = (name: string, change: Partial<Entry> = {}): Entry => ({
  name,
  kind: "file",
  size_bytes: 1,
  modified_at: "2026-11-25T10:00:00Z",
  mark: null,
  is_locked: false,
  ...change,
});

const namesOf = (entries: readonly Entry[]) => entries.map(({ name }) => name);

test("folders come first, and numbers in names count as numbers", () => {
  const entries = [entry("log10"), entry("log9"), entry("Zoo", { kind: "folder" }), entry("b")];
  expect(namesOf(sorted(entries, { by: "name", isDown: false }))).toEqual(["Zoo", "b", "log9", "log10"]);
  expect(namesOf(sorted(entries, { by: "name", isDown: true }))).toEqual(["Zoo", "log10", "log9", "b"]);
});

test("so are thousands of them", () => {
  const many = Array.from({ length: 4_000 }, (_, number) => entry(`Log${4_000 - number}`));
  const found = namesOf(sorted([...many, entry("apart", { kind: "folder" })], { by: "name", isDown: false }));
  expect(found.slice(0, 3)).toEqual(["apart", "Log1", "Log2"]);
  expect(found.at(-1)).toBe("Log4000");
});

test("files are sorted by size and by time", () => {
  const entries = [
    entry("a", { size_bytes: 5, modified_at: "2026-11-25T12:00:00Z" }),
    entry("b", { size_bytes: 9, modified_at: "2026-11-25T11:00:00Z" }),
  ];
  expect(namesOf(sorted(entries, { by: "size", isDown: true }))).toEqual(["b", "a"]);
  expect(namesOf(sorted(entries, { by: "modified", isDown: true }))).toEqual(["a", "b"]);
});

test("a filter wants every word", () => {
  const entries = [entry("server-main.log"), entry("server-chat.log")];
  expect(namesOf(named(entries, "CHAT server"))).toEqual(["server-chat.log"]);
  expect(namesOf(named(entries, " "))).toHaveLength(2);
});

test("paths are taken apart and put together", () => {
  expect([folderOf("a/b/c"), nameOf("a/b/c"), folderOf("c"), nameOf("c")]).toEqual(["a/b", "c", "", "c"]);
  expect([joined("", "a"), joined("b", "a")]).toEqual(["a", "b/a"]);
});

test("the address names one of folder, file and trash", () => {
  expect(readFilesSearch({ path: "Logs", file: 12 })).toEqual({ file: "12" });
  expect(readFilesSearch({ trash: true, path: "x" })).toEqual({ trash: true });
  expect(readFilesSearch({ path: ["x"] })).toEqual({});
});
