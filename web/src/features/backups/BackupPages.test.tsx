import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { aBackup, aBackupState, aRun, aServer, backupList, serverList } from "../../testing/answers";
import { renderRoute } from "../../testing/renderRoute";
import { aFile, backupsApi, details } from "./testing";

const VERIFY = "POST /api/v1/backups/backup-1/verify";

test("all backups are narrowed by server, by why they were made and by words, and the address keeps that", async () => {
  const pretend = backupsApi([aBackup(), aBackup({ id: "backup-2", server_id: "gone", server_name: "Old world" })]);
  const { user, router } = renderRoute("/backups");
  expect(await screen.findByText("2 backups, 480 MB")).toBeTruthy();
  expect(screen.getByText("not there any more")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Why" }));
  await user.click(await screen.findByRole("option", { name: "Before an update", hidden: true }));
  await user.type(screen.getByRole("searchbox", { name: "Search the backups" }), "dam");
  await waitFor(() => expect(router.state.location.search).toEqual({ kind: "before_update", q: "dam" }));
  await waitFor(() => expect(pretend.calls).toContain("GET /api/v1/backups?limit=50&kind=before_update&q=dam"));
  await user.click(screen.getByRole("button", { name: "Remove the filter Why: Before an update" }));
  await waitFor(() => expect(router.state.location.search).toEqual({ q: "dam" }));
});

test("servers that need somebody stand before those that are safe", async () => {
  backupsApi([], {
    "GET /api/v1/servers": serverList(aServer(), aServer({ id: "winter", name: "Winter" })),
    "GET /api/v1/backup-states": {
      items: [
        aBackupState(),
        aBackupState({ server_id: "winter", last_good: null, count: 2, last_failed_at: null, ran_since: true }),
      ],
      next_cursor: null,
    },
  });
  renderRoute("/backups");
  const names = (await screen.findAllByRole("link", { name: /^(Meadow|Winter)$/ }))
    .filter((link) => link.getAttribute("href")?.endsWith("/backups"))
    .map((link) => link.textContent);
  expect(names).toEqual(["Winter", "Meadow"]);
  expect(screen.getByText("None of the backups can be relied on. Make a new one.")).toBeTruthy();
});

test("more backups are fetched when somebody wants them", async () => {
  const pretend = backupsApi([]);
  pretend.answer("GET /api/v1/backups", (request: Request) =>
    new URL(request.url).searchParams.get("cursor") === "after-1"
      ? { ...backupList(aBackup({ id: "backup-2", note: "older" })), total_count: 2 }
      : { ...backupList(aBackup()), next_cursor: "after-1", total_count: 2 },
  );
  const { user } = renderRoute("/servers/meadow/backups");
  await user.click(await screen.findByRole("button", { name: "Load more" }));
  expect(await screen.findByText("older")).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Load more" })).toBeNull();
});

test("one backup tells how it was made, what happened meanwhile and what is in it", async () => {
  backupsApi([], {
    "GET /api/v1/backups/backup-1": details({
      notes: ["Playerdata/playerdata.json changed while it was packed."],
      files: [
        aFile("Saves/default.vcdbs", "world", 900_000_000),
        aFile("Playerdata/playerdata.json", "players", 900, "changed"),
      ],
    }),
  });
  const { user } = renderRoute("/backups/backup-1");
  expect(await screen.findByText("The running game wrote a copy of its world")).toBeTruthy();
  expect(screen.getByText("12 s for the world, 4 s to pack, 2 s to check the world")).toBeTruthy();
  expect(screen.getByText("Playerdata/playerdata.json changed while it was packed.")).toBeTruthy();
  expect(screen.getByText("2 files, 858 MB unpacked")).toBeTruthy();
  await user.type(screen.getByRole("searchbox", { name: "Search the files" }), "players");
  expect(await screen.findByText("1 of 2 files")).toBeTruthy();
  expect(screen.getByText("changed while it was packed")).toBeTruthy();
  expect(screen.getByRole("link", { name: "Download" }).getAttribute("href")).toBe("/api/v1/backups/backup-1/download");
});

test("verifying tells what came of it, also when it is bad", async () => {
  const pretend = backupsApi([], {
    "GET /api/v1/backups/backup-1": details(),
    [VERIFY]: aRun({ id: "run-9", state: "running", ended_at: null }),
    "GET /api/v1/runs/run-9": {
      ...aRun({
        id: "run-9",
        state: "failed",
        error: { type: "BackupDamaged", message: "It can't be relied on. Make another backup.", traceback: "" },
      }),
      log: [],
    },
  });
  const { user } = renderRoute("/backups/backup-1");
  await user.click(await screen.findByRole("button", { name: "Verify now" }));
  const dialog = within(await screen.findByRole("dialog"));
  expect((await dialog.findByRole("alert")).textContent).toContain("Make another backup.");
  expect(pretend.calls.filter((call) => call === VERIFY)).toHaveLength(1);
});

test("a backup that is gone says so", async () => {
  backupsApi([]);
  renderRoute("/backups/backup-1");
  expect(await screen.findByText("This is not here (any more)")).toBeTruthy();
});

test("restores of a server tell what came of them", async () => {
  backupsApi([], {
    "GET /api/v1/servers/meadow/restores": {
      items: [
        {
          id: "restore-2",
          server_id: "meadow",
          backup_id: "backup-1",
          backup_made_at: "2026-11-24T20:00:00Z",
          present_backup_id: "backup-7",
          run_id: "run-9",
          actor: "ada",
          started_at: "2026-11-25T11:00:00Z",
          ended_at: "2026-11-25T11:01:00Z",
          outcome: "put_back",
          text: "The game did not start with it.",
        },
        {
          id: "restore-1",
          server_id: "meadow",
          backup_id: "backup-0",
          backup_made_at: null,
          present_backup_id: null,
          run_id: null,
          actor: null,
          started_at: "2026-11-24T11:00:00Z",
          ended_at: "2026-11-24T11:01:00Z",
          outcome: "restored",
          text: null,
        },
      ],
      next_cursor: null,
    },
  });
  renderRoute("/servers/meadow/backups/restores");
  const [newest, older] = await screen.findAllByRole("listitem");
  expect(newest?.textContent).toContain("Old state kept");
  expect(newest?.textContent).toContain("The game did not start with it.");
  expect(await screen.findByRole("link", { name: /^the backup of/ })).toBeTruthy();
  expect(newest?.textContent).toContain("by ada");
  expect(older?.textContent).toContain("by the manager itself");
  const before = screen.getAllByRole("link", { name: "What was there before" });
  expect(before.map((link) => link.getAttribute("href"))).toEqual(["/backups/backup-7"]);
  expect(older?.textContent).toContain("a backup that is not listed any more");
});
