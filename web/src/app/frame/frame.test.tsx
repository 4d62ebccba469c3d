import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { aJob, anOverview, aRun, aServer, aStoppedServer, jobList, serverList } from "../../testing/answers";
import { pretendApi, problem, signedIn } from "../../testing/pretendApi";
import { renderRoute } from "../../testing/renderRoute";

const overview = { "GET /api/v1/overview": anOverview(), "GET /api/v1/jobs": jobList(aJob()) };
const mods = { items: [], next_cursor: null, total: 0, state: "ready", data_age_seconds: 0 };

test("going to another page puts the focus on its heading", async () => {
  pretendApi(overview);
  const { user } = renderRoute("/");
  await screen.findByRole("heading", { level: 1, name: "Overview" });
  const [rail] = screen.getAllByRole("navigation", { name: "Pages" });
  await user.click(within(rail as HTMLElement).getByRole("link", { name: "Audit" }));
  const heading = await screen.findByRole("heading", { level: 1, name: "Audit" });
  await waitFor(() => expect(document.activeElement).toBe(heading));
});

test("only admins are led to the pages that only admins may see", async () => {
  pretendApi({ ...overview, "GET /api/v1/session": signedIn("operator") });
  renderRoute("/");
  await screen.findByRole("heading", { level: 1, name: "Overview" });
  expect(screen.queryByRole("link", { name: "Access" })).toBeNull();
  expect(screen.getAllByRole("link", { name: "Settings" }).length).toBeGreaterThan(0);
});

test("the first stop of the keyboard leads past the navigation", async () => {
  pretendApi(overview);
  const { user } = renderRoute("/");
  await screen.findByRole("heading", { level: 1, name: "Overview" });
  await user.tab();
  expect(document.activeElement?.textContent).toBe("Skip to the content");
  await user.keyboard("{Enter}");
  expect(document.activeElement).toBe(screen.getByRole("main"));
});

test("Ctrl K finds pages, and Enter goes to the first", async () => {
  pretendApi({ ...overview, "GET /api/v1/catalog/mods": mods });
  const { user, router } = renderRoute("/");
  await screen.findByRole("heading", { level: 1, name: "Overview" });
  await user.keyboard("{Control>}k{/Control}");
  await user.type(await screen.findByPlaceholderText("Search pages, servers, jobs, mods, actions"), "aud");
  await waitFor(() => expect(screen.queryByRole("button", { name: "Settings" })).toBeNull());
  await screen.findByRole("button", { name: "Audit" });
  await user.keyboard("{Enter}");
  await waitFor(() => expect(router.state.location.pathname).toBe("/audit"));
});

test("the palette finds mods through the manager, and starts jobs", async () => {
  const manager = pretendApi({
    ...overview,
    "GET /api/v1/catalog/mods": { ...mods, items: [{ id: 42, name: "Copper Age", author: "Ada" }] },
    "POST /api/v1/jobs/mod_cache_refresh/run": aRun({ id: "run-9", state: "running", ended_at: null }),
  });
  const { user, router } = renderRoute("/");
  await user.click(await screen.findByRole("button", { name: /Search pages, servers, jobs, mods, actions/ }));
  const field = await screen.findByPlaceholderText("Search pages, servers, jobs, mods, actions");
  await user.type(field, "copper");
  await user.click(await screen.findByRole("button", { name: /Copper Age/ }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/mods/42"));
  expect(manager.calls.some((call) => call.startsWith("GET /api/v1/catalog/mods?q=copper"))).toBe(true);
  await user.keyboard("{Control>}k{/Control}");
  await user.type(await screen.findByPlaceholderText("Search pages, servers, jobs, mods, actions"), "run now");
  await user.click(await screen.findByRole("button", { name: "Run now: Refresh the mod catalogue" }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/runs/run-9"));
});

test("a link to a mod, pasted into the palette, opens the release that it means", async () => {
  const manager = pretendApi({
    ...overview,
    "GET /api/v1/catalog/pointer": { catalog_id: 42, modid: "copperage", version: "1.0.1", name: "Copper Age" },
  });
  const { user, router } = renderRoute("/");
  await screen.findByRole("heading", { level: 1, name: "Overview" });
  await user.keyboard("{Control>}k{/Control}");
  await user.click(await screen.findByPlaceholderText("Search pages, servers, jobs, mods, actions"));
  await user.paste(" vintagestorymodinstall://copperage@1.0.1 ");
  const found = await screen.findByRole("button", { name: /Copper Age/ });
  expect(found.textContent).toContain("Release 1.0.1, meant by the link");
  await user.keyboard("{Enter}");
  await waitFor(() => expect(router.state.location.pathname).toBe("/mods/42"));
  expect(router.state.location.search).toEqual({ release: "v1.0.1" });
  expect(manager.calls.filter((call) => call.includes("/catalog/mods?"))).toEqual([]);
});

test("a link that is typed is asked for once, when it is whole", async () => {
  const manager = pretendApi({
    ...overview,
    "GET /api/v1/catalog/pointer": { catalog_id: 42, modid: null, version: null, name: "Copper Age" },
    "GET /api/v1/catalog/mods": mods,
  });
  const { user } = renderRoute("/");
  await screen.findByRole("heading", { level: 1, name: "Overview" });
  await user.keyboard("{Control>}k{/Control}");
  const field = await screen.findByPlaceholderText("Search pages, servers, jobs, mods, actions");
  const link = "mods.vintagestory.at/copperage";
  // All within the same moment: nothing in between is a pause.
  for (let end = "mods.vintagestory.at/".length; end <= link.length; end += 1) {
    fireEvent.change(field, { target: { value: link.slice(0, end) } });
  }
  await screen.findByRole("button", { name: /Copper Age/ });
  expect(manager.calls.filter((call) => call.includes("/catalog/"))).toEqual([
    `GET /api/v1/catalog/pointer?text=${encodeURIComponent(link)}`,
  ]);
});

test("the address of a mod's page finds it in the palette, and one that means no mod says so", async () => {
  const manager = pretendApi({
    ...overview,
    "GET /api/v1/catalog/pointer": problem(404, "mod_not_found", "The catalogue has no mod with this address."),
  });
  const { user, router } = renderRoute("/");
  await screen.findByRole("heading", { level: 1, name: "Overview" });
  await user.keyboard("{Control>}k{/Control}");
  const field = await screen.findByPlaceholderText("Search pages, servers, jobs, mods, actions");
  await user.click(field);
  await user.paste("https://mods.vintagestory.at/show/mod/99999");
  expect(await screen.findByText(/no mod that this link means/)).toBeTruthy();
  manager.answer("GET /api/v1/catalog/pointer", { catalog_id: 7, modid: null, version: null, name: "Tin Age" });
  await user.clear(field);
  await user.paste("mods.vintagestory.at/tinage");
  await user.click(await screen.findByRole("button", { name: /Tin Age/ }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/mods/7"));
  expect(router.state.location.search).toEqual({});
});

test("the rail leads to each server and says how it is; what needs someone comes first", async () => {
  pretendApi({
    ...overview,
    "GET /api/v1/servers": serverList(
      aServer({ players_online: 3 }),
      aStoppedServer({ id: "valley", name: "Valley", state: "crashed" }),
    ),
  });
  renderRoute("/");
  const links = within(await screen.findByRole("region", { name: "Servers" })).getAllByRole("link");
  expect(links.map((link) => link.getAttribute("title"))).toEqual([
    "Valley: Crashed",
    "Meadow: Running, 3 of 16 players",
  ]);
  expect(links[1]?.getAttribute("href")).toBe("/servers/meadow");
});

test("the palette finds servers, and starts one that is stopped", async () => {
  const manager = pretendApi({
    ...overview,
    "GET /api/v1/catalog/mods": mods,
    "GET /api/v1/servers": serverList(aStoppedServer()),
    "GET /api/v1/servers/meadow": aStoppedServer(),
    "POST /api/v1/servers/meadow/start": aRun({ job_id: "server_start", server_id: "meadow" }),
  });
  const { user, router } = renderRoute("/");
  await screen.findByRole("heading", { level: 1, name: "Overview" });
  await user.keyboard("{Control>}k{/Control}");
  await user.type(await screen.findByPlaceholderText("Search pages, servers, jobs, mods, actions"), "meadow");
  expect(await screen.findByRole("button", { name: /^Meadow/ })).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Stop: Meadow" })).toBeNull();
  await user.click(screen.getByRole("button", { name: "Start: Meadow" }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/servers/meadow"));
  expect(manager.calls).toContain("POST /api/v1/servers/meadow/start");
});

test("the palette backs a server up, and leads to its backups", async () => {
  const manager = pretendApi({
    ...overview,
    "GET /api/v1/catalog/mods": mods,
    "GET /api/v1/servers": serverList(aServer({ players_online: 2 })),
    "GET /api/v1/servers/meadow": aServer({ players_online: 2 }),
    "POST /api/v1/servers/meadow/backups": aRun({ job_id: "server_backup", server_id: "meadow" }),
  });
  const { user, router } = renderRoute("/");
  await screen.findByRole("heading", { level: 1, name: "Overview" });
  await user.keyboard("{Control>}k{/Control}");
  await user.type(await screen.findByPlaceholderText("Search pages, servers, jobs, mods, actions"), "back up meadow");
  await user.click(await screen.findByRole("button", { name: "Back up: Meadow" }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/servers/meadow/backups"));
  expect(manager.bodyOf("POST /api/v1/servers/meadow/backups")).toEqual({ pinned: false });
});

test("the palette does not throw players out without a question: it leads to where that is asked", async () => {
  const manager = pretendApi({
    ...overview,
    "GET /api/v1/catalog/mods": mods,
    "GET /api/v1/servers": serverList(aServer({ players_online: 2 })),
    "GET /api/v1/servers/meadow": aServer({ players_online: 2 }),
  });
  const { user, router } = renderRoute("/");
  await screen.findByRole("heading", { level: 1, name: "Overview" });
  await user.keyboard("{Control>}k{/Control}");
  await user.type(await screen.findByPlaceholderText("Search pages, servers, jobs, mods, actions"), "stop meadow");
  await user.click(await screen.findByRole("button", { name: "Stop: Meadow" }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/servers/meadow"));
  expect(manager.calls.some((call) => call.startsWith("POST"))).toBe(false);
});

test("a viewer's palette starts nothing", async () => {
  pretendApi({ ...overview, "GET /api/v1/session": signedIn("viewer"), "GET /api/v1/catalog/mods": mods });
  const { user } = renderRoute("/");
  await screen.findByRole("heading", { level: 1, name: "Overview" });
  await user.keyboard("{Control>}k{/Control}");
  await user.type(await screen.findByPlaceholderText("Search pages, servers, jobs, mods, actions"), "refresh");
  await screen.findByRole("button", { name: "Refresh the mod catalogue" });
  expect(screen.queryByRole("button", { name: /Run now/ })).toBeNull();
});

test("the theme is chosen in the user menu and remembered", async () => {
  pretendApi(overview);
  const { user } = renderRoute("/");
  await user.click(await screen.findByRole("button", { name: /Anna/ }));
  await user.click(await screen.findByRole("menuitemradio", { name: "Dark" }));
  expect(document.documentElement.getAttribute("data-mantine-color-scheme")).toBe("dark");
  expect(localStorage.getItem("mantine-color-scheme-value")).toBe("dark");
});

test("who needs a second factor and has none is led to setting one up, and nowhere else", async () => {
  pretendApi({
    "GET /api/v1/session": signedIn("none", "Anna", { must_set_up_second_factor: true }),
    "GET /api/v1/sessions": { items: [], next_cursor: null },
    "GET /api/v1/me/second-factor": { is_on: false, on_since: null, recovery_codes_left: 0, knows_secret: true },
  });
  const { user } = renderRoute("/servers");
  expect(await screen.findByRole("heading", { level: 1, name: "You need a second factor" })).toBeTruthy();
  await user.click(screen.getByRole("link", { name: "Set up a second factor" }));
  expect(await screen.findByRole("dialog", { name: "Set up a second factor" })).toBeTruthy();
});
