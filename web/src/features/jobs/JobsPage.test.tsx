import { act, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Schema } from "../../api/client";
import { aJob, aRun, jobList } from "../../testing/answers";
import { type PretendApi, pretendApi, problem, signedIn } from "../../testing/pretendApi";
import { pretendEvents } from "../../testing/pretendEvents";
import { renderRoute } from "../../testing/renderRoute";

const PATH = "/api/v1/jobs/mod_cache_refresh";
const TITLE = "Refresh the mod catalogue";

/** The manager with one job, which it changes as it is told to. */
function withJob(changes: Partial<Schema["JobView"]> = {}, role: Schema["Role"] = "admin"): PretendApi {
  let job = aJob({ interval_seconds: 3600, ...changes });
  const change = (next: Partial<Schema["JobView"]>) => {
    job = { ...job, ...next };
    return job;
  };
  return pretendApi({
    "GET /api/v1/session": signedIn(role),
    "GET /api/v1/jobs": () => jobList(job),
    [`GET ${PATH}`]: () => job,
    [`GET ${PATH}/preview`]: { items: ["2026-11-25T12:00:00Z", "2026-11-25T13:00:00Z"], next_cursor: null },
    [`POST ${PATH}/run`]: () => {
      const running = aRun({ id: "run-2", state: "running", ended_at: null, trigger: "manual" });
      change({ running, last_run: running });
      return running;
    },
    [`POST ${PATH}/pause`]: async (request: Request) =>
      change({ paused_reason: (await request.json()).reason, health: "paused" }),
    [`POST ${PATH}/resume`]: () => change({ paused_reason: null, health: "ok" }),
    [`PATCH ${PATH}`]: async (request: Request) => {
      const { interval_seconds } = await request.json();
      if (interval_seconds !== 0 && interval_seconds < 60) {
        return problem(422, "settings_invalid", "These settings can't be used.", [
          { field: "interval_seconds", message: "give 0 (off), or at least 60" },
        ]);
      }
      return change({ interval_seconds, enabled: interval_seconds > 0, health: interval_seconds > 0 ? "ok" : "off" });
    },
  });
}

async function openInterval(user: ReturnType<typeof renderRoute>["user"]) {
  await user.click(await screen.findByRole("button", { name: `Change how often: ${TITLE}. Now: Every hour` }));
  return screen.findByRole("textbox", { name: "Run every" });
}

test("run now starts a run, and the row shows it", async () => {
  const manager = withJob({}, "operator");
  const { user } = renderRoute("/jobs");
  await user.click(await screen.findByRole("button", { name: `Run now: ${TITLE}` }));
  const link = await screen.findByRole("link", { name: `Show the run of: ${TITLE}` });
  expect(link.getAttribute("href")).toBe("/runs/run-2");
  expect(manager.calls).toContain(`POST ${PATH}/run`);
});

test("a live event moves a row without asking the manager again", async () => {
  const manager = withJob();
  const streams = pretendEvents();
  renderRoute("/jobs");
  const row = (await screen.findByRole("link", { name: TITLE })).closest("tr") as HTMLElement;
  await waitFor(() => expect(streams.open).toHaveLength(1));
  const asked = () => manager.calls.filter((call) => call === "GET /api/v1/jobs").length;
  act(() => streams.open[0]?.accept());
  const before = asked();
  const running = aRun({
    id: "run-2",
    state: "running",
    ended_at: null,
    progress: 0.3,
    message: "Downloading the list of mods: 1.2 MB",
  });
  act(() => streams.open[0]?.send({ event: "run", data: running }));
  expect(await within(row).findByText("Downloading the list of mods: 1.2 MB")).toBeTruthy();
  expect(within(row).getByRole("progressbar", { name: "Progress" }).getAttribute("aria-valuenow")).toBe("30");
  expect(asked()).toBe(before);
});

test("the focus stays where it is when live data arrives", async () => {
  withJob();
  const streams = pretendEvents();
  renderRoute("/jobs");
  const link = await screen.findByRole("link", { name: TITLE });
  await waitFor(() => expect(streams.open).toHaveLength(1));
  link.focus();
  act(() =>
    streams.open[0]?.send({
      event: "run",
      data: aRun({ id: "run-2", state: "running", ended_at: null, message: "At it" }),
    }),
  );
  await screen.findByText("At it");
  expect(document.activeElement).toBe(link);
});

test("a job is paused with a reason, which then stands in its row, and resumed", async () => {
  const manager = withJob({}, "operator");
  const { user } = renderRoute("/jobs");
  await user.click(await screen.findByRole("button", { name: `Pause: ${TITLE}` }));
  const dialog = within(await screen.findByRole("dialog", { name: `Pause “${TITLE}”?` }));
  await user.click(dialog.getByRole("button", { name: "Pause" }));
  expect(dialog.getByText("Say why, in a few words.")).toBeTruthy();
  expect(manager.calls).not.toContain(`POST ${PATH}/pause`);
  await user.type(dialog.getByRole("textbox", { name: "Why" }), "the database moves");
  await user.click(dialog.getByRole("button", { name: "Pause" }));
  expect(await screen.findByText("Paused: the database moves")).toBeTruthy();
  expect(manager.bodyOf(`POST ${PATH}/pause`)).toEqual({ reason: "the database moves" });
  await user.click(screen.getByRole("button", { name: `Resume: ${TITLE}` }));
  expect(await screen.findByRole("button", { name: `Pause: ${TITLE}` })).toBeTruthy();
});

test("an interval is written in the unit that suits it, and sent as seconds", async () => {
  const manager = withJob();
  const { user } = renderRoute("/jobs");
  const count = await openInterval(user);
  await user.clear(count);
  await user.type(count, "1.5");
  expect(screen.getByText("5,400 s")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Save" }));
  expect(await screen.findByRole("button", { name: `Change how often: ${TITLE}. Now: Every 90 minutes` })).toBeTruthy();
  expect(manager.bodyOf(`PATCH ${PATH}`)).toEqual({ interval_seconds: 5400 });
  expect(await screen.findByText(`${TITLE}: Every 90 minutes (was: Every hour)`)).toBeTruthy();
});

test("an interval that the manager refuses is told at its field, and what was typed stays", async () => {
  withJob();
  const { user } = renderRoute("/jobs");
  const count = await openInterval(user);
  await user.clear(count);
  await user.type(count, "5");
  await user.selectOptions(screen.getByRole("combobox", { name: "Unit" }), "seconds");
  await user.click(screen.getByRole("button", { name: "Save" }));
  const message = await screen.findByText("Give 0 (off), or at least 60");
  expect(count.getAttribute("aria-invalid")).toBe("true");
  expect(count.getAttribute("aria-describedby")).toBe(message.id);
  expect((count as HTMLInputElement).value).toBe("5");
});

test("what is no number can't be saved", async () => {
  withJob();
  const { user } = renderRoute("/jobs");
  const count = await openInterval(user);
  await user.clear(count);
  await user.type(count, "soon");
  expect(screen.getByText("Give a number that makes whole seconds, such as 90 or 1.5.")).toBeTruthy();
  expect(screen.getByRole("button", { name: "Save" })).toHaveProperty("disabled", true);
});

test("turning a job off says first what then no longer happens", async () => {
  const manager = withJob();
  const { user } = renderRoute("/jobs");
  await openInterval(user);
  await user.click(screen.getByRole("button", { name: "Turn off" }));
  const dialog = within(await screen.findByRole("dialog", { name: `Turn off “${TITLE}”?` }));
  expect(dialog.getByText(/new mods, new releases and changed descriptions do not appear any more/)).toBeTruthy();
  expect(manager.calls).not.toContain(`PATCH ${PATH}`);
  await user.click(dialog.getByRole("button", { name: "Turn the job off" }));
  expect(await screen.findByRole("button", { name: `Change how often: ${TITLE}. Now: Off` })).toBeTruthy();
  expect(manager.bodyOf(`PATCH ${PATH}`)).toEqual({ interval_seconds: 0 });
});

test("writing 0 asks the same question", async () => {
  const manager = withJob();
  const { user } = renderRoute("/jobs");
  const count = await openInterval(user);
  await user.clear(count);
  await user.type(count, "0{Enter}");
  expect(await screen.findByRole("dialog", { name: `Turn off “${TITLE}”?` })).toBeTruthy();
  expect(manager.calls).not.toContain(`PATCH ${PATH}`);
});

test("a viewer looks, and is told who can do more", async () => {
  withJob({}, "viewer");
  renderRoute("/jobs");
  expect(await screen.findByText(/you are signed in as viewer/)).toBeTruthy();
  const table = within(await screen.findByRole("region", { name: "Jobs" }));
  expect(table.queryAllByRole("button")).toEqual([]);
  expect(table.getByText("Every hour")).toBeTruthy();
});

test("the bars of the last runs are reached with the arrow keys and say what they stand for", async () => {
  const runs = [1, 2, 3].map((number) => {
    const { id: _, ...run } = aRun({
      started_at: `2026-11-25T0${number}:00:00Z`,
      ended_at: `2026-11-25T0${number}:00:02Z`,
    });
    return { ...run, id: `run-${number}` };
  });
  const last = { ...runs[2], id: "run-4", state: "skipped", reason: "paused", started_at: null } as Schema["RecentRun"];
  withJob({ recent_runs: [...runs, last] });
  const { user } = renderRoute("/jobs");
  const strip = within(await screen.findByRole("group", { name: "Last 4 runs: 3 succeeded, 1 skipped" }));
  const bars = strip.getAllByRole("link");
  expect(bars.map((bar) => bar.tabIndex)).toEqual([-1, -1, -1, 0]);
  act(() => bars[3]?.focus());
  expect(screen.getByRole("tooltip").textContent).toMatch(/^Skipped, .*the job was paused$/);
  await user.keyboard("{ArrowLeft}");
  expect(document.activeElement).toBe(bars[2]);
  expect(screen.getByRole("tooltip").textContent).toMatch(/^Succeeded, .*took 2 s$/);
  await user.keyboard("{Home}");
  expect(document.activeElement).toBe(bars[0]);
});

test("when the list can't be loaded, trying again brings it", async () => {
  const manager = withJob();
  manager.answer("GET /api/v1/jobs", problem(503, "ledger_unavailable", "The database is locked. Try again."));
  const { user } = renderRoute("/jobs");
  expect(await screen.findByText("The database is locked. Try again.")).toBeTruthy();
  manager.answer("GET /api/v1/jobs", jobList(aJob()));
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByRole("link", { name: TITLE })).toBeTruthy();
});

test("a job's page shows when it is due, how it did, and the way to all its runs", async () => {
  const failed = aRun({
    id: "run-9",
    state: "failed",
    error: { type: "UpstreamError", message: "The mod database did not answer.", traceback: "" },
  });
  withJob({ health: "failing", last_run: failed, recent_runs: [failed] });
  renderRoute("/jobs/mod_cache_refresh");
  expect(await screen.findByRole("heading", { level: 1, name: TITLE })).toBeTruthy();
  expect(screen.getAllByText("The mod database did not answer.")[0]).toBeTruthy();
  expect(screen.getByRole("link", { name: "Open this run" }).getAttribute("href")).toBe("/runs/run-9");
  expect(screen.getByRole("link", { name: "All runs of this job" }).getAttribute("href")).toBe(
    "/runs?job=mod_cache_refresh",
  );
  const list = within(screen.getByRole("heading", { name: "Next runs" }).closest("section") as HTMLElement);
  expect(await list.findAllByRole("listitem")).toHaveLength(2);
});

test("a job that does not exist explains itself", async () => {
  const manager = withJob();
  manager.answer("GET /api/v1/jobs/nothing", problem(404, "unknown_job", "There is no job 'nothing'."));
  renderRoute("/jobs/nothing");
  expect(await screen.findByText("There is no job 'nothing'.")).toBeTruthy();
});
