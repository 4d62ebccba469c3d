import { screen, waitFor, within } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import type { Schema } from "../../api/client";
import * as download from "../../lib/download";
import {
  aGeneration,
  aLock,
  aLockList,
  aPlan,
  aRun,
  aServer,
  aStep,
  aStoppedServer,
  serverList,
} from "../../testing/answers";
import { pretendApi, signedIn } from "../../testing/pretendApi";
import { renderRoute } from "../../testing/renderRoute";

const SETS = "GET /api/v1/servers/meadow/mod-generations";
const PACK = "GET /api/v1/servers/meadow/mods/client-pack/contents";

const older = aGeneration({
  number: 2,
  actor: null,
  why: "Changed by hand",
  run_id: null,
  mods: 11,
  is_current: false,
  diff: { added: [], updated: ["ruins 1.0.0 → 1.1.0"], removed: ["lib 2.0.0"], changed: [] },
});

function setsApi(
  server: Schema["ServerDetails"],
  answers: Record<string, unknown> = {},
  role: Schema["Role"] = "operator",
) {
  return pretendApi({
    "GET /api/v1/session": signedIn(role),
    "GET /api/v1/servers": serverList(server),
    "GET /api/v1/servers/meadow": server,
    "GET /api/v1/servers/meadow/mods/pending": { pending: null },
    [PACK]: { mods: ["Carry On 1.0.0"], left_out: [] },
    [SETS]: { items: [aGeneration(), older], next_cursor: null },
    ...answers,
  });
}

const setNamed = async (why: string) => {
  const item = (await screen.findByRole("heading", { name: why })).closest("li");
  if (!item) throw new Error(`no set ${why}`);
  return within(item);
};

test("each set tells what was changed, by whom and why, and which one is in use", async () => {
  setsApi(aStoppedServer());
  renderRoute("/servers/meadow/mods/history");
  const newest = await setNamed("Mods changed");
  expect(newest.getByText("In use")).toBeTruthy();
  expect(newest.getByText("carryon 1.0.0")).toBeTruthy();
  expect(newest.queryByRole("button", { name: /Go back/ })).toBeNull();
  const before = await setNamed("Changed by hand");
  expect(before.getByText("ruins 1.0.0 → 1.1.0")).toBeTruthy();
  expect(before.getByText("lib 2.0.0")).toBeTruthy();
});

test("going back shows what it means first, and does exactly that, at once on a stopped server", async () => {
  const pretend = setsApi(aStoppedServer(), {
    "POST /api/v1/servers/meadow/mod-generations/2/plan": aPlan([
      aStep({ action: "downgrade", from_version: "1.0.0", to_version: "0.9.0" }),
      aStep({ modid: "lib", name: "Lib" }),
      aStep({ action: "remove", modid: "ruins", name: "Ruins", from_version: "2.0.0", to_version: null }),
    ]),
    "POST /api/v1/servers/meadow/mod-generations/2/restore": aRun({ id: "run-9", state: "running", ended_at: null }),
    "GET /api/v1/runs/run-9": { ...aRun({ id: "run-9", report: { generation: 4, waits: false } }), log: [] },
  });
  const { user } = renderRoute("/servers/meadow/mods/history");
  await user.click((await setNamed("Changed by hand")).getByRole("button", { name: "Go back to set 2" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Go back to set 2" }));
  expect(await dialog.findByText("1.0.0 → 0.9.0")).toBeTruthy();
  expect(dialog.getByRole("heading", { name: /Will be installed/ })).toBeTruthy();
  expect(dialog.getByRole("heading", { name: /Will be removed/ })).toBeTruthy();
  await user.click(dialog.getByRole("button", { name: "Go back to set 2" }));
  expect(await dialog.findByText(/1 mod installed, 1 mod set back and 1 mod removed/)).toBeTruthy();
  expect(pretend.bodyOf("POST /api/v1/servers/meadow/mod-generations/2/restore")).toEqual({
    when: "next_start",
    digest: "digest-1",
  });
});

test("a set whose files are gone says so instead of going back", async () => {
  setsApi(aStoppedServer(), {
    "POST /api/v1/servers/meadow/mod-generations/2/plan": aPlan([aStep()], {
      can_be_applied: false,
      notes: [{ code: "not_kept", blocks: true, modid: "lib", message: "The file of lib 2.0.0 is not kept any more." }],
    }),
  });
  const { user } = renderRoute("/servers/meadow/mods/history");
  await user.click((await setNamed("Changed by hand")).getByRole("button", { name: "Go back to set 2" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Go back to set 2" }));
  expect(await dialog.findByText("The file of lib 2.0.0 is not kept any more.")).toBeTruthy();
  expect(dialog.queryByRole("button", { name: "Go back to set 2" })).toBeNull();
});

test("on a running server the set that waits is not the one that is loaded", async () => {
  setsApi(aServer(), {
    [SETS]: { items: [aGeneration(), { ...older, is_loaded: true }], next_cursor: null },
  });
  renderRoute("/servers/meadow/mods/history");
  expect((await setNamed("Mods changed")).getByText("Loaded at the next start")).toBeTruthy();
  expect((await setNamed("Changed by hand")).getByText("Loaded now")).toBeTruthy();
});

test("the list of a set can be looked at and saved", async () => {
  const saved = vi.spyOn(download, "downloadText").mockImplementation(() => {});
  const lock = aLockList([
    aLock({ is_pinned: true }),
    aLock({ modid: "ruins", file_name: "ruins.zip", source: "hand" }),
  ]);
  setsApi(aStoppedServer(), { "GET /api/v1/servers/meadow/mod-generations/3": { ...aGeneration(), lock } });
  const { user } = renderRoute("/servers/meadow/mods/history");
  await user.click(await screen.findByRole("button", { name: "Details of set 3" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Set 3" }));
  const table = within(await dialog.findByRole("table"));
  expect(table.getByText("pinned")).toBeTruthy();
  expect(table.getByText("by hand")).toBeTruthy();
  await user.click(dialog.getByRole("button", { name: "Save this list" }));
  expect(JSON.parse(String(saved.mock.calls[0]?.[1]))).toEqual(lock);
});

test("a pasted list is planned before anything is done; what is no list is refused with the reason", async () => {
  const lock = aLockList([aLock()]);
  const pretend = setsApi(aStoppedServer(), {
    "POST /api/v1/servers/meadow/mods/lock-list/plan": aPlan([aStep()]),
    "POST /api/v1/servers/meadow/mods/lock-list": aRun({ id: "run-9", state: "running", ended_at: null }),
    "GET /api/v1/runs/run-9": { ...aRun({ id: "run-9", report: { waits: false } }), log: [] },
  });
  const { user } = renderRoute("/servers/meadow/mods/history");
  await user.click(await screen.findByRole("button", { name: "Take over a list" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Take over a list of mods" }));
  const field = dialog.getByRole("textbox", { name: /The list/ });
  await user.click(field);
  await user.paste('{"mods": 1}');
  expect(await dialog.findByText(/no list of mods of this manager/)).toBeTruthy();
  await user.clear(field);
  await user.click(field);
  await user.paste(JSON.stringify(lock));
  expect(await dialog.findByText("1 mod of Meadow")).toBeTruthy();
  await user.click(dialog.getByRole("radio", { name: /The list is added/ }));
  await user.click(dialog.getByRole("button", { name: "Look at the plan" }));
  const plan = within(await screen.findByRole("dialog", { name: "Take over a list" }));
  await user.click(await plan.findByRole("button", { name: "Install 1 mod" }));
  await waitFor(() =>
    expect(pretend.bodyOf("POST /api/v1/servers/meadow/mods/lock-list")).toMatchObject({
      replace: false,
      lock,
      digest: "digest-1",
    }),
  );
});

test("what players don't get with the pack is said, and why", async () => {
  setsApi(aStoppedServer(), {
    [PACK]: { mods: ["Carry On 1.0.0"], left_out: [{ file_name: "broken.zip", reason: "It is no zip file." }] },
  });
  renderRoute("/servers/meadow/mods/history");
  const told = await screen.findByRole("region", {
    name: "1 file can't be read, so it is not in the pack for players",
  });
  expect(within(told).getByRole("listitem").textContent).toBe("broken.zip It is no zip file.");
});

test("before the first change there is no history, and a viewer goes back to nothing", async () => {
  setsApi(aStoppedServer(), { [SETS]: { items: [], next_cursor: null } }, "viewer");
  renderRoute("/servers/meadow/mods/history");
  expect(await screen.findByText("No changes yet")).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Take over a list" })).toBeNull();
  expect(screen.getByRole("button", { name: "Save the list" })).toBeTruthy();
});
