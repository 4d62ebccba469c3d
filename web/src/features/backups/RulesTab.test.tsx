import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Schema } from "../../api/client";
import { aBackup, aRun } from "../../testing/answers";
import { problem } from "../../testing/pretendApi";
import { renderRoute } from "../../testing/renderRoute";
import { backupsApi } from "./testing";

const SETTINGS = "GET /api/v1/servers/meadow/backup-settings";
const SAVE = "PUT /api/v1/servers/meadow/backup-settings";
const PREVIEW = "POST /api/v1/servers/meadow/backups/retention-preview";
const PRUNE = "POST /api/v1/servers/meadow/backups/prune";

const PLACES = "GET /api/v1/offsite-targets";

const places = (...items: Schema["OffsiteTarget"][]): Schema["OffsiteTargetList"] => ({
  items,
  next_cursor: null,
  restic_version: null,
});

const nas: Schema["OffsiteTarget"] = {
  id: "nas",
  name: "NAS",
  kind: "folder",
  where: "/mnt/nas",
  max_age_hours: 48,
  has_password: false,
  environment: [],
  servers: [],
  last_good_at: null,
  last_check_at: null,
  problem: null,
  is_reachable: true,
};

const settings: Schema["BackupSettings"] = {
  retention: { last: 10, hourly: 24, daily: 14, weekly: 8, monthly: 12, max_bytes: 0, max_count: 0 },
  mod_data: ["ModData"],
  with_mod_files: false,
  compression_level: 3,
  targets: [],
  keep_local: true,
  drill_days: 7,
};

const outcome = (changes: Partial<Schema["RetentionPreview"]> = {}): Schema["RetentionPreview"] => ({
  kept: 2,
  deleted: 0,
  freed_bytes: 0,
  held_back: null,
  items: [
    { backup: aBackup(), kept_by: ["newest_verified", "daily"] },
    { backup: aBackup({ id: "backup-2", made_at: "2026-11-23T20:00:00Z" }), kept_by: ["daily"] },
  ],
  ...changes,
});

const deletesOne = outcome({
  kept: 1,
  deleted: 1,
  freed_bytes: 251_658_240,
  items: [
    { backup: aBackup(), kept_by: ["newest_verified"] },
    { backup: aBackup({ id: "backup-2", made_at: "2026-11-23T20:00:00Z" }), kept_by: [] },
  ],
});

const rulesApi = (answers: Record<string, unknown> = {}, role: Schema["Role"] = "admin") =>
  backupsApi(
    [aBackup()],
    {
      [PLACES]: places(),
      [SETTINGS]: settings,
      [PREVIEW]: outcome(),
      [SAVE]: (request: Request) => request.json(),
      ...answers,
    },
    { role },
  );

test("while rules are written, what they would delete stands beside them, and saving asks because of it", async () => {
  const pretend = rulesApi();
  const { user } = renderRoute("/servers/meadow/backups/rules");
  expect(await screen.findByText("All 2 backups stay.")).toBeTruthy();
  pretend.answer(PREVIEW, deletesOne);
  const days = screen.getByRole("textbox", { name: "One for each of the last so many days" });
  await user.clear(days);
  await user.type(days, "1");
  expect(await screen.findByText("1 backup would be deleted and 1 stay; 240 MB are freed.")).toBeTruthy();
  const list = within(screen.getByRole("region", { name: "Backups and what becomes of them" }));
  expect(list.getByText("is deleted")).toBeTruthy();
  expect(pretend.bodyOf(PREVIEW)).toEqual({ retention: { ...settings.retention, daily: 1 } });
  expect(screen.queryByRole("button", { name: "Delete these now" })).toBeNull();
  await user.click(screen.getByRole("button", { name: "Save" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Save these rules?" }));
  expect(pretend.calls).not.toContain(SAVE);
  await user.click(dialog.getByRole("button", { name: "Save the rules" }));
  await waitFor(() =>
    expect(pretend.bodyOf(SAVE)).toEqual({ ...settings, retention: { ...settings.retention, daily: 1 } }),
  );
});

test("those that stay are shown with the rules that want them", async () => {
  rulesApi();
  const { user } = renderRoute("/servers/meadow/backups/rules");
  await user.click(await screen.findByRole("button", { name: "Show the 2 that stay" }));
  expect(screen.getByText("stays: the newest good one, of its day")).toBeTruthy();
});

test("what is packed is saved without a question, as it deletes nothing", async () => {
  const pretend = rulesApi();
  const { user } = renderRoute("/servers/meadow/backups/rules");
  await user.click(await screen.findByRole("switch", { name: /^The files of the mods, too/ }));
  await user.type(screen.getByRole("textbox", { name: /Folders with data of mods/ }), "\nOtherData");
  await user.selectOptions(screen.getByRole("combobox", { name: "How hard it is packed" }), "9");
  const drill = screen.getByRole("textbox", { name: "Practise a restore every so many days" });
  await user.clear(drill);
  await user.type(drill, "0");
  await user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() =>
    expect(pretend.bodyOf(SAVE)).toEqual({
      ...settings,
      with_mod_files: true,
      mod_data: ["ModData", "OtherData"],
      compression_level: 9,
      drill_days: 0,
    }),
  );
});

test("backups may lie elsewhere alone only while a place for them is chosen", async () => {
  const pretend = rulesApi({ [PLACES]: places(nas) });
  const { user } = renderRoute("/servers/meadow/backups/rules");
  const keep = await screen.findByRole("switch", { name: /^Keep them on this machine, too/ });
  expect(keep).toHaveProperty("disabled", true);
  await user.click(screen.getByRole("checkbox", { name: "NAS" }));
  await user.click(keep);
  await user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(pretend.bodyOf(SAVE)).toEqual({ ...settings, targets: ["nas"], keep_local: false }));
});

test("what is no number is said at its place, and can't be saved", async () => {
  rulesApi();
  const { user } = renderRoute("/servers/meadow/backups/rules");
  const last = await screen.findByRole("textbox", { name: "The last so many backups" });
  await user.clear(last);
  await user.type(last, "ten");
  expect(screen.getByText("A whole number, please.")).toBeTruthy();
  expect(screen.getByRole("button", { name: "Save" })).toHaveProperty("disabled", true);
  await user.click(screen.getByRole("button", { name: "Discard" }));
  expect(last).toHaveProperty("value", "10");
});

test("a folder that the manager refuses is told at its field", async () => {
  rulesApi({
    [SAVE]: problem(422, "invalid_mod_data", "Folders with data of mods are named below the server's folder.", [
      { field: "mod_data.0", message: "it leads out of the server's folder" },
    ]),
  });
  const { user } = renderRoute("/servers/meadow/backups/rules");
  const folders = await screen.findByRole("textbox", { name: /Folders with data of mods/ });
  await user.clear(folders);
  await user.type(folders, "../others");
  await user.click(screen.getByRole("button", { name: "Save" }));
  expect(await screen.findByText("It leads out of the server's folder")).toBeTruthy();
});

test("an operator sees the rules in a sentence, and deletes what they don't want after a question", async () => {
  const pretend = rulesApi(
    { [PREVIEW]: deletesOne, [PRUNE]: aRun({ id: "run-9", job_id: "backup_prune" }) },
    "operator",
  );
  const { user } = renderRoute("/servers/meadow/backups/rules");
  expect(await screen.findByText(/Kept are the last 10 backups, .* one a month for 12 months\./)).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Save" })).toBeNull();
  await user.click(await screen.findByRole("button", { name: "Delete these now" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Delete old backups now?" }));
  await user.click(dialog.getByRole("button", { name: "Delete 1 backup" }));
  await waitFor(() => expect(pretend.calls).toContain(PRUNE));
});

test("a viewer sees the rules and no more", async () => {
  const pretend = rulesApi({}, "viewer");
  renderRoute("/servers/meadow/backups/rules");
  expect(await screen.findByText(/Kept are the last 10 backups/)).toBeTruthy();
  expect(pretend.calls).not.toContain(PREVIEW);
});
