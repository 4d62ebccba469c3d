import { act, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Schema } from "../../api/client";
import { aRun, aServer, aStoppedServer, serverList } from "../../testing/answers";
import { pretendApi, problem, signedIn } from "../../testing/pretendApi";
import { pretendEvents } from "../../testing/pretendEvents";
import { renderRoute } from "../../testing/renderRoute";

const LIST = "GET /api/v1/servers";

function withServers(servers: readonly Schema["ServerView"][], role: Schema["Role"] = "operator") {
  return pretendApi({ "GET /api/v1/session": signedIn(role), [LIST]: serverList(...servers) });
}

const rows = async () => within(await screen.findByRole("list", { name: "Game servers" })).getAllByRole("listitem");

const aCrash = (changes: Partial<Schema["CrashInfo"]> = {}): Schema["CrashInfo"] => ({
  at: new Date(Date.now() - 180_000).toISOString(),
  summary: "A critical error.",
  mods: ["windmills@1.4.2"],
  report: null,
  restarts_at: null,
  gave_up: false,
  ...changes,
});

test("a server that runs says who is on, its version, and how to reach it", async () => {
  withServers([aServer({ players_online: 7 })]);
  renderRoute("/servers");
  const [row] = await rows();
  expect(row?.textContent).toContain("Running");
  expect(row?.textContent).toContain("7/16");
  expect(row?.textContent).toContain("1.22.7");
  expect(within(row as HTMLElement).getByRole("button", { name: "Copy the address 192.168.1.20:42420" })).toBeTruthy();
  expect(screen.getAllByRole("link", { name: "Meadow" })[0]?.getAttribute("href")).toBe("/servers/meadow");
});

test("what crashed comes first, and says why and when it starts again", async () => {
  const restarts_at = new Date(Date.now() + 20_500).toISOString();
  withServers([
    aServer(),
    aStoppedServer({ id: "valley", name: "Valley", state: "crashed", crash: aCrash({ restarts_at }) }),
  ]);
  renderRoute("/servers");
  const [first] = await rows();
  expect(first?.textContent).toContain("Crashed 3 min ago: The mod windmills@1.4.2 is named in its report.");
  expect(first?.textContent).toMatch(/Starts again in [12]\d s\./);
  expect(within(first as HTMLElement).getByRole("button", { name: "Start now: Valley" })).toBeTruthy();
});

test("a server that was left alone after many crashes says so", async () => {
  withServers([aStoppedServer({ state: "crashed", crash: aCrash({ gave_up: true, mods: [] }) })]);
  renderRoute("/servers");
  const [row] = await rows();
  expect(row?.textContent).toContain("A critical error. It crashed so often that it is left alone now.");
});

test("a server that does not answer is not called running", async () => {
  withServers([aServer({ is_hung: true })]);
  renderRoute("/servers");
  const [row] = await rows();
  expect(row?.textContent).toContain("Does not answer");
  expect(row?.textContent).toContain("It runs, but has stopped answering.");
});

test("a start that goes on shows how far it is", async () => {
  const operation = { kind: "start", run_id: "run-7", actor: "Anna", since: "2026-11-25T11:00:00Z" };
  const manager = withServers([aServer({ state: "starting", operation, players_online: null })]);
  const run = aRun({ id: "run-7", job_id: "server_start", server_id: "meadow", state: "running", ended_at: null });
  manager.answer("GET /api/v1/runs/run-7", { ...run, progress: 0.4, message: "Starting: LoadAssets", log: [] });
  const streams = pretendEvents();
  renderRoute("/servers");
  expect(await screen.findByText("Starting: LoadAssets")).toBeTruthy();
  await waitFor(() => expect(streams.open).toHaveLength(1));
  act(() => streams.open[0]?.accept());
  act(() => streams.open[0]?.send({ event: "run", data: { ...run, progress: 0.8, message: "Starting: RunGame" } }));
  expect(await screen.findByText("Starting: RunGame")).toBeTruthy();
  expect(screen.getByText("80 %")).toBeTruthy();
});

test("the list follows what happens to a server", async () => {
  const manager = withServers([aServer()]);
  const streams = pretendEvents();
  renderRoute("/servers");
  await rows();
  await waitFor(() => expect(streams.open).toHaveLength(1));
  act(() => streams.open[0]?.accept());
  manager.answer(LIST, serverList(aStoppedServer()));
  act(() => streams.open[0]?.send({ event: "server", data: { server_id: "meadow" } }));
  expect(await screen.findByRole("button", { name: "Start Meadow" })).toBeTruthy();
});

test("an empty server stops at once; where someone is on, the question says so and takes a reason along", async () => {
  const manager = withServers([aServer()]);
  manager.answer("POST /api/v1/servers/meadow/stop", aRun({ job_id: "server_stop", server_id: "meadow" }));
  const { user, queryClient } = renderRoute("/servers");
  await user.click(await screen.findByRole("button", { name: "Stop Meadow" }));
  await waitFor(() => expect(manager.bodyOf("POST /api/v1/servers/meadow/stop")).toEqual({}));

  manager.answer(LIST, serverList(aServer({ players_online: 2 })));
  await queryClient.invalidateQueries();
  await screen.findByText("2/16");
  await user.click(screen.getByRole("button", { name: "Stop Meadow" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Stop Meadow?" }));
  expect(dialog.getByText(/2 players are on and will be disconnected\. The world is saved first\./)).toBeTruthy();
  await user.type(dialog.getByRole("textbox", { name: "Why" }), "Power cut");
  await user.click(dialog.getByRole("button", { name: "Stop" }));
  await waitFor(() => expect(manager.bodyOf("POST /api/v1/servers/meadow/stop")).toEqual({ reason: "Power cut" }));
});

test("killing is behind a question that names what is lost, and shows why it failed", async () => {
  const manager = withServers([aServer()]);
  manager.answer("POST /api/v1/servers/meadow/kill", problem(409, "server_not_running", "It has ended by itself."));
  const { user } = renderRoute("/servers");
  await user.click(await screen.findByRole("button", { name: "More actions for Meadow" }));
  await user.click(await screen.findByRole("menuitem", { name: "Kill" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Kill Meadow?" }));
  expect(dialog.getByText(/without saving\. What was done in the world since it was last saved/)).toBeTruthy();
  await user.click(dialog.getByRole("button", { name: "Kill without saving" }));
  expect(await dialog.findByText("It has ended by itself.")).toBeTruthy();
});

test("a viewer sees everything and can do nothing", async () => {
  withServers([aServer(), aStoppedServer({ id: "valley", name: "Valley" })], "viewer");
  renderRoute("/servers");
  expect(await rows()).toHaveLength(2);
  expect(screen.queryByRole("button", { name: /^(Start|Stop|Restart)/ })).toBeNull();
  expect(screen.queryByRole("link", { name: "Create a server" })).toBeNull();
});

test("before the first server, the page says what it is good for, and leads an admin to it", async () => {
  withServers([], "admin");
  renderRoute("/servers");
  expect(await screen.findByRole("heading", { name: "No server yet" })).toBeTruthy();
  expect(screen.getByRole("link", { name: "Create a server" }).getAttribute("href")).toBe("/new-server");
});

test("among many servers one is found by its name", async () => {
  const many = Array.from({ length: 40 }, (_, number) => aServer({ id: `s-${number}`, name: `Server ${number}` }));
  withServers(many);
  const { user } = renderRoute("/servers");
  expect(await rows()).toHaveLength(40);
  await user.type(screen.getByRole("textbox", { name: "Find a server" }), "server 17");
  await waitFor(async () => expect(await rows()).toHaveLength(1));
});

test("of many servers the page counts how they are, what needs someone first", async () => {
  const stopped = Array.from({ length: 8 }, (_, number) =>
    aStoppedServer({ id: `s-${number}`, name: `Server ${number}` }),
  );
  withServers([...stopped, aServer(), aStoppedServer({ id: "bad", name: "Bad", state: "crashed" })]);
  renderRoute("/servers");
  expect(await screen.findByText("1 crashed · 1 running · 8 stopped")).toBeTruthy();
});

test("when the list can't be read, the page says why and tries again on demand", async () => {
  const manager = pretendApi({ [LIST]: problem(503, "servers_unavailable", "The database is locked.") });
  const { user } = renderRoute("/servers");
  expect(await screen.findByText("The database is locked.")).toBeTruthy();
  manager.answer(LIST, serverList(aServer()));
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await rows()).toHaveLength(1);
});
