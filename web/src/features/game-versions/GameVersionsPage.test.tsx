import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Schema } from "../../api/client";
import { aJob, aRun, aServer, jobList, serverList } from "../../testing/answers";
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

const anInstalled = (
  version: string,
  changes: Partial<Schema["InstalledVersion"]> = {},
): Schema["InstalledVersion"] => ({
  version,
  channel: "stable",
  size_bytes: 110 * 1024 ** 2,
  installed_at: "2026-11-20T08:00:00Z",
  source: `vs_server_linux-x64_${version}.tar.gz`,
  used_by: [],
  runtime: { framework: "Microsoft.NETCore.App", needed: "10.0.0", found: ["10.0.10"], is_there: true, message: null },
  ...changes,
});

const installedList = (...items: Schema["InstalledVersion"][]): Schema["InstalledVersionList"] => ({
  items,
  next_cursor: null,
  disk_free_bytes: 20 * 1024 ** 3,
});

function withVersions(
  answer: Schema["GameVersionList"] | Response = list(),
  role: Schema["Role"] = "operator",
  installed: Schema["InstalledVersionList"] | Response = installedList(),
) {
  return pretendApi({
    "GET /api/v1/session": signedIn(role),
    "GET /api/v1/jobs": jobList(check),
    "GET /api/v1/game-versions": answer,
    "GET /api/v1/installed-versions": installed,
    "GET /api/v1/runs": { items: [], next_cursor: null },
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

const downloadable = aVersion("1.22.10", {
  latest: true,
  builds: [
    {
      platform: "linuxserver",
      file_name: "vs_server_linux-x64_1.22.10.tar.gz",
      size_text: "40.2 MB",
      md5: "0123456789abcdef0123456789abcdef",
      url: null,
    } as Schema["BuildOut"],
  ],
});

test("an admin installs a version where it stands, and follows how far that is", async () => {
  const manager = withVersions(list({ items: [downloadable] }), "admin");
  const { user } = renderRoute("/game-versions");
  const button = await screen.findByRole("button", { name: "Install 1.22.10" });
  manager.answer("POST /api/v1/installed-versions", () => {
    manager.answer("GET /api/v1/runs", {
      items: [
        aRun({
          id: "run-5",
          job_id: "version_install",
          state: "running",
          ended_at: null,
          progress: 0.4,
          message: "Downloading",
        }),
      ],
      next_cursor: null,
    });
    return aRun({ id: "run-5", job_id: "version_install", state: "running", ended_at: null });
  });
  await user.click(button);
  expect(manager.bodyOf("POST /api/v1/installed-versions")).toEqual({ version: "1.22.10" });
  expect(await screen.findByText("Downloading")).toBeTruthy();
  expect(screen.getByText("40 %")).toBeTruthy();
});

test("what lies on the machine says who uses it; only what nobody uses can go, after a question", async () => {
  const manager = withVersions(
    list(),
    "admin",
    installedList(anInstalled("1.22.10", { used_by: ["meadow"] }), anInstalled("1.9.0")),
  );
  manager.answer("GET /api/v1/servers", serverList(aServer()));
  manager.answer("DELETE /api/v1/installed-versions/1.9.0", aRun({ job_id: "version_remove" }));
  const { user } = renderRoute("/game-versions");
  const rows = within(await screen.findByRole("list", { name: "On this machine" }));
  expect((await rows.findByRole("link", { name: "Meadow" })).getAttribute("href")).toBe("/servers/meadow");
  expect(rows.queryByRole("button", { name: "Remove 1.22.10" })).toBeNull();
  await user.click(rows.getByRole("button", { name: "Remove 1.9.0" }));
  await user.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Remove 1.9.0" }));
  await waitFor(() => expect(manager.calls).toContain("DELETE /api/v1/installed-versions/1.9.0"));
});

test("a version that can't start for want of .NET says what to do", async () => {
  const runtime = {
    framework: "Microsoft.NETCore.App",
    needed: "10.0.0",
    found: [],
    is_there: false,
    message: "Install the .NET 10 runtime.",
  };
  withVersions(list(), "viewer", installedList(anInstalled("1.22.10", { runtime })));
  renderRoute("/game-versions");
  expect(await screen.findByText("Install the .NET 10 runtime.")).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Install from an archive" })).toBeNull();
});

test("when nobody can tell what is installed, the list of versions is there all the same", async () => {
  withVersions(list(), "viewer", problem(503, "unavailable", "The disk can't be read."));
  renderRoute("/game-versions");
  expect(await screen.findByText("The disk can't be read.")).toBeTruthy();
  expect(shown()).toHaveLength(4);
});
