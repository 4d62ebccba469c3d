import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { isGap, KEPT_ROWS, type Line, LineStore } from "./lineStore";

const line = (seq: number, change: Partial<Line> = {}): Line => ({
  seq,
  time: "2026-08-04T21:04:05",
  type: "Notification",
  text: `line ${seq}`,
  is_continuation: false,
  is_probe: false,
  ...change,
});

const many = (first: number, count: number) => Array.from({ length: count }, (_, offset) => line(first + offset));
const texts = (store: LineStore) =>
  store.getShown().rows.map((row) => (isGap(row) ? `${row.dropped} dropped` : row.text));

const untilDrawn = () => vi.advanceTimersByTime(100);

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ["requestAnimationFrame", "cancelAnimationFrame", "setTimeout", "clearTimeout", "performance"],
  });
});
afterEach(() => {
  vi.useRealTimers();
});

test("what comes within one picture is told once", () => {
  const store = new LineStore();
  const told = vi.fn();
  store.subscribe(told);
  for (let seq = 1; seq <= 1_000; seq += 1) store.append([line(seq)]);
  untilDrawn();
  expect(told).toHaveBeenCalledTimes(1);
  expect(store.getShown().count).toBe(1_000);
  expect(store.lastSeq).toBe(1_000);
});

test("lines that are known already are left out, and missing ones are told where they are missing", () => {
  const store = new LineStore();
  store.append(many(1, 3));
  store.append(many(2, 3), 0);
  store.append([line(9)], 4);
  untilDrawn();
  expect(texts(store)).toEqual(["line 1", "line 2", "line 3", "line 4", "4 dropped", "line 9"]);
});

test("while it is held, what is shown stays and new lines are counted", () => {
  const store = new LineStore();
  store.append(many(1, 3));
  untilDrawn();
  store.hold();
  store.append(many(4, 5));
  store.append([line(9, { is_probe: true })]);
  untilDrawn();
  expect(store.getShown()).toMatchObject({ count: 3, unseen: 5, isFollowing: false });
  store.setFilter({ groups: new Set(["error"]), showsProbes: false });
  expect(store.getShown()).toMatchObject({ count: 0, unseen: 0 });
  store.setFilter({ groups: new Set(), showsProbes: false });
  expect(store.getShown()).toMatchObject({ count: 3, unseen: 5 });
  store.follow();
  expect(store.getShown()).toMatchObject({ count: 8, unseen: 0, isFollowing: true });
});

test("hits of a search keep their places when lines come, and when old ones are cut off", () => {
  const store = new LineStore();
  store.append([line(1, { text: "Nadja joins" }), line(2), line(3, { text: "NADJA left" })]);
  untilDrawn();
  store.search("nadja");
  expect(store.getShown().hits).toEqual([0, 2]);
  store.append(many(4, KEPT_ROWS + 10_000));
  store.append([line(KEPT_ROWS + 20_000, { text: "and nadja again" })]);
  untilDrawn();
  const { rows, count, hits, isCut } = store.getShown();
  expect(isCut).toBe(true);
  expect(count).toBeGreaterThanOrEqual(KEPT_ROWS);
  expect(count).toBeLessThanOrEqual(KEPT_ROWS + 10_000);
  expect(hits.map((place) => rows[place]?.seq)).toEqual([KEPT_ROWS + 20_000]);
});

test("no more than the kept lines stay while nobody draws, and what is read stays while it is held", () => {
  const store = new LineStore();
  store.append(many(1, 100));
  untilDrawn();
  store.hold();
  for (let part = 0; part < 20; part += 1) store.append(many(101 + part * 20_000, 20_000));
  expect(texts(store).slice(0, 2)).toEqual(["line 1", "line 2"]);
  store.follow();
  expect(store.getShown().count).toBeLessThanOrEqual(KEPT_ROWS + 10_000);
  expect(store.getShown().rows.at(-1)?.seq).toBe(400_100);
});

test("lines are counted by their group, without those that the manager asked for", () => {
  const store = new LineStore();
  store.append([
    line(1, { type: "Fatal" }),
    line(2, { type: "Error" }),
    line(3, { type: "Chat" }),
    line(4, { type: "Error", is_probe: true }),
  ]);
  untilDrawn();
  expect(store.getShown().counts).toMatchObject({ error: 2, chat: 1, notification: 0 });
  expect(store.getShown().count).toBe(3);
  store.setFilter({ groups: new Set(), showsProbes: true });
  expect(store.getShown().count).toBe(4);
});

test("what would act instead of being read is made harmless", () => {
  const store = new LineStore();
  store.append([line(1, { text: "\u001b[31mred\u001b[0m\u0007\u0000 \u202egnp.exe\ttab" })]);
  untilDrawn();
  expect(texts(store)).toEqual(["red␇␀ \ufffdgnp.exe\ttab"]);
});
