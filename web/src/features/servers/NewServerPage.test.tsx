import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Schema } from "../../api/client";
import { aRun, aServer, aStoppedServer } from "../../testing/answers";
import { pretendApi, problem, signedIn } from "../../testing/pretendApi";
import { renderRoute } from "../../testing/renderRoute";

const CREATE = "POST /api/v1/servers";

const aVersion = (version: string, channel: "stable" | "unstable"): Schema["GameVersionOut"] => ({
  version,
  channel,
  kind: channel === "stable" ? "stable" : "rc",
  minor: version.slice(0, 4),
  latest: false,
  first_seen: null,
  builds: [{ platform: "linuxserver", file_name: "f.tar.gz", size_text: "40.2 MB", md5: null, url: null }],
});

const worldOptions: Schema["WorldOptionList"] = {
  items: [
    {
      name: "creatureHostility",
      title: "Hostility",
      group: "Creatures",
      values: ["aggressive", "off"],
      default: "aggressive",
    },
    { name: "gameMode", title: "Game mode", group: "Players", values: ["survival", "creative"], default: "survival" },
  ],
  next_cursor: null,
  play_styles: ["surviveandbuild", "wildernesssurvival"],
  world_types: ["standard", "superflat"],
};

function withForm(role: Schema["Role"] = "admin") {
  const manager = pretendApi({
    "GET /api/v1/session": signedIn(role),
    "GET /api/v1/new-server": { port: 42421, version: "1.22.7" },
    "GET /api/v1/game-versions": {
      items: [aVersion("1.23.0-rc.1", "unstable"), aVersion("1.22.7", "stable"), aVersion("1.21.6", "stable")],
      next_cursor: null,
      state: "ready",
      data_age_seconds: 1,
      refreshed_at: null,
    },
    "GET /api/v1/installed-versions": { items: [], next_cursor: null, disk_free_bytes: 1 },
    "GET /api/v1/world-options": worldOptions,
    "GET /api/v1/servers/meadow": aServer(),
  });
  for (const port of [42420, 42421, 42422]) {
    manager.answer(`GET /api/v1/ports/${port}`, {
      port,
      is_free: port !== 42420,
      used_by: port === 42420 ? "valley" : null,
      message: port === 42420 ? "Port 42420 belongs to the server 'Valley'." : "It is free.",
    });
  }
  return manager;
}

test("from a name to a server in four steps; only what was changed of the world is sent", async () => {
  const manager = withForm();
  manager.answer(CREATE, aStoppedServer({ state: "not_installed" }));
  const { user, router } = renderRoute("/new-server");
  await user.type(await screen.findByRole("textbox", { name: "Name" }), "Meadow");
  expect((screen.getByRole("combobox", { name: "Game version" }) as HTMLSelectElement).value).toBe("1.22.7");
  expect(await screen.findByText("It is free.")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Next" }));

  await user.type(await screen.findByLabelText("Password"), "open sesame");
  await user.click(screen.getByRole("button", { name: "Next" }));

  await user.click(await screen.findByText("Creatures"));
  await user.selectOptions(screen.getByRole("combobox", { name: "Hostility" }), "Off");
  expect(screen.getByText("1 changed")).toBeTruthy();
  await user.selectOptions(screen.getByRole("combobox", { name: "Play style" }), "Wilderness survival");
  await user.click(screen.getByRole("button", { name: "Next" }));

  expect(await screen.findByText(/Version 1\.22\.7 of the game is downloaded \(40\.2 MB\)/)).toBeTruthy();
  expect(screen.getByText("Hostility: Off")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Create and start" }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/servers/meadow"));
  expect(manager.bodyOf(CREATE)).toEqual({
    name: "Meadow",
    version: "1.22.7",
    port: 42421,
    max_players: 16,
    password: "open sesame",
    welcome_message: null,
    whitelist: false,
    world: {
      world_name: "Meadow",
      seed: null,
      play_style: "wildernesssurvival",
      world_type: "standard",
      map_size_y: null,
      attributes: { creatureHostility: "off" },
    },
    start: true,
  });
});

test("a step with a mistake is not left, and says at the field what is wrong", async () => {
  withForm();
  const { user } = renderRoute("/new-server");
  await user.click(await screen.findByRole("button", { name: "Next" }));
  expect(await screen.findByText("Give it a name.")).toBeTruthy();
  expect(screen.getByRole("heading", { level: 2, name: "Server" })).toBeTruthy();
});

test("a port that is taken is told while one types", async () => {
  withForm();
  const { user } = renderRoute("/new-server");
  const port = await screen.findByRole("textbox", { name: "Port" });
  await user.clear(port);
  await user.type(port, "42420");
  expect(await screen.findByText("Port 42420 belongs to the server 'Valley'.")).toBeTruthy();
});

test("what the manager refuses stands at its field, in its step, and nothing typed is lost", async () => {
  const manager = withForm();
  manager.answer(
    CREATE,
    problem(422, "invalid_request", "Mend the request.", [
      { field: "max_players", message: "too many for this machine" },
    ]),
  );
  const { user } = renderRoute("/new-server");
  await user.type(await screen.findByRole("textbox", { name: "Name" }), "Meadow");
  const steps = within(screen.getByRole("navigation", { name: "Steps" }));
  await user.click(steps.getByRole("button", { name: /Check and create/ }));
  await user.click(await screen.findByRole("button", { name: "Create and start" }));
  expect(await screen.findByText("Too many for this machine")).toBeTruthy();
  expect(screen.getByRole("heading", { level: 2, name: "Players" })).toBeTruthy();
  await user.click(steps.getByRole("button", { name: /Server/ }));
  expect(((await screen.findByRole("textbox", { name: "Name" })) as HTMLInputElement).value).toBe("Meadow");
});

test("leaving asks first once something was typed", async () => {
  withForm();
  const { user, router } = renderRoute("/new-server");
  await user.type(await screen.findByRole("textbox", { name: "Name" }), "Meadow");
  await user.click(within(screen.getByRole("main")).getByRole("link", { name: "Servers" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Leave without creating the server?" }));
  await user.click(dialog.getByRole("button", { name: "Cancel" }));
  expect(router.state.location.pathname).toBe("/new-server");
});

test("only admins can create one", async () => {
  withForm("operator");
  renderRoute("/new-server");
  expect(await screen.findByText(/Only admins can see this/)).toBeTruthy();
});

// Taking over a folder that is there already

const report: Schema["AdoptionReport"] = {
  path: "/home/vs/data",
  kind: "data",
  data_path: "/home/vs/data",
  install_path: null,
  source: null,
  version: "1.22.7",
  server_name: "Old Valley",
  port: 42422,
  worlds: [{ file: "default.vcdbs", size_bytes: 5 * 1024 ** 2, modified_at: "2026-11-20T08:00:00Z" }],
  mods: 3,
  players_known: 12,
  is_running: false,
  notes: [],
  problems: [],
  copy_problems: [],
};

test("a folder is looked into, and taken over with what was found in it", async () => {
  const manager = withForm();
  manager.answer("POST /api/v1/adoptions/inspect", report);
  manager.answer("POST /api/v1/adoptions", aServer({ name: "Old Valley" }));
  const { user, router } = renderRoute("/adopt-server");
  await user.type(await screen.findByRole("textbox", { name: "Folder" }), "/home/vs/data");
  await user.click(screen.getByRole("button", { name: "Look into it" }));
  expect(await screen.findByText("default.vcdbs")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Take it over" }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/servers/meadow"));
  expect(manager.bodyOf("POST /api/v1/adoptions")).toEqual({
    path: "/home/vs/data",
    name: "Old Valley",
    version: "1.22.7",
    port: 42422,
  });
});

test("a folder that can't be taken over where it lies can be copied", async () => {
  const manager = withForm();
  const problems = ["It can't be written by the account that runs the manager."];
  manager.answer("POST /api/v1/adoptions/inspect", { ...report, source: "LinuxGSM", problems });
  manager.answer("POST /api/v1/adoptions/copy", aRun({ job_id: "server_import" }));
  const { user, router } = renderRoute("/adopt-server");
  await user.type(await screen.findByRole("textbox", { name: "Folder" }), "/home/vs/data");
  await user.click(screen.getByRole("button", { name: "Look into it" }));
  expect(await screen.findByText("LinuxGSM")).toBeTruthy();
  expect(screen.getByRole("radio", { name: /where it lies/ })).toHaveProperty("disabled", true);
  await user.click(screen.getByRole("button", { name: "Copy it" }));
  await waitFor(() => expect(router.state.location.pathname).toMatch(/^\/runs\//));
  expect(manager.bodyOf("POST /api/v1/adoptions/copy")).toEqual({
    path: "/home/vs/data",
    name: "Old Valley",
    version: "1.22.7",
    port: 42422,
  });
});

test("a folder that is in use can't be taken over, and the page says why", async () => {
  const manager = withForm();
  manager.answer("POST /api/v1/adoptions/inspect", { ...report, is_running: true });
  const { user } = renderRoute("/adopt-server");
  await user.type(await screen.findByRole("textbox", { name: "Folder" }), "/home/vs/data");
  await user.click(screen.getByRole("button", { name: "Look into it" }));
  expect(await screen.findByText(/Stop it before it is taken over/)).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Take it over" })).toBeNull();
});

test("a folder that holds the game, too, says that its version is copied and not downloaded", async () => {
  const manager = withForm();
  manager.answer("POST /api/v1/adoptions/inspect", { ...report, kind: "both" });
  const { user } = renderRoute("/adopt-server");
  await user.type(await screen.findByRole("textbox", { name: "Folder" }), "/home/vs/data");
  await user.click(screen.getByRole("button", { name: "Look into it" }));
  expect(await screen.findByText(/It is copied from this folder/)).toBeTruthy();
  await user.selectOptions(screen.getByRole("combobox", { name: "Game version" }), "1.21.6");
  expect(await screen.findByText(/It is downloaded/)).toBeTruthy();
});

test("an install without data can be used for its version", async () => {
  const manager = withForm();
  const found = {
    ...report,
    path: "/opt/game",
    kind: "install" as const,
    data_path: null,
    worlds: [],
    problems: ["It has no data."],
    copy_problems: ["It has no data."],
  };
  manager.answer("POST /api/v1/adoptions/inspect", found);
  manager.answer("POST /api/v1/installed-versions", aRun({ job_id: "version_install" }));
  const { user } = renderRoute("/adopt-server");
  await user.type(await screen.findByRole("textbox", { name: "Folder" }), "/opt/game");
  await user.click(screen.getByRole("button", { name: "Look into it" }));
  expect(await screen.findByText(/It is copied, nothing is moved/)).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Take it over" })).toBeNull();
  await user.click(screen.getByRole("button", { name: "Use this install" }));
  await waitFor(() => expect(manager.bodyOf("POST /api/v1/installed-versions")).toEqual({ folder: "/opt/game" }));
});

test("a path that the manager may not read is told at the field", async () => {
  const manager = withForm();
  manager.answer(
    "POST /api/v1/adoptions/inspect",
    problem(403, "path_not_allowed", "Add the folder to VS_HOST_ROOTS."),
  );
  const { user } = renderRoute("/adopt-server");
  await user.type(await screen.findByRole("textbox", { name: "Folder" }), "/root");
  await user.click(screen.getByRole("button", { name: "Look into it" }));
  expect(await screen.findByText("Add the folder to VS_HOST_ROOTS.")).toBeTruthy();
});
