import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Schema } from "../../api/client";
import { aServer } from "../../testing/answers";
import { pretendApi, problem, signedIn } from "../../testing/pretendApi";
import { renderRoute } from "../../testing/renderRoute";

const WAIT = { timeout: 20_000 };
const FILES = "GET /api/v1/servers/meadow/log-files";
const MAIN = `${FILES}/server-main.log/lines`;
const MB = 1024 * 1024;

const file = (name: string, change: Partial<Schema["LogFile"]> = {}): Schema["LogFile"] => ({
  name,
  size_bytes: 2_000,
  modified_at: "2026-11-25T10:00:00Z",
  is_archived: name.startsWith("Archive/"),
  ...change,
});

const line = (number: number, text: string, change: Partial<Schema["LogFileLine"]> = {}): Schema["LogFileLine"] => ({
  number,
  time: "2026-08-04T21:04:05",
  type: "Notification",
  text,
  ...change,
});

const page = (lines: Schema["LogFileLine"][], change: Partial<Schema["LogFilePage"]> = {}): Schema["LogFilePage"] => ({
  name: "server-main.log",
  lines,
  next_before: null,
  is_partial: false,
  size_bytes: 2_000,
  ...change,
});

const ARCHIVED = "Archive/2026-08-03_20_00_00/server-main.log";

function logsApi(answers: Record<string, unknown> = {}) {
  return pretendApi({
    "GET /api/v1/servers/meadow": aServer(),
    [FILES]: { items: [file("server-chat.log"), file("server-main.log"), file(ARCHIVED)], next_cursor: null },
    [MAIN]: page([line(0, "Game Version: v1.22.7"), line(40, "<b>It broke</b>", { type: "Error" })]),
    ...answers,
  });
}

const asked = (pretend: ReturnType<typeof logsApi>) =>
  new URLSearchParams(pretend.calls.findLast((call) => call.startsWith(MAIN))?.split("?")[1]);

test("the newest main log is open at its end, and the archives are beside it", async () => {
  logsApi();
  renderRoute("/servers/meadow/logs");
  const lines = await screen.findByRole("region", { name: "Lines of server-main.log, the newest last" }, WAIT);
  expect(within(lines).getByText("<b>It broke</b>")).toBeTruthy();
  expect(within(lines).getByText("The file begins here.")).toBeTruthy();
  const files = screen.getByRole("navigation", { name: "Log files" });
  expect(within(files).getAllByRole("button")[0]?.textContent).toContain("server-main.log");
  expect(within(files).getByText(/Until the start of .*20:00/)).toBeTruthy();
});

test("a file is chosen from the list, stays in the address, and can be downloaded whole", async () => {
  const ARCHIVED_LINES = `${FILES}/${encodeURIComponent(ARCHIVED)}/lines`;
  logsApi({ [ARCHIVED_LINES]: page([line(0, "of yesterday")], { name: ARCHIVED }) });
  const { user, router } = renderRoute("/servers/meadow/logs");
  const files = await screen.findByRole("navigation", { name: "Log files" }, WAIT);
  await user.click(within(files).getAllByRole("button").at(-1) as HTMLElement);
  expect(await screen.findByText("of yesterday", {}, WAIT)).toBeTruthy();
  expect(router.state.location.search).toEqual({ file: ARCHIVED });
  const link = screen.getByRole<HTMLAnchorElement>("link", { name: `Download ${ARCHIVED}` });
  expect(link.getAttribute("href")).toBe(
    "/api/v1/servers/meadow/log-files/Archive/2026-08-03_20_00_00/server-main.log/download",
  );
});

test("one pages back, and earlier lines stand above", async () => {
  logsApi({
    [MAIN]: (request: Request) =>
      request.url.includes("before=500")
        ? page([line(0, "the first")])
        : page([line(500, "the last")], { next_before: 500 }),
  });
  const { user } = renderRoute("/servers/meadow/logs");
  await user.click(await screen.findByRole("button", { name: "Load earlier lines" }, WAIT));
  await screen.findByText("the first", {}, WAIT);
  const lines = screen.getAllByRole("listitem").map((item) => item.textContent ?? "");
  const place = (text: string) => lines.findIndex((item) => item.includes(text));
  expect(place("the first")).toBeLessThan(place("the last"));
  expect(screen.getByText("The file begins here.")).toBeTruthy();
});

test("a search that came to its limit says how far, and goes on", async () => {
  const pretend = logsApi({
    [MAIN]: (request: Request) =>
      request.url.includes("before=")
        ? page([line(5, "Priya left")], { size_bytes: 80 * MB })
        : page([], { next_before: 64 * MB, is_partial: true, size_bytes: 80 * MB }),
  });
  const { user } = renderRoute("/servers/meadow/logs?q=priya&types=event,warning");
  expect(await screen.findByText(/Searched the last 16 MB of 80 MB/, {}, WAIT)).toBeTruthy();
  expect(asked(pretend).get("q")).toBe("priya");
  expect(asked(pretend).getAll("types")).toEqual(["Event", "StoryEvent", "Warning"]);
  await user.click(screen.getByRole("button", { name: "Go on searching" }));
  expect(await screen.findByText("1 line fits", {}, WAIT)).toBeTruthy();
  expect(asked(pretend).get("before")).toBe(String(64 * MB));
  expect(document.querySelector("mark")?.textContent).toBe("Priya");
});

test("types are chosen and taken away", async () => {
  const pretend = logsApi();
  const { user } = renderRoute("/servers/meadow/logs");
  await user.click(await screen.findByRole("button", { name: "Type" }, WAIT));
  await user.click(await screen.findByRole("option", { name: "Error", hidden: true }, WAIT));
  await waitFor(() => expect(asked(pretend).getAll("types")).toEqual(["Error", "Fatal"]), WAIT);
  await user.click(await screen.findByRole("button", { name: "Remove the filter Type: Error" }, WAIT));
  await waitFor(() => expect(asked(pretend).getAll("types")).toEqual([]), WAIT);
});

test("long lines are wrapped or not, as one likes, also the next time", async () => {
  logsApi();
  const { user, unmount } = renderRoute("/servers/meadow/logs");
  await user.click(await screen.findByRole("switch", { name: "Wrap long lines" }, WAIT));
  unmount();
  renderRoute("/servers/meadow/logs");
  const toggle = await screen.findByRole<HTMLInputElement>("switch", { name: "Wrap long lines" }, WAIT);
  await waitFor(() => expect(toggle.checked).toBe(false), WAIT);
});

test("a file that the game has moved away leads back to the newest", async () => {
  logsApi({ [`${FILES}/old.log/lines`]: problem(404, "log_file_not_found", "There is no log file of this name.") });
  const { user } = renderRoute("/servers/meadow/logs?file=old.log");
  await screen.findByText("This file is not there any more", {}, WAIT);
  await user.click(screen.getByRole("button", { name: "Show the newest" }));
  expect(await screen.findByText("Game Version: v1.22.7", {}, WAIT)).toBeTruthy();
});

test("a server that never ran has no log files, and the page says so", async () => {
  logsApi({ [FILES]: { items: [], next_cursor: null } });
  renderRoute("/servers/meadow/logs");
  expect(await screen.findByText("No log files yet", {}, WAIT)).toBeTruthy();
});

test("a viewer is told whose the logs are", async () => {
  const pretend = logsApi({ "GET /api/v1/session": signedIn("viewer", "Vera") });
  renderRoute("/servers/meadow/logs");
  expect(await screen.findByText(/operators and above/, {}, WAIT)).toBeTruthy();
  expect(pretend.calls.some((call) => call.includes("/log-files"))).toBe(false);
});
