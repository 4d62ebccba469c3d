import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Schema } from "../../api/client";
import { aJob, aRun, jobList } from "../../testing/answers";
import { pretendApi, problem, signedIn } from "../../testing/pretendApi";
import { renderRoute } from "../../testing/renderRoute";

const aVersion = (version: string, changes: Partial<Schema["GameVersionOut"]> = {}): Schema["GameVersionOut"] => ({
  version,
  channel: version.includes("-") ? "unstable" : "stable",
  kind: version.includes("-") ? "rc" : "stable",
  minor: version.split(".").slice(0, 2).join("."),
  latest: false,
  first_seen: "2026-11-20T08:00:00Z",
  builds: [],
  ...changes,
});

const list = (changes: Partial<Schema["GameVersionList"]> = {}): Schema["GameVersionList"] => ({
  items: [
    aVersion("1.22.10", { latest: true }),
    aVersion("1.22.9"),
    aVersion("1.22.0-rc.9", { latest: true }),
    aVersion("1.9.0"),
  ],
  next_cursor: null,
  state: "ready",
  data_age_seconds: 60,
  refreshed_at: "2026-11-25T08:00:00Z",
  ...changes,
});

const check = aJob({ id: "server_versions_check", title: "Check for new game versions" });

function withVersions(answer: Schema["GameVersionList"] | Response = list(), role: Schema["Role"] = "operator") {
  return pretendApi({
    "GET /api/v1/session": signedIn(role),
    "GET /api/v1/jobs": jobList(check),
    "GET /api/v1/game-versions": answer,
  });
}

const shown = () => screen.getAllByRole("rowheader").map((cell) => cell.textContent);

test("versions stand in the order of the manager, the newest of each channel marked", async () => {
  withVersions();
  renderRoute("/game-versions");
  await screen.findByRole("region", { name: "Game versions" });
  expect(shown()).toEqual(["1.22.10Newest", "1.22.9", "1.22.0-rc.9Newest", "1.9.0"]);
  expect(screen.getByText("Newest stable version").nextElementSibling?.textContent).toBe("1.22.10");
  expect(screen.getByText("Newest unstable version").nextElementSibling?.textContent).toBe("1.22.0-rc.9");
});

test("one channel alone is an address of its own", async () => {
  withVersions();
  const { user, router } = renderRoute("/game-versions?channel=unstable");
  await screen.findByRole("region", { name: "Game versions" });
  expect(shown()).toEqual(["1.22.0-rc.9Newest"]);
  await user.click(screen.getByRole("radio", { name: "Stable" }));
  await waitFor(() => expect(shown()).toEqual(["1.22.10Newest", "1.22.9", "1.9.0"]));
  expect(router.state.location.search).toEqual({ channel: "stable" });
});

test("the files of a version are shown on demand", async () => {
  const build: Schema["BuildOut"] = {
    platform: "linuxserver",
    file_name: "vs_server_linux-x64_1.22.10.tar.gz",
    size_text: "40.8 MB",
    md5: "56989eea81c61e33820b79ef916d0301",
    url: "https://cdn.example/vs_server.tar.gz",
  };
  withVersions(list({ items: [aVersion("1.22.10", { latest: true, builds: [build] })] }));
  const { user } = renderRoute("/game-versions");
  const toggle = await screen.findByRole("button", { name: "1 file of 1.22.10" });
  expect(screen.queryByText("Server, Linux")).toBeNull();
  await user.click(toggle);
  expect(toggle.getAttribute("aria-expanded")).toBe("true");
  expect(screen.getByText("Server, Linux")).toBeTruthy();
  const link = screen.getByRole("link", { name: "vs_server_linux-x64_1.22.10.tar.gz" });
  expect(link.getAttribute("rel")).toBe("noopener noreferrer nofollow");
});

test("checking now starts the job, and leads to its run while it goes on", async () => {
  const manager = withVersions();
  const running = aRun({ id: "run-2", job_id: check.id, state: "running", ended_at: null });
  manager.answer("POST /api/v1/jobs/server_versions_check/run", () => {
    manager.answer("GET /api/v1/jobs", jobList({ ...check, running }));
    return running;
  });
  const { user } = renderRoute("/game-versions");
  await user.click(await screen.findByRole("button", { name: "Check now" }));
  expect((await screen.findByRole("link", { name: "Show the check" })).getAttribute("href")).toBe("/runs/run-2");
});

test("a viewer is told who can check", async () => {
  withVersions(list(), "viewer");
  renderRoute("/game-versions");
  expect(await screen.findByText(/Operators can check now; you are signed in as viewer\./)).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Check now" })).toBeNull();
});

test("before the first list came, the page says whether it is on its way or failed", async () => {
  const manager = withVersions(list({ items: [], state: "filling", refreshed_at: null, data_age_seconds: null }));
  const { queryClient } = renderRoute("/game-versions");
  expect(await screen.findByText("The list is being fetched for the first time")).toBeTruthy();
  manager.answer("GET /api/v1/game-versions", list({ items: [], state: "unavailable", refreshed_at: null }));
  await queryClient.invalidateQueries({ queryKey: ["game-versions"] });
  expect(await screen.findByText("The list could not be fetched yet")).toBeTruthy();
  const link = within(screen.getByRole("main")).getByRole("link", { name: "Look at the runs" });
  expect(link.getAttribute("href")).toBe("/runs?job=server_versions_check");
});

test("when the list can't be read, the page says why and tries again on demand", async () => {
  const manager = withVersions(problem(503, "game_versions_unreadable", "The list can't be read. Check the disk."));
  const { user } = renderRoute("/game-versions");
  expect(await screen.findByText("The list can't be read. Check the disk.")).toBeTruthy();
  manager.answer("GET /api/v1/game-versions", list());
  await user.click(screen.getByRole("button", { name: "Try again" }));
  await waitFor(() => expect(shown()).toHaveLength(4));
});
