import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { pretendApi } from "../testing/pretendApi";
import { pretendEvents } from "../testing/pretendEvents";
import type { LiveEvent } from "./events";
import { Live } from "./live";

const started: Live[] = [];

/** A tab that listens, and what it has heard. */
function openTab() {
  const tab = new Live();
  const heard: LiveEvent[] = [];
  tab.onEvent((event) => heard.push(event));
  tab.start();
  started.push(tab);
  return { tab, heard };
}

const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);
const job = (id: string): LiveEvent => ({ event: "job", data: { job_id: id } });
const hello = (version: string): LiveEvent => ({
  event: "hello",
  data: {
    boot: "b1",
    version,
    me: { kind: "user", id: "user-1", name: "Anna", role: "admin", server_roles: [], must_set_up_second_factor: false },
  },
});

beforeEach(() => {
  vi.useFakeTimers();
  pretendApi();
});

afterEach(() => {
  for (const tab of started.splice(0)) tab.stop();
  vi.useRealTimers();
});

test("all tabs share one stream, and all hear what it brings", async () => {
  const streams = pretendEvents();
  const first = openTab();
  await pass(1_000);
  const second = openTab();
  await pass(1_000);
  expect(streams.all).toHaveLength(1);
  streams.all[0]?.accept();
  streams.all[0]?.send(hello("0.1.0"), "b1-1");
  streams.all[0]?.send(job("mod_cache_refresh"), "b1-2");
  await pass(0);
  expect(first.heard).toEqual([hello("0.1.0"), job("mod_cache_refresh")]);
  expect(second.heard).toEqual(first.heard);
  expect(second.tab.getState()).toEqual({ connection: { status: "live" }, version: "0.1.0" });
});

test("a tab that joins later knows at once that the connection is there", async () => {
  const streams = pretendEvents();
  openTab();
  await pass(1_000);
  streams.all[0]?.accept();
  streams.all[0]?.send(hello("0.1.0"), "b1-1");
  const late = openTab();
  await pass(0);
  expect(late.tab.getState()).toEqual({ connection: { status: "live" }, version: "0.1.0" });
});

test("when the tab that holds the stream is closed, another goes on after the last event", async () => {
  const streams = pretendEvents();
  const first = openTab();
  await pass(1_000);
  const second = openTab();
  await pass(100);
  streams.all[0]?.accept();
  streams.all[0]?.send(job("a"), "b1-7");
  await pass(0);
  first.tab.stop();
  await pass(1_000);
  expect(streams.all[0]?.isClosed).toBe(true);
  expect(streams.open.map((stream) => stream.url)).toEqual(["/api/v1/events?last_event_id=b1-7"]);
  streams.open[0]?.accept();
  streams.open[0]?.send(job("b"), "b1-8");
  expect(second.heard).toEqual([job("a"), job("b")]);
});

test("a tab that somebody looks at takes over from one that the browser has put to sleep", async () => {
  const streams = pretendEvents();
  // What sleeps neither ticks nor hears: a leader that once said so, and nothing since.
  const asleep = new BroadcastChannel("vsmanager-live");
  const { tab } = openTab();
  asleep.postMessage({
    kind: "beat",
    from: "asleep",
    claimedAt: Date.now(),
    content: { about: "state", connection: { status: "live" }, lastId: "b1-40", version: "0.1.0" },
  });
  await pass(2_000);
  expect(tab.getState().connection).toEqual({ status: "live" });
  expect(streams.all).toHaveLength(0);
  await pass(30_000);
  expect(streams.open.map((stream) => stream.url)).toEqual(["/api/v1/events?last_event_id=b1-40"]);
});

test("of two tabs that lead at the same time, the later one stays", async () => {
  const streams = pretendEvents();
  const { tab } = openTab();
  await pass(1_000);
  expect(tab.holdsStream).toBe(true);
  const other = new BroadcastChannel("vsmanager-live");
  const state = { about: "state", connection: { status: "live" }, lastId: "b1-3", version: "0.1.0" };
  other.postMessage({ kind: "beat", from: "early", claimedAt: Date.now() - 60_000, content: state });
  await pass(0);
  expect(tab.holdsStream).toBe(true);
  other.postMessage({ kind: "beat", from: "late", claimedAt: Date.now() + 1, content: state });
  await pass(0);
  expect(tab.holdsStream).toBe(false);
  expect(streams.open).toHaveLength(0);
});

test("a stream that breaks off goes on after the last event, and nobody is troubled by a short gap", async () => {
  const streams = pretendEvents();
  const { tab } = openTab();
  await pass(1_000);
  streams.all[0]?.accept();
  streams.all[0]?.send(job("a"), "b1-5");
  streams.all[0]?.breakOff();
  await pass(1_000);
  expect(tab.getState().connection).toEqual({ status: "connecting" });
  expect(streams.open.map((stream) => stream.url)).toEqual(["/api/v1/events?last_event_id=b1-5"]);
  streams.open[0]?.accept();
  await pass(60_000);
  expect(tab.getState().connection).toEqual({ status: "live" });
});

test("a manager that stays away is told after a few seconds, in every tab, and tried again until it is back", async () => {
  const manager = pretendApi();
  const streams = pretendEvents();
  const first = openTab();
  await pass(1_000);
  streams.all[0]?.accept();
  const second = openTab();
  await pass(1_000);
  manager.goAway();
  streams.all[0]?.breakOff();
  for (let second = 0; second < 30; second += 1) {
    await pass(1_000);
    streams.open[0]?.breakOff();
  }
  const lost = { connection: { status: "lost", cause: "unreachable" }, version: null };
  expect(first.tab.getState()).toEqual(lost);
  expect(second.tab.getState()).toEqual(lost);
  const tries = streams.all.length;
  expect(tries).toBeGreaterThan(4);
  manager.comeBack();
  await pass(10_000);
  streams.open[0]?.accept();
  await pass(0);
  expect(first.tab.getState().connection).toEqual({ status: "live" });
  expect(second.tab.getState().connection).toEqual({ status: "live" });
});

test("a page that has just been opened waits longer for its first connection than for one that broke off", async () => {
  const streams = pretendEvents();
  const { tab } = openTab();
  await pass(10_000);
  expect(tab.getState().connection).toEqual({ status: "connecting" });
  await pass(5_000);
  expect(tab.getState().connection).toEqual({ status: "lost", cause: "unreachable" });
  streams.open[0]?.accept();
  await pass(0);
  expect(tab.getState().connection).toEqual({ status: "live" });
  pretendApi().goAway();
  streams.open[0]?.breakOff();
  await pass(5_000);
  expect(tab.getState().connection).toEqual({ status: "lost", cause: "unreachable" });
});

test("a manager that hangs is found out although the stream stays open, and is live again when it answers", async () => {
  const manager = pretendApi();
  const streams = pretendEvents();
  const { tab } = openTab();
  await pass(1_000);
  streams.all[0]?.accept();
  // An answer of the manager is enough, also where nothing happens for long.
  await pass(300_000);
  expect(tab.getState().connection).toEqual({ status: "live" });
  expect(streams.all).toHaveLength(1);
  manager.hang();
  await pass(60_000);
  expect(tab.getState().connection).toEqual({ status: "lost", cause: "unreachable" });
  expect(streams.all[0]?.isClosed).toBe(true);
  manager.comeBack();
  await pass(10_000);
  streams.open[0]?.accept();
  await pass(0);
  expect(tab.getState().connection).toEqual({ status: "live" });
});

test("any tab can ask to try again now", async () => {
  const manager = pretendApi();
  const streams = pretendEvents();
  openTab();
  await pass(1_000);
  const follower = openTab();
  await pass(100);
  manager.goAway();
  for (let second = 0; second < 20; second += 1) {
    streams.open[0]?.breakOff();
    await pass(1_000);
  }
  const before = streams.all.length;
  follower.tab.restart();
  await pass(0);
  expect(streams.all.length).toBe(before + 1);
});

test("a session that has ended is told as such", async () => {
  pretendApi({ "GET /api/v1/session": { state: "signed_out", me: null, version: "0.1.0" } });
  const streams = pretendEvents();
  const { tab } = openTab();
  await pass(1_000);
  streams.all[0]?.breakOff();
  await pass(100);
  expect(tab.getState().connection).toEqual({ status: "lost", cause: "signed_out" });
});

test("a browser without channels between tabs has a stream for each", async () => {
  vi.stubGlobal("BroadcastChannel", undefined);
  const streams = pretendEvents();
  openTab();
  openTab();
  await pass(0);
  expect(streams.open).toHaveLength(2);
});
