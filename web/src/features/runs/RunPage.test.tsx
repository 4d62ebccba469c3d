import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Schema } from "../../api/client";
import { aJob, aRun, aServer, jobList, serverList } from "../../testing/answers";
import { pretendApi, problem, signedIn } from "../../testing/pretendApi";
import { pretendEvents } from "../../testing/pretendEvents";
import { renderRoute } from "../../testing/renderRoute";

type Line = Schema["LogLine"];

const line = (seq: number, message = `line ${seq}`, level = "info"): Line => ({
  seq,
  time: "2026-11-25T11:00:00Z",
  level,
  message,
});

/** A run with a log that the test writes; a question for new lines is answered when there are some. */
function withRun(changes: Partial<Schema["RunWithLog"]> = {}, role: Schema["Role"] = "operator") {
  let run: Schema["RunWithLog"] = { ...aRun(), log: [], ...changes };
  const written: Line[] = [...run.log];
  const waiting = new Set<{ after: number; answer: (log: Schema["RunLog"]) => void }>();
  const aborted: string[] = [];
  const logAfter = (after: number): Schema["RunLog"] => {
    const items = written.filter((item) => item.seq > after);
    return { items, next_after: items.at(-1)?.seq ?? after, finished: run.ended_at !== null };
  };
  const tell = () => {
    for (const question of waiting) {
      const log = logAfter(question.after);
      if (log.items.length === 0 && !log.finished) continue;
      waiting.delete(question);
      question.answer(log);
    }
  };
  const manager = pretendApi({
    "GET /api/v1/session": signedIn(role),
    "GET /api/v1/jobs": jobList(aJob()),
    "GET /api/v1/runs/run-1": () => ({ ...run, log: [...written] }),
    "GET /api/v1/runs/run-1/log": (request: Request) =>
      new Promise((answer, refuse) => {
        request.signal.addEventListener("abort", () => {
          aborted.push(request.url);
          refuse(new DOMException("left", "AbortError"));
        });
        const after = Number(new URL(request.url).searchParams.get("after"));
        waiting.add({ after, answer: answer as (log: Schema["RunLog"]) => void });
        tell();
      }),
    "POST /api/v1/runs/run-1/cancel": () => run,
  });
  return {
    manager,
    aborted,
    isWaiting: () => waiting.size > 0,
    write: (...lines: Line[]) => {
      written.push(...lines);
      act(tell);
    },
    end: (changes: Partial<Schema["RunWithLog"]> = {}) => {
      run = { ...run, state: "succeeded", ended_at: "2026-11-25T11:00:09Z", ...changes };
      act(tell);
    },
  };
}

const running: Partial<Schema["RunWithLog"]> = { state: "running", ended_at: null, log: [line(1)] };
const theLog = () => screen.findByRole("region", { name: "Log of this run" });

/** jsdom lays nothing out: a log of 1000 px in a window of 100. */
function scrollTo(element: HTMLElement, top: number): void {
  Object.defineProperties(element, {
    scrollHeight: { value: 1000, configurable: true },
    clientHeight: { value: 100, configurable: true },
  });
  element.scrollTop = top;
  fireEvent.scroll(element);
}

test("a run that went well says so in one sentence, and what it did in facts", async () => {
  withRun({
    report: {
      mods: 4852,
      new: 3,
      changed: 11,
      vanished: 0,
      bytes: 2_175_922,
      seconds_download: 0.222,
      oddities: ["a", "b"],
    },
  });
  renderRoute("/runs/run-1");
  expect(await screen.findByText("Refreshed 4,852 mods in 2 s: 3 new, 11 changed.")).toBeTruthy();
  expect(await screen.findByRole("heading", { level: 1, name: "Refresh the mod catalogue" })).toBeTruthy();
  const fact = (name: string) => screen.getByText(name, { selector: "dt" }).nextElementSibling?.textContent;
  expect(fact("Downloaded")).toBe("2.1 MB");
  expect(fact("Time for the download")).toBe("222 ms");
  expect(fact("Oddities")).toBe("a, b");
});

test("a run that failed says what went wrong and what to do; the traceback is folded", async () => {
  withRun({
    state: "failed",
    attempt: 3,
    error: { type: "UpstreamError", message: "The mod database did not answer.", traceback: "Traceback <b>line</b>" },
  });
  renderRoute("/runs/run-1");
  expect(await screen.findByText("Gave up after 2 s and 3 attempts.")).toBeTruthy();
  const error = within(screen.getByRole("region", { name: "What went wrong" }));
  expect(error.getByText("The mod database did not answer.")).toBeTruthy();
  expect(error.getByText(/What was fetched before stays in use/)).toBeTruthy();
  expect(error.getByText("Technical details").closest("details")?.open).toBe(false);
  expect(error.getByText("Traceback <b>line</b>")).toBeTruthy();
});

test.each([
  ["skipped", "paused", "Did not run: the job was paused."],
  ["missed", "manager_away", "Did not run: the manager was not running."],
  ["skipped", "moon_phase", "Did not run: moon phase."],
] as const)("a %s run says why (%s)", async (state, reason, sentence) => {
  withRun({ state, reason, started_at: null });
  renderRoute("/runs/run-1");
  expect(await screen.findByText(sentence)).toBeTruthy();
  expect(screen.queryByRole("region", { name: "Log of this run" })).toBeNull();
});

test("new lines of the log appear as they are written, until the run has ended", async () => {
  const run = withRun(running);
  renderRoute("/runs/run-1");
  const log = within(await theLog());
  expect(log.getByText("line 1")).toBeTruthy();
  await waitFor(() => expect(run.isWaiting()).toBe(true));
  run.write(line(2, "<script>alert(1)</script>", "warning"));
  expect(await log.findByText("<script>alert(1)</script>")).toBeTruthy();
  await waitFor(() => expect(run.isWaiting()).toBe(true));
  run.write(line(7));
  expect(await log.findByText("line 7")).toBeTruthy();
  expect(log.getByText("4 lines were not kept")).toBeTruthy();
  await waitFor(() => expect(run.isWaiting()).toBe(true));
  run.end({ report: { mods: 10, new: 0, changed: 0, vanished: 0 } });
  expect(await screen.findByText("Refreshed 10 mods in 9 s: nothing new.")).toBeTruthy();
  expect(log.getAllByText("line 1")).toHaveLength(1);
  expect(screen.queryByRole("button", { name: "Pause" })).toBeNull();
});

test("who scrolls back reads in peace, sees how many lines are new, and follows again", async () => {
  const run = withRun(running);
  const { user } = renderRoute("/runs/run-1");
  const log = await theLog();
  await waitFor(() => expect(run.isWaiting()).toBe(true));
  scrollTo(log, 300);
  run.write(line(2), line(3));
  await user.click(await screen.findByRole("button", { name: "2 new lines" }));
  expect(log.scrollTop).toBe(1000);
  expect(screen.queryByRole("button", { name: /new line/ })).toBeNull();
  await user.click(screen.getByRole("button", { name: "Pause" }));
  await waitFor(() => expect(run.isWaiting()).toBe(true));
  run.write(line(4));
  expect(await screen.findByRole("button", { name: "1 new line" })).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Follow" }));
  expect(screen.queryByRole("button", { name: "1 new line" })).toBeNull();
});

test("leaving the page ends the question for new lines", async () => {
  const run = withRun(running);
  const { user } = renderRoute("/runs/run-1");
  await theLog();
  await waitFor(() => expect(run.isWaiting()).toBe(true));
  expect(run.aborted).toEqual([]);
  await user.click(screen.getByRole("link", { name: "Refresh the mod catalogue" }));
  await waitFor(() => expect(run.aborted).toHaveLength(1));
});

test("progress arrives live", async () => {
  withRun(running);
  const streams = pretendEvents();
  renderRoute("/runs/run-1");
  await theLog();
  await waitFor(() => expect(streams.open).toHaveLength(1));
  const message = "Downloading the list of mods: 1.2 MB";
  act(() => streams.open[0]?.send({ event: "run", data: aRun({ ...running, progress: 0.42, message }) }));
  expect(await screen.findByText(message)).toBeTruthy();
  expect(screen.getByText("42 %")).toBeTruthy();
});

test("a run is cancelled after the page has said what that costs", async () => {
  const run = withRun(running);
  const { user } = renderRoute("/runs/run-1");
  await user.click(await screen.findByRole("button", { name: "Cancel" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Cancel this run of “Refresh the mod catalogue”?" }));
  expect(dialog.getByText(/is given up/)).toBeTruthy();
  expect(run.manager.calls).not.toContain("POST /api/v1/runs/run-1/cancel");
  await user.click(dialog.getByRole("button", { name: "Cancel the run" }));
  expect(await screen.findByText("Told to stop; it ends as soon as its work allows.")).toBeTruthy();
  run.end({ state: "cancelled", reason: "user" });
  expect(await screen.findByText("Ended early after 9 s: someone cancelled it.")).toBeTruthy();
});

test("a run that can't be cancelled any more says so in the dialog", async () => {
  const run = withRun(running);
  run.manager.answer("POST /api/v1/runs/run-1/cancel", problem(409, "run_has_ended", "This run has ended."));
  const { user } = renderRoute("/runs/run-1");
  await user.click(await screen.findByRole("button", { name: "Cancel" }));
  await user.click(await screen.findByRole("button", { name: "Cancel the run" }));
  expect(await screen.findByText("This run has ended.")).toBeTruthy();
});

test("a viewer can't cancel, but sees everything", async () => {
  withRun(running, "viewer");
  renderRoute("/runs/run-1");
  expect(within(await theLog()).getByText("line 1")).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Cancel" })).toBeNull();
});

test("running again leads to the new run", async () => {
  const run = withRun();
  const next = { ...aRun({ id: "run-2", trigger: "manual" }), log: [] };
  run.manager.answer("POST /api/v1/jobs/mod_cache_refresh/run", next);
  run.manager.answer("GET /api/v1/runs/run-2", next);
  const { user, router } = renderRoute("/runs/run-1");
  await user.click(await screen.findByRole("button", { name: "Run again" }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/runs/run-2"));
});

test("a run that was deleted explains itself", async () => {
  const run = withRun();
  run.manager.answer(
    "GET /api/v1/runs/run-9",
    problem(404, "run_not_found", "There is no run 'run-9'. Old runs are deleted."),
  );
  renderRoute("/runs/run-9");
  expect(await screen.findByText("There is no run 'run-9'. Old runs are deleted.")).toBeTruthy();
});

test("what was done with a server is named after it, leads to it, and is not offered again here", async () => {
  const { manager } = withRun({
    job_id: "server_start",
    server_id: "meadow",
    report: { version: "1.22.7", port: 42420, ready_after_seconds: 41 },
  });
  manager.answer("GET /api/v1/servers", serverList(aServer()));
  renderRoute("/runs/run-1");
  expect(await screen.findByRole("heading", { level: 1, name: "Start Meadow" })).toBeTruthy();
  expect(screen.getByText("Started, ready for players after 41 s.")).toBeTruthy();
  const facts = within(screen.getByRole("heading", { name: "Facts" }).closest("section") as HTMLElement);
  expect(facts.getByRole("link", { name: "Meadow" }).getAttribute("href")).toBe("/servers/meadow");
  expect(screen.queryByRole("button", { name: "Run again" })).toBeNull();
});
