import { act, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Schema } from "../../api/client";
import { aServer, serverList } from "../../testing/answers";
import { type PretendApi, pretendApi, problem, signedIn } from "../../testing/pretendApi";
import { pretendEvents } from "../../testing/pretendEvents";
import { renderRoute } from "../../testing/renderRoute";

const anAlert = (changes: Partial<Schema["Alert"]> = {}): Schema["Alert"] => ({
  id: "alert-1",
  kind: "backup_failed",
  severity: "warning",
  server_id: "meadow",
  job_id: null,
  title: "No backup of Meadow",
  text: "The disk is full.",
  opened_at: new Date(Date.now() - 3 * 3_600_000).toISOString(),
  last_at: new Date(Date.now() - 5 * 60_000).toISOString(),
  count: 1,
  closed_at: null,
  acknowledged_at: null,
  acknowledged_by: null,
  action: "/servers/meadow/backups",
  ...changes,
});

/** A manager with these alerts: those that are over, and those that are not. */
function alertsApi(alerts: Schema["Alert"][], answers: Record<string, unknown> = {}): PretendApi {
  return pretendApi({
    "GET /api/v1/servers": serverList(aServer(), aServer({ id: "winter", name: "Winter" })),
    "GET /api/v1/alerts": answered(alerts),
    ...answers,
  });
}

const answered = (alerts: Schema["Alert"][]) => (request: Request) => {
  const query = new URL(request.url).searchParams;
  const isOpen = query.get("open") === "true";
  const server = query.get("server_id");
  const items = alerts.filter(
    (alert) => (alert.closed_at === null) === isOpen && (server === null || alert.server_id === server),
  );
  return { items, next_cursor: null, open_count: isOpen ? items.length : 0 };
};

const SEEN = { acknowledged_at: "2026-11-25T11:00:00Z", acknowledged_by: "Anna" };

test("the worst comes first, with how often, since when, and where it is dealt with", async () => {
  alertsApi([
    anAlert({ count: 12 }),
    anAlert({ id: "alert-2", severity: "critical", title: "Update failed: Meadow", action: "/servers/meadow/updates" }),
  ]);
  renderRoute("/alerts");
  const items = within(await screen.findByRole("list", { name: "Open" })).getAllByRole("listitem");
  expect(items.map((item) => within(item).getByRole("heading").textContent)).toEqual([
    "Update failed: Meadow",
    "No backup of Meadow",
  ]);
  expect(items[0]?.textContent).toContain("Critical");
  expect(items[1]?.textContent).toMatch(/12 times, last 5 min ago/);
  expect(items[1]?.textContent).toMatch(/began 3 h ago/);
  const link = within(items[1] as HTMLElement).getByRole("link", { name: "Look at the backups" });
  expect(link.getAttribute("href")).toBe("/servers/meadow/backups");
});

test("what somebody has seen leaves the bell, and stays listed until it is over", async () => {
  const pretend = alertsApi([anAlert()], { "POST /api/v1/alerts/alert-1/acknowledge": anAlert(SEEN) });
  const { user } = renderRoute("/alerts");
  expect(await screen.findByRole("link", { name: "1 open alert" })).toBeTruthy();
  pretend.answer("GET /api/v1/alerts", answered([anAlert(SEEN)]));
  await user.click(await screen.findByRole("button", { name: "Mark as seen: No backup of Meadow" }));
  const seen = await screen.findByRole("list", { name: "Seen, not over yet" });
  expect(seen.textContent).toContain("seen by Anna");
  await waitFor(() => expect(screen.queryByRole("link", { name: "1 open alert" })).toBeNull());
});

test("the bell appears on any page as soon as something is open, and not for what can wait", async () => {
  const pretend = alertsApi([]);
  const streams = pretendEvents();
  renderRoute("/servers");
  await screen.findByRole("heading", { name: "Servers", level: 1 });
  await waitFor(() => expect(streams.open).toHaveLength(1));
  await act(async () => streams.open[0]?.accept());
  expect(screen.queryByRole("link", { name: /open alert/ })).toBeNull();
  pretend.answer(
    "GET /api/v1/alerts",
    answered([anAlert(), anAlert({ id: "alert-2", severity: "critical" }), anAlert({ id: "a3", severity: "info" })]),
  );
  await act(async () => streams.open[0]?.send({ event: "alerts", data: {} }, "b1-2"));
  expect(await screen.findByRole("link", { name: "2 open alerts" })).toBeTruthy();
});

test("a viewer sees alerts, and neither marks them nor chooses where they go", async () => {
  alertsApi([anAlert({ action: "/notifications" })], { "GET /api/v1/session": signedIn("viewer") });
  renderRoute("/alerts");
  await screen.findByRole("list", { name: "Open" });
  expect(screen.queryByRole("button", { name: /Mark as seen/ })).toBeNull();
  expect(screen.queryByRole("link", { name: /notifications|alerts are sent/i })).toBeNull();
  expect(screen.getByText(/Operators can mark alerts as seen/)).toBeTruthy();
});

test("what is over says for how long it lasted; one server can be looked at alone", async () => {
  const over = { opened_at: "2026-11-25T11:00:00Z", closed_at: "2026-11-25T11:05:00Z" };
  alertsApi([anAlert(over), anAlert({ ...over, id: "alert-2", server_id: "winter", title: "No backup of Winter" })]);
  const { user, router } = renderRoute("/alerts");
  const list = await screen.findByRole("list", { name: "Over" });
  expect(list.textContent).toContain("lasted 5 min");
  expect(screen.getByText("Nothing is open.")).toBeTruthy();
  await act(async () => router.navigate({ to: "/alerts", search: { server: "winter" } }));
  await waitFor(() => expect(screen.queryByText("No backup of Meadow")).toBeNull());
  expect(await screen.findByText("No backup of Winter")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: /Winter/ }));
  expect(await screen.findByText("No backup of Meadow")).toBeTruthy();
});

test("before anything has happened the page says what will stand here; an error can be tried again", async () => {
  const pretend = alertsApi([], { "GET /api/v1/alerts": problem(503, "alerts_busy", "Alerts can't be read.") });
  const { user } = renderRoute("/alerts");
  expect(await screen.findByText(/Alerts can't be read/)).toBeTruthy();
  pretend.answer("GET /api/v1/alerts", answered([]));
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByRole("heading", { name: "Nothing has needed anybody yet" })).toBeTruthy();
});

test("markup and controls in a title are text", async () => {
  alertsApi([anAlert({ title: "<img src=x onerror=1> \u202egnp", text: "<b>bold</b>" })]);
  const { container } = renderRoute("/alerts");
  expect(await screen.findByText("<img src=x onerror=1> \ufffdgnp")).toBeTruthy();
  expect(container.querySelector("img[src=x], b")).toBeNull();
});
