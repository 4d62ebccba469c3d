import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Schema } from "../../api/client";
import {
  aJob,
  anOverview,
  aRun,
  aServer,
  aStoppedServer,
  jobList,
  serverList,
  theLastDay,
  wrong,
} from "../../testing/answers";
import { pretendApi, problem, signedIn } from "../../testing/pretendApi";
import { renderRoute } from "../../testing/renderRoute";

const aCrash = {
  at: "2026-11-25T11:00:00Z",
  summary: "It ended without being asked.",
  mods: ["windmills"],
  report: "Game Version: v1.22.7",
  restarts_at: null,
  gave_up: false,
};

test("when all is well, one quiet line says so and nothing asks for attention", async () => {
  pretendApi({ "GET /api/v1/overview": anOverview(), "GET /api/v1/jobs": jobList(aJob()) });
  renderRoute("/");
  expect(await screen.findByText("All is well. Nothing needs you.")).toBeTruthy();
  expect(screen.queryByRole("heading", { name: "Needs you" })).toBeNull();
  expect(screen.getByText(/4,852 in the catalogue/)).toBeTruthy();
});

test("what needs someone comes first, with one action, and what can wait comes later", async () => {
  const contact = wrong({
    id: "no_contact",
    severity: "info",
    title: "No contact is set",
    action: { kind: "page", target: "/settings" },
  });
  const manager = pretendApi({
    "GET /api/v1/overview": anOverview({ status: "needs_attention", attention: [wrong(), contact] }),
    "GET /api/v1/jobs": jobList(aJob({ health: "failing" })),
    "POST /api/v1/jobs/mod_cache_refresh/run": aRun({ state: "running", ended_at: null }),
  });
  const { user } = renderRoute("/");
  const urgent = within(await screen.findByRole("region", { name: "Needs you" }));
  expect(urgent.getByRole("heading", { name: "Failed: Refresh the mod catalogue" })).toBeTruthy();
  expect(urgent.queryByText("No contact is set")).toBeNull();
  expect(screen.getByRole("link", { name: "Open the settings" }).getAttribute("href")).toBe("/settings");
  const headings = screen.getAllByRole("heading", { level: 2 }).map((heading) => heading.textContent);
  expect(headings).toEqual(["Needs you", "Servers", "Jobs", "Good to know", "Manager"]);
  await user.click(urgent.getByRole("button", { name: "Run now" }));
  await waitFor(() => expect(manager.calls).toContain("POST /api/v1/jobs/mod_cache_refresh/run"));
});

test("a viewer is shown the way to the job instead of a button that would be refused", async () => {
  pretendApi({
    "GET /api/v1/session": signedIn("viewer"),
    "GET /api/v1/overview": anOverview({ status: "needs_attention", attention: [wrong()] }),
    "GET /api/v1/jobs": jobList(aJob()),
  });
  renderRoute("/");
  const link = await screen.findByRole("link", { name: "Look at the job" });
  expect(link.getAttribute("href")).toBe("/jobs/mod_cache_refresh");
  expect(screen.queryByRole("button", { name: "Run now" })).toBeNull();
});

test("using the default settings names what is lost before it happens", async () => {
  const manager = pretendApi({
    "GET /api/v1/overview": anOverview({
      status: "needs_attention",
      attention: [wrong({ action: { kind: "reset_settings", target: "settings" } })],
    }),
    "GET /api/v1/jobs": jobList(aJob()),
    "POST /api/v1/settings/reset": { kept_as: "settings.broken.json", settings: {} },
  });
  const { user } = renderRoute("/");
  await user.click(await screen.findByRole("button", { name: "Use the defaults" }));
  const dialog = within(await screen.findByRole("dialog"));
  expect(dialog.getByText(/go back to their defaults/)).toBeTruthy();
  expect(manager.calls).not.toContain("POST /api/v1/settings/reset");
  await user.click(dialog.getByRole("button", { name: "Use the defaults" }));
  await waitFor(() => expect(manager.calls).toContain("POST /api/v1/settings/reset"));
});

test("an overview that fails to load says why, and is there after another try", async () => {
  const manager = pretendApi({
    "GET /api/v1/overview": problem(503, "database_unavailable", "The disk is full. Make room."),
    "GET /api/v1/jobs": jobList(aJob()),
  });
  const { user } = renderRoute("/");
  expect(await screen.findByText(/The disk is full/)).toBeTruthy();
  expect(screen.getByText("Refresh the mod catalogue")).toBeTruthy();
  manager.answer("GET /api/v1/overview", anOverview());
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("All is well. Nothing needs you.")).toBeTruthy();
});

test("markup in what the manager tells is shown as text", async () => {
  const title = "<img src=x onerror=alert(1)>";
  pretendApi({
    "GET /api/v1/overview": anOverview({ status: "needs_attention", attention: [wrong({ title })] }),
    "GET /api/v1/jobs": jobList(aJob()),
  });
  renderRoute("/");
  expect(await screen.findByRole("heading", { name: title })).toBeTruthy();
});

test("each server has a row that says how it is, who is on, and what can be done", async () => {
  const manager = pretendApi({
    "GET /api/v1/overview": anOverview(),
    "GET /api/v1/jobs": jobList(aJob()),
    "GET /api/v1/servers": serverList(
      aServer({ players_online: 7 }),
      aStoppedServer({ id: "valley", name: "Valley", state: "crashed", crash: aCrash }),
    ),
    "POST /api/v1/servers/valley/start": aRun({ id: "run-2", job_id: "server_start", server_id: "valley" }),
  });
  const { user } = renderRoute("/");
  const rows = within(await screen.findByRole("list", { name: "Game servers" }));
  const [first, second] = rows.getAllByRole("listitem");
  expect(first?.textContent).toContain("Valley");
  expect(first?.textContent).toContain("Crashed");
  expect(second?.textContent).toContain("7/16");
  await user.click(rows.getByRole("button", { name: "Start Valley" }));
  await waitFor(() => expect(manager.calls).toContain("POST /api/v1/servers/valley/start"));
});

test("a row says when a server comes back, and leaves why it went to what needs someone", async () => {
  const restarts_at = new Date(Date.now() + 50_000).toISOString();
  pretendApi({
    "GET /api/v1/overview": anOverview({
      status: "needs_attention",
      attention: [wrong({ id: "server_crashed:valley", severity: "warn", title: "Crashed: Valley", text: "It went." })],
    }),
    "GET /api/v1/jobs": jobList(aJob()),
    "GET /api/v1/servers": serverList(
      aStoppedServer({ id: "valley", name: "Valley", state: "crashed", crash: { ...aCrash, restarts_at } }),
      aStoppedServer({ id: "hill", name: "Hill", state: "crashed", crash: aCrash }),
    ),
  });
  renderRoute("/");
  const rows = within(await screen.findByRole("list", { name: "Game servers" }));
  const [valley, hill] = rows.getAllByRole("listitem");
  expect(valley?.textContent).toMatch(/Starts again in \d+ s\./);
  expect(rows.queryByText(/named in its report/)).toBeNull();
  expect(hill?.textContent).not.toContain("Starts again");
  expect(screen.getByText("It went.")).toBeTruthy();
});

test("of a warning, a row says what it is about", async () => {
  const warning = "Only 76.5 GB of disk space are free. Below 400 MB the game ends itself. Enlarge the disk.";
  pretendApi({
    "GET /api/v1/overview": anOverview(),
    "GET /api/v1/jobs": jobList(aJob()),
    "GET /api/v1/servers": serverList(aServer({ warnings: [warning, "Some mods were left out: a, b."] })),
  });
  renderRoute("/");
  const rows = within(await screen.findByRole("list", { name: "Game servers" }));
  expect(rows.getByText("Only 76.5 GB of disk space are free.")).toBeTruthy();
  expect(rows.getByText("Some mods were left out: a, b.")).toBeTruthy();
});

test("where there is no room for all servers, those that run come before those that rest", async () => {
  const resting = Array.from({ length: 7 }, (_, number) =>
    aStoppedServer({ id: `rest-${number}`, name: `Rest ${number}` }),
  );
  pretendApi({
    "GET /api/v1/overview": anOverview(),
    "GET /api/v1/jobs": jobList(aJob()),
    "GET /api/v1/servers": serverList(
      ...resting,
      aServer(),
      aStoppedServer({ id: "bad", name: "Bad", state: "crashed" }),
    ),
  });
  renderRoute("/");
  const rows = within(await screen.findByRole("list", { name: "Game servers" }));
  const names = rows.getAllByRole("listitem").map((row) => within(row).getByRole("link").textContent);
  expect(names).toEqual(["Bad", "Meadow", "Rest 0", "Rest 1", "Rest 2", "Rest 3"]);
  expect(screen.getByRole("link", { name: "All 9 servers" })).toBeTruthy();
});

test("small charts say in words how each server was of late, and all come with one request", async () => {
  const manager = pretendApi({
    "GET /api/v1/overview": anOverview(),
    "GET /api/v1/jobs": jobList(aJob()),
    "GET /api/v1/servers": serverList(
      aServer({ players_online: 2 }),
      aStoppedServer({ id: "valley", name: "Valley" }),
      aServer({ id: "new", name: "New" }),
    ),
    "GET /api/v1/overview/last-day": theLastDay(
      { server_id: "meadow", players: [0, 7, null, 3], tick_ms: [20, 40, null, 30], tick_ms_now: 33.3 },
      { server_id: "valley", players: [0, 0, null, null], tick_ms: [5, 5, null, null], tick_ms_now: null },
      { server_id: "new", players: [null, null, null, null], tick_ms: [null, null, null, null], tick_ms_now: null },
    ),
  });
  renderRoute("/");
  const rows = within(await screen.findByRole("list", { name: "Game servers" }));
  await rows.findByRole("img", { name: "Players in the last 24 hours: at most 7 at one time" });
  const [meadow, valley, fresh] = rows.getAllByRole("listitem").map((row) => within(row));
  const charts = (row: typeof meadow) =>
    row?.getAllByRole("img").map((chart) => chart.getAttribute("aria-label") ?? "") ?? [];
  expect(charts(meadow)).toEqual([
    "Players in the last 24 hours: at most 7 at one time",
    "Tick time in the last 24 hours: 30 ms on average, 40 ms in the slowest half hour",
  ]);
  expect(charts(valley)).toEqual([
    "Players in the last 24 hours: nobody was on",
    "Tick time in the last 24 hours: 5.0 ms on average, 5.0 ms in the slowest half hour",
  ]);
  expect(charts(fresh)).toEqual([
    "Players in the last 24 hours: nothing was measured",
    "Tick time in the last 24 hours: nothing was measured",
  ]);
  expect(meadow?.getByText("33 ms")).toBeTruthy();
  expect(manager.calls.filter((call) => call.includes("last-day") || call.includes("/metrics"))).toEqual([
    "GET /api/v1/overview/last-day",
  ]);
});

test("servers are there before what was measured of them, and without it", async () => {
  pretendApi({
    "GET /api/v1/overview": anOverview(),
    "GET /api/v1/jobs": jobList(aJob()),
    "GET /api/v1/servers": serverList(aServer({ players_online: 2 })),
    "GET /api/v1/overview/last-day": problem(503, "database_unavailable", "The disk is full. Make room."),
  });
  renderRoute("/");
  const rows = within(await screen.findByRole("list", { name: "Game servers" }));
  expect(rows.getByText("2/16")).toBeTruthy();
  expect(rows.getByText("Tick time")).toBeTruthy();
  expect(rows.queryByRole("img")).toBeNull();
});

const aCare = (changes: Partial<Schema["ServerCare"]> = {}): Schema["ServerCare"] => ({
  server_id: "meadow",
  backup: "good",
  last_good_backup_at: new Date(Date.now() - 2.5 * 3_600_000).toISOString(),
  next_action: { schedule_id: "s1", name: "Nightly restart", at: new Date(Date.now() + 6.5 * 3_600_000).toISOString() },
  game_update: null,
  mod_updates: 0,
  ...changes,
});

function caredFor(...cares: Schema["ServerCare"][]) {
  return pretendApi({
    "GET /api/v1/overview": anOverview(),
    "GET /api/v1/jobs": jobList(aJob()),
    "GET /api/v1/servers": serverList(aServer(), aServer({ id: "winter", name: "Winter" })),
    "GET /api/v1/overview/servers": { items: cares, next_cursor: null },
  });
}

test("each server says when it was backed up, what happens next, and what could be updated, from one question", async () => {
  const pretend = caredFor(
    aCare(),
    aCare({ server_id: "winter", next_action: null, game_update: "1.22.8", mod_updates: 2 }),
  );
  renderRoute("/");
  const [meadow, winter] = within(await screen.findByRole("list", { name: "Game servers" })).getAllByRole("listitem");
  expect(meadow?.textContent).toMatch(/Last good backup 2 h ago/);
  expect(meadow?.textContent).toMatch(/Next: Nightly restart .*\d\d:\d\d in 6 h/);
  expect(winter?.textContent).toContain("Update ready: Version 1.22.8 and 2 mods");
  expect(pretend.calls.filter((call) => /backup|schedule|update/.test(call))).toEqual([]);
});

test("a backup that is overdue or failed is told as such", async () => {
  caredFor(aCare({ backup: "overdue", last_good_backup_at: null }), aCare({ server_id: "winter", backup: "failed" }));
  renderRoute("/");
  const [meadow, winter] = within(await screen.findByRole("list", { name: "Game servers" })).getAllByRole("listitem");
  expect(meadow?.textContent).toContain("No backup yet");
  expect(meadow?.querySelector("[data-tone=warn]")).toBeTruthy();
  expect(winter?.textContent).toMatch(/The last backup failed · last good one 2 h ago/);
});

test("an alert can be marked as seen from here", async () => {
  const pretend = pretendApi({
    "GET /api/v1/overview": anOverview({
      status: "needs_attention",
      attention: [
        wrong({
          id: "alert:a-1",
          title: "No backup of Meadow",
          action: { kind: "page", target: "/servers/meadow/backups" },
        }),
        wrong(),
      ],
    }),
    "GET /api/v1/jobs": jobList(aJob()),
    "POST /api/v1/alerts/a-1/acknowledge": {},
  });
  const { user } = renderRoute("/");
  expect(await screen.findByRole("link", { name: "Look at the backups" })).toBeTruthy();
  expect(screen.getAllByRole("button", { name: /Mark as seen/ })).toHaveLength(1);
  await user.click(screen.getByRole("button", { name: "Mark as seen: No backup of Meadow" }));
  await waitFor(() => expect(pretend.calls).toContain("POST /api/v1/alerts/a-1/acknowledge"));
});

test("an alert is marked as seen only by who runs the server that it is about", async () => {
  const alert = (name: string) =>
    wrong({ id: `alert:${name}`, title: `No backup of ${name}`, server_id: name, action: null });
  pretendApi({
    "GET /api/v1/session": signedIn("none", "Anna", {
      server_roles: [
        { server_id: "mine", role: "operator" },
        { server_id: "theirs", role: "viewer" },
      ],
    }),
    "GET /api/v1/overview": anOverview({
      status: "needs_attention",
      attention: [alert("mine"), alert("theirs"), wrong({ id: "alert:of-manager", server_id: null })],
    }),
  });
  renderRoute("/");
  expect(await screen.findByText("No backup of theirs")).toBeTruthy();
  const buttons = screen.getAllByRole("button", { name: /Mark as seen/ });
  expect(buttons.map((button) => button.getAttribute("aria-label"))).toEqual(["Mark as seen: No backup of mine"]);
});
