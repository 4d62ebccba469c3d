import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Schema } from "../../api/client";
import {
  aListedMod,
  anInstalledMod,
  aPlan,
  aStep,
  aStoppedServer,
  catalogPage,
  installedList,
  serverList,
} from "../../testing/answers";
import { type PretendApi, pretendApi, problem, signedIn } from "../../testing/pretendApi";
import { renderRoute } from "../../testing/renderRoute";

const SEARCH = "GET /api/v1/catalog/mods";
const PLAN = "POST /api/v1/servers/meadow/mods/plan";

const likely = { fit: "likely" } as const;

const release = (id: number, changes: Partial<Schema["CatalogRelease"]> = {}): Schema["CatalogRelease"] => ({
  id,
  version: `1.0.${id}`,
  is_prerelease: false,
  modid: "mod1",
  game_versions: ["1.22.7"],
  created: "2026-01-02T03:04:05Z",
  downloads: 1,
  file_id: id,
  file_name: "mod1.zip",
  changelog_html: "",
  ...changes,
});

const details = (changes: Partial<Schema["CatalogMod"]> = {}): Schema["CatalogMod"] => {
  const { fit: _, ...item } = aListedMod(1);
  return {
    ...item,
    created: null,
    description_html: "",
    homepage_url: null,
    source_code_url: null,
    issue_tracker_url: null,
    wiki_url: null,
    trailer_video_url: null,
    screenshot_urls: [],
    releases: [release(3), release(2, { game_versions: ["1.22.1"] }), release(1, { game_versions: ["1.20.0"] })],
    listed: true,
    also: [],
    stale: false,
    fetched_at: "2026-01-02T03:04:05Z",
    ...changes,
  };
};

function catalogApi(answers: Record<string, unknown> = {}, role: Schema["Role"] = "operator"): PretendApi {
  const meadow = aStoppedServer();
  const hill = aStoppedServer({ id: "hill", name: "Hill", version: "1.21.6" });
  return pretendApi({
    "GET /api/v1/session": signedIn(role),
    "GET /api/v1/servers": serverList(meadow, hill),
    "GET /api/v1/servers/meadow/mods": installedList([anInstalledMod({ modid: "Mod2", version: "2.0.0" })]),
    "GET /api/v1/servers/hill/mods": installedList([], { game_version: "1.21.6" }),
    [SEARCH]: catalogPage([aListedMod(1, likely), aListedMod(2, likely), aListedMod(3, { fit: "not" })]),
    "GET /api/v1/catalog/tags": { items: [], next_cursor: null },
    "GET /api/v1/game-versions": { items: [], next_cursor: null },
    "GET /api/v1/catalog/mods/1": details(),
    [PLAN]: aPlan([aStep({ modid: "mod1", name: "Mod 1" })]),
    ...answers,
  });
}

const cardOf = async (name: string) => {
  const card = (await screen.findByRole("link", { name })).closest("article");
  if (!card) throw new Error(`no card of ${name}`);
  return within(card);
};

test("for a chosen server each mod tells whether it fits, what is installed, and is installed by a plan", async () => {
  const pretend = catalogApi();
  const { user, router } = renderRoute("/mods");
  await cardOf("Mod 1");
  expect(screen.queryByRole("button", { name: "Install Mod 1" })).toBeNull();
  await user.click(screen.getByRole("button", { name: "Server" }));
  await user.click(await screen.findByRole("option", { name: /Meadow/, hidden: true }));
  await waitFor(() => expect(router.state.location.search).toEqual({ server: "meadow" }));
  expect((await cardOf("Mod 1")).getByText("Probably")).toBeTruthy();
  expect((await cardOf("Mod 3")).getByText("Not for 1.22")).toBeTruthy();
  expect(await (await cardOf("Mod 2")).findByText("Installed, 2.0.0")).toBeTruthy();
  expect(pretend.calls.some((call) => call.startsWith(`${SEARCH}?`) && call.includes("fit_for=1.22.7"))).toBe(true);
  await user.click((await cardOf("Mod 1")).getByRole("button", { name: "Install Mod 1" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Install Mod 1" }));
  expect(await dialog.findByRole("button", { name: "Install 1 mod" })).toBeTruthy();
  expect(pretend.bodyOf(PLAN)).toMatchObject({ changes: [{ action: "install", mod: "mod1" }] });
});

test("another release than the best can be chosen in the plan of a card, and is planned anew", async () => {
  const pretend = catalogApi({
    "GET /api/v1/catalog/mods/1": details({
      releases: [
        release(3),
        release(2, { game_versions: ["1.20.0"] }),
        release(1, { file_id: null }),
        release(4, { modid: "other" }),
      ],
    }),
  });
  const { user } = renderRoute("/mods?server=meadow");
  await user.click(await (await cardOf("Mod 1")).findByRole("button", { name: "Install Mod 1" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Install Mod 1" }));
  const choice = await dialog.findByRole("combobox", { name: "Version" });
  await within(choice).findByRole("option", { name: "1.0.3 · Fits 1.22.7" });
  expect(
    within(choice)
      .getAllByRole("option")
      .map((option) => option.textContent),
  ).toEqual(["The best that fits", "1.0.3 · Fits 1.22.7", "1.0.2 · Not for 1.22"]);
  await dialog.findByRole("button", { name: "Install 1 mod" });
  await user.selectOptions(choice, "1.0.2");
  await waitFor(() =>
    expect(pretend.bodyOf(PLAN)).toMatchObject({ changes: [{ action: "install", mod: "mod1", version: "1.0.2" }] }),
  );
  expect(await dialog.findByRole("button", { name: "Install 1 mod" })).toBeTruthy();
  expect(dialog.getByRole("combobox", { name: "Version" })).toBe(choice);
});

test("the only server there is needs no choosing, but can be left aside", async () => {
  catalogApi({ "GET /api/v1/servers": serverList(aStoppedServer()) });
  const { user } = renderRoute("/mods");
  expect(await (await cardOf("Mod 1")).findByText("Probably")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "For: Meadow" }));
  await user.click(await screen.findByRole("option", { name: "No server", hidden: true }));
  await waitFor(() => expect(screen.queryByText("Probably")).toBeNull());
});

test("a viewer sees what fits and installs nothing", async () => {
  catalogApi({}, "viewer");
  renderRoute("/mods?server=meadow");
  expect(await (await cardOf("Mod 1")).findByText("Probably")).toBeTruthy();
  expect(screen.queryByRole("button", { name: /Install/ })).toBeNull();
});

test("on a mod's page each release tells whether it fits, and one of them can be chosen", async () => {
  const pretend = catalogApi();
  const { user } = renderRoute("/mods/1?server=meadow");
  const row = (await screen.findByText("1.0.2")).closest("tr");
  if (!row) throw new Error("no row");
  expect(within(row).getByText("Probably")).toBeTruthy();
  expect(screen.getByText("Fits 1.22.7")).toBeTruthy();
  expect(screen.getByText("Not for 1.22")).toBeTruthy();
  await user.click(within(row).getByRole("button", { name: "Install 1.0.2" }));
  await screen.findByRole("dialog", { name: "Install Mod 1" });
  await waitFor(() =>
    expect(pretend.bodyOf(PLAN)).toMatchObject({ changes: [{ action: "install", mod: "mod1", version: "1.0.2" }] }),
  );
});

test("a release that a server has, and that its author took back, is marked and not offered to any server", async () => {
  const retracted = { code: "retracted", message: "Its author has retracted this release." };
  catalogApi({
    "GET /api/v1/servers/hill/mods": installedList([
      anInstalledMod({ modid: "Mod1", version: "1.0.2", troubles: [retracted] }),
    ]),
  });
  const page = renderRoute("/mods/1?server=meadow");
  const rowOf = async (version: string) => {
    const row = (await within(await screen.findByRole("table")).findByText(version)).closest("tr");
    if (!row) throw new Error("no row");
    return within(row);
  };
  expect(await (await rowOf("1.0.2")).findByText("withdrawn")).toBeTruthy();
  expect((await rowOf("1.0.2")).queryByRole("button", { name: /^Install/ })).toBeNull();
  expect((await rowOf("1.0.3")).getByRole("button", { name: "Install 1.0.3" })).toBeTruthy();
  expect((await rowOf("1.0.3")).queryByText("withdrawn")).toBeNull();
  page.unmount();
  renderRoute("/mods/1?server=hill");
  const place = within(await screen.findByRole("region", { name: "On this server" }));
  expect(await place.findByText("Installed, 1.0.2")).toBeTruthy();
  expect(place.getByText("withdrawn")).toBeTruthy();
});

test("a pasted link opens the mod, with the release that it means", async () => {
  const pretend = catalogApi({
    "GET /api/v1/catalog/pointer": { catalog_id: 1, modid: "mod1", version: "1.0.1", name: "Mod 1" },
  });
  const { router } = renderRoute("/mods?server=meadow");
  const field = await screen.findByRole("searchbox", { name: "Search the mods" });
  fireEvent.change(field, { target: { value: "vintagestorymodinstall://mod1@1.0.1" } });
  await waitFor(() => expect(router.state.location.pathname).toBe("/mods/1"));
  const place = within(await screen.findByRole("region", { name: "On this server" }));
  expect(place.getByRole("button", { name: "Install 1.0.1" })).toBeTruthy();
  expect(pretend.calls).toContain(
    `GET /api/v1/catalog/pointer?text=${encodeURIComponent("vintagestorymodinstall://mod1@1.0.1")}`,
  );
});

test("a link that means no mod is searched for like any text", async () => {
  catalogApi({
    "GET /api/v1/catalog/pointer": problem(404, "mod_not_found", "No mod is meant."),
    [SEARCH]: catalogPage([]),
  });
  const { router } = renderRoute("/mods");
  fireEvent.change(await screen.findByRole("searchbox", { name: "Search the mods" }), {
    target: { value: "https://mods.vintagestory.at/nothing" },
  });
  expect(await screen.findByText("This link means no mod that is known")).toBeTruthy();
  expect(router.state.location.pathname).toBe("/mods");
});
