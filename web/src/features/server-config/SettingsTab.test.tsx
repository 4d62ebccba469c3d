import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { aServer } from "../../testing/answers";
import { problem } from "../../testing/pretendApi";
import { renderRoute } from "../../testing/renderRoute";
import { aField, aPending, aView, CONFIG, configApi, someFields } from "./testing";

const READ = `GET ${CONFIG}`;
const WRITE = `PATCH ${CONFIG}`;
const ADDRESS = "/servers/meadow/config";

const changed = (outcomes: unknown[], view = aView()) => ({ outcomes, config: view });

test("settings are changed by their kind, and saved together with the etag that was looked at", async () => {
  const pretend = configApi({
    [WRITE]: changed([
      { path: ["MaxClients"], outcome: "live", text: null },
      { path: ["AllowPvP"], outcome: "pending", text: "There is no command for it." },
    ]),
  });
  const { user } = renderRoute(ADDRESS);
  const most = await screen.findByRole("textbox", { name: "Players at most" });
  await user.clear(most);
  await user.type(most, "24");
  await user.click(screen.getByRole("switch", { name: "Players can hurt each other" }));
  await user.selectOptions(screen.getByRole("combobox", { name: "Whitelist" }), "On");
  const bar = within(screen.getByRole("region", { name: "3 unsaved changes" }));
  expect(bar.getByText("Players at most: 16 players → 24 players")).toBeTruthy();
  expect(bar.getByText("Whitelist: Off → On")).toBeTruthy();
  await user.click(bar.getByRole("button", { name: "Save" }));
  await waitFor(() =>
    expect(pretend.bodyOf(WRITE)).toEqual({
      etag: "etag-1",
      overwrite: false,
      changes: [
        { path: ["MaxClients"], value: 24 },
        { path: ["WhitelistMode"], value: 2 },
        { path: ["AllowPvP"], value: false },
      ],
    }),
  );
  const saved = within(await screen.findByRole("list", { name: "What became of it" }));
  expect(saved.getByText("Players at most: in force now")).toBeTruthy();
  expect(saved.getByText(/Players can hurt each other: waits for the next stop/).textContent).toContain("no command");
});

test("a secret is set or cleared, and never shown", async () => {
  const pretend = configApi({ [WRITE]: changed([]) });
  const { user } = renderRoute(ADDRESS);
  await user.type(await screen.findByLabelText("New: Password"), "moss");
  await user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() =>
    expect(pretend.bodyOf(WRITE)).toMatchObject({ changes: [{ path: ["Password"], value: "moss" }] }),
  );
  await user.click(await screen.findByRole("button", { name: "Clear it: Password" }));
  expect(screen.getByText("It is cleared when you save.")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(pretend.bodyOf(WRITE)).toMatchObject({ changes: [{ path: ["Password"], value: null }] }));
});

test("what can't be is told at the field before anything is sent, and so is what the manager refuses", async () => {
  const pretend = configApi({
    [WRITE]: problem(422, "invalid_setting", "Not taken.", [{ field: "changes.0.value", message: "too many for it" }]),
  });
  const { user } = renderRoute(ADDRESS);
  const most = await screen.findByRole("textbox", { name: "Players at most" });
  await user.clear(most);
  await user.type(most, "5000");
  expect(screen.getByText("Give a number: 1 to 1,000 players.")).toBeTruthy();
  expect(screen.getByRole("button", { name: "Save" }).hasAttribute("disabled")).toBe(true);
  await user.clear(most);
  await user.type(most, "900");
  await user.click(screen.getByRole("button", { name: "Save" }));
  expect(await screen.findByText("Too many for it")).toBeTruthy();
  expect(pretend.bodyOf(WRITE)).toBeTruthy();
  expect((most as HTMLInputElement).value).toBe("900");
});

test("what somebody else has changed meanwhile stands beside mine, and each is chosen by itself", async () => {
  const pretend = configApi({ [WRITE]: problem(409, "changed_meanwhile", "It is another by now.") });
  const { user } = renderRoute(ADDRESS);
  const most = await screen.findByRole("textbox", { name: "Players at most" });
  await user.clear(most);
  await user.type(most, "24");
  const name = screen.getByRole("textbox", { name: "Name" });
  await user.clear(name);
  await user.type(name, "Mine");
  const theirs = someFields().map((field) =>
    field.path[0] === "MaxClients"
      ? { ...field, value: 30 }
      : field.path[0] === "ServerName"
        ? { ...field, value: "Theirs" }
        : field,
  );
  pretend.answer(READ, aView({ etag: "etag-2", fields: theirs }));
  await user.click(screen.getByRole("button", { name: "Save" }));
  expect(await screen.findByText("Changed by somebody else meanwhile. Theirs: 30 players.")).toBeTruthy();
  expect((most as HTMLInputElement).value).toBe("24");
  expect(screen.getByRole("button", { name: "Save" }).hasAttribute("disabled")).toBe(true);
  await user.click(screen.getByRole("button", { name: "Keep mine: Players at most" }));
  await user.click(screen.getByRole("button", { name: "Take theirs: Name" }));
  expect((screen.getByRole("textbox", { name: "Name" }) as HTMLInputElement).value).toBe("Theirs");
  pretend.answer(WRITE, changed([{ path: ["MaxClients"], outcome: "live", text: null }]));
  await user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() =>
    expect(pretend.bodyOf(WRITE)).toEqual({
      etag: "etag-2",
      overwrite: true,
      changes: [{ path: ["MaxClients"], value: 24 }],
    }),
  );
});

test("the search finds titles, names and texts; what differs and what is advanced can be filtered", async () => {
  configApi();
  const { user, router } = renderRoute(ADDRESS);
  const search = await screen.findByRole("searchbox", { name: "Search the settings" });
  expect(screen.queryByRole("heading", { name: /^Growth/ })).toBeNull();
  await user.type(search, "RandomBlock{Enter}");
  expect(await screen.findByRole("heading", { name: /^Growth/ })).toBeTruthy();
  expect(screen.queryByRole("heading", { name: /^Players at most/ })).toBeNull();
  expect(router.state.location.search).toEqual({ q: "RandomBlock" });
  await user.clear(search);
  await user.keyboard("{Enter}");
  await user.click(screen.getByRole("button", { name: "Changed only" }));
  expect(await screen.findByRole("heading", { name: /^Whitelist/ })).toBeTruthy();
  expect(screen.queryByRole("heading", { name: /^Players at most/ })).toBeNull();
});

test("a setting goes back to its default, and one that waits is told of and can be dropped", async () => {
  const pretend = configApi({ [READ]: aView({ pending: [aPending()] }), [`DELETE ${CONFIG}/pending`]: aView() });
  const { user } = renderRoute(ADDRESS);
  const list = within(await screen.findByRole("list", { name: "Waiting for the next stop" }));
  expect(list.getByText(/On → Off/)).toBeTruthy();
  expect(list.getByText(/by Ben/)).toBeTruthy();
  expect(screen.getByRole<HTMLInputElement>("switch", { name: "Players can hurt each other" }).checked).toBe(false);
  await user.click(screen.getByRole("button", { name: "Back to default: Whitelist" }));
  expect(screen.getByText("Whitelist: Off → The game's default")).toBeTruthy();
  await user.click(list.getByRole("button", { name: "Drop: Players can hurt each other" }));
  const path = encodeURIComponent(JSON.stringify(["AllowPvP"]));
  await waitFor(() => expect(pretend.calls).toContain(`DELETE ${CONFIG}/pending?path=${path}`));
  await waitFor(() => expect(screen.queryByRole("list", { name: "Waiting for the next stop" })).toBeNull());
  expect(screen.getByText("Whitelist: Off → The game's default")).toBeTruthy();
});

test("every page of the server tells that settings wait, with the button that restarts it", async () => {
  const server = aServer({ config_pending: 2 });
  const pretend = configApi({
    "GET /api/v1/servers/meadow": server,
    "POST /api/v1/servers/meadow/restart": { id: "run-1" },
  });
  const { user } = renderRoute("/servers/meadow");
  const banner = within(await screen.findByRole("region", { name: "2 settings wait for the next stop" }));
  expect(banner.getByRole("link", { name: "Show them" }).getAttribute("href")).toBe("/servers/meadow/config");
  await user.click(banner.getByRole("button", { name: "Restart now" }));
  await waitFor(() => expect(pretend.calls).toContain("POST /api/v1/servers/meadow/restart"));
});

test("what waits of the other file is pointed at", async () => {
  configApi({
    "GET /api/v1/servers/meadow": aServer({ config_pending: 3 }),
    [READ]: aView({ pending: [aPending()] }),
  });
  renderRoute(ADDRESS);
  const hint = await screen.findByText(/2 settings of the other file wait, too:/);
  expect(within(hint).getByRole("link", { name: "Tuning" }).getAttribute("href")).toBe(`${ADDRESS}/tuning`);
});

test("what counts only before the world exists is shown as it is, and changed while there is none", async () => {
  const pretend = configApi();
  renderRoute("/servers/meadow/config/world");
  expect(await screen.findByText("Only in a new world; this one exists")).toBeTruthy();
  expect(screen.queryByRole("textbox", { name: "Seed" })).toBeNull();
  expect(screen.queryByRole("heading", { name: /^Players at most/ })).toBeNull();
  pretend.answer(READ, aView({ world_exists: false }));
  renderRoute("/servers/meadow/config/world");
  expect(await screen.findByRole("textbox", { name: "Seed" })).toBeTruthy();
});

test("a viewer reads the values and changes nothing", async () => {
  configApi({}, "viewer");
  renderRoute(ADDRESS);
  expect(await screen.findByText("16 players")).toBeTruthy();
  expect(screen.getByText("Operators can change these. You are signed in as viewer.")).toBeTruthy();
  expect(screen.queryByRole("textbox", { name: "Players at most" })).toBeNull();
  expect(screen.queryByRole("link", { name: "As text" })).toBeNull();
  expect(screen.getByText(/Only players on the whitelist may join/)).toBeTruthy();
});

test("a file that can't be read is told with its line, and leads to its text", async () => {
  configApi({ [READ]: aView({ fields: [], problem: "A comma is missing.", problem_line: 12 }) });
  renderRoute(ADDRESS);
  expect(await screen.findByText("Line 12: A comma is missing.")).toBeTruthy();
  expect(screen.getByRole("link", { name: "Mend it as text" }).getAttribute("href")).toBe(
    "/servers/meadow/config/text",
  );
});

test("what is not saved is asked about before another page", async () => {
  configApi();
  const { user, router } = renderRoute(ADDRESS);
  await user.click(await screen.findByRole("switch", { name: "Players can hurt each other" }));
  await user.click(screen.getByRole("link", { name: "World" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Leave without saving?" }));
  expect(dialog.getByText("Players can hurt each other: On → Off")).toBeTruthy();
  await user.click(dialog.getByRole("button", { name: "Cancel" }));
  expect(router.state.location.pathname).toBe(ADDRESS);
});

test("a text of the game or a mod is never more than text", async () => {
  const markup = "<b>bold</b>";
  configApi({
    [READ]: aView({ fields: [aField("Name", { value: markup })], unknown: [{ path: [markup], value: markup }] }),
  });
  const { container } = renderRoute(`${ADDRESS}?advanced=true`);
  expect(await screen.findByText("Only the game or mods know these")).toBeTruthy();
  expect(container.querySelector("main b, article b")).toBeNull();
});
