import { act, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Schema } from "../../api/client";
import { aGeneration, aRun, aServer, aStoppedServer, serverList } from "../../testing/answers";
import { pretendApi, problem, signedIn } from "../../testing/pretendApi";
import { pretendEvents } from "../../testing/pretendEvents";
import { renderRoute } from "../../testing/renderRoute";

const anEntry = (changes: Partial<Schema["TimelineEntry"]>): Schema["TimelineEntry"] => ({
  id: "e-1",
  at: "2026-11-25T10:00:00Z",
  kind: "started",
  actor: null,
  run_id: null,
  details: {},
  ...changes,
});

const nothing = {
  at: null,
  cpu_percent: null,
  memory_bytes: null,
  memory_limit_bytes: null,
  disk_bytes: null,
  disk_free_bytes: null,
  disk_limit_bytes: null,
  tick_ms: null,
  players: null,
};

const aSeries = (changes: Partial<Schema["Series"]> = {}): Schema["Series"] => ({
  range: "24h",
  step_seconds: 60,
  at: [Date.parse("2026-11-25T10:00:00Z"), Date.parse("2026-11-25T10:01:00Z"), Date.parse("2026-11-25T10:02:00Z")],
  cpu_percent: [12, 30, null],
  memory_bytes: [1024 ** 3, 2 * 1024 ** 3, null],
  disk_bytes: [1, 1, null],
  tick_ms: [33, 45, null],
  players: [1, 3, null],
  now: { ...nothing, players: 3 },
  ...changes,
});

function withServer(server: Schema["ServerDetails"] = aServer(), role: Schema["Role"] = "admin") {
  return pretendApi({
    "GET /api/v1/session": signedIn(role),
    "GET /api/v1/servers": serverList(server),
    "GET /api/v1/servers/meadow": server,
    "GET /api/v1/servers/meadow/timeline": { items: [], next_cursor: null },
    "GET /api/v1/servers/meadow/metrics": aSeries(),
    "GET /api/v1/servers/meadow/players": {
      items: [],
      next_cursor: null,
      online: 0,
      max_players: 16,
      is_exact: true,
      whitelist: "off",
    },
    "GET /api/v1/installed-versions": { items: [], next_cursor: null, disk_free_bytes: 1 },
    "GET /api/v1/game-versions": {
      items: [],
      next_cursor: null,
      state: "ready",
      data_age_seconds: 1,
      refreshed_at: null,
    },
  });
}

const tabs = async () =>
  within(await screen.findByRole("navigation", { name: "Parts of this server" }))
    .getAllByRole("link")
    .map((link) => link.textContent);

test("the head says in one sentence how the server is", async () => {
  withServer(aServer({ ready_at: "2026-11-24T20:04:00Z", players_online: 2 }));
  renderRoute("/servers/meadow");
  expect(await screen.findByText("2/16 players")).toBeTruthy();
  expect(screen.getByRole("heading", { level: 1, name: "Meadow" })).toBeTruthy();
  expect(screen.getByRole("main").textContent).toMatch(/Running since .*Nov.*\d\d:04, ready after 41 s/);
});

test("a viewer is not led to what needs another role, and is told so at its address", async () => {
  withServer(aServer(), "viewer");
  const { router } = renderRoute("/servers/meadow");
  const seen = ["Overview", "Players", "Mods", "World & backups", "Schedules", "Config", "Updates", "Versions"];
  expect(await tabs()).toEqual(seen);
  expect(screen.queryByRole("button", { name: /^(Start|Stop|Restart)/ })).toBeNull();
  await act(() => router.navigate({ to: "/servers/$serverId/console", params: { serverId: "meadow" } }));
  expect(await screen.findByText(/Only operators and above can see this/)).toBeTruthy();
});

test("a part of the server stays marked whatever is chosen on its page", async () => {
  const manager = withServer();
  manager.answer("GET /api/v1/servers/meadow/chat", { items: [], next_cursor: null });
  renderRoute("/servers/meadow/players?view=chat");
  const nav = within(await screen.findByRole("navigation", { name: "Parts of this server" }));
  expect(nav.getByRole("link", { name: "Players" }).getAttribute("aria-current")).toBe("page");
  expect(nav.getByRole("link", { name: "Overview" }).getAttribute("aria-current")).toBeNull();
});

test("the timeline says what happened, why and by whom, and goes further back on demand", async () => {
  const manager = withServer();
  manager.answer("GET /api/v1/servers/meadow/timeline", (request: Request) =>
    new URL(request.url).searchParams.has("cursor")
      ? { items: [anEntry({ id: "e-0", kind: "created", actor: "Ben" })], next_cursor: null }
      : {
          items: [
            anEntry({ id: "e-4", kind: "ready", details: { after_seconds: 41 } }),
            anEntry({ id: "e-3", kind: "restart_planned", details: { in_seconds: 5, attempt: 1 } }),
            anEntry({
              id: "e-2",
              kind: "crashed",
              details: { mods: ["windmills@1.4.2"], report: "Game Version: v1.22.7" },
            }),
            anEntry({ id: "e-1", kind: "start_asked", actor: "Anna" }),
          ],
          next_cursor: "e-1",
        },
  );
  const { user } = renderRoute("/servers/meadow");
  expect(await screen.findByText("Ready for players after 41 s")).toBeTruthy();
  expect(screen.getByText("Crashed: windmills@1.4.2 is named in the report")).toBeTruthy();
  expect(screen.getByText("by Anna")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Show older" }));
  expect(await screen.findByText("by Ben")).toBeTruthy();
});

test("something new in the timeline shows by itself", async () => {
  const manager = withServer();
  const streams = pretendEvents();
  renderRoute("/servers/meadow");
  await screen.findByText(/Nothing has happened yet/);
  await waitFor(() => expect(streams.open).toHaveLength(1));
  act(() => streams.open[0]?.accept());
  manager.answer("GET /api/v1/servers/meadow/timeline", { items: [anEntry({ kind: "hung" })], next_cursor: null });
  act(() => streams.open[0]?.send({ event: "server", data: { server_id: "meadow" } }));
  expect(await screen.findByText("Stopped answering")).toBeTruthy();
});

test("who is on is named, and follows who comes and goes", async () => {
  const manager = withServer(aServer({ players_online: 1 }));
  const streams = pretendEvents();
  renderRoute("/servers/meadow");
  await screen.findByText(/Nobody is on/);
  await waitFor(() => expect(streams.open).toHaveLength(1));
  act(() => streams.open[0]?.accept());
  manager.answer("GET /api/v1/servers/meadow/players", {
    items: [{ name: "Tyron", is_online: true }],
    next_cursor: null,
    online: 1,
    max_players: 16,
    is_exact: true,
    whitelist: "off",
  });
  act(() => streams.open[0]?.send({ event: "players", data: { server_id: "meadow" } }));
  expect(await screen.findByText(/Tyron/)).toBeTruthy();
});

test("a server that did not start with mods that had waited says so, and leads to the set before", async () => {
  const TIMELINE = "GET /api/v1/servers/meadow/timeline";
  const loaded = anEntry({ id: "e-2", kind: "mods_loaded", details: { set: 11 } });
  const failed = anEntry({ id: "e-4", kind: "failed_to_start", details: { why: "The mod lib is broken." } });
  const pretend = withServer(aStoppedServer({ state: "failed_to_start" }));
  pretend.answer(TIMELINE, {
    items: [failed, anEntry({ id: "e-3" }), loaded, anEntry({ kind: "ready" })],
    next_cursor: null,
  });
  pretend.answer("GET /api/v1/servers/meadow/mod-generations", {
    items: [
      aGeneration({ number: 11, is_current: true }),
      aGeneration({ number: 10, is_current: false, is_joined: true }),
      aGeneration({ number: 9, is_current: false }),
    ],
    next_cursor: null,
  });
  const first = renderRoute("/servers/meadow");
  expect(await screen.findByText("It started with other mods (set 11).", { exact: false })).toBeTruthy();
  const back = await screen.findByRole("link", { name: "Go back to set 9?" });
  expect(back.getAttribute("href")).toBe("/servers/meadow/mods/history");
  first.unmount();
  pretend.answer(TIMELINE, {
    items: [anEntry({ id: "e-5", kind: "mods_restored", details: { set: 12, back_to: 9 } }), failed, loaded],
    next_cursor: null,
  });
  renderRoute("/servers/meadow");
  expect(await screen.findByText(/The mod lib is broken/)).toBeTruthy();
  expect(screen.queryByText(/It started with other mods/)).toBeNull();
});

test("a crash shows the report of the game, to be copied", async () => {
  const report = "Critical error occurred in the following mod(s): windmills@1.4.2";
  withServer(
    aStoppedServer({
      state: "crashed",
      crash: {
        at: "2026-11-25T10:00:00Z",
        summary: "A critical error.",
        mods: [],
        report,
        restarts_at: null,
        gave_up: false,
      },
    }),
  );
  const { user } = renderRoute("/servers/meadow");
  expect(await screen.findByRole("heading", { name: "What went wrong" })).toBeTruthy();
  expect(screen.getByText(report)).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Copy the report" }));
  expect(await screen.findByRole("button", { name: "Copied" })).toBeTruthy();
  expect(await navigator.clipboard.readText()).toBe(report);
});

test("the charts say in words what they show, and as a table; another span is asked for", async () => {
  const manager = withServer();
  const { user } = renderRoute("/servers/meadow");
  expect(
    await screen.findByRole("img", { name: "Players in the last 24 hours: from 1 to 3, 2 on average." }),
  ).toBeTruthy();
  await user.click(screen.getByText("Show as a table"));
  const table = within(await screen.findByRole("region", { name: "Measurements of the last 24 hours, averaged" }));
  expect(table.getAllByRole("row")).toHaveLength(3);
  manager.answer(
    "GET /api/v1/servers/meadow/metrics",
    aSeries({ range: "7d", at: [], players: [], cpu_percent: [], tick_ms: [], memory_bytes: [], disk_bytes: [] }),
  );
  await user.click(screen.getByRole("radio", { name: "7 d" }));
  expect(await screen.findByText(/Nothing has been measured in this time/)).toBeTruthy();
  expect(manager.calls).toContain("GET /api/v1/servers/meadow/metrics?range=7d");
});

test("a server that is not there (any more) explains itself", async () => {
  const manager = withServer();
  manager.answer("GET /api/v1/servers/gone", problem(404, "unknown_server", "There is no server 'gone'."));
  renderRoute("/servers/gone");
  expect(await screen.findByText("There is no server 'gone'.")).toBeTruthy();
});

test("a server that someone deletes meanwhile is not shown any longer", async () => {
  const manager = withServer();
  const { queryClient } = renderRoute("/servers/meadow");
  await tabs();
  manager.answer("GET /api/v1/servers/meadow", problem(404, "unknown_server", "There is no server 'meadow'."));
  await act(() => queryClient.invalidateQueries());
  expect(await screen.findByText("There is no server 'meadow'.")).toBeTruthy();
  expect(screen.queryByRole("navigation", { name: "Parts of this server" })).toBeNull();
});

// Versions

const aVersion = (version: string, changes: Partial<Schema["GameVersionOut"]> = {}): Schema["GameVersionOut"] => ({
  version,
  channel: "stable",
  kind: "stable",
  minor: version.slice(0, 4),
  latest: false,
  first_seen: null,
  builds: [{ platform: "linuxserver", file_name: "f.tar.gz", size_text: "40.2 MB", md5: null, url: null }],
  ...changes,
});

const anInstalled = (version: string, is_there = true): Schema["InstalledVersion"] => ({
  version,
  channel: "stable",
  size_bytes: 110 * 1024 ** 2,
  installed_at: "2026-11-20T08:00:00Z",
  source: "f.tar.gz",
  used_by: ["meadow"],
  runtime: {
    framework: "Microsoft.NETCore.App",
    needed: "10.0.0",
    found: [],
    is_there,
    message: is_there ? null : "Install the .NET 10 runtime.",
  },
});

function withVersions(server: Schema["ServerDetails"], role: Schema["Role"] = "admin", hasRuntime = true) {
  const manager = withServer(server, role);
  manager.answer("GET /api/v1/game-versions", {
    items: [aVersion("1.22.8", { latest: true }), aVersion("1.22.7"), aVersion("1.21.6"), aVersion("1.21.5")],
    next_cursor: null,
    state: "ready",
    data_age_seconds: 1,
    refreshed_at: null,
  });
  manager.answer("GET /api/v1/installed-versions", {
    items: [anInstalled("1.22.7", hasRuntime), anInstalled("1.21.6")],
    next_cursor: null,
    disk_free_bytes: 1,
  });
  return manager;
}

test("switching to a newer version says what will happen, and that going back is not supported", async () => {
  const manager = withVersions(aServer());
  manager.answer("POST /api/v1/servers/meadow/version", aRun({ job_id: "server_version", server_id: "meadow" }));
  const { user } = renderRoute("/servers/meadow/versions");
  await user.click(await screen.findByRole("button", { name: "Switch to 1.22.8" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Switch Meadow to 1.22.8?" }));
  expect(dialog.getAllByRole("listitem").map((item) => item.textContent)).toEqual([
    "Version 1.22.8 is downloaded and installed.",
    "The server is stopped, and the world is saved.",
    "It is switched from 1.22.7 to 1.22.8.",
    "It is started again.",
  ]);
  expect(dialog.getByText(/does not support going back/)).toBeTruthy();
  await user.click(dialog.getByRole("button", { name: "Switch to 1.22.8" }));
  await waitFor(() => expect(manager.bodyOf("POST /api/v1/servers/meadow/version")).toEqual({ version: "1.22.8" }));
});

test("an older version is warned about, and one that is installed needs no download", async () => {
  withVersions(aStoppedServer());
  const { user } = renderRoute("/servers/meadow/versions");
  const older = await screen.findByRole("button", { name: "Switch to 1.21.6" });
  expect(screen.queryByRole("button", { name: "Switch to 1.21.5" })).toBeNull();
  await user.click(older);
  const dialog = within(await screen.findByRole("dialog", { name: "Switch Meadow to 1.21.6?" }));
  expect(dialog.getAllByRole("listitem").map((item) => item.textContent)).toEqual([
    "It is switched from 1.22.7 to 1.21.6.",
    "It stays stopped.",
  ]);
  expect(dialog.getByText(/This version is older/)).toBeTruthy();
});

test("the newest of a channel is not put forward where it is older than what the server uses", async () => {
  const manager = withVersions(aServer());
  manager.answer("GET /api/v1/game-versions", {
    items: [
      aVersion("1.22.8", { latest: true }),
      aVersion("1.22.7"),
      aVersion("1.22.0-rc.9", { latest: true, channel: "unstable" }),
    ],
    next_cursor: null,
    state: "ready",
    data_age_seconds: 1,
    refreshed_at: null,
  });
  const { user } = renderRoute("/servers/meadow/versions");
  expect(await screen.findByRole("button", { name: "Switch to 1.22.8" })).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Switch to 1.22.0-rc.9" })).toBeNull();
  await user.click(screen.getByRole("button", { name: /^Show all/ }));
  expect(screen.getByRole("button", { name: "Switch to 1.22.0-rc.9" })).toBeTruthy();
});

test("want of .NET is told with what to do; who may not switch is told who may", async () => {
  withVersions(aStoppedServer(), "viewer", false);
  renderRoute("/servers/meadow/versions");
  expect(await screen.findByText("Install the .NET 10 runtime.")).toBeTruthy();
  expect(screen.getByText(/Admins can switch; you are signed in as viewer/)).toBeTruthy();
  expect(screen.queryByRole("button", { name: /Switch to/ })).toBeNull();
});

// Settings

test("only what was changed is saved; the port waits until the server is stopped", async () => {
  const manager = withServer();
  manager.answer("PATCH /api/v1/servers/meadow", aServer({ name: "Green Meadow" }));
  const { user } = renderRoute("/servers/meadow/settings");
  const name = await screen.findByRole("textbox", { name: "Name" });
  expect((screen.getByRole("textbox", { name: "Port" }) as HTMLInputElement).disabled).toBe(true);
  await user.clear(name);
  await user.type(name, "Green Meadow");
  await user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(manager.bodyOf("PATCH /api/v1/servers/meadow")).toEqual({ name: "Green Meadow" }));
});

test("what is refused stands at its field, and what was typed stays", async () => {
  const manager = withServer(aStoppedServer());
  manager.answer("GET /api/v1/ports/42420", { port: 42420, is_free: true, used_by: null, message: "" });
  manager.answer(
    "PATCH /api/v1/servers/meadow",
    problem(422, "invalid_request", "Mend it.", [
      { field: "settings.stop_timeout_seconds", message: "give at least 5 seconds" },
    ]),
  );
  const { user } = renderRoute("/servers/meadow/settings");
  const field = (await screen.findByRole("textbox", { name: "Time to stop" })) as HTMLInputElement;
  await user.type(field, "1");
  await user.click(screen.getByRole("button", { name: "Save" }));
  expect(await screen.findByText("Give at least 5 seconds")).toBeTruthy();
  expect(field.value).toBe("1");
});

test("deleting keeps the files, unless that is asked for and the name is typed", async () => {
  const manager = withServer(aStoppedServer());
  manager.answer("DELETE /api/v1/servers/meadow", aRun({ job_id: "server_delete", server_id: "meadow" }));
  const { user, router } = renderRoute("/servers/meadow/settings");
  await user.click(await screen.findByRole("button", { name: "Delete this server" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Delete Meadow?" }));
  expect(dialog.getByText(/stay in \/srv\/vsmanager\/servers\/meadow/)).toBeTruthy();
  await user.click(dialog.getByRole("checkbox", { name: "Delete its files, too" }));
  const button = dialog.getByRole("button", { name: "Delete the server and its world" }) as HTMLButtonElement;
  expect(button.disabled).toBe(true);
  await user.type(dialog.getByRole("textbox", { name: "Type the name of the server: Meadow" }), "Meadow");
  await user.click(button);
  await waitFor(() => expect(manager.calls).toContain("DELETE /api/v1/servers/meadow?delete_files=true"));
  await waitFor(() => expect(router.state.location.pathname).toBe("/servers"));
});

test("a server that runs can't be deleted", async () => {
  withServer();
  renderRoute("/servers/meadow/settings");
  const button = (await screen.findByRole("button", { name: "Delete this server" })) as HTMLButtonElement;
  expect(button.disabled).toBe(true);
});
