import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Schema } from "../../api/client";
import { aRun, aServer, serverList } from "../../testing/answers";
import { pretendApi, problem, signedIn } from "../../testing/pretendApi";
import { renderRoute } from "../../testing/renderRoute";

type Schedule = Schema["Schedule"];
type Body = Schema["ScheduleBody"];

const LIST = "GET /api/v1/servers/meadow/schedules";
const ONE = "GET /api/v1/schedules/s1";
const CREATE = "POST /api/v1/servers/meadow/schedules";
const PREVIEW = "POST /api/v1/schedules/preview";
const RUNS = "GET /api/v1/runs";

const body: Body = {
  name: "Nightly restart",
  enabled: true,
  trigger: { kind: "cron", cron: "0 5 * * *", zone: "Europe/Berlin" },
  conditions: {
    server: "online",
    only_empty: false,
    defer_minutes: 30,
    defer_then: "run",
    ran_since_backup: false,
    players_since_backup: false,
  },
  steps: [
    { do: "announce", text: "Restart in {minutes} min", warn_minutes: [10, 5], on_failure: "stop" },
    { do: "backup", on_failure: "continue" },
    { do: "restart", on_failure: "stop" },
  ],
  finally: [{ do: "start", on_failure: "stop" }],
  overlap: "skip",
  catch_up: "none",
  catch_up_limit: 10,
  timeout_seconds: 21_600,
};

const aSchedule = (changes: Partial<Schedule> = {}): Schedule => ({
  ...body,
  id: "s1",
  server_id: "meadow",
  job_id: "schedule:s1",
  sentence: "Every day at 05:00 (Europe/Berlin): announce, back up, restart",
  step_sentences: ["Say to all players", "Make a backup", "Restart the server"],
  finally_sentences: ["Start the server"],
  next_run_at: new Date(Date.now() + 3_600_000 * 6).toISOString(),
  last_run_id: "r1",
  last_run_state: "skipped",
  last_run_reason: "players_online",
  last_run_at: new Date(Date.now() - 3_600_000).toISOString(),
  is_running: false,
  problem: null,
  created_by: "Anna",
  updated_at: "2026-11-25T11:00:00Z",
  ...changes,
});

const list = (...items: Schedule[]) => ({ items, next_cursor: null });

/** A stand-in for the words of the manager: what each step does, and that in a row. */
async function readAs(request: Request): Promise<Schema["SchedulePreview"]> {
  const draft = (await request.json()) as Body;
  const told = draft.steps.map((step) => `does ${step.do}`);
  return {
    times: ["2026-11-27T05:00:00+01:00"],
    notes: ["On 28 March 02:30 does not exist: runs at 03:00."],
    sentence: `Some day: ${told.join(", ") || "nothing yet"}`,
    step_sentences: told,
    finally_sentences: draft.finally.map((step) => `at last does ${step.do}`),
  };
}

function schedulesApi(items: Schedule[], answers: Record<string, unknown> = {}, role: Schema["Role"] = "operator") {
  const server = aServer();
  return pretendApi({
    "GET /api/v1/session": signedIn(role),
    "GET /api/v1/servers": serverList(server),
    "GET /api/v1/servers/meadow": server,
    "GET /api/v1/schedules": list(...items),
    [LIST]: list(...items),
    [ONE]: items[0],
    "GET /api/v1/schedules/s1/next-runs": { times: ["2026-11-27T05:00:00+01:00"], notes: [] },
    [PREVIEW]: readAs,
    [RUNS]: { items: [], next_cursor: null },
    "GET /api/v1/schedule-templates": {
      items: [{ id: "nightly-restart", title: "Restart every night", text: "Warns before.", body }],
      next_cursor: null,
    },
    ...answers,
  });
}

test("a row reads like a sentence and says when next, and why not last time", async () => {
  schedulesApi([aSchedule()]);
  renderRoute("/schedules");
  const row = within(await screen.findByRole("listitem"));
  expect(row.getByText(/^Every day at 05:00/)).toBeTruthy();
  expect(row.getByText("in 5 h")).toBeTruthy();
  expect(row.getByText("Skipped")).toBeTruthy();
  expect(row.getByText("players were on")).toBeTruthy();
  expect(row.getByRole("link", { name: "Nightly restart" }).getAttribute("href")).toBe("/servers/meadow/schedules/s1");
});

test("a schedule is turned off from the list, and run after a question", async () => {
  const api = schedulesApi([aSchedule()], {
    "PATCH /api/v1/schedules/s1": aSchedule({ enabled: false }),
    "POST /api/v1/schedules/s1/run": aRun({ id: "r2", state: "running", ended_at: null }),
  });
  const { user } = renderRoute("/servers/meadow/schedules");
  await user.click(await screen.findByRole("switch", { name: "Nightly restart is on" }));
  await waitFor(() => expect(api.bodyOf("PATCH /api/v1/schedules/s1")).toEqual({ enabled: false }));
  await user.click(screen.getByRole("button", { name: "Run now: Nightly restart" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Run “Nightly restart” now?" }));
  await user.click(dialog.getByRole("button", { name: "Run it now" }));
  await waitFor(() => expect(api.calls).toContain("POST /api/v1/schedules/s1/run"));
});

test("without schedules there are templates, and one that is looked at can be made as it is", async () => {
  const api = schedulesApi([], { [CREATE]: aSchedule() });
  const { user, router } = renderRoute("/servers/meadow/schedules");
  await user.click(await screen.findByRole("link", { name: "Look at it: Restart every night, for Meadow" }));
  expect(await screen.findByText("Some day: does announce, does backup, does restart")).toBeTruthy();
  expect(api.bodyOf(PREVIEW)).toMatchObject({ trigger: body.trigger, conditions: body.conditions, steps: body.steps });
  expect(screen.getByText("at last does start")).toBeTruthy();
  expect(await screen.findByText(/02:30 does not exist/)).toBeTruthy();
  api.answer(ONE, aSchedule());
  await user.click(screen.getByRole("button", { name: "Create the schedule" }));
  await waitFor(() => expect(api.bodyOf(CREATE)).toMatchObject({ ...body, trigger: body.trigger }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/servers/meadow/schedules/s1"));
});

test("steps are added from a menu, ordered and removed; the sentence follows", async () => {
  const api = schedulesApi([], { [CREATE]: aSchedule() });
  const { user } = renderRoute("/servers/meadow/schedules/new");
  await user.type(await screen.findByRole("textbox", { name: "Name" }), "Mine");
  const add = async (name: string) => {
    await user.click(screen.getByRole("button", { name: "Add a step" }));
    await user.click(await screen.findByRole("menuitem", { name, hidden: true }));
    await waitFor(() => expect(screen.queryByRole("menu", { hidden: true })).toBeNull());
  };
  await add("Make a backup");
  await add("Say something to the players");
  await user.type(screen.getByRole("textbox", { name: /What to say/ }), "Hello");
  await add("Restart the server");
  const steps = within(screen.getByRole("list", { name: "Steps" }));
  await user.click(steps.getByRole("button", { name: "Move step 2 up" }));
  await waitFor(() => expect(document.activeElement?.getAttribute("aria-label")).toBe("Move step 1 down"));
  expect(await screen.findByText("Some day: does announce, does backup, does restart")).toBeTruthy();
  expect(steps.getAllByText(/^does /).map((said) => said.textContent)).toEqual([
    "does announce",
    "does backup",
    "does restart",
  ]);
  steps.getByRole("button", { name: "Close step 3" }).focus();
  await user.keyboard("{Alt>}{ArrowUp}{/Alt}");
  expect(await screen.findByText("Some day: does announce, does restart, does backup")).toBeTruthy();
  await user.click(steps.getByRole("button", { name: "Remove step 2" }));
  await user.click(screen.getByRole("button", { name: "Create the schedule" }));
  await waitFor(() =>
    expect(api.bodyOf(CREATE)).toMatchObject({
      name: "Mine",
      steps: [{ do: "announce", text: "Hello", warn_minutes: [] }, { do: "backup" }],
    }),
  );
});

test("what is missing is said at its field before the manager is asked, what it refuses afterwards", async () => {
  const api = schedulesApi([], {
    [CREATE]: problem(422, "invalid_schedule", "The schedule can't be used.", [
      { field: "trigger.zone", message: "There is no time zone 'Middle/Earth'." },
    ]),
  });
  const { user } = renderRoute("/servers/meadow/schedules/new");
  await user.click(await screen.findByRole("button", { name: "Create the schedule" }));
  expect(await screen.findByText("Add at least one step.")).toBeTruthy();
  expect(api.calls).not.toContain(CREATE);
  await user.type(screen.getByRole("textbox", { name: "Name" }), "Mine");
  await user.click(screen.getByRole("button", { name: "Add a step" }));
  await user.click(await screen.findByRole("menuitem", { name: "Save the world", hidden: true }));
  await user.click(screen.getByRole("button", { name: "Create the schedule" }));
  expect(await screen.findByText("There is no time zone 'Middle/Earth'.")).toBeTruthy();
});

test("a look ahead says step by step what would happen, without storing anything", async () => {
  schedulesApi([aSchedule()], {
    "POST /api/v1/servers/meadow/schedules/dry-run": {
      would_run: true,
      reason: null,
      waits: "Waits for Anna to leave, at most until 05:30",
      steps: [{ do: "command", sentence: "Send /x", ok: false, note: "It takes no commands.", is_finally: false }],
    },
  });
  const { user } = renderRoute("/servers/meadow/schedules/s1");
  await user.click(await screen.findByRole("button", { name: "What would happen now?" }));
  const dialog = within(await screen.findByRole("dialog"));
  expect(await dialog.findByText(/waits for Anna to leave, at most until 05:30/)).toBeTruthy();
  expect(dialog.getByText("It takes no commands.")).toBeTruthy();
});

test("the history tells why it was skipped, and what became of each step", async () => {
  schedulesApi([aSchedule()], {
    [RUNS]: {
      items: [
        aRun({
          id: "r1",
          job_id: "schedule:s1",
          state: "skipped",
          reason: "players_online",
          ticks: 3,
          started_at: null,
        }),
        aRun({
          id: "r0",
          job_id: "schedule:s1",
          state: "failed",
          error: { type: "ChainFailed", message: "Step 1 failed.", traceback: "" },
          report: {
            steps: [
              {
                do: "backup",
                sentence: "Make a backup",
                outcome: "failed",
                is_finally: false,
                seconds: 2,
                run_id: "r9",
                note: "No room.",
              },
              {
                do: "start",
                sentence: "Start the server",
                outcome: "not_needed",
                is_finally: true,
                seconds: 0,
                run_id: null,
                note: null,
              },
            ],
          },
        }),
      ],
      next_cursor: null,
    },
  });
  const { user } = renderRoute("/servers/meadow/schedules/s1");
  expect(await screen.findByText(/players were on · 3 times in a row/)).toBeTruthy();
  await user.click(screen.getByRole("button", { name: /^Show steps of the run/ }));
  expect(screen.getByText("No room.")).toBeTruthy();
  expect(screen.getByText(/Not needed · whatever happens/)).toBeTruthy();
});

test("a run that goes on says for whom it waits, and can be cancelled", async () => {
  const running = aRun({
    id: "r1",
    state: "running",
    ended_at: null,
    message: "Waits for Anna to leave, at most until 05:30",
  });
  const api = schedulesApi([aSchedule({ is_running: true, last_run_state: "running" })], {
    "GET /api/v1/runs/r1": { ...running, log: [] },
    "POST /api/v1/runs/r1/cancel": running,
  });
  const { user } = renderRoute("/servers/meadow/schedules/s1");
  expect(await screen.findByText("Waits for Anna to leave, at most until 05:30")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Cancel this run" }));
  const dialog = within(await screen.findByRole("dialog"));
  expect(dialog.getByText(/whatever happens are still done/)).toBeTruthy();
  await user.click(dialog.getByRole("button", { name: "Cancel the run" }));
  await waitFor(() => expect(api.calls).toContain("POST /api/v1/runs/r1/cancel"));
});

test("who deletes a schedule reads what no longer happens", async () => {
  const api = schedulesApi([aSchedule()], { "DELETE /api/v1/schedules/s1": null });
  const { user, router } = renderRoute("/servers/meadow/schedules/s1");
  await user.click(await screen.findByRole("button", { name: "Delete" }));
  const dialog = within(await screen.findByRole("dialog"));
  expect(dialog.getByText(/^Every day at 05:00/)).toBeTruthy();
  await user.click(dialog.getByRole("button", { name: "Delete the schedule" }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/servers/meadow/schedules"));
  expect(api.calls).toContain("DELETE /api/v1/schedules/s1");
});

test("schedules from text are shown before they are changed", async () => {
  const APPLY = "POST /api/v1/servers/meadow/schedules/apply";
  const api = schedulesApi([aSchedule()], {
    [APPLY]: { added: ["Backups"], changed: [], unchanged: ["Nightly restart"], removed: [] },
  });
  const { user } = renderRoute("/servers/meadow/schedules");
  await user.click(await screen.findByRole("button", { name: "From text" }));
  const dialog = within(await screen.findByRole("dialog"));
  await user.click(dialog.getByRole("textbox", { name: "YAML" }));
  await user.paste("format: vsmanager.schedules/1");
  await user.click(dialog.getByRole("button", { name: "Show what would change" }));
  expect(await dialog.findByText("Backups")).toBeTruthy();
  expect(api.bodyOf(APPLY)).toMatchObject({ dry_run: true });
  await user.click(dialog.getByRole("button", { name: "Change 1 schedule" }));
  await waitFor(() => expect(api.bodyOf(APPLY)).toMatchObject({ dry_run: false, remove_others: false }));
});

test("what is not saved is asked about before another page", async () => {
  schedulesApi([aSchedule()]);
  const { user, router } = renderRoute("/servers/meadow/schedules/s1/edit");
  await user.type(await screen.findByRole("textbox", { name: "Name" }), "!");
  await user.click(screen.getByRole("button", { name: "Cancel" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Leave without saving?" }));
  await user.click(dialog.getByRole("button", { name: "Leave without saving" }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/servers/meadow/schedules/s1"));
});

test("a viewer sees schedules and can change nothing", async () => {
  schedulesApi([aSchedule()], {}, "viewer");
  renderRoute("/servers/meadow/schedules");
  await screen.findByRole("link", { name: "Nightly restart" });
  expect(screen.queryByRole("switch")).toBeNull();
  expect(screen.queryByRole("button", { name: /Run now/ })).toBeNull();
  expect(screen.getByText(/you are signed in as viewer/)).toBeTruthy();
});
