import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Schema } from "../../api/client";
import { type PretendApi, pretendApi, problem, signedIn } from "../../testing/pretendApi";
import { renderRoute } from "../../testing/renderRoute";

const WAIT = { timeout: 20_000 };
const TRAIL = "GET /api/v1/audit";

const entry = (id: string, change: Partial<Schema["AuditEntryView"]> = {}): Schema["AuditEntryView"] => ({
  id,
  time: new Date(Date.now() - 3 * 60_000).toISOString(),
  who: { kind: "user", id: "user-1", name: "Anna", role: "admin" },
  action: "run_job",
  target: { job_id: "mod_cache_refresh" },
  from_address: "192.0.2.7",
  result: "ok",
  status: 202,
  details: {},
  ...change,
});

const trail = (items: Schema["AuditEntryView"][], next: string | null = null) => ({ items, next_cursor: next });

function auditApi(answer: unknown): PretendApi {
  return pretendApi({
    [TRAIL]: answer,
    "GET /api/v1/users": { items: [{ id: "user-2", name: "Berta" }], next_cursor: null },
    "GET /api/v1/tokens": { items: [{ id: "token-1", name: "ci" }], next_cursor: null },
    "GET /api/v1/jobs": { items: [], next_cursor: null },
  });
}

const lastQuery = (pretend: PretendApi) =>
  Object.fromEntries(new URLSearchParams(pretend.calls.findLast((call) => call.startsWith(TRAIL))?.split("?")[1]));

test("a line says who did what to what, from where, and how it went", async () => {
  auditApi(
    trail([
      entry("5", { action: "delete_user", target: { user_id: "user-2" }, result: "last_admin", status: 409 }),
      entry("4", { action: "revoke_token", target: { token_id: "token-1" } }),
      entry("3", { action: "change_settings", target: {}, details: { runs_kept_days: 30 } }),
      entry("2", { who: { kind: "command_line", id: null, name: "root", role: null }, from_address: null }),
      entry("1", { action: "something_new", target: {}, result: "denied", status: 403 }),
    ]),
  );
  renderRoute("/audit");
  const table = await screen.findByRole("table", {}, WAIT);
  await within(table).findByText("Delete the user “Berta”", {}, WAIT);
  const rows = within(table).getAllByRole("row").slice(1);
  expect(rows[0]?.textContent).toContain("Would leave no admin");
  expect(rows[0]?.textContent).toContain("192.0.2.7");
  await within(table).findByText("Revoke the token “ci”", {}, WAIT);
  expect(rows[2]?.textContent).toContain("runs kept days: 30");
  expect(rows[3]?.textContent).toContain("on the command line");
  expect(rows[4]?.textContent).toContain("something new");
  expect(rows[4]?.textContent).toContain("Role too low");
});

test("the filters are in the address, go to the manager, and are chips that can be taken away", async () => {
  const pretend = auditApi(trail([entry("1")]));
  const { user, router } = renderRoute("/audit?who=Anna&action=run_job&result=ok&since=2026-01-02");
  await screen.findByRole("table", {}, WAIT);
  expect(lastQuery(pretend)).toEqual({
    who: "Anna",
    action: "run_job",
    result: "ok",
    since: new Date(2026, 0, 2).toISOString(),
  });
  await user.click(screen.getByRole("button", { name: "Remove the filter Who: Anna" }));
  await waitFor(() => expect(lastQuery(pretend)).not.toHaveProperty("who"), WAIT);
  await user.click(screen.getByRole("button", { name: "Clear all" }));
  await waitFor(() => expect(router.state.location.search).toEqual({}), WAIT);
});

test("filters are chosen from lists, by a day, or by a name in a line", async () => {
  const pretend = auditApi(trail([entry("1")]));
  const { user } = renderRoute("/audit");
  await screen.findByRole("table", {}, WAIT);
  await user.click(screen.getByRole("button", { name: "Result" }));
  await user.click(await screen.findByRole("option", { name: "Role too low", hidden: true }, WAIT));
  await waitFor(() => expect(lastQuery(pretend)).toMatchObject({ result: "denied" }), WAIT);
  fireEvent.change(screen.getByLabelText("Since"), { target: { value: "2026-03-04" } });
  await waitFor(() => expect(lastQuery(pretend)).toMatchObject({ since: new Date(2026, 2, 4).toISOString() }), WAIT);
  await user.click(within(screen.getByRole("table")).getByRole("button", { name: "Anna" }));
  expect(await screen.findByRole("button", { name: "Remove the filter Who: Anna" }, WAIT)).toBeTruthy();
});

test("what is no filter in the address is left out", async () => {
  const pretend = auditApi(trail([entry("1")]));
  renderRoute("/audit?since=2026-02-31&action=&rubbish=1");
  await screen.findByRole("table", {}, WAIT);
  expect(lastQuery(pretend)).toEqual({});
});

test("older entries come when asked for", async () => {
  auditApi((request: Request) =>
    request.url.includes("cursor=") ? trail([entry("1", { action: "sign_out" })]) : trail([entry("2")], "2"),
  );
  const { user } = renderRoute("/audit");
  await user.click(await screen.findByRole("button", { name: "Show older entries" }, WAIT));
  expect(await screen.findByRole("cell", { name: "Sign out" }, WAIT)).toBeTruthy();
  expect(screen.getByText("That is all.")).toBeTruthy();
});

test("filters that nothing fits lead back to everything", async () => {
  auditApi((request: Request) => trail(request.url.includes("who=") ? [] : [entry("1")]));
  const { user } = renderRoute("/audit?who=Nobody");
  await user.click(await screen.findByRole("button", { name: "Show everything" }, WAIT));
  expect(await screen.findByRole("table", {}, WAIT)).toBeTruthy();
});

test("an empty trail says what will be in it", async () => {
  auditApi(trail([]));
  renderRoute("/audit");
  expect(await screen.findByRole("heading", { name: "Nothing has been changed yet" }, WAIT)).toBeTruthy();
});

test("who is no admin learns who can see it, and nothing is asked for", async () => {
  const pretend = auditApi(trail([]));
  pretend.answer("GET /api/v1/session", signedIn("viewer"));
  renderRoute("/audit");
  expect(await screen.findByRole("heading", { name: "This needs another role" }, WAIT)).toBeTruthy();
  expect(pretend.calls.some((call) => call.startsWith(TRAIL))).toBe(false);
});

test("an error can be tried again", async () => {
  const pretend = auditApi(problem(503, "database_locked", "The database is busy."));
  const { user } = renderRoute("/audit");
  expect(await screen.findByText(/The database is busy/, {}, WAIT)).toBeTruthy();
  pretend.answer(TRAIL, trail([entry("1")]));
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByRole("table", {}, WAIT)).toBeTruthy();
});

test("markup in names and details is text, and a password is never shown", async () => {
  const markup = "<img src=x onerror=1>";
  auditApi(
    trail([
      entry("1", {
        who: { kind: "user", id: "u", name: markup, role: "admin" },
        action: "create_user",
        target: { user_id: "u" },
        details: { name: markup, role: "viewer", password: "••• hidden" },
      }),
    ]),
  );
  const { container } = renderRoute("/audit");
  expect(await screen.findByText(`Add the user “${markup}”`, {}, WAIT)).toBeTruthy();
  expect(container.querySelector("img[src=x]")).toBeNull();
  expect(screen.queryByText(/hidden/)).toBeNull();
});
