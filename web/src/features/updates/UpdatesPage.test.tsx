import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Schema } from "../../api/client";
import { aRun, aServer, serverList } from "../../testing/answers";
import { pretendApi, problem, signedIn } from "../../testing/pretendApi";
import { renderRoute } from "../../testing/renderRoute";

type State = Schema["UpdateState"];
type Update = Schema["UpdateRecord"];
type Plan = Schema["UpdatePlan"];

const STATE = "GET /api/v1/servers/meadow/update";
const ALL = "GET /api/v1/updates";
const PAST = "GET /api/v1/servers/meadow/updates";
const PLAN = "POST /api/v1/servers/meadow/update/plan";
const START = "POST /api/v1/servers/meadow/update";
const POLICY = "PUT /api/v1/servers/meadow/update-policy";

const aState = (changes: Partial<State> = {}): State => ({
  server_id: "meadow",
  server_name: "Meadow",
  policy: {
    game: "tell",
    mods: "tell",
    window: null,
    zone: "UTC",
    with_players: false,
    warn_minutes: [10, 5, 1],
    watch_seconds: 120,
  },
  game_now: "1.22.5",
  newest_patch: "1.22.7",
  newest_stable: "1.23.0",
  mod_updates: 2,
  not_ready: [],
  waits_for: null,
  checked_at: "2026-11-25T11:00:00Z",
  current: null,
  ...changes,
});

const anUpdate = (changes: Partial<Update> = {}): Update => ({
  id: "u1",
  server_id: "meadow",
  run_id: "run-1",
  trigger: "manual",
  actor: "Anna",
  started_at: "2026-11-25T11:00:00Z",
  ended_at: null,
  phase: "backing_up",
  outcome: null,
  game_from: "1.22.5",
  game_to: "1.22.7",
  mods_changed: 1,
  warns: false,
  backup_id: null,
  text: null,
  blamed_mods: [],
  ...changes,
});

const aMod = (name: string, now: string, then: string): Plan["mods"][number] => ({
  modid: name.toLowerCase(),
  name,
  now,
  then,
  fit: "verified",
  is_pinned: false,
  note: null,
});

const aPlan = (changes: Partial<Plan> = {}): Plan => ({
  server_id: "meadow",
  game_now: "1.22.5",
  game_then: "1.23.0",
  mods: [aMod("Ruins", "1.0.0", "1.1.0"), aMod("Lamps", "2.0.0", "2.0.0")],
  steps: [{ do: "backup", sentence: "Back up the world, the configuration and the mods" }],
  players_online: 0,
  bytes_needed: 2_000_000,
  bytes_free: 9_000_000_000,
  is_ready: true,
  warnings: [],
  problems: [],
  nothing_to_do: false,
  digest: "d1",
  ...changes,
});

function updatesApi(state: State, answers: Record<string, unknown> = {}, role: Schema["Role"] = "operator") {
  const server = aServer();
  return pretendApi({
    "GET /api/v1/session": signedIn(role),
    "GET /api/v1/servers": serverList(server),
    "GET /api/v1/servers/meadow": server,
    [ALL]: { items: [state], next_cursor: null },
    [STATE]: state,
    [PAST]: { items: [], next_cursor: null },
    [PLAN]: aPlan(),
    ...answers,
  });
}

test("the page says what is new for each server, and which mods are not ready", async () => {
  updatesApi(aState({ not_ready: ["Ruins", "Lamps"], waits_for: "2 players are on" }));
  renderRoute("/updates");
  expect(await screen.findByText("New: version 1.23.0 and 1.22.7 of the game and 2 updates of mods.")).toBeTruthy();
  expect(screen.getByText("2 mods do not support 1.23.0 yet: Ruins and Lamps.")).toBeTruthy();
  expect(screen.getByText("Not done by itself yet: 2 players are on")).toBeTruthy();
});

test("the plan is shown, the button says the act, and exactly that plan is done", async () => {
  const api = updatesApi(aState(), {
    [START]: aRun({ id: "run-9", state: "running", ended_at: null }),
    "GET /api/v1/runs/run-9": {
      ...aRun({
        id: "run-9",
        job_id: "server_update",
        state: "failed",
        error: { type: "UpdateWentBack", message: "Ruins broke. The server has its old mods again.", traceback: "" },
      }),
      log: [],
    },
  });
  const { user } = renderRoute("/servers/meadow/updates");
  await user.click(await screen.findByRole("button", { name: "Look at the plan" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Update Meadow" }));
  expect(await dialog.findByText("1.0.0 → 1.1.0")).toBeTruthy();
  expect(dialog.getByText(/1 mod stays as it is/)).toBeTruthy();
  expect(api.bodyOf(PLAN)).toMatchObject({ game_version: "1.23.0", mods: "fitting", allow_unready: false });
  await user.click(dialog.getByRole("button", { name: "Update to 1.23.0 with 1 mod" }));
  expect(await dialog.findByText("Ruins broke. The server has its old mods again.")).toBeTruthy();
  expect(api.bodyOf(START)).toMatchObject({ game_version: "1.23.0", digest: "d1" });
});

test("what stands against it keeps the button from being pressed", async () => {
  updatesApi(aState(), { [PLAN]: aPlan({ is_ready: false, problems: ["Mods don't support 1.23.0: Ruins."] }) });
  const { user } = renderRoute("/servers/meadow/updates");
  await user.click(await screen.findByRole("button", { name: "Look at the plan" }));
  const dialog = within(await screen.findByRole("dialog"));
  expect(await dialog.findByText("Mods don't support 1.23.0: Ruins.")).toBeTruthy();
  expect(dialog.getByRole("button", { name: /^Update to/ }).hasAttribute("disabled")).toBe(true);
});

test("a version for which mods are not ready is offered after the patch, and only with consent", async () => {
  const api = updatesApi(aState({ not_ready: ["Ruins"] }));
  const { user } = renderRoute("/servers/meadow/updates");
  await user.click(await screen.findByRole("button", { name: "Look at the plan" }));
  const dialog = within(await screen.findByRole("dialog"));
  await waitFor(() => expect(api.bodyOf(PLAN)).toMatchObject({ game_version: "1.22.7" }));
  await user.selectOptions(dialog.getByRole("combobox", { name: "Version of the game" }), "1.23.0");
  await user.click(dialog.getByRole("checkbox", { name: "Also when mods do not support this version" }));
  await waitFor(() => expect(api.bodyOf(PLAN)).toMatchObject({ game_version: "1.23.0", allow_unready: true }));
});

test("when the plan is another by now, nothing is done and the new one is shown", async () => {
  const api = updatesApi(aState(), {
    [START]: () => {
      api.answer(PLAN, aPlan({ digest: "d2", steps: [{ do: "stop", sentence: "Stop the game" }] }));
      return problem(409, "update_plan_changed", "By now another update would be made.");
    },
  });
  const { user } = renderRoute("/servers/meadow/updates");
  await user.click(await screen.findByRole("button", { name: "Look at the plan" }));
  const dialog = within(await screen.findByRole("dialog"));
  await user.click(await dialog.findByRole("button", { name: /^Update to/ }));
  expect(await dialog.findByText(/Something has changed since you looked/)).toBeTruthy();
  expect(await dialog.findByText("Stop the game")).toBeTruthy();
});

test("an update that goes on says its phase, and what a cancellation means", async () => {
  const running = aRun({ id: "run-1", state: "running", ended_at: null, message: "Backing up" });
  const api = updatesApi(aState({ current: anUpdate() }), {
    "GET /api/v1/runs/run-1": { ...running, log: [] },
    "POST /api/v1/runs/run-1/cancel": running,
  });
  const { user } = renderRoute("/servers/meadow/updates");
  const phases = within(await screen.findByRole("list", { name: "How far it is" }));
  expect(phases.getByText("Making a backup").getAttribute("aria-current")).toBe("step");
  expect(phases.queryByText("Warning the players"), "nobody is warned").toBeNull();
  await user.click(screen.getByRole("button", { name: "Cancel the update" }));
  const dialog = within(await screen.findByRole("dialog"));
  expect(dialog.getByText(/Nothing has been changed yet/)).toBeTruthy();
  await user.click(dialog.getByRole("button", { name: "Cancel the update" }));
  await waitFor(() => expect(api.calls).toContain("POST /api/v1/runs/run-1/cancel"));
});

test("players who are warned are a phase of their own", async () => {
  updatesApi(aState({ current: anUpdate({ phase: "announcing", warns: true, run_id: null }) }));
  renderRoute("/servers/meadow/updates");
  const phases = within(await screen.findByRole("list", { name: "How far it is" }));
  expect(phases.getByText("Warning the players").getAttribute("aria-current")).toBe("step");
});

test("a plan says once that players lose their connection", async () => {
  const warning = "2 players on it. They are not warned, and lose their connection.";
  updatesApi(aState(), { [PLAN]: aPlan({ players_online: 2, warnings: [warning] }) });
  const { user } = renderRoute("/servers/meadow/updates");
  await user.click(await screen.findByRole("button", { name: "Look at the plan" }));
  const dialog = within(await screen.findByRole("dialog"));
  expect((await dialog.findAllByText(/players? (are )?on\b/)).map((found) => found.textContent)).toEqual([warning]);
});

test("the history says why one went back, and which mods are blamed", async () => {
  const past = anUpdate({
    phase: "done",
    outcome: "went_back",
    ended_at: "2026-11-25T11:04:00Z",
    text: "An exception of Ruins. The server has version 1.22.5 and its old mods again.",
    blamed_mods: ["Ruins"],
    backup_id: "b1",
  });
  updatesApi(aState(), { [PAST]: { items: [past], next_cursor: null } });
  renderRoute("/servers/meadow/updates");
  expect(await screen.findByText("Went back")).toBeTruthy();
  expect(screen.getByText(/An exception of Ruins/)).toBeTruthy();
  expect(screen.getByText("The log blames Ruins.")).toBeTruthy();
  expect(screen.getByRole("link", { name: "Backup of before" }).getAttribute("href")).toBe("/backups/b1");
});

test("what is done by itself is set as sentences", async () => {
  const api = updatesApi(aState(), { [POLICY]: aState() });
  const { user } = renderRoute("/servers/meadow/updates");
  await user.selectOptions(
    await screen.findByRole("combobox", { name: "New versions of the game" }),
    "are installed if they are patches of the same line",
  );
  await user.click(screen.getByRole("checkbox", { name: "Only at certain hours" }));
  const warn = screen.getByRole("textbox", { name: /^Warn players/ });
  await user.clear(warn);
  await user.type(warn, "20, x");
  expect(screen.getByText(/^Give whole minutes/)).toBeTruthy();
  await user.clear(warn);
  await user.type(warn, "20, 5");
  await user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() =>
    expect(api.bodyOf(POLICY)).toMatchObject({
      game: "patch",
      mods: "tell",
      window: { begin: "03:00", end: "05:00" },
      warn_minutes: [20, 5],
    }),
  );
});

test("a viewer reads what is new and what is done by itself, and can change nothing", async () => {
  updatesApi(aState(), {}, "viewer");
  renderRoute("/servers/meadow/updates");
  expect(await screen.findByText("You are told what is new; nothing is installed by itself.")).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Look at the plan" })).toBeNull();
});
