import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Schema } from "../../api/client";
import { aServer, serverList } from "../../testing/answers";
import { type PretendApi, pretendApi, problem, signedIn } from "../../testing/pretendApi";
import { renderRoute } from "../../testing/renderRoute";
import { howSentence, ruleSentence } from "../../text/notifications";
import { fillIn } from "./targetDraft";

const SECRET = "discord://hush/hush-hush";

const aTarget = (changes: Partial<Schema["Target"]> = {}): Schema["Target"] => ({
  id: "target-1",
  name: "Phone",
  service: "ntfy",
  where: "ntfy://****",
  enabled: true,
  rules: [{ kinds: [], servers: [], min_severity: "warning" }],
  template: null,
  digest_minutes: 0,
  quiet_hours: null,
  zone: "UTC",
  repeat_minutes: 0,
  told_when_over: true,
  last_sent_at: null,
  last_problem: null,
  waiting: 0,
  ...changes,
});

const aDelivery = (changes: Partial<Schema["Delivery"]> = {}): Schema["Delivery"] => ({
  id: "delivery-1",
  target_id: "target-1",
  target_name: "Phone",
  at: "2026-11-25T11:00:00Z",
  title: "Crashed: Meadow",
  text: "The game ended by itself.",
  state: "sent",
  attempts: 1,
  next_try_at: null,
  error: null,
  notices: 1,
  ...changes,
});

const settings = (changes: Partial<Schema["AlertSettingsView"]> = {}): Schema["AlertSettingsView"] => ({
  failures: 3,
  pause_after: 0,
  missed_grace_seconds: 600,
  backup_overdue_hours: 26,
  ping_minutes: 5,
  has_ping_url: false,
  last_ping_at: null,
  last_ping_problem: null,
  ...changes,
});

function notificationsApi(targets: Schema["Target"][], answers: Record<string, unknown> = {}): PretendApi {
  return pretendApi({
    "GET /api/v1/servers": serverList(aServer()),
    "GET /api/v1/notification-targets": { items: targets, next_cursor: null },
    "GET /api/v1/notification-deliveries": { items: [], next_cursor: null },
    "GET /api/v1/alert-settings": settings(),
    ...answers,
  });
}

/** At once: a dialog that is still opening takes the focus from whoever types. */
const fill = (field: HTMLElement, text: string) => fireEvent.change(field, { target: { value: text } });

test("rules read as sentences", () => {
  const nameOf = (id: string) => ({ meadow: "Meadow", winter: "Winter" })[id] ?? id;
  const read = (rule: Schema["Rule"]) => ruleSentence(rule, nameOf);
  expect(read({ kinds: [], servers: [], min_severity: "warning" })).toBe("Warnings and what is critical");
  expect(read({ kinds: [], servers: ["meadow", "winter"], min_severity: "critical" })).toBe(
    "Only what is critical: Meadow and Winter",
  );
  expect(read({ kinds: ["player_joined", "player_left"], servers: [], min_severity: "info" })).toBe(
    "Player joined and Player left",
  );
  expect(read({ kinds: ["disk_low"], servers: [], min_severity: "critical" })).toBe("Disk runs short, if critical");
  expect(howSentence(aTarget({ digest_minutes: 30, quiet_hours: { begin: "22:00", end: "07:00" } }))).toBe(
    "Gathered for 30 min, quiet from 22:00 to 07:00",
  );
});

test("a template is filled in once, and what is no field stays", () => {
  expect(fillIn("{severity}: {title} {nonsense} {__class__}")).toBe("warning: Crashed: Meadow {nonsense} {__class__}");
});

test("a new target can be tested before it is kept; its address is written and never shown", async () => {
  const pretend = notificationsApi([], {
    "POST /api/v1/notification-targets/test": {
      ok: false,
      message: "It could not be sent: no such webhook",
      seconds: 0.4,
    },
    "POST /api/v1/notification-targets": aTarget({ name: "Discord", service: "Discord", where: "discord://****" }),
  });
  const { user, queryClient } = renderRoute("/notifications");
  await user.click(await screen.findByRole("button", { name: "Add a target" }));
  const drawer = await screen.findByRole("dialog", { name: "Add a target" });
  const save = within(drawer).getByRole("button", { name: "Add the target" });
  expect(save).toHaveProperty("disabled", true);
  fill(within(drawer).getByLabelText("Address"), SECRET);
  await user.click(within(drawer).getByRole("button", { name: "Send a test" }));
  expect(await within(drawer).findByText("It could not be sent: no such webhook (0.4 s)")).toBeTruthy();
  expect(pretend.calls).not.toContain("POST /api/v1/notification-targets");

  await user.click(save);
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(pretend.bodyOf("POST /api/v1/notification-targets")).toMatchObject({
    name: "Discord",
    address: SECRET,
    enabled: true,
    rules: [{ kinds: [], servers: [], min_severity: "warning" }],
    told_when_over: true,
  });
  await waitFor(() => {
    const kept = queryClient
      .getMutationCache()
      .getAll()
      .map((one) => one.state);
    expect(JSON.stringify(kept)).not.toContain("hush");
  });
});

test("an address that is refused is told at its field", async () => {
  notificationsApi([], {
    "POST /api/v1/notification-targets": problem(422, "address_refused", "This is no address.", [
      { field: "address", message: "is no Apprise URL" },
    ]),
  });
  const { user } = renderRoute("/notifications");
  await user.click(await screen.findByRole("button", { name: "Add a target" }));
  const drawer = await screen.findByRole("dialog", { name: "Add a target" });
  fill(within(drawer).getByLabelText("Address"), "nonsense");
  await user.click(within(drawer).getByRole("button", { name: "Add the target" }));
  expect(await within(drawer).findByText("Is no Apprise URL")).toBeTruthy();
});

test("editing keeps the stored address unless another one is written", async () => {
  const pretend = notificationsApi([aTarget({ digest_minutes: 7 })], {
    "PATCH /api/v1/notification-targets/target-1": aTarget(),
  });
  const { user } = renderRoute("/notifications");
  await user.click(await screen.findByRole("button", { name: "Edit Phone" }));
  const drawer = await screen.findByRole("dialog", { name: "Edit Phone" });
  expect(within(drawer).getByText(/Stored: ntfy:\/\/\*\*\*\*/)).toBeTruthy();
  await user.click(within(drawer).getByRole("checkbox", { name: "Be quiet from" }));
  await user.click(within(drawer).getByRole("button", { name: "Save" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  const body = pretend.bodyOf("PATCH /api/v1/notification-targets/target-1");
  expect(body).not.toHaveProperty("address");
  expect(body).toMatchObject({ options: { digest_minutes: 7, quiet_hours: { begin: "22:00", end: "07:00" } } });
});

test("naming a kind lets it through however light it is", async () => {
  const pretend = notificationsApi([aTarget()], { "PATCH /api/v1/notification-targets/target-1": aTarget() });
  const { user } = renderRoute("/notifications");
  await user.click(await screen.findByRole("button", { name: "Edit Phone" }));
  const drawer = await screen.findByRole("dialog", { name: "Edit Phone" });
  await user.click(within(drawer).getByLabelText("What"));
  await user.click(await screen.findByRole("option", { name: "Player joined", hidden: true }));
  expect(within(drawer).getByLabelText<HTMLSelectElement>("How severe").value).toBe("info");
  await user.click(within(drawer).getByRole("button", { name: "Save" }));
  await waitFor(() =>
    expect(pretend.bodyOf("PATCH /api/v1/notification-targets/target-1")).toMatchObject({
      options: { rules: [{ kinds: ["player_joined"], servers: [], min_severity: "info" }] },
    }),
  );
});

test("a target is turned off with everything else as it was, and removed behind a question", async () => {
  const pretend = notificationsApi([aTarget({ repeat_minutes: 60, last_problem: "Answered 404." })], {
    "PATCH /api/v1/notification-targets/target-1": aTarget({ enabled: false }),
    "DELETE /api/v1/notification-targets/target-1": null,
  });
  const { user } = renderRoute("/notifications");
  expect(await screen.findByText("Answered 404.")).toBeTruthy();
  await user.click(screen.getByRole("switch", { name: "Phone is on" }));
  await waitFor(() =>
    expect(pretend.bodyOf("PATCH /api/v1/notification-targets/target-1")).toMatchObject({
      options: { enabled: false, repeat_minutes: 60 },
    }),
  );
  await user.click(screen.getByRole("button", { name: "Edit Phone" }));
  await user.click(await screen.findByRole("button", { name: "Remove" }));
  const question = await screen.findByRole("dialog", { name: "Remove Phone?" });
  await user.click(within(question).getByRole("button", { name: "Remove the target" }));
  await waitFor(() => expect(pretend.calls).toContain("DELETE /api/v1/notification-targets/target-1"));
});

test("the test of a stored target shows what the service said", async () => {
  notificationsApi([aTarget()], {
    "POST /api/v1/notification-targets/target-1/test": { ok: true, message: "The service has taken it.", seconds: 1.2 },
  });
  const { user } = renderRoute("/notifications");
  await user.click(await screen.findByRole("button", { name: "Send a test to Phone" }));
  expect(await screen.findByText("The service has taken it. (1.2 s)")).toBeTruthy();
});

test("messages say why they wait, and what went wrong", async () => {
  const soon = new Date(Date.now() + 4.5 * 60_000).toISOString();
  notificationsApi([aTarget()], {
    "GET /api/v1/notification-deliveries": {
      items: [
        aDelivery({ id: "d1", state: "waiting", attempts: 0, next_try_at: soon, notices: 3 }),
        aDelivery({ id: "d2", state: "waiting", attempts: 2, next_try_at: soon, error: "Answered 503." }),
        aDelivery({ id: "d3", state: "failed", attempts: 5, error: "Connection refused." }),
      ],
      next_cursor: null,
    },
  });
  renderRoute("/notifications");
  const table = await screen.findByRole("region", { name: "Messages" });
  const [, held, again, failed] = within(table).getAllByRole("row");
  expect(held?.textContent).toMatch(/3 notices in one message.*held back, goes out in 4 min/);
  expect(again?.textContent).toMatch(/next try in 4 min.*Answered 503\./);
  expect(failed?.textContent).toMatch(/Given up.*Connection refused\./);
});

test("the limits of alerts are sentences; what is no number is told and not sent", async () => {
  const pretend = notificationsApi([], { "PATCH /api/v1/alert-settings": settings({ failures: 5 }) });
  const { user } = renderRoute("/notifications");
  const failures = await screen.findByRole("textbox", { name: "Failures in a row" });
  fill(failures, "0");
  expect(screen.getByText("From 1 to 100.")).toBeTruthy();
  expect(screen.getByRole("button", { name: "Save" })).toHaveProperty("disabled", true);
  fill(failures, "5");
  fill(screen.getByRole("textbox", { name: "Minutes of grace" }), "2,5");
  await user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() =>
    expect(pretend.bodyOf("PATCH /api/v1/alert-settings")).toEqual({
      failures: 5,
      pause_after: 0,
      missed_grace_seconds: 150,
      backup_overdue_hours: 26,
    }),
  );
});

test("the watchdog's address is only written; what is wrong with it is told", async () => {
  const pretend = notificationsApi([], {
    "GET /api/v1/alert-settings": settings({ has_ping_url: true, last_ping_problem: "It answered 404." }),
    "PATCH /api/v1/alert-settings": settings({ has_ping_url: true }),
  });
  const { user } = renderRoute("/notifications");
  expect(await screen.findByText(/It answered 404/)).toBeTruthy();
  const field = screen.getByLabelText<HTMLInputElement>("Address to ask");
  expect(field.value).toBe("");
  fill(field, "https://hc-ping.com/hush");
  await user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() =>
    expect(pretend.bodyOf("PATCH /api/v1/alert-settings")).toEqual({
      ping_minutes: 5,
      ping_url: "https://hc-ping.com/hush",
    }),
  );
  await waitFor(() => expect(field.value).toBe(""));
  await user.click(screen.getByRole("button", { name: "Remove the address" }));
  const question = await screen.findByRole("dialog");
  await user.click(within(question).getByRole("button", { name: "Remove the address" }));
  await waitFor(() => expect(pretend.bodyOf("PATCH /api/v1/alert-settings")).toEqual({ ping_url: "" }));
});

test("who is no admin learns who can see it, and nothing is asked for", async () => {
  const pretend = notificationsApi([], { "GET /api/v1/session": signedIn("operator") });
  renderRoute("/notifications");
  expect(await screen.findByRole("heading", { name: "This needs another role" })).toBeTruthy();
  expect(pretend.calls.filter((call) => /notification|alert-settings/.test(call))).toEqual([]);
});
