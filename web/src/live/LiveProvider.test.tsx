import { act, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import {
  aJob,
  anInstalledMod,
  anOverview,
  aRun,
  aServer,
  installedList,
  jobList,
  serverList,
} from "../testing/answers";
import { pretendApi, signedIn } from "../testing/pretendApi";
import { pretendEvents } from "../testing/pretendEvents";
import { renderRoute } from "../testing/renderRoute";
import type { LiveEvent } from "./events";

const hello = (version = __MANAGER_VERSION__, role: "viewer" | "admin" = "admin"): LiveEvent => ({
  event: "hello",
  data: {
    boot: "b1",
    version,
    me: { kind: "user", id: "user-1", name: "Anna", role, server_roles: [], must_set_up_second_factor: false },
  },
});

async function openLiveOverview() {
  const manager = pretendApi({ "GET /api/v1/overview": anOverview(), "GET /api/v1/jobs": jobList(aJob()) });
  const streams = pretendEvents();
  const page = renderRoute("/");
  await screen.findByText("Refresh the mod catalogue");
  await waitFor(() => expect(streams.all).toHaveLength(1));
  const stream = streams.all[0];
  if (!stream) throw new Error("no stream");
  const send = (event: LiveEvent, id = "b1-1") => act(async () => stream.send(event, id));
  await act(async () => stream.accept());
  await send(hello());
  return { ...page, manager, streams, stream, send };
}

test("the frame says that the page is live", async () => {
  await openLiveOverview();
  expect(await screen.findByText("Live")).toBeTruthy();
});

test("a run is shown as it moves on, without asking the manager again", async () => {
  const { manager, send } = await openLiveOverview();
  await screen.findByText("Well");
  const running = aRun({ id: "run-2", state: "running", ended_at: null, progress: 0.4 });
  await send({ event: "run", data: running }, "b1-2");
  expect(await screen.findByText("Running 40 %")).toBeTruthy();
  const asked = manager.calls.filter((call) => call === "GET /api/v1/jobs").length;
  await send({ event: "run", data: { ...running, progress: 0.62 } }, "b1-3");
  expect(await screen.findByText("Running 62 %")).toBeTruthy();
  expect(manager.calls.filter((call) => call === "GET /api/v1/jobs")).toHaveLength(asked);
});

test("events that were missed are made up for by asking again", async () => {
  const { manager, send } = await openLiveOverview();
  manager.answer("GET /api/v1/jobs", jobList(aJob({ title: "Refresh all mods" })));
  await send({ event: "reset", data: {} }, "b2-9");
  expect(await screen.findByText("Refresh all mods")).toBeTruthy();
});

test("a manager of another version makes the page ask to be loaded anew", async () => {
  const { send } = await openLiveOverview();
  await send(hello("99.0.0"));
  expect(await screen.findByText(/The manager is now version 99.0.0/)).toBeTruthy();
  expect(screen.getByRole("button", { name: "Load the page anew" })).toBeTruthy();
});

test("what was fetched with other roles is asked for anew, also when the session was read meanwhile", async () => {
  const { manager, send } = await openLiveOverview();
  manager.answer("GET /api/v1/session", signedIn("viewer"));
  await send({ event: "bye", data: { reason: "revoked" } });
  await waitFor(() => expect(screen.queryByRole("link", { name: "Audit" })).toBeNull());
  const asked = manager.calls.filter((call) => call === "GET /api/v1/overview").length;
  await send(hello(__MANAGER_VERSION__, "viewer"));
  await waitFor(() =>
    expect(manager.calls.filter((call) => call === "GET /api/v1/overview").length).toBeGreaterThan(asked),
  );
});

test("another role takes effect on the page that is open", async () => {
  const { send } = await openLiveOverview();
  expect(screen.getAllByRole("link", { name: "Audit" }).length).toBeGreaterThan(0);
  await send(hello(__MANAGER_VERSION__, "viewer"));
  await waitFor(() => expect(screen.queryByRole("link", { name: "Audit" })).toBeNull());
});

test("a lost connection is told with its cause, and goes away by itself", async () => {
  const { manager, streams, stream } = await openLiveOverview();
  manager.goAway();
  await act(async () => stream.breakOff());
  expect(await screen.findByText(/The manager does not answer/)).toBeTruthy();
  expect(screen.getByText("Refresh the mod catalogue")).toBeTruthy();
  manager.comeBack();
  await waitFor(() => expect(streams.open).toHaveLength(1));
  await act(async () => streams.open[0]?.accept());
  await waitFor(() => expect(screen.queryByText(/The manager does not answer/)).toBeNull());
});

test("after signing in again, another tab that does not know yet brings no second dialog", async () => {
  const manager = pretendApi({
    "GET /api/v1/overview": anOverview(),
    "GET /api/v1/jobs": jobList(aJob()),
    "POST /api/v1/session": signedIn(),
  });
  const otherTab = new BroadcastChannel("vsmanager-live");
  const { user } = renderRoute("/");
  await screen.findByText("Refresh the mod catalogue");
  const say = (connection: object) =>
    act(async () =>
      otherTab.postMessage({
        kind: "beat",
        from: "other",
        claimedAt: Date.now() + 60_000,
        content: { about: "state", connection, lastId: "b1-1", version: __MANAGER_VERSION__ },
      }),
    );
  await say({ status: "lost", cause: "signed_out" });
  const dialog = within(await screen.findByRole("dialog", { name: "You were signed out" }));
  await user.type(dialog.getByLabelText("Password"), "a long password{Enter}");
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  await say({ status: "lost", cause: "signed_out" });
  await say({ status: "live" });
  expect(await screen.findByText("Live")).toBeTruthy();
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(manager.calls).toContain("POST /api/v1/session");
});

test("whoever was signed out elsewhere is asked to sign in over the page", async () => {
  const { manager, send } = await openLiveOverview();
  manager.answer("GET /api/v1/session", { ...signedIn(), state: "signed_out", me: null });
  await send({ event: "bye", data: { reason: "revoked" } });
  expect(await screen.findByRole("dialog", { name: "You were signed out" })).toBeTruthy();
  expect(screen.getByText("Refresh the mod catalogue")).toBeTruthy();
});

test("mods that somebody else changes show on the pages about them", async () => {
  const server = aServer();
  const manager = pretendApi({
    "GET /api/v1/servers": serverList(server),
    "GET /api/v1/servers/meadow": server,
    "GET /api/v1/servers/meadow/mods": installedList([anInstalledMod()]),
  });
  const streams = pretendEvents();
  renderRoute("/servers/meadow/mods");
  await screen.findByText("Carry On");
  await waitFor(() => expect(streams.all).toHaveLength(1));
  await act(async () => streams.all[0]?.accept());
  await act(async () => streams.all[0]?.send(hello(), "b1-1"));
  manager.answer("GET /api/v1/servers/meadow/mods", installedList([anInstalledMod({ name: "Carry Off" })]));
  await act(async () => streams.all[0]?.send({ event: "server_mods", data: { server_id: "meadow" } }, "b1-2"));
  expect(await screen.findByText("Carry Off")).toBeTruthy();
});
