import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import type { Schema } from "../../api/client";
import { aServer } from "../../testing/answers";
import { pretendApi, problem, signedIn } from "../../testing/pretendApi";
import { renderRoute } from "../../testing/renderRoute";

const WAIT = { timeout: 20_000 };
const AT = "/api/v1/servers/meadow/files";

const entry = (name: string, change: Partial<Schema["FileEntry"]> = {}): Schema["FileEntry"] => ({
  name,
  kind: "file",
  size_bytes: 2048,
  modified_at: "2026-11-25T10:00:00Z",
  mark: null,
  is_locked: false,
  ...change,
});

const folder = (entries: Schema["FileEntry"][], change: Partial<Schema["FolderView"]> = {}): Schema["FolderView"] => ({
  path: "",
  entries,
  is_whole: true,
  mark: null,
  note: null,
  where: null,
  is_locked: false,
  max_upload_bytes: 4_000_000_000,
  ...change,
});

const content = (change: Partial<Schema["FileContent"]> = {}): Schema["FileContent"] => ({
  path: "ModConfig/a.json",
  text: '{ "a": 1 }',
  etag: "one",
  size_bytes: 10,
  modified_at: "2026-11-25T10:00:00Z",
  problem: null,
  mark: null,
  note: null,
  where: null,
  is_locked: false,
  ...change,
});

const ENTRIES = [
  entry("serverconfig.json", { mark: "config", is_locked: true }),
  entry("ModConfig", { kind: "folder", mark: "mod_config" }),
  entry("odd\\x0aname"),
  entry("away", { kind: "link" }),
];

function filesApi(answers: Record<string, unknown> = {}) {
  return pretendApi({ "GET /api/v1/servers/meadow": aServer(), [`GET ${AT}`]: folder(ENTRIES), ...answers });
}

beforeEach(() => {
  // Nothing has a size in jsdom, and of a list without one nothing is shown.
  const ofTheList = (size: number) =>
    function (this: Element) {
      return this.querySelector(":scope > [role=table]") ? size : 0;
    };
  vi.spyOn(Element.prototype, "clientHeight", "get").mockImplementation(ofTheList(600));
  vi.spyOn(Element.prototype, "clientWidth", "get").mockImplementation(ofTheList(1000));
});

test("a folder is listed, with what files are to the game, and folders open", async () => {
  const pretend = filesApi();
  const { user, router } = renderRoute("/servers/meadow/files");
  const table = await screen.findByRole("table", { name: "Files of the server" }, WAIT);
  const rows = within(table).getAllByRole("row").slice(1);
  expect(rows.map((row) => within(row).getAllByRole("cell")[0]?.textContent)).toEqual([
    "ModConfigsettings of mods",
    "awaylink, not followed",
    "odd\\x0aname",
    "serverconfig.jsonconfiguration of the game",
  ]);
  expect(within(table).queryByRole("link", { name: "away" })).toBeNull();
  expect(within(table).queryByRole("button", { name: "Actions for serverconfig.json" })).toBeNull();
  await user.click(within(table).getByRole("link", { name: "ModConfig" }));
  await waitFor(() => expect(pretend.calls).toContain(`GET ${AT}?path=ModConfig`), WAIT);
  expect(router.state.location.search).toEqual({ path: "ModConfig" });
});

test("a deleted file can be brought back at once", async () => {
  const item = { id: "t1", path: "away", kind: "link", size_bytes: 1, deleted_at: "", deleted_by: "anna" };
  const pretend = filesApi({
    [`POST ${AT}/delete`]: { deleted: [item], problems: [] },
    [`POST ${AT}/trash/t1/restore`]: { path: "away" },
  });
  const { user } = renderRoute("/servers/meadow/files");
  await user.click(await screen.findByRole("button", { name: "Actions for away" }, WAIT));
  await user.click(await screen.findByRole("menuitem", { name: "Delete", hidden: true }, WAIT));
  await user.click(await screen.findByRole("button", { name: "Undo" }, WAIT));
  expect(await screen.findByText("away is back.", {}, WAIT)).toBeTruthy();
  expect(pretend.bodyOf(`POST ${AT}/delete`)).toEqual({ paths: ["away"] });
});

test("what can't be deleted is said in the manager's words", async () => {
  filesApi({
    [`POST ${AT}/delete`]: {
      deleted: [],
      problems: [{ path: "away", message: "The server runs, so stop it first.", code: "game_writes" }],
    },
  });
  const { user } = renderRoute("/servers/meadow/files");
  await user.click(await screen.findByRole("button", { name: "Actions for away" }, WAIT));
  await user.click(await screen.findByRole("menuitem", { name: "Delete", hidden: true }, WAIT));
  expect(await screen.findByText("The server runs, so stop it first.", {}, WAIT)).toBeTruthy();
});

test("all that is found goes to the trash at once, but what is locked", async () => {
  const logs = [entry("old-1.log"), entry("old-2.log"), entry("old-3.log", { is_locked: true }), entry("other.txt")];
  const pretend = filesApi({
    [`GET ${AT}`]: folder(logs),
    [`POST ${AT}/delete`]: { deleted: [{ id: "1" }, { id: "2" }], problems: [] },
  });
  const { user } = renderRoute("/servers/meadow/files");
  await user.type(await screen.findByRole("searchbox", { name: "Filter by name" }, WAIT), "old");
  await user.click(await screen.findByRole("button", { name: "Delete these 2" }, WAIT));
  await user.click(await screen.findByRole("button", { name: "Move to the trash" }, WAIT));
  await screen.findByText("2 are in the trash.", {}, WAIT);
  expect(pretend.bodyOf(`POST ${AT}/delete`)).toEqual({ paths: ["old-1.log", "old-2.log"] });
});

test("a text is opened and saved", async () => {
  const saved = { path: "ModConfig/a.json", etag: "two", size_bytes: 4, modified_at: "", problem: null };
  const pretend = filesApi({ [`GET ${AT}/content`]: content(), [`PUT ${AT}/content`]: saved });
  const { user } = renderRoute("/servers/meadow/files?file=ModConfig/a.json");
  const field = await screen.findByRole("textbox", { name: "Text of ModConfig/a.json" }, WAIT);
  expect(field.textContent).toBe('{ "a": 1 }');
  field.focus();
  await user.keyboard("{Enter}");
  await user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(pretend.calls.some((call) => call.startsWith(`PUT ${AT}/content?`))).toBe(true), WAIT);
  expect(pretend.calls.find((call) => call.startsWith("PUT"))).toContain("etag=one");
});

test("who is second sees what the first has written, and keeps what is theirs", async () => {
  let version = content();
  const pretend = filesApi({
    [`GET ${AT}/content`]: () => version,
    [`PUT ${AT}/content`]: (request: Request) =>
      request.url.includes("etag=one")
        ? problem(409, "changed_meanwhile", "Somebody has changed it.")
        : { path: "ModConfig/a.json", etag: "three", size_bytes: 4, modified_at: "", problem: null },
  });
  const { user } = renderRoute("/servers/meadow/files?file=ModConfig/a.json");
  const field = await screen.findByRole("textbox", { name: "Text of ModConfig/a.json" }, WAIT);
  field.focus();
  await user.keyboard("{Enter}");
  version = content({ text: '{ "theirs": 2 }', etag: "two" });
  await user.click(screen.getByRole("button", { name: "Save" }));
  const theirs = await screen.findByRole("textbox", { name: "What is there now" }, WAIT);
  expect(theirs.textContent).toContain("theirs");
  expect(screen.getByRole("textbox", { name: "Yours" }).textContent).toContain('{ "a": 1 }');
  await user.click(screen.getByRole("button", { name: "Save yours" }));
  await waitFor(() => expect(pretend.calls.findLast((call) => call.startsWith("PUT"))).toContain("etag=two"), WAIT);
  expect(await screen.findByRole("textbox", { name: "Text of ModConfig/a.json" }, WAIT)).toBeTruthy();
});

test("a file that the manager keeps tells where to go instead", async () => {
  filesApi({ [`GET ${AT}/content`]: problem(403, "kept_by_manager", "It holds the server's password.") });
  renderRoute("/servers/meadow/files?file=serverconfig.json");
  const link = await screen.findByRole<HTMLAnchorElement>("link", { name: "Open Config" }, WAIT);
  expect(screen.getByText(/It holds the server's password/)).toBeTruthy();
  expect(link.getAttribute("href")).toBe("/servers/meadow/config");
});

test("what the running game writes can be read and not changed", async () => {
  const note = "The game keeps this in memory. The server runs, so it can't be changed now: stop it first.";
  filesApi({ [`GET ${AT}/content`]: content({ is_locked: true, note, where: "players", mark: "players" }) });
  renderRoute("/servers/meadow/files?file=Playerdata/playerdata.json");
  expect(await screen.findByRole("link", { name: "Open Players" }, WAIT)).toBeTruthy();
  expect(screen.getByText(/The game keeps this in memory/)).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Save" })).toBeNull();
});

test("the trash puts things back, beside what is called so by now, and can be emptied", async () => {
  const item = { id: "t1", path: "a.txt", kind: "file", size_bytes: 3, deleted_at: "2026-11-25T10:00:00Z" };
  const pretend = filesApi({
    [`GET ${AT}/trash`]: { items: [{ ...item, deleted_by: "anna" }], size_bytes: 3, kept_days: 30 },
    [`POST ${AT}/trash/t1/restore`]: async (request: Request) =>
      (await request.json()).keep_both ? { path: "a (2).txt" } : problem(409, "name_taken", "It is there."),
    [`DELETE ${AT}/trash`]: { deleted: 1, size_bytes: 3 },
  });
  const { user } = renderRoute("/servers/meadow/files?trash=true");
  await user.click(await screen.findByRole("button", { name: "Put a.txt back" }, WAIT));
  await user.click(await screen.findByRole("button", { name: "Keep both" }, WAIT));
  expect(await screen.findByText("a (2).txt is back.", {}, WAIT)).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Empty the trash" }));
  const dialog = await screen.findByRole("dialog", { name: "Empty the trash?" }, WAIT);
  await user.click(within(dialog).getByRole("button", { name: "Empty the trash" }));
  await waitFor(() => expect(pretend.calls).toContain(`DELETE ${AT}/trash`), WAIT);
});

test("of a trash with very much in it, the newest are shown first", async () => {
  const items = Array.from({ length: 120 }, (_, number) => ({
    id: `t${number}`,
    path: `${number}.log`,
    kind: "file",
    size_bytes: 1,
    deleted_at: "2026-11-25T10:00:00Z",
    deleted_by: "anna",
  }));
  filesApi({ [`GET ${AT}/trash`]: { items, size_bytes: 120, kept_days: 30 } });
  const { user } = renderRoute("/servers/meadow/files?trash=true");
  const more = await screen.findByRole("button", { name: "Show more (100 of 120)" }, WAIT);
  const list = screen.getByRole("list", { name: "Deleted files" });
  expect(within(list).getAllByRole("listitem")).toHaveLength(100);
  await user.click(more);
  expect(within(list).getAllByRole("listitem")).toHaveLength(120);
});

test("viewers have no files", async () => {
  filesApi({ "GET /api/v1/session": signedIn("viewer") });
  renderRoute("/servers/meadow/files");
  expect(await screen.findByText("This needs another role", {}, WAIT)).toBeTruthy();
});
