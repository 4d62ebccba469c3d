import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import { aBackup, aRun } from "../../testing/answers";
import { renderRoute } from "../../testing/renderRoute";
import { backupsApi } from "./testing";

/** A request with an upload that the test answers. */
class PretendUpload {
  static last: PretendUpload | undefined;
  upload: { onprogress: ((event: object) => void) | null } = { onprogress: null };
  onload: (() => void) | null = null;
  onerror: (() => void) | null = null;
  onabort: (() => void) | null = null;
  status = 0;
  responseText = "";
  address = "";
  sent: unknown;
  isAborted = false;

  open(method: string, address: string) {
    this.address = `${method} ${address}`;
    PretendUpload.last = this;
  }
  setRequestHeader() {}
  getResponseHeader() {
    return null;
  }
  send(body: unknown) {
    this.sent = body;
  }
  abort() {
    this.isAborted = true;
    this.onabort?.();
  }
  answer(status: number, body: unknown) {
    this.status = status;
    this.responseText = JSON.stringify(body);
    this.onload?.();
  }
}

beforeEach(() => {
  PretendUpload.last = undefined;
  vi.stubGlobal("XMLHttpRequest", PretendUpload);
});

const world = new File(["SQLite format 3"], "default.vcdbs");

async function choose(file: File) {
  const { user, container } = renderRoute("/servers/meadow/backups");
  await user.click(await screen.findByRole("button", { name: "Take over a backup" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Take over a backup for Meadow" }));
  await user.type(dialog.getByRole("textbox", { name: "Note" }), "old world");
  const input = container.ownerDocument.querySelector<HTMLInputElement>("input[type=file]");
  if (!input) throw new Error("nothing takes files");
  await user.upload(input, file);
  return { user, dialog };
}

test("a world is sent with its progress, and stands in the list", async () => {
  backupsApi([]);
  const { dialog } = await choose(world);
  await waitFor(() => expect(PretendUpload.last?.sent).toBe(world));
  const upload = PretendUpload.last;
  expect(upload?.address).toBe("PUT /api/v1/servers/meadow/backups/import/default.vcdbs?note=old%20world");
  upload?.upload.onprogress?.({ lengthComputable: true, loaded: 1, total: 4 });
  expect(await dialog.findByText("Sending, 25 %")).toBeTruthy();
  upload?.upload.onprogress?.({ lengthComputable: true, loaded: 4, total: 4 });
  expect(await dialog.findByText("Checking what is in it")).toBeTruthy();
  upload?.answer(200, aBackup({ id: "backup-9", kind: "imported" }));
  expect(await dialog.findByText("Taken over: 240 MB. The world in it is sound.")).toBeTruthy();
  expect(dialog.getByRole("link", { name: "Show the backup" }).getAttribute("href")).toBe("/backups/backup-9");
});

test("what the manager refuses is told, and another file can be chosen", async () => {
  backupsApi([]);
  const { dialog } = await choose(world);
  await waitFor(() => expect(PretendUpload.last?.sent).toBe(world));
  PretendUpload.last?.answer(422, { code: "backup_refused", detail: "default.vcdbs is no world." });
  expect((await dialog.findByRole("alert")).textContent).toContain("default.vcdbs is no world.");
  expect(dialog.getByRole("button", { name: "Choose a file" })).toBeTruthy();
});

test("an upload can be cancelled", async () => {
  backupsApi([]);
  const { user, dialog } = await choose(world);
  await user.click(await dialog.findByRole("button", { name: "Cancel" }));
  expect(PretendUpload.last?.isAborted).toBe(true);
  expect(await dialog.findByRole("button", { name: "Choose a file" })).toBeTruthy();
});

test("other files are not sent at all, and operators are not asked for paths of the machine", async () => {
  backupsApi([]);
  const { dialog } = await choose(new File(["x"], "holiday.zip"));
  expect((await dialog.findByRole("alert")).textContent).toContain("neither a .tar.zst nor a .vcdbs");
  expect(PretendUpload.last).toBeUndefined();
  expect(dialog.queryByRole("textbox", { name: /^Path/ })).toBeNull();
});

test("an admin has a file taken that lies on the manager's machine", async () => {
  const TAKE = "POST /api/v1/servers/meadow/backups/import";
  const pretend = backupsApi(
    [],
    {
      [TAKE]: aRun({ id: "run-9", state: "running", ended_at: null }),
      "GET /api/v1/runs/run-9": { ...aRun({ id: "run-9", report: { backup_id: "backup-9" } }), log: [] },
    },
    { role: "admin" },
  );
  const { user } = renderRoute("/servers/meadow/backups");
  await user.click(await screen.findByRole("button", { name: "Take over a backup" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Take over a backup for Meadow" }));
  await user.type(dialog.getByRole("textbox", { name: /^Path/ }), "/srv/old/default.vcdbs");
  await user.click(dialog.getByRole("button", { name: "Take it over" }));
  expect(await dialog.findByText("Taken over. It stands in the list.")).toBeTruthy();
  expect(pretend.bodyOf(TAKE)).toEqual({ path: "/srv/old/default.vcdbs", note: null });
});
