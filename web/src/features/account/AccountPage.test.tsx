import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Schema } from "../../api/client";
import { pretendApi, problem, signedIn } from "../../testing/pretendApi";
import { renderRoute } from "../../testing/renderRoute";

const WAIT = { timeout: 20_000 };
const NOW = new Date().toISOString();

const session = (id: string, change: Partial<Schema["BrowserSession"]> = {}): Schema["BrowserSession"] => ({
  id,
  created_at: NOW,
  last_used_at: NOW,
  from_address: "192.0.2.7",
  browser: "Firefox on Linux",
  is_current: false,
  ...change,
});

const here = session("here", { browser: "Chrome on Windows", is_current: true });
const listed = (...items: Schema["BrowserSession"][]) => ({ items, next_cursor: null });
const SESSIONS = "GET /api/v1/sessions";

test("one sees where one is signed in, and which browser this is", async () => {
  pretendApi({ [SESSIONS]: listed(here, session("phone", { browser: null, from_address: null })) });
  renderRoute("/account");
  const table = await screen.findByRole("table", {}, WAIT);
  const [, first, second] = within(table).getAllByRole("row");
  expect(first?.textContent).toContain("Chrome on Windows");
  expect(first?.textContent).toContain("this browser");
  expect(first?.textContent).toContain("192.0.2.7");
  expect(second?.textContent).toContain("Unknown browser");
  expect(screen.getByText("You are signed in as Anna, with the role admin.")).toBeTruthy();
});

test("signing out the others leaves this browser alone", async () => {
  const pretend = pretendApi({
    [SESSIONS]: listed(here, session("one"), session("two")),
    "DELETE /api/v1/sessions/one": null,
    "DELETE /api/v1/sessions/two": null,
  });
  const { user } = renderRoute("/account");
  await user.click(await screen.findByRole("button", { name: "Sign out the others" }, WAIT));
  const dialog = await screen.findByRole("dialog", {}, WAIT);
  expect(within(dialog).getByText(/2 other browsers have to sign in again/)).toBeTruthy();
  await user.click(within(dialog).getByRole("button", { name: "Sign the others out" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull(), WAIT);
  const ended = pretend.calls.filter((call) => call.startsWith("DELETE"));
  expect(ended.sort()).toEqual(["DELETE /api/v1/sessions/one", "DELETE /api/v1/sessions/two"]);
});

test("one other browser can be signed out", async () => {
  const pretend = pretendApi({ [SESSIONS]: listed(here, session("one")), "DELETE /api/v1/sessions/one": null });
  const { user } = renderRoute("/account");
  await user.click(await screen.findByRole("button", { name: "Sign out of Firefox on Linux" }, WAIT));
  const dialog = await screen.findByRole("dialog", { name: "Sign out Firefox on Linux?" }, WAIT);
  await user.click(within(dialog).getByRole("button", { name: "Sign out of Firefox on Linux" }));
  await waitFor(() => expect(pretend.calls).toContain("DELETE /api/v1/sessions/one"), WAIT);
});

test("signing out everywhere ends at the sign-in page", async () => {
  const pretend = pretendApi({ [SESSIONS]: listed(here), "DELETE /api/v1/sessions": null });
  const { user } = renderRoute("/account");
  await user.click(await screen.findByRole("button", { name: "Sign out everywhere" }, WAIT));
  const dialog = await screen.findByRole("dialog", {}, WAIT);
  pretend.answer("GET /api/v1/session", { ...signedIn(), state: "signed_out", me: null });
  await user.click(within(dialog).getByRole("button", { name: "Sign out everywhere" }));
  expect(await screen.findByRole("heading", { level: 1, name: "Sign in" }, WAIT)).toBeTruthy();
  expect(pretend.calls).toContain("DELETE /api/v1/sessions");
});

async function fillIn(user: ReturnType<typeof renderRoute>["user"], current: string, next: string, again: string) {
  const fill = (field: HTMLElement, text: string) => fireEvent.change(field, { target: { value: text } });
  fill(await screen.findByLabelText("Current password", {}, WAIT), current);
  fill(screen.getByLabelText("New password"), next);
  fill(screen.getByLabelText("New password again"), again);
  await user.click(screen.getByRole("button", { name: "Change the password" }));
}

test("changing the password says when it is done, and empties the fields", async () => {
  const pretend = pretendApi({ [SESSIONS]: listed(here), "POST /api/v1/me/password": null });
  const { user } = renderRoute("/account");
  await fillIn(user, "the old password", "a much newer one", "a much newer one");
  expect(await screen.findByText(/Your password is changed/, {}, WAIT)).toBeTruthy();
  expect(pretend.bodyOf("POST /api/v1/me/password")).toEqual({
    current_password: "the old password",
    new_password: "a much newer one",
  });
  expect(screen.getByLabelText<HTMLInputElement>("New password").value).toBe("");
});

test("a repeated password that differs is not sent", async () => {
  const pretend = pretendApi({ [SESSIONS]: listed(here), "POST /api/v1/me/password": null });
  const { user } = renderRoute("/account");
  await fillIn(user, "the old password", "a much newer one", "a much newer two");
  expect(await screen.findByText("This is not the same password.", {}, WAIT)).toBeTruthy();
  expect(pretend.calls).not.toContain("POST /api/v1/me/password");
});

test("a wrong current password is told at its field, and what was typed stays", async () => {
  pretendApi({
    [SESSIONS]: listed(here),
    "POST /api/v1/me/password": problem(403, "wrong_password", "The current password is wrong.", [
      { field: "current_password", message: "this is not it" },
    ]),
  });
  const { user } = renderRoute("/account");
  await fillIn(user, "a guess", "a much newer one", "a much newer one");
  expect(await screen.findByText("This is not it", {}, WAIT)).toBeTruthy();
  expect(screen.getByLabelText<HTMLInputElement>("New password").value).toBe("a much newer one");
});

test("sessions that can't be read can be tried again", async () => {
  const pretend = pretendApi({
    [SESSIONS]: problem(503, "database_locked", "The database is busy."),
    "GET /api/v1/me/second-factor": { is_on: false, on_since: null, recovery_codes_left: 0, knows_secret: true },
  });
  const { user } = renderRoute("/account");
  expect(await screen.findByText(/The database is busy/, {}, WAIT)).toBeTruthy();
  pretend.answer(SESSIONS, listed(here));
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByRole("table", {}, WAIT)).toBeTruthy();
});
