import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Schema } from "../../api/client";
import {
  aGeneration,
  aLock,
  aLockList,
  anInstalledMod,
  aPlan,
  aRun,
  aServer,
  aStep,
  aStoppedServer,
  installedList,
  serverList,
} from "../../testing/answers";
import { pretendApi, problem, signedIn } from "../../testing/pretendApi";
import { renderRoute } from "../../testing/renderRoute";

const PENDING = "GET /api/v1/servers/meadow/mods/pending";
const MODS = "GET /api/v1/servers/meadow/mods";
const PLAN = "POST /api/v1/servers/meadow/mods/plan";
const CHANGE = "POST /api/v1/servers/meadow/mods/changes";

function modsApi(
  list: Schema["InstalledModList"],
  {
    server = aStoppedServer(),
    role = "operator",
    ...answers
  }: { server?: Schema["ServerDetails"]; role?: Schema["Role"]; [call: string]: unknown } = {},
) {
  return pretendApi({
    "GET /api/v1/session": signedIn(role),
    "GET /api/v1/servers": serverList(server),
    "GET /api/v1/servers/meadow": server,
    [MODS]: list,
    ...answers,
  });
}

const table = () => screen.findByRole("table", { name: "Installed mods" });
const rowOf = async (name: string) => {
  const cell = within(await table()).getByRole("rowheader", { name: new RegExp(name) });
  const row = cell.closest("tr");
  if (!row) throw new Error(`${name} has no row`);
  return within(row);
};

test("each mod tells its version, whether it fits, and which update there is for which game", async () => {
  modsApi(
    installedList([
      anInstalledMod(),
      anInstalledMod({
        file_name: "ruins.zip",
        modid: "ruins",
        name: "Better Ruins",
        version: "2.0.0",
        fit: "not",
        update: { version: "2.1.0", fit: "likely", game_versions: ["1.22.1"], is_prerelease: false, release_id: 9 },
        by_hand: true,
      }),
    ]),
  );
  renderRoute("/servers/meadow/mods");
  expect((await rowOf("Carry On")).getByText("Fits 1.22.7")).toBeTruthy();
  const ruins = await rowOf("Better Ruins");
  expect(ruins.getByText("Not for 1.22")).toBeTruthy();
  expect(ruins.getByText("2.1.0")).toBeTruthy();
  expect(ruins.getByText("Probably")).toBeTruthy();
  expect(ruins.getByText("put there by hand")).toBeTruthy();
  expect(screen.getByText("12 min ago")).toBeTruthy();
});

test("what is wrong is told in words, also what the log said at the last start, and a hostile name stays text", async () => {
  const hostile = "<img src=x onerror=document.title='in'>\u202e";
  modsApi(
    installedList([
      anInstalledMod({
        name: hostile,
        troubles: [
          { code: "missing_dependency", message: "It needs lib 2.0, which is not there." },
          { code: "log_error", message: "An exception in <b>Start</b>" },
        ],
      }),
    ]),
  );
  const { container } = renderRoute("/servers/meadow/mods");
  expect(within(await table()).getByText("It needs lib 2.0, which is not there.")).toBeTruthy();
  expect(within(await table()).getByText(/At the last start:/).parentElement?.textContent).toContain(
    "An exception in <b>Start</b>",
  );
  expect(container.querySelector("main img, main b")).toBeNull();
  expect(container.textContent).not.toContain("\u202e");
});

test("all are updated by one plan, whose button says the act and whose digest is sent", async () => {
  const update = { version: "1.1.0", fit: "verified", game_versions: [], is_prerelease: false, release_id: 2 } as const;
  const pretend = modsApi(installedList([anInstalledMod({ update: { ...update, game_versions: [] } })]), {
    [PLAN]: aPlan([
      aStep({ action: "update", from_version: "1.0.0", to_version: "1.1.0" }),
      aStep({ modid: "lib", name: "Lib", because: ["carryon"] }),
    ]),
    [CHANGE]: aRun({ id: "run-9", job_id: "server_mods", server_id: "meadow", state: "running", ended_at: null }),
    "GET /api/v1/runs/run-9": {
      ...aRun({ id: "run-9", job_id: "server_mods", report: { generation: 4, waits: false, added: ["lib 1.0.0"] } }),
      log: [],
    },
  });
  const { user } = renderRoute("/servers/meadow/mods");
  await user.click(await screen.findByRole("button", { name: "Update all (1)" }));
  const dialog = await screen.findByRole("dialog", { name: "Update all mods" });
  expect(await within(dialog).findByText("1.0.0 → 1.1.0")).toBeTruthy();
  expect(within(dialog).getByText("needed by Carry On")).toBeTruthy();
  expect(within(dialog).queryByText("At the next restart")).toBeNull();
  await user.click(within(dialog).getByRole("button", { name: "Install 1 mod and update 1 mod" }));
  expect(await within(dialog).findByText("1 mod installed and 1 mod updated.")).toBeTruthy();
  expect(pretend.bodyOf(PLAN)).toMatchObject({ changes: [{ action: "update" }] });
  expect(pretend.bodyOf(CHANGE)).toMatchObject({ digest: "digest-1", when: "next_start" });
});

test("an update that waits for the restart is not offered again, and one that was found since is", async () => {
  const update = { version: "1.1.0", fit: "verified", game_versions: [], is_prerelease: false, release_id: 2 } as const;
  const newer = (changes: Partial<Schema["InstalledMod"]>) =>
    anInstalledMod({ update: { ...update, game_versions: [] }, ...changes });
  const pending = (version: string) => ({
    generation: 4,
    changes: [],
    added: [],
    updated: [`carryon 1.0.0 → ${version}`],
    removed: ["ruins 1.0.0"],
  });
  const mods = [newer({}), newer({ modid: "ruins", file_name: "ruins.zip", name: "Ruins" })];
  const pretend = modsApi(installedList(mods, { pending: pending("1.1.0") }), { server: aServer() });
  const first = renderRoute("/servers/meadow/mods");
  const row = await rowOf("Carry On");
  expect(row.getByText("waits for the restart")).toBeTruthy();
  expect(row.queryByRole("button", { name: "Update Carry On to 1.1.0" })).toBeNull();
  expect((await rowOf("Ruins")).queryByRole("button", { name: /^Update/ })).toBeNull();
  expect(screen.queryByRole("button", { name: /^Update all/ })).toBeNull();
  first.unmount();
  pretend.answer(MODS, installedList(mods, { pending: pending("1.0.5") }));
  renderRoute("/servers/meadow/mods");
  expect((await rowOf("Carry On")).getByRole("button", { name: "Update Carry On to 1.1.0" })).toBeTruthy();
  expect(screen.getByRole("button", { name: "Update all (1)" })).toBeTruthy();
});

test("a file that was put there since the start is loaded at the next one", async () => {
  const byHand = { by_hand: true, size_bytes: 5, sha256: null } as const;
  const set = aGeneration({ number: 3, is_loaded: true });
  modsApi(
    installedList([
      anInstalledMod({ ...byHand, file_name: "old.zip", modid: "old", name: "Old" }),
      anInstalledMod({ ...byHand, file_name: "new.zip", modid: "new", name: "New" }),
    ]),
    {
      server: aServer(),
      "GET /api/v1/servers/meadow/mod-generations": { items: [aGeneration({ number: 4 }), set], next_cursor: null },
      "GET /api/v1/servers/meadow/mod-generations/3": {
        ...set,
        lock: aLockList([aLock({ file_name: "old.zip", size_bytes: 5 })]),
      },
    },
  );
  renderRoute("/servers/meadow/mods");
  expect(await (await rowOf("New")).findByText("loaded at the next start · put there by hand")).toBeTruthy();
  expect((await rowOf("Old")).getByText("put there by hand")).toBeTruthy();
});

test("a plan without steps says that there is nothing to do, also beside a note", async () => {
  const note = { code: "held", blocks: false, modid: "carryon", message: "Carry On is held at 1.0.0; there is 1.1.0." };
  const nothing = { code: "nothing_to_do", blocks: false, modid: null, message: "There is nothing to do." };
  modsApi(installedList([anInstalledMod()]), {
    [PLAN]: aPlan([], { can_be_applied: false, notes: [nothing, note] }),
  });
  const { user } = renderRoute("/servers/meadow/mods");
  await user.click((await rowOf("Carry On")).getByRole("button", { name: "More for Carry On" }));
  await user.click(await screen.findByRole("menuitem", { name: "Pin to this version" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Pin Carry On" }));
  expect(await dialog.findByText("There is nothing to do.")).toBeTruthy();
  expect(dialog.getByText(note.message)).toBeTruthy();
  expect(dialog.queryByText(/already as you want them/)).toBeNull();
  expect(dialog.getByText("Close", { selector: "button *" })).toBeTruthy();
});

test("on a running server one chooses between now and the next restart; with players on, nobody is thrown out unasked", async () => {
  const pretend = modsApi(installedList([anInstalledMod()]), {
    server: aServer({ players_online: 3 }),
    [PLAN]: aPlan([aStep({ action: "remove", from_version: "1.0.0", to_version: null })], { needs_restart: true }),
    [CHANGE]: aRun({ id: "run-9", state: "running", ended_at: null }),
    "GET /api/v1/runs/run-9": { ...aRun({ id: "run-9", report: { waits: true } }), log: [] },
  });
  const { user } = renderRoute("/servers/meadow/mods");
  await user.click((await rowOf("Carry On")).getByRole("button", { name: "More for Carry On" }));
  await user.click(await screen.findByRole("menuitem", { name: "Remove" }));
  const dialog = await screen.findByRole("dialog", { name: "Remove Carry On" });
  expect(await within(dialog).findByRole("button", { name: "Remove 1 mod at the next restart" })).toBeTruthy();
  expect(within(dialog).getByText(/3 players are on/)).toBeTruthy();
  await user.click(within(dialog).getByRole("radio", { name: "Restart now" }));
  await user.click(within(dialog).getByRole("button", { name: "Remove 1 mod and restart now" }));
  await waitFor(() => expect(pretend.bodyOf(CHANGE)).toMatchObject({ when: "restart" }));
});

test("a plan that stands against something can't be done, and says what would help", async () => {
  const blocked = aPlan([], {
    can_be_applied: false,
    notes: [{ code: "not_fitting", blocks: true, modid: "carryon", message: "Carry On is made for 1.20." }],
  });
  const pretend = modsApi(
    installedList([
      anInstalledMod({
        update: { version: "9.0.0", fit: "not", game_versions: ["1.20.0"], is_prerelease: false, release_id: 3 },
      }),
    ]),
    {
      [PLAN]: async (request: Request) => {
        const body = (await request.clone().json()) as Schema["ModChanges"];
        return body.allow_unfitting ? aPlan([aStep({ action: "update", fit: "not" })]) : blocked;
      },
    },
  );
  const { user } = renderRoute("/servers/meadow/mods");
  expect(screen.queryByRole("button", { name: /Update all/ })).toBeNull();
  await user.click((await rowOf("Carry On")).getByRole("button", { name: "Update Carry On to 9.0.0" }));
  const dialog = await screen.findByRole("dialog", { name: "Update Carry On" });
  expect(await within(dialog).findByText("Carry On is made for 1.20.")).toBeTruthy();
  expect(within(dialog).queryByRole("button", { name: /Update 1 mod/ })).toBeNull();
  await user.click(within(dialog).getByRole("checkbox", { name: /made for another version/ }));
  expect(await within(dialog).findByRole("button", { name: "Update 1 mod" })).toBeTruthy();
  expect(pretend.bodyOf(PLAN)).toMatchObject({ changes: [{ action: "update", mod: "carryon", version: "9.0.0" }] });
});

test("when the plan has changed meanwhile nothing is done and the new one is shown", async () => {
  let plans = 0;
  modsApi(installedList([anInstalledMod({ is_enabled: false })]), {
    [PLAN]: () => {
      plans += 1;
      return aPlan([aStep({ action: "enable", to_version: `1.0.${plans}` })], { digest: `digest-${plans}` });
    },
    [CHANGE]: aRun({ id: "run-9", state: "running", ended_at: null }),
    "GET /api/v1/runs/run-9": {
      ...aRun({
        id: "run-9",
        state: "failed",
        error: { type: "PlanChanged", message: "By now the plan would be another one.", traceback: "" },
      }),
      log: [],
    },
  });
  const { user } = renderRoute("/servers/meadow/mods");
  await user.click((await rowOf("Carry On")).getByRole("switch", { name: "Carry On is switched on" }));
  const dialog = await screen.findByRole("dialog", { name: "Switch Carry On on" });
  await user.click(await within(dialog).findByRole("button", { name: "Switch on 1 mod" }));
  expect(await within(dialog).findByText(/Something has changed since you looked/)).toBeTruthy();
  expect(within(dialog).getByText("1.0.2")).toBeTruthy();
});

test("a run that fails says why, and that the mods are as they were can be planned anew", async () => {
  modsApi(installedList([anInstalledMod()]), {
    [PLAN]: aPlan([aStep({ action: "disable" })]),
    [CHANGE]: aRun({ id: "run-9", state: "running", ended_at: null }),
    "GET /api/v1/runs/run-9": {
      ...aRun({
        id: "run-9",
        state: "failed",
        error: { type: "UpstreamError", message: "The mod database did not answer for lib.", traceback: "" },
      }),
      log: [],
    },
  });
  const { user } = renderRoute("/servers/meadow/mods");
  await user.click((await rowOf("Carry On")).getByRole("switch"));
  const dialog = await screen.findByRole("dialog");
  await user.click(await within(dialog).findByRole("button", { name: "Switch off 1 mod" }));
  expect((await within(dialog).findByRole("alert")).textContent).toContain("The mod database did not answer for lib.");
  await user.click(within(dialog).getByRole("button", { name: "Make a new plan" }));
  expect(await within(dialog).findByRole("button", { name: "Switch off 1 mod" })).toBeTruthy();
});

test("several that are selected are removed together; the search and what is shown narrow the selection", async () => {
  const pretend = modsApi(
    installedList([
      anInstalledMod({ file_name: "a.zip", modid: "a", name: "Apples" }),
      anInstalledMod({ file_name: "b.zip", modid: "b", name: "Bees" }),
      anInstalledMod({ file_name: "c.zip", modid: "c", name: "Candles", is_enabled: false }),
    ]),
    { [PLAN]: aPlan([aStep({ action: "remove" })]) },
  );
  const { user } = renderRoute("/servers/meadow/mods");
  await user.click((await rowOf("Apples")).getByRole("checkbox"));
  await user.click((await rowOf("Candles")).getByRole("checkbox"));
  expect(await screen.findByText("2 mods selected")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Remove" }));
  await screen.findByRole("dialog", { name: "Remove 2 mods" });
  await waitFor(() =>
    expect(pretend.bodyOf(PLAN)).toMatchObject({
      changes: [
        { action: "remove", mod: "a" },
        { action: "remove", mod: "c" },
      ],
    }),
  );
  await user.click(await screen.findByRole("button", { name: "Cancel" }));
  await user.click(screen.getByRole("button", { name: /Switched off/ }));
  expect(await screen.findByText("1 mod selected")).toBeTruthy();
  await user.type(screen.getByRole("searchbox", { name: "Search the installed mods" }), "zzz");
  expect(await screen.findByText("No mod fits")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Show all mods" }));
  await rowOf("Bees");
});

test("what happens to a mod at the next start is told at the mod", async () => {
  const pending = {
    generation: 4,
    changes: [],
    added: [],
    updated: ["carryon 1.0.0 → 1.1.0"],
    removed: ["Ruins 2.0.0"],
  };
  const ruins = anInstalledMod({ file_name: "ruins.zip", modid: "ruins", name: "Better Ruins" });
  modsApi(installedList([anInstalledMod(), ruins], { pending }), { server: aServer() });
  renderRoute("/servers/meadow/mods");
  expect((await rowOf("Carry On")).getByText("changes at the next start")).toBeTruthy();
  expect((await rowOf("Better Ruins")).getByText("gone at the next start")).toBeTruthy();
});

test("a change that goes on can be cancelled, and the mods stay as they were", async () => {
  const going = aRun({
    id: "run-9",
    job_id: "server_mods",
    state: "running",
    ended_at: null,
    message: "Downloading lib",
  });
  const pretend = modsApi(installedList([anInstalledMod()]), {
    [PLAN]: aPlan([aStep({ action: "disable" })]),
    [CHANGE]: going,
    "GET /api/v1/runs/run-9": { ...going, log: [] },
    "POST /api/v1/runs/run-9/cancel": () => {
      const ended = { ...going, state: "cancelled", ended_at: "2026-11-25T11:00:02Z", reason: "user" };
      pretend.answer("GET /api/v1/runs/run-9", { ...ended, log: [] });
      return going;
    },
  });
  const { user } = renderRoute("/servers/meadow/mods");
  await user.click((await rowOf("Carry On")).getByRole("switch"));
  const dialog = within(await screen.findByRole("dialog"));
  await user.click(await dialog.findByRole("button", { name: "Switch off 1 mod" }));
  expect((await dialog.findAllByText("Downloading lib")).length).toBeGreaterThan(0);
  await user.click(dialog.getByRole("button", { name: "Cancel" }));
  expect(await dialog.findByText("Cancelled. The mods are as they were before.")).toBeTruthy();
});

test("while a plan is made it says what goes on, and cancelling gives it up", async () => {
  let isGivenUp = false;
  const pretend = modsApi(installedList([anInstalledMod()]), {
    [PLAN]: (request: Request) =>
      new Promise((_, reject) =>
        request.signal.addEventListener("abort", () => {
          isGivenUp = true;
          reject(request.signal.reason);
        }),
      ),
  });
  const { user } = renderRoute("/servers/meadow/mods");
  await user.click((await rowOf("Carry On")).getByRole("switch"));
  const dialog = within(await screen.findByRole("dialog"));
  expect(
    await dialog.findByText(/files of mods are looked into for what they need.*Nothing is changed yet\./),
  ).toBeTruthy();
  expect(dialog.getByRole("status").textContent).toBe("Working out what this means");
  await user.click(dialog.getByRole("button", { name: "Cancel" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  await waitFor(() => expect(isGivenUp).toBe(true));
  expect(pretend.calls).not.toContain(CHANGE);
});

test("of two files with one id the very file is switched off", async () => {
  const api = modsApi(
    installedList([
      anInstalledMod({ is_double: true }),
      anInstalledMod({ file_name: "carryon-0.9.0.zip", name: "Carry On old", version: "0.9.0", is_double: true }),
    ]),
    { [PLAN]: aPlan([aStep({ action: "disable", modid: "carryon-0.9.0.zip", file_name: "carryon-0.9.0.zip" })]) },
  );
  const { user } = renderRoute("/servers/meadow/mods");
  await user.click((await rowOf("Carry On old")).getByRole("switch"));
  expect(await screen.findByText("carryon-0.9.0.zip")).toBeTruthy();
  expect(api.bodyOf(PLAN)).toMatchObject({ changes: [{ action: "disable", mod: "carryon-0.9.0.zip" }] });
});

test("a viewer sees the mods and can change nothing", async () => {
  modsApi(installedList([anInstalledMod()]), { role: "viewer" });
  renderRoute("/servers/meadow/mods");
  const row = await rowOf("Carry On");
  expect(row.getByRole("switch").hasAttribute("disabled")).toBe(true);
  expect(row.queryByRole("button", { name: /More for/ })).toBeNull();
  expect(screen.queryByRole("checkbox")).toBeNull();
  expect(screen.queryByRole("button", { name: "Upload a file" })).toBeNull();
  expect(screen.queryByRole("link", { name: "Mod settings" })).toBeNull();
  expect(screen.getByText(/you are signed in as viewer/)).toBeTruthy();
});

test("no mods: what they are good for, and the way to the catalogue for this server", async () => {
  modsApi(installedList([], { generation: null }));
  renderRoute("/servers/meadow/mods");
  expect(await screen.findByText("No mods yet")).toBeTruthy();
  expect(screen.getByRole("link", { name: "Find mods" }).getAttribute("href")).toBe("/mods?server=meadow");
});

test("a folder that can't be read says so, and can be tried again", async () => {
  const pretend = modsApi(installedList([]), { [MODS]: problem(503, "mods_elsewhere", "The folder can't be read.") });
  const { user } = renderRoute("/servers/meadow/mods");
  expect(await screen.findByText("The folder can't be read.")).toBeTruthy();
  pretend.answer(MODS, installedList([anInstalledMod()]));
  await user.click(screen.getByRole("button", { name: "Try again" }));
  await rowOf("Carry On");
});

test("files are checked one by one, and those that are good are installed by what they hold", async () => {
  const uploaded: Schema["UploadedMod"] = {
    sha256: "b".repeat(64),
    file_name: "good.zip",
    size_bytes: 3,
    modid: "good",
    name: "Good",
    version: "1.2.3",
    side: "both",
    dependencies: [],
    troubles: [],
  };
  const pretend = modsApi(installedList([]), {
    "PUT /api/v1/servers/meadow/mods/uploads/good.zip": uploaded,
    "PUT /api/v1/servers/meadow/mods/uploads/bad.zip": problem(422, "mod_refused", "There is no modinfo in it."),
    [PLAN]: aPlan([aStep({ modid: "good", name: "Good" })]),
  });
  const { user } = renderRoute("/servers/meadow/mods");
  await user.click(await screen.findByRole("button", { name: "Upload a file" }));
  const dialog = await screen.findByRole("dialog", { name: "Upload mods" });
  const input = document.querySelector<HTMLInputElement>("input[type=file]");
  if (!input) throw new Error("no field for files");
  await user.upload(input, [new File(["zip"], "good.zip"), new File(["no"], "bad.zip")]);
  expect(await within(dialog).findByText("Ready, 1.2.3")).toBeTruthy();
  expect(await within(dialog).findByText("There is no modinfo in it.")).toBeTruthy();
  await user.click(within(dialog).getByRole("button", { name: "Install 1 file" }));
  await screen.findByRole("dialog", { name: "Install 1 file" });
  await waitFor(() =>
    expect(pretend.bodyOf(PLAN)).toMatchObject({ changes: [{ action: "install", sha256: uploaded.sha256 }] }),
  );
  expect(pretend.bodyOf("PUT /api/v1/servers/meadow/mods/uploads/good.zip")).toBe("zip");
});

test("of many changes that wait the newest are shown, and the others when they are asked for", async () => {
  const none = { added: [], updated: [], removed: [], changed: [] };
  const changes = [1, 2, 3, 4, 5].map((generation) => ({
    ...none,
    generation,
    at: "2026-11-25T11:00:00Z",
    actor: null,
    why: `Change ${generation}`,
    changed: ["Carry On disabled"],
  }));
  modsApi(installedList([anInstalledMod()]), {
    server: aServer(),
    [PENDING]: { pending: { ...none, generation: 5, changes } },
  });
  const { user } = renderRoute("/servers/meadow");
  const banner = within(await screen.findByRole("region", { name: "Mods wait for the next start" }));
  const shown = () => banner.getAllByText(/^Change \d$/).map((why) => why.textContent);
  expect(shown()).toEqual(["Change 3", "Change 4", "Change 5"]);
  await user.click(banner.getByRole("button", { name: "Show 2 earlier changes" }));
  expect(shown()).toEqual(["Change 1", "Change 2", "Change 3", "Change 4", "Change 5"]);
  expect(banner.queryByRole("button", { name: /earlier/ })).toBeNull();
});

test("what waits for the next start stands above every page of the server, and can be forgotten", async () => {
  const none = { added: [], updated: [], removed: [], changed: [] };
  const at = (minutes: number) => new Date(Date.now() - 60_000 * minutes).toISOString();
  const pending: Schema["PendingChange"] = {
    generation: 4,
    changes: [
      { ...none, generation: 3, at: at(9), actor: "Anna", why: "Prettier ruins", added: ["Better Ruins 2.0.0"] },
      { ...none, generation: 4, at: at(3), actor: "Ben", why: "Mods changed", updated: ["Carry On 1.0.0 → 1.1.0"] },
    ],
    added: ["ruins 2.0.0"],
    updated: ["carryon 1.0.0 → 1.1.0"],
    removed: [],
  };
  const pretend = modsApi(installedList([anInstalledMod()], { pending }), {
    server: aServer(),
    [PENDING]: { pending },
    "GET /api/v1/servers/meadow/timeline": { items: [], next_cursor: null },
    "DELETE /api/v1/servers/meadow/mods/pending": installedList([anInstalledMod()]),
    "POST /api/v1/servers/meadow/mods/pending/restart": aRun({ id: "run-5" }),
  });
  const { user } = renderRoute("/servers/meadow");
  const banner = within(await screen.findByRole("region", { name: "Mods wait for the next start" }));
  const told = banner.getAllByRole("listitem").map((change) => change.textContent);
  expect(told).toEqual([
    "Prettier ruinsby Anna, 9 min agoNew: Better Ruins 2.0.0",
    "Mods changedby Ben, 3 min agoOther version: Carry On 1.0.0 → 1.1.0",
  ]);
  await user.click(banner.getByRole("button", { name: "Restart now" }));
  await waitFor(() => expect(pretend.calls).toContain("POST /api/v1/servers/meadow/mods/pending/restart"));
  await user.click(banner.getByRole("button", { name: "Forget it" }));
  pretend.answer(PENDING, { pending: null });
  const sure = within(await screen.findByRole("dialog"));
  expect(sure.getByText(/^All 2 changes are forgotten, whoever made them\./)).toBeTruthy();
  await user.click(sure.getByRole("button", { name: "Forget it" }));
  await waitFor(() => expect(screen.queryByRole("region", { name: "Mods wait for the next start" })).toBeNull());
  expect(pretend.calls).not.toContain(MODS);
});
