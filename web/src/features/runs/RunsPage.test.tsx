import { act, screen, waitFor, within } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import type { Schema } from "../../api/client";
import { aJob, aRun, jobList } from "../../testing/answers";
import { pretendApi, problem } from "../../testing/pretendApi";
import { pretendEvents } from "../../testing/pretendEvents";
import { renderRoute } from "../../testing/renderRoute";

const runsOf = (...items: Schema["Run"][]): Schema["RunList"] => ({ items, next_cursor: null });

/** The manager with these runs, newest first; it looks at the filter of states. */
function withRuns(...all: Schema["Run"][]) {
  return pretendApi({
    "GET /api/v1/jobs": jobList(aJob()),
    "GET /api/v1/runs": (request: Request) => {
      const states = new URL(request.url).searchParams.getAll("state");
      return runsOf(...all.filter((run) => states.length === 0 || states.includes(run.state)));
    },
  });
}

const good = aRun({ id: "run-3", report: { mods: 4852, new: 3, changed: 11, vanished: 0 } });
const bad = aRun({
  id: "run-2",
  state: "failed",
  error: { type: "UpstreamError", message: "No answer within 20 s.", traceback: "" },
});

function rows(): string[] {
  return within(screen.getByRole("region", { name: "Runs" }))
    .getAllByRole("link")
    .map((link) => link.getAttribute("href") ?? "");
}

test("each run is told in a sentence, and leads to its page", async () => {
  withRuns(good, bad);
  renderRoute("/runs");
  expect(await screen.findByText("Refreshed 4,852 mods in 2 s: 3 new, 11 changed.")).toBeTruthy();
  expect(screen.getByText("No answer within 20 s.")).toBeTruthy();
  expect(rows()).toEqual(["/runs/run-3", "/runs/run-2"]);
  expect(screen.getByText("These are all 2 runs.")).toBeTruthy();
});

test("a filter goes into the address and stands there as a chip that removes it", async () => {
  const manager = withRuns(good, bad);
  const { user, router } = renderRoute("/runs");
  await screen.findByText("These are all 2 runs.");
  await user.click(screen.getByRole("button", { name: "State" }));
  await user.click(await screen.findByRole("menuitemcheckbox", { name: "Failed" }));
  await waitFor(() => expect(rows()).toEqual(["/runs/run-2"]));
  expect(router.state.location.search).toEqual({ state: "failed" });
  expect(manager.calls.some((call) => call.includes("state=failed"))).toBe(true);
  await user.keyboard("{Escape}");
  await user.click(screen.getByRole("button", { name: "Remove the filter State: Failed" }));
  await waitFor(() => expect(rows()).toHaveLength(2));
  expect(router.state.location.search).toEqual({});
});

test("filters in the address hold, and what is no filter is left out", async () => {
  const manager = withRuns(good);
  const { router } = renderRoute("/runs?job=mod_cache_refresh&state=lost,nonsense&trigger=manual,catch_up&colour=red");
  expect(await screen.findByText("No run fits these filters")).toBeTruthy();
  const chips = screen.getAllByRole("button", { name: /^Remove the filter/ }).map((chip) => chip.textContent);
  expect(chips).toEqual(["Job: Refresh the mod catalogue", "State: Lost", "Why: By hand", "Why: Caught up"]);
  expect(router.state.location.search).toEqual({ job: "mod_cache_refresh", state: "lost", trigger: "manual,catch_up" });
  const asked = new URL(manager.calls.find((call) => call.startsWith("GET /api/v1/runs"))?.slice(4) ?? "", "http://x");
  expect(asked.searchParams.getAll("trigger")).toEqual(["manual", "catch_up"]);
  expect(asked.searchParams.get("job_id")).toBe("mod_cache_refresh");
});

test("without any run, the page says what it will be good for", async () => {
  withRuns();
  renderRoute("/runs");
  expect(await screen.findByRole("heading", { name: "No runs yet" })).toBeTruthy();
  expect(screen.getByRole("link", { name: "Look at the jobs" })).toBeTruthy();
});

test("more runs are loaded from where the list ended", async () => {
  const manager = pretendApi({
    "GET /api/v1/jobs": jobList(aJob()),
    "GET /api/v1/runs": (request: Request): Schema["RunList"] =>
      new URL(request.url).searchParams.get("cursor") === "run-3"
        ? runsOf(bad)
        : { items: [good], next_cursor: "run-3" },
  });
  const { user } = renderRoute("/runs");
  await user.click(await screen.findByRole("button", { name: "Load more" }));
  await waitFor(() => expect(rows()).toEqual(["/runs/run-3", "/runs/run-2"]));
  expect(manager.calls.filter((call) => call.includes("cursor=run-3"))).toHaveLength(1);
  expect(screen.queryByRole("button", { name: "Load more" })).toBeNull();
});

test("when more runs can't be loaded, those that are there stay", async () => {
  const manager = pretendApi({
    "GET /api/v1/jobs": jobList(aJob()),
    "GET /api/v1/runs": { items: [good], next_cursor: "run-3" },
  });
  const { user } = renderRoute("/runs");
  const more = await screen.findByRole("button", { name: "Load more" });
  manager.answer("GET /api/v1/runs", problem(503, "ledger_unavailable", "The database is locked."));
  await user.click(more);
  expect(await screen.findByText("The database is locked.")).toBeTruthy();
  expect(rows()).toEqual(["/runs/run-3"]);
});

test("a new run appears at the top by itself; who has scrolled down is told, and nothing moves", async () => {
  let all = [good, bad];
  const manager = withRuns();
  manager.answer("GET /api/v1/runs", () => runsOf(...all));
  const streams = pretendEvents();
  const { user } = renderRoute("/runs");
  await screen.findByText("These are all 2 runs.");
  await waitFor(() => expect(streams.open).toHaveLength(1));

  const begin = (id: string) => {
    const run = aRun({ id, state: "running", ended_at: null });
    all = [run, ...all];
    act(() => streams.open[0]?.send({ event: "run", data: run }));
  };
  begin("run-4");
  await waitFor(() => expect(rows()).toEqual(["/runs/run-4", "/runs/run-3", "/runs/run-2"]));

  vi.stubGlobal("scrollY", 900);
  act(() => void window.dispatchEvent(new Event("scroll")));
  begin("run-5");
  const news = await screen.findByRole("button", { name: "1 new run" });
  expect(rows()[0]).toBe("/runs/run-4");
  vi.stubGlobal("scrollY", 0);
  await user.click(news);
  await waitFor(() => expect(rows()[0]).toBe("/runs/run-5"));
});
