import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Schema } from "../../api/client";
import { aServer, installedList, serverList } from "../../testing/answers";
import { pretendApi, problem, signedIn } from "../../testing/pretendApi";
import { renderRoute } from "../../testing/renderRoute";

const FILES = "GET /api/v1/servers/meadow/mod-config";
const READ = "GET /api/v1/servers/meadow/mod-config/ruins.json/content";
const WRITE = "PUT /api/v1/servers/meadow/mod-config/ruins.json/content";

const file = (changes: Partial<Schema["ModConfigFile"]> = {}): Schema["ModConfigFile"] => ({
  path: "ruins.json",
  size_bytes: 20,
  modified_at: "2026-11-25T11:00:00Z",
  modid: "ruins",
  is_text: true,
  problem: null,
  ...changes,
});

const content = (changes: Partial<Schema["ModConfigContent"]> = {}): Schema["ModConfigContent"] => ({
  path: "ruins.json",
  text: '{\n  "chance": 1\n}\n',
  etag: "etag-1",
  problem: null,
  modified_at: "2026-11-25T11:00:00Z",
  versions: [],
  ...changes,
});

function configApi(answers: Record<string, unknown> = {}, role: Schema["Role"] = "operator") {
  const server = aServer();
  return pretendApi({
    "GET /api/v1/session": signedIn(role),
    "GET /api/v1/servers": serverList(server),
    "GET /api/v1/servers/meadow": server,
    "GET /api/v1/servers/meadow/mods": installedList([]),
    [FILES]: { items: [file(), file({ path: "data.bin", modid: null, is_text: false })], next_cursor: null },
    [READ]: content(),
    ...answers,
  });
}

const field = () => screen.findByRole<HTMLTextAreaElement>("textbox", { name: "Text of ruins.json" });

test("a file is opened from the list, changed and saved with the etag that it was read with", async () => {
  const pretend = configApi({ [WRITE]: content({ text: '{"chance": 2}', etag: "etag-2" }) });
  const { user } = renderRoute("/servers/meadow/mods/config");
  const list = within(await screen.findByRole("navigation", { name: "Files of settings" }));
  expect(list.getByText("of ruins")).toBeTruthy();
  expect(list.queryByRole("link", { name: /data.bin/ })).toBeNull();
  await user.click(list.getByRole("link", { name: /ruins.json/ }));
  await user.clear(await field());
  await user.click(await field());
  await user.paste('{"chance": 2}');
  expect(screen.getByText("It takes effect when the server is restarted.")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() =>
    expect(pretend.bodyOf(WRITE)).toEqual({ text: '{"chance": 2}', etag: "etag-1", allow_broken: false }),
  );
  await waitFor(() => expect(screen.getByRole("button", { name: "Save" }).hasAttribute("disabled")).toBe(true));
});

test("a mistake is told with line and column while one types; the manager's refusal can be overruled", async () => {
  const pretend = configApi({ [WRITE]: problem(422, "broken_json", "ruins.json would be no good JSON.") });
  const { user } = renderRoute("/servers/meadow/mods/config?file=ruins.json");
  await user.clear(await field());
  await user.click(await field());
  await user.paste('{\n  "chance": \n}');
  expect(await screen.findByText(/Line 3, column 1: a value is missing here/)).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Go there" }));
  expect((await field()).selectionStart).toBe(15);
  await user.click(screen.getByRole("button", { name: "Save" }));
  expect(await screen.findByText("ruins.json would be no good JSON.")).toBeTruthy();
  pretend.answer(WRITE, content({ etag: "etag-2" }));
  await user.click(screen.getByRole("button", { name: "Save it anyway" }));
  await waitFor(() => expect(pretend.bodyOf(WRITE)).toMatchObject({ allow_broken: true }));
});

test("a file that was written meanwhile is not overwritten unseen; mine can be saved over it", async () => {
  const pretend = configApi({ [WRITE]: problem(409, "changed_meanwhile", "It is another by now.") });
  const { user } = renderRoute("/servers/meadow/mods/config?file=ruins.json");
  await user.type(await field(), "// mine");
  pretend.answer(READ, content({ text: "{}", etag: "etag-5" }));
  await user.click(screen.getByRole("button", { name: "Save" }));
  expect(await screen.findByText("The file is another than the one you opened")).toBeTruthy();
  expect((await field()).value).toContain("// mine");
  pretend.answer(WRITE, content({ etag: "etag-6" }));
  await user.click(screen.getByRole("button", { name: "Save mine over it" }));
  await waitFor(() => expect(pretend.bodyOf(WRITE)).toMatchObject({ etag: "etag-5" }));
});

test("what is not saved is asked about before another page", async () => {
  configApi();
  const { user, router } = renderRoute("/servers/meadow/mods/config?file=ruins.json");
  await user.type(await field(), "x");
  await user.click(screen.getByRole("link", { name: "Installed" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Leave without saving?" }));
  await user.click(dialog.getByRole("button", { name: "Cancel" }));
  expect(router.state.location.pathname).toBe("/servers/meadow/mods/config");
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect((await field()).value).toContain("x");
  await user.click(screen.getByRole("link", { name: "Installed" }));
  await user.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Leave without saving" }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/servers/meadow/mods"));
});

test("an earlier content is shown and can be saved again", async () => {
  const moment = "2026-11-24T10:00:00Z";
  const pretend = configApi({
    [READ]: (request: Request) =>
      new URL(request.url).searchParams.get("version") === moment
        ? content({ text: '{"old": 1}', versions: [moment] })
        : content({ versions: [moment] }),
    [WRITE]: content({ text: '{"old": 1}', etag: "etag-2" }),
  });
  const { user } = renderRoute("/servers/meadow/mods/config?file=ruins.json");
  await user.selectOptions(await screen.findByRole("combobox", { name: "Earlier contents" }), moment);
  await waitFor(async () => expect((await field()).value).toBe('{"old": 1}'));
  expect(screen.getByText(/Save it to bring it back/)).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(pretend.bodyOf(WRITE)).toMatchObject({ text: '{"old": 1}', etag: "etag-1" }));
});

test("settings of mods are for operators, for they hold secrets", async () => {
  const pretend = configApi({}, "viewer");
  renderRoute("/servers/meadow/mods/config");
  expect(await screen.findByText("This needs another role")).toBeTruthy();
  expect(pretend.calls.some((call) => call.startsWith(FILES))).toBe(false);
});
