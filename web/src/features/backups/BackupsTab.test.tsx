import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Schema } from "../../api/client";
import { aBackup, aBackupState, aRun, aServer, backupList } from "../../testing/answers";
import { problem } from "../../testing/pretendApi";
import { pretendEvents } from "../../testing/pretendEvents";
import { renderRoute } from "../../testing/renderRoute";
import { aPreview, backupsApi, details } from "./testing";

const ESTIMATE = "GET /api/v1/servers/meadow/backups/estimate";
const MAKE = "POST /api/v1/servers/meadow/backups";
const PREVIEW = "POST /api/v1/backups/backup-1/restore-preview";
const RESTORE = "POST /api/v1/backups/backup-1/restore";

const room = (changes: Partial<Schema["BackupEstimate"]> = {}): Schema["BackupEstimate"] => ({
  bytes_needed: 250_000_000,
  bytes_free: 80_000_000_000,
  from_earlier: true,
  is_enough: true,
  ...changes,
});

const rows = async () => {
  const table = await screen.findByRole("region", { name: "Backups" });
  return within(table).getAllByRole("row").slice(1);
};
const openDialog = async (name: RegExp | string) => within(await screen.findByRole("dialog", { name }));

test("each backup tells when and why it was made, how large it is and whether it can be relied on", async () => {
  backupsApi([
    aBackup({ kind: "before_update", note: "Before the dam", pinned: true }),
    aBackup({ id: "backup-2", verified_at: null, problem: "It has 3 bytes, and had 4." }),
    aBackup({ id: "backup-3", world: "damaged", verified_at: null }),
    aBackup({ id: "backup-4", is_there: false }),
    aBackup({
      id: "backup-5",
      verified_at: null,
      copies: [
        { target_id: "nas", target_name: "NAS", state: "failed", at: "2026-11-24T20:05:00Z", error: "no route" },
      ],
    }),
  ]);
  renderRoute("/servers/meadow/backups");
  const [update, broken, damaged, gone, uncopied] = (await rows()).map((row) => row.textContent ?? "");
  expect(update).toContain("Before an update");
  expect(update).toContain("240 MB");
  expect(update).toContain("Verified");
  expect(update).toContain("Before the dam");
  expect(update).toContain("Pinned");
  expect(broken).toContain("It has 3 bytes, and had 4.");
  expect(damaged).toContain("World damaged");
  expect(gone).toContain("File is gone");
  expect(uncopied).toContain("Sound when made");
  expect(uncopied).toContain("Not copied to NAS: no route");
});

test("the first line says whether the server is safe, and loudly when the last try failed", async () => {
  const pretend = backupsApi([aBackup()]);
  const { queryClient } = renderRoute("/servers/meadow/backups");
  const safety = within(await screen.findByRole("region", { name: "Is it safe?" }));
  expect(await safety.findByText(/nothing was played since/)).toBeTruthy();
  pretend.answer("GET /api/v1/backup-states", {
    items: [
      aBackupState({
        last_failed_at: "2026-11-25T20:00:00Z",
        last_failure: "The disk is full.",
        offsite_problem: "The folder is not mounted.",
        last_drill_at: "2026-11-20T04:41:00Z",
        last_drill_ok: false,
      }),
    ],
    next_cursor: null,
  });
  await queryClient.invalidateQueries();
  expect((await safety.findByRole("alert")).textContent).toContain("The last try failed");
  expect(safety.getByText("The disk is full.")).toBeTruthy();
  expect(safety.getByText(/The folder is not mounted/)).toBeTruthy();
  expect(safety.getByText(/it failed/)).toBeTruthy();
});

test("what is new in the backups of a server shows by itself", async () => {
  const events = pretendEvents();
  const pretend = backupsApi([aBackup()]);
  renderRoute("/servers/meadow/backups");
  expect(await rows()).toHaveLength(1);
  pretend.answer("GET /api/v1/backups", backupList(aBackup({ id: "backup-2" }), aBackup()));
  await waitFor(() => expect(events.open).toHaveLength(1));
  events.open[0]?.accept();
  events.open[0]?.send({ event: "backups", data: { server_id: "meadow" } });
  await waitFor(async () => expect(await rows()).toHaveLength(2));
});

test("a backup is made with a note and a pin, and what came of it is told where it was asked for", async () => {
  const pretend = backupsApi([], {
    [ESTIMATE]: room(),
    [MAKE]: aRun({ id: "run-9", job_id: "server_backup", state: "running", ended_at: null }),
    "GET /api/v1/runs/run-9": {
      ...aRun({ id: "run-9", report: { backup_id: "backup-7", world: "verified", size_bytes: 251_658_240 } }),
      log: [],
    },
  });
  const { user } = renderRoute("/servers/meadow/backups");
  expect(await screen.findByText("What a backup is good for")).toBeTruthy();
  await user.click(await screen.findByRole("button", { name: "Back up now" }));
  const dialog = await openDialog("Back up Meadow");
  expect(await dialog.findByText("It takes some 238 MB of the 75 GB that are free.")).toBeTruthy();
  await user.type(dialog.getByRole("textbox", { name: /^Note/ }), "Before the dam");
  await user.click(dialog.getByRole("checkbox", { name: "Pin it" }));
  await user.click(dialog.getByRole("button", { name: "Back up now" }));
  expect(await dialog.findByText("Backed up: 240 MB. The world in it is sound.")).toBeTruthy();
  expect(pretend.bodyOf(MAKE)).toEqual({ note: "Before the dam", pinned: true });
  expect(dialog.getByRole("link", { name: "Show the backup" }).getAttribute("href")).toBe("/backups/backup-7");
});

test("where the disk is too small nothing is begun", async () => {
  const pretend = backupsApi([], { [ESTIMATE]: room({ bytes_free: 1_000_000, is_enough: false }) });
  const { user } = renderRoute("/servers/meadow/backups");
  await user.click(await screen.findByRole("button", { name: "Back up now" }));
  const dialog = await openDialog("Back up Meadow");
  expect((await dialog.findByRole("alert")).textContent).toContain("The disk is too small");
  expect(dialog.getByRole("button", { name: "Back up now" })).toHaveProperty("disabled", true);
  expect(pretend.calls).not.toContain(MAKE);
});

test("a restore says what is lost before it is done, and takes the digest of what was looked at along", async () => {
  const pretend = backupsApi([aBackup()], {
    [PREVIEW]: aPreview(),
    [RESTORE]: aRun({ id: "run-9", job_id: "server_restore", server_id: "meadow", state: "running", ended_at: null }),
    "GET /api/v1/runs/run-9": {
      ...aRun({ id: "run-9", report: { version: "1.22.6", ready_after_seconds: 12, present_backup_id: "backup-9" } }),
      log: [],
    },
  });
  const { user } = renderRoute("/servers/meadow/backups");
  await user.click(await screen.findByRole("button", { name: /^Restore the backup of/ }));
  const dialog = await openDialog(/^Restore the backup of/);
  expect(await dialog.findByText(/This world of .* replaces that of/)).toBeTruthy();
  expect(dialog.getByText("You lose 2 d 17 h of play.")).toBeTruthy();
  expect(dialog.getByText(/A copy of today is kept/)).toBeTruthy();
  expect(dialog.getByText("The server runs. It is stopped for this.")).toBeTruthy();
  await user.click(await dialog.findByRole("button", { name: "Stop and restore" }));
  expect(
    await dialog.findByText("Meadow is as it was then with version 1.22.6. The game is ready, after 12 s."),
  ).toBeTruthy();
  expect(pretend.bodyOf(RESTORE)).toEqual({ start: true, digest: "digest-1" });
  const present = dialog.getByRole("link", { name: "Show what was there before" });
  expect(present.getAttribute("href")).toBe("/backups/backup-9");
});

test("parts can be left out, and then only the others are asked for", async () => {
  const pretend = backupsApi([aBackup()], { [PREVIEW]: aPreview() });
  const { user } = renderRoute("/servers/meadow/backups");
  await user.click(await screen.findByRole("button", { name: /^Restore the backup of/ }));
  const dialog = await openDialog(/^Restore the backup of/);
  await user.click(await dialog.findByRole("checkbox", { name: "World" }));
  await waitFor(() => expect(pretend.bodyOf(PREVIEW)).toEqual({ parts: ["version", "mods", "config"] }));
});

test("single files come back alone; those of mods are not offered", async () => {
  const pretend = backupsApi([aBackup()], {
    [PREVIEW]: aPreview({ stops_server: false, loses_seconds: null, changes: [] }),
    "GET /api/v1/backups/backup-1": details(),
  });
  const { user } = renderRoute("/servers/meadow/backups");
  await user.click(await screen.findByRole("button", { name: /^Restore the backup of/ }));
  const dialog = await openDialog(/^Restore the backup of/);
  await user.click(await dialog.findByText("Single files"));
  expect(await dialog.findByRole("checkbox", { name: "serverconfig.json" })).toBeTruthy();
  expect(dialog.queryByRole("checkbox", { name: "Mods/carryon.zip" })).toBeNull();
  expect(dialog.getByRole("button", { name: "Restore" })).toHaveProperty("disabled", true);
  await user.type(dialog.getByRole("searchbox", { name: "Search the files" }), "carryon");
  await user.click(await dialog.findByRole("checkbox", { name: "ModConfig/carryon.json" }));
  await waitFor(() => expect(pretend.bodyOf(PREVIEW)).toEqual({ files: ["ModConfig/carryon.json"] }));
  await waitFor(() => expect(dialog.getByRole("button", { name: "Restore" })).toHaveProperty("disabled", false));
  expect(dialog.queryByRole("checkbox", { name: "Start it afterwards" })).toBeNull();
});

test("what is in the way is told, and nothing can be begun", async () => {
  backupsApi([aBackup()], { [PREVIEW]: aPreview({ problems: ["An older game can't load it."] }) });
  const { user } = renderRoute("/servers/meadow/backups");
  await user.click(await screen.findByRole("button", { name: /^Restore the backup of/ }));
  const dialog = await openDialog(/^Restore the backup of/);
  expect((await dialog.findByRole("alert")).textContent).toContain("An older game can't load it.");
  expect(dialog.getByRole("button", { name: "Stop and restore" })).toHaveProperty("disabled", true);
});

test("when something has changed since the preview, it is shown anew", async () => {
  const pretend = backupsApi([aBackup()], {
    [PREVIEW]: aPreview(),
    [RESTORE]: problem(409, "restore_changed", "Something has changed since the preview."),
  });
  const { user } = renderRoute("/servers/meadow/backups");
  await user.click(await screen.findByRole("button", { name: /^Restore the backup of/ }));
  const dialog = await openDialog(/^Restore the backup of/);
  const act = await dialog.findByRole("button", { name: "Stop and restore" });
  pretend.answer(PREVIEW, aPreview({ digest: "digest-2", loses_seconds: 240_000 }));
  await user.click(act);
  expect(await dialog.findByText(/This is how it is now; look at it again/)).toBeTruthy();
  expect(await dialog.findByText("You lose 2 d 19 h of play.")).toBeTruthy();
});

test("of a world from elsewhere nobody says how much play is lost", async () => {
  backupsApi([aBackup({ kind: "imported" })], { [PREVIEW]: aPreview({ loses_seconds: null }) });
  const { user } = renderRoute("/servers/meadow/backups");
  await user.click(await screen.findByRole("button", { name: /^Restore the backup of/ }));
  const dialog = await openDialog(/^Restore the backup of/);
  expect(await dialog.findByText(/The world that was taken over replaces the one that is there/)).toBeTruthy();
  expect(dialog.queryByText(/You lose|no play is lost/)).toBeNull();
});

test("an operator, who may make no servers, is told so before anything is written", async () => {
  backupsApi([aBackup()], { [PREVIEW]: aPreview() });
  const { user } = renderRoute("/servers/meadow/backups");
  await user.click(await screen.findByRole("button", { name: /^Restore the backup of/ }));
  const dialog = await openDialog(/^Restore the backup of/);
  expect(await dialog.findByRole("radio", { name: "Into a new server" })).toHaveProperty("disabled", true);
  expect(dialog.getByText(/Only admins make new servers/)).toBeTruthy();
  expect(dialog.getByRole("button", { name: "Stop and restore" })).toHaveProperty("disabled", false);
});

test("a backup whose server is gone is left to admins", async () => {
  backupsApi([aBackup({ server_id: "gone" })], { [PREVIEW]: aPreview() });
  const { user } = renderRoute("/servers/meadow/backups");
  await user.click(await screen.findByRole("button", { name: /^Restore the backup of/ }));
  const dialog = await openDialog(/^Restore the backup of/);
  expect(await dialog.findByText(/only admins make new servers/)).toBeTruthy();
  expect(dialog.queryByRole("button", { name: "Make the new server" })).toBeNull();
});

test("a backup goes into a new server of another name", async () => {
  const answers = {
    [PREVIEW]: aPreview({ is_new: true, into: "Copy", stops_server: false, loses_seconds: 0, keeps_present: false }),
    [RESTORE]: aRun({ id: "run-9", server_id: "copy", state: "running", ended_at: null }),
    "GET /api/v1/runs/run-9": { ...aRun({ id: "run-9", server_id: "copy", report: {} }), log: [] },
  };
  const pretend = backupsApi([aBackup()], answers, { role: "admin" });
  const { user } = renderRoute("/servers/meadow/backups");
  await user.click(await screen.findByRole("button", { name: /^Restore the backup of/ }));
  const dialog = await openDialog(/^Restore the backup of/);
  await user.click(await dialog.findByRole("radio", { name: "Into a new server" }));
  const name = dialog.getByRole("textbox", { name: "Name of the new server" });
  await user.clear(name);
  await user.type(name, "Copy");
  await user.click(dialog.getByRole("checkbox", { name: "Start it afterwards" }));
  const act = dialog.getByRole("button", { name: "Make the new server" });
  await waitFor(() => expect(act).toHaveProperty("disabled", false));
  await user.click(act);
  expect(await dialog.findByText("The server “Copy” is there.")).toBeTruthy();
  expect(pretend.bodyOf(RESTORE)).toEqual({
    new_server: { name: "Copy", port: null },
    start: false,
    digest: "digest-1",
  });
  expect(dialog.getByRole("link", { name: "Open the server" }).getAttribute("href")).toBe("/servers/copy");
});

test("a name that is empty for a moment is asked for, and nothing else of the choice goes away", async () => {
  const pretend = backupsApi(
    [aBackup()],
    { [PREVIEW]: aPreview({ is_new: true, into: "Copy", stops_server: false, loses_seconds: 0 }) },
    { role: "admin" },
  );
  const { user } = renderRoute("/servers/meadow/backups");
  await user.click(await screen.findByRole("button", { name: /^Restore the backup of/ }));
  const dialog = await openDialog(/^Restore the backup of/);
  await user.click(await dialog.findByRole("radio", { name: "Into a new server" }));
  const act = dialog.getByRole("button", { name: "Make the new server" });
  await waitFor(() => expect(act).toHaveProperty("disabled", false));
  const asked = pretend.calls.length;
  await user.clear(dialog.getByRole("textbox", { name: "Name of the new server" }));
  expect(await dialog.findByText("Give it a name.")).toBeTruthy();
  await user.type(dialog.getByRole("textbox", { name: "Port" }), "2456");
  // Longer than the dialog waits for somebody who writes: it asks for nothing that the manager would refuse.
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(pretend.calls.slice(asked)).not.toContain(PREVIEW);
  expect(dialog.getByRole("checkbox", { name: "World" })).toBeTruthy();
  expect(act).toHaveProperty("disabled", true);
});

test("a backup is pinned from its menu", async () => {
  const pretend = backupsApi([aBackup()], { "PATCH /api/v1/backups/backup-1": aBackup({ pinned: true }) });
  const { user } = renderRoute("/servers/meadow/backups");
  await user.click(await screen.findByRole("button", { name: /^More for the backup of/ }));
  await user.click(await screen.findByRole("menuitem", { name: "Pin" }));
  await waitFor(() => expect(pretend.bodyOf("PATCH /api/v1/backups/backup-1")).toEqual({ pinned: true }));
});

test("one that is pinned is unpinned before it can be deleted", async () => {
  const pretend = backupsApi([aBackup({ pinned: true })], { "PATCH /api/v1/backups/backup-1": aBackup() });
  const { user } = renderRoute("/servers/meadow/backups");
  await user.click(await screen.findByRole("button", { name: /^More for the backup of/ }));
  await user.click(await screen.findByRole("menuitem", { name: "Delete" }));
  const dialog = await openDialog(/is pinned$/);
  expect(dialog.queryByRole("button", { name: "Delete the backup" })).toBeNull();
  await user.click(dialog.getByRole("button", { name: "Unpin" }));
  await waitFor(() => expect(pretend.bodyOf("PATCH /api/v1/backups/backup-1")).toEqual({ pinned: false }));
});

test("deleting names what is lost, the more so when it is the last good one", async () => {
  const pretend = backupsApi([aBackup()], { "DELETE /api/v1/backups/backup-1": null });
  const { user } = renderRoute("/servers/meadow/backups");
  await user.click(await screen.findByRole("button", { name: /^More for the backup of/ }));
  await user.click(await screen.findByRole("menuitem", { name: "Delete" }));
  const dialog = await openDialog(/^Delete the backup of/);
  expect(dialog.getByText(/Meadow can't be put back to .* any more. 240 MB are freed./)).toBeTruthy();
  expect(dialog.getByText(/It is the only good backup of this server/)).toBeTruthy();
  await user.click(dialog.getByRole("button", { name: "Delete the backup" }));
  await waitFor(() => expect(pretend.calls).toContain("DELETE /api/v1/backups/backup-1"));
});

test("the newest good backup is not called the only one where an earlier one is good as well", async () => {
  backupsApi([aBackup(), aBackup({ id: "backup-2", made_at: "2026-11-23T20:00:00Z" })]);
  const { user } = renderRoute("/servers/meadow/backups");
  await user.click((await screen.findAllByRole("button", { name: /^More for the backup of/ }))[0] as HTMLElement);
  await user.click(await screen.findByRole("menuitem", { name: "Delete" }));
  const dialog = await openDialog(/^Delete the backup of/);
  expect(await dialog.findByText(/you can only go back to an earlier one/)).toBeTruthy();
  expect(dialog.queryByText(/the only good backup/)).toBeNull();
});

test("a viewer looks and changes nothing", async () => {
  backupsApi([aBackup()], {}, { role: "viewer" });
  renderRoute("/servers/meadow/backups");
  await rows();
  expect(screen.queryByRole("button", { name: /Restore|Back up now|Take over/ })).toBeNull();
  expect(screen.getByText(/you are signed in as viewer/)).toBeTruthy();
});

test("while something else is done with the server, no backup can be begun", async () => {
  const server = aServer({
    operation: { kind: "restart", run_id: "run-1", actor: "Anna", since: "2026-11-25T11:00:00Z" },
  });
  backupsApi([aBackup()], {}, { server });
  renderRoute("/servers/meadow/backups");
  expect(await screen.findByRole("button", { name: "Back up now" })).toHaveProperty("disabled", true);
});

test("a list that can't be had says so and is asked for again", async () => {
  const pretend = backupsApi([], { "GET /api/v1/backups": problem(503, "database_unavailable", "The disk is full.") });
  const { user } = renderRoute("/servers/meadow/backups");
  expect(await screen.findByText("The disk is full.")).toBeTruthy();
  pretend.answer("GET /api/v1/backups", backupList(aBackup()));
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await rows()).toHaveLength(1);
});
