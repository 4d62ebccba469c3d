import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Schema } from "../../api/client";
import { aServer, serverList } from "../../testing/answers";
import { type PretendApi, pretendApi, problem, signedIn } from "../../testing/pretendApi";
import { renderRoute } from "../../testing/renderRoute";

const WAIT = { timeout: 20_000 };
const MINUTES_AGO = new Date(Date.now() - 5 * 60_000).toISOString();

const user = (id: string, name: string, change: Partial<Schema["User"]> = {}): Schema["User"] => ({
  id,
  name,
  role: "viewer",
  server_roles: [],
  is_disabled: false,
  has_second_factor: false,
  created_at: MINUTES_AGO,
  last_signed_in_at: null,
  ...change,
});

const token = (id: string, name: string, change: Partial<Schema["TokenView"]> = {}): Schema["TokenView"] => ({
  id,
  name,
  role: "viewer",
  server_roles: [],
  created_at: MINUTES_AGO,
  created_by: "user:Anna",
  last_used_at: null,
  revoked_at: null,
  ...change,
});

const anna = user("user-1", "Anna", { role: "admin", last_signed_in_at: MINUTES_AGO });

function accessApi(answers: Record<string, unknown> = {}): PretendApi {
  return pretendApi({
    "GET /api/v1/users": { items: [anna, user("user-2", "Berta")], next_cursor: null },
    "GET /api/v1/tokens": { items: [token("token-1", "ci")], next_cursor: null },
    ...answers,
  });
}

/** At once: a dialog that is still opening takes the focus from whoever types. */
const fill = (field: HTMLElement, text: string) => fireEvent.change(field, { target: { value: text } });

async function choose(events: ReturnType<typeof renderRoute>["user"], name: string, act: string): Promise<HTMLElement> {
  await events.click(await screen.findByRole("button", { name: `What to do with ${name}` }, WAIT));
  // Without layout the menu takes its button for scrolled out of sight, and hides.
  await events.click(await screen.findByRole("menuitem", { name: act, hidden: true }, WAIT));
  return screen.findByRole("dialog", {}, WAIT);
}

test("users and tokens are listed, and one sees which user one is", async () => {
  accessApi();
  renderRoute("/access");
  const users = await screen.findByRole("region", { name: "Users" }, WAIT);
  const [, me, other] = within(users).getAllByRole("row");
  expect(me?.textContent).toContain("you");
  expect(other?.textContent).not.toContain("you");
  const tokens = await screen.findByRole("region", { name: "Tokens" }, WAIT);
  expect(within(tokens).getByText("by Anna")).toBeTruthy();
  expect(within(tokens).getByText("never")).toBeTruthy();
});

test("who is no admin learns who can see it, and nothing is asked for", async () => {
  const pretend = accessApi({ "GET /api/v1/session": signedIn("operator") });
  renderRoute("/access");
  expect(await screen.findByRole("heading", { name: "This needs another role" }, WAIT)).toBeTruthy();
  expect(screen.getByText(/signed in as operator/)).toBeTruthy();
  expect(pretend.calls.filter((call) => /users|tokens/.test(call))).toEqual([]);
});

test("adding a user sends name, role and password; a name that is taken is told at the field", async () => {
  const pretend = accessApi({
    "POST /api/v1/users": problem(409, "user_name_taken", "There is a user of this name.", [
      { field: "name", message: "is taken" },
    ]),
  });
  const { user: events } = renderRoute("/access");
  await events.click(await screen.findByRole("button", { name: "Add a user" }, WAIT));
  const dialog = await screen.findByRole("dialog", { name: "Add a user" }, WAIT);
  fill(within(dialog).getByLabelText("Name"), "Carla");
  fill(within(dialog).getByLabelText("Password"), "correct horse battery");
  await events.click(within(dialog).getByRole("radio", { name: "Operator" }));
  await events.click(within(dialog).getByRole("button", { name: "Add the user" }));
  expect(await within(dialog).findByText("Is taken", {}, WAIT)).toBeTruthy();
  expect(pretend.bodyOf("POST /api/v1/users")).toEqual({
    name: "Carla",
    role: "operator",
    server_roles: [],
    password: "correct horse battery",
  });

  pretend.answer("POST /api/v1/users", user("user-3", "Carla"));
  await events.click(within(dialog).getByRole("button", { name: "Add the user" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull(), WAIT);
});

test("a made-up password is shown, long, and another each time", async () => {
  accessApi();
  const { user: events } = renderRoute("/access");
  await events.click(await screen.findByRole("button", { name: "Add a user" }, WAIT));
  const dialog = await screen.findByRole("dialog", { name: "Add a user" }, WAIT);
  const field = within(dialog).getByLabelText<HTMLInputElement>("Password");
  await events.click(within(dialog).getByRole("button", { name: "Make one up" }));
  const first = field.value;
  expect(field.type).toBe("text");
  expect(first.length).toBeGreaterThanOrEqual(20);
  await events.click(within(dialog).getByRole("button", { name: "Make one up" }));
  expect(field.value).not.toBe(first);
});

test("changing a role asks which one", async () => {
  const pretend = accessApi({ "PATCH /api/v1/users/user-2": user("user-2", "Berta", { role: "admin" }) });
  const { user: events } = renderRoute("/access");
  const dialog = await choose(events, "Berta", "Change roles");
  await events.click(within(dialog).getByRole("radio", { name: "Admin" }));
  await events.click(within(dialog).getByRole("button", { name: "Make an admin" }));
  await waitFor(
    () => expect(pretend.bodyOf("PATCH /api/v1/users/user-2")).toEqual({ role: "admin", server_roles: [] }),
    WAIT,
  );
});

test("the last admin stays, and the dialog says why", async () => {
  const refusal = "This is the last admin who can sign in. Make another user an admin first.";
  accessApi({ "PATCH /api/v1/users/user-1": problem(409, "last_admin", refusal) });
  const { user: events } = renderRoute("/access");
  const dialog = await choose(events, "Anna", "Disable");
  expect(within(dialog).getByText("This is your own user.")).toBeTruthy();
  await events.click(within(dialog).getByRole("button", { name: "Disable Anna" }));
  expect((await within(dialog).findByRole("alert", {}, WAIT)).textContent).toContain(refusal);
});

test("deleting names what is lost, and cancelling does nothing", async () => {
  const pretend = accessApi({ "DELETE /api/v1/users/user-2": null });
  const { user: events } = renderRoute("/access");
  const dialog = await choose(events, "Berta", "Delete");
  expect(within(dialog).getByText(/gone for good/)).toBeTruthy();
  await events.click(within(dialog).getByRole("button", { name: "Cancel" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull(), WAIT);
  expect(pretend.calls).not.toContain("DELETE /api/v1/users/user-2");
  const menu = screen.getByRole("button", { name: "What to do with Berta" });
  await waitFor(() => expect(document.activeElement).toBe(menu), WAIT);

  await events.click(within(await choose(events, "Berta", "Delete")).getByRole("button", { name: "Delete Berta" }));
  await waitFor(() => expect(pretend.calls).toContain("DELETE /api/v1/users/user-2"), WAIT);
});

test("a new password and signing out everywhere go to that user", async () => {
  const pretend = accessApi({
    "POST /api/v1/users/user-2/password": null,
    "DELETE /api/v1/users/user-2/sessions": null,
  });
  const { user: events } = renderRoute("/access");
  const dialog = await choose(events, "Berta", "New password");
  fill(within(dialog).getByLabelText("Password"), "a new long password");
  await events.click(within(dialog).getByRole("button", { name: "Set the password" }));
  await waitFor(
    () => expect(pretend.bodyOf("POST /api/v1/users/user-2/password")).toEqual({ password: "a new long password" }),
    WAIT,
  );
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull(), WAIT);
  await events.click(
    within(await choose(events, "Berta", "Sign out everywhere")).getByRole("button", { name: "Sign Berta out" }),
  );
  await waitFor(() => expect(pretend.calls).toContain("DELETE /api/v1/users/user-2/sessions"), WAIT);
});

test("a token's secret is shown once, and gone with its dialog", async () => {
  accessApi({ "POST /api/v1/tokens": { ...token("token-2", "backup"), token: "vsm_the-secret" } });
  const { user: events, queryClient } = renderRoute("/access");
  await events.click(await screen.findByRole("button", { name: "Create a token" }, WAIT));
  const dialog = await screen.findByRole("dialog", { name: "Create a token" }, WAIT);
  fill(within(dialog).getByLabelText("Name"), "backup");
  await events.click(within(dialog).getByRole("button", { name: "Create the token" }));
  const field = await screen.findByLabelText<HTMLInputElement>("Token", {}, WAIT);
  expect(field.value).toBe("vsm_the-secret");
  expect(screen.getByText(/you won't see it again/)).toBeTruthy();

  await events.keyboard("{Escape}");
  expect(screen.getByLabelText("Token")).toBe(field);
  await events.click(screen.getByRole("button", { name: "Copy" }));
  expect(await screen.findByRole("button", { name: "Copied" }, WAIT)).toBeTruthy();
  expect(await navigator.clipboard.readText()).toBe("vsm_the-secret");

  await events.click(screen.getByRole("button", { name: "I have kept it" }));
  await waitFor(() => expect(screen.queryByLabelText("Token")).toBeNull(), WAIT);
  await events.click(screen.getByRole("button", { name: "Create a token" }));
  expect(await screen.findByRole("dialog", { name: "Create a token" }, WAIT)).toBeTruthy();
  await waitFor(
    () =>
      expect(
        JSON.stringify(
          queryClient
            .getMutationCache()
            .getAll()
            .map((one) => one.state),
        ),
      ).not.toContain("vsm_"),
    WAIT,
  );
});

test("revoking a token says what stops working; revoked ones show when asked for", async () => {
  const pretend = accessApi({ "DELETE /api/v1/tokens/token-1": null });
  const { user: events } = renderRoute("/access");
  await events.click(await screen.findByRole("button", { name: "Revoke ci" }, WAIT));
  const dialog = await screen.findByRole("dialog", { name: "Revoke the token ci?" }, WAIT);
  expect(within(dialog).getByText(/refused at once/)).toBeTruthy();
  await events.click(within(dialog).getByRole("button", { name: "Revoke ci" }));
  await waitFor(() => expect(pretend.calls).toContain("DELETE /api/v1/tokens/token-1"), WAIT);

  pretend.answer("GET /api/v1/tokens", {
    items: [token("token-1", "ci", { revoked_at: MINUTES_AGO })],
    next_cursor: null,
  });
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull(), WAIT);
  await events.click(screen.getByRole("switch", { name: "Show revoked tokens" }));
  expect(await screen.findByText("Revoked", {}, WAIT)).toBeTruthy();
  expect(pretend.calls.some((call) => call.includes("include_revoked=true"))).toBe(true);
  expect(screen.queryByRole("button", { name: "Revoke ci" })).toBeNull();
});

test("without tokens the page says what they are good for; an error can be tried again", async () => {
  const pretend = accessApi({
    "GET /api/v1/tokens": { items: [], next_cursor: null },
    "GET /api/v1/users": problem(503, "database_locked", "The database is busy."),
  });
  const { user: events } = renderRoute("/access");
  expect(await screen.findByRole("heading", { name: "No tokens yet" }, WAIT)).toBeTruthy();
  expect(await screen.findByText(/The database is busy/, {}, WAIT)).toBeTruthy();
  pretend.answer("GET /api/v1/users", { items: [anna], next_cursor: null });
  await events.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByRole("region", { name: "Users" }, WAIT)).toBeTruthy();
});

test("markup in the name of a user is text", async () => {
  const markup = "<img src=x onerror=1><b>x</b>";
  accessApi({ "GET /api/v1/users": { items: [anna, user("user-9", markup)], next_cursor: null } });
  const { user: events, container } = renderRoute("/access");
  expect(await screen.findByText(markup, {}, WAIT)).toBeTruthy();
  const dialog = await choose(events, markup, "Delete");
  expect(within(dialog).getByText(`Delete the user ${markup}?`)).toBeTruthy();
  expect(container.ownerDocument.querySelector("img[src=x]")).toBeNull();
});

test("one sees who has a second factor, and takes it away from somebody else after a question", async () => {
  const pretend = accessApi({
    "GET /api/v1/users": {
      items: [
        { ...anna, has_second_factor: true },
        user("user-2", "Berta", { has_second_factor: true }),
        user("user-3", "Carla"),
      ],
      next_cursor: null,
    },
    "DELETE /api/v1/users/user-2/second-factor": null,
  });
  const { user: events } = renderRoute("/access");
  const users = await screen.findByRole("region", { name: "Users" }, WAIT);
  const [, , berta, carla] = within(users).getAllByRole("row");
  expect(berta?.textContent).toContain("Second factor");
  expect(carla?.textContent).not.toContain("Second factor");
  const dialog = within(await choose(events, "Berta", "Take second factor away"));
  expect(dialog.getByText(/the password of Berta alone lets in/)).toBeTruthy();
  await events.click(dialog.getByRole("button", { name: "Take it away" }));
  await waitFor(() => expect(pretend.calls).toContain("DELETE /api/v1/users/user-2/second-factor"), WAIT);
});

test("one's own second factor is not taken away here", async () => {
  accessApi({ "GET /api/v1/users": { items: [{ ...anna, has_second_factor: true }], next_cursor: null } });
  const { user: events } = renderRoute("/access");
  await events.click(await screen.findByRole("button", { name: "What to do with Anna" }, WAIT));
  expect(await screen.findByRole("menuitem", { name: "Delete", hidden: true }, WAIT)).toBeTruthy();
  expect(screen.queryByRole("menuitem", { name: "Take second factor away", hidden: true })).toBeNull();
});

test("a user gets a role on a single server, and the list tells it", async () => {
  const onServer = [{ server_id: "meadow", role: "operator" as const }];
  const pretend = accessApi({
    "GET /api/v1/servers": serverList(
      aServer({ id: "meadow", name: "Meadow" }),
      aServer({ id: "valley", name: "Valley" }),
    ),
    "PATCH /api/v1/users/user-2": user("user-2", "Berta", { role: "none", server_roles: onServer }),
  });
  const { user: events } = renderRoute("/access");
  const dialog = await choose(events, "Berta", "Change roles");
  await events.click(within(dialog).getByRole("radio", { name: "Single servers only" }));
  await events.selectOptions(within(dialog).getByRole("combobox", { name: "Add a server" }), "Meadow");
  const role = await within(dialog).findByRole("combobox", { name: "Role on Meadow" }, WAIT);
  expect((role as HTMLSelectElement).value).toBe("operator");
  await events.selectOptions(within(dialog).getByRole("combobox", { name: "Add a server" }), "Valley");
  await events.click(within(dialog).getByRole("button", { name: "Take away the role on Valley" }));
  pretend.answer("GET /api/v1/users", {
    items: [anna, user("user-2", "Berta", { role: "none", server_roles: onServer })],
    next_cursor: null,
  });
  await events.click(within(dialog).getByRole("button", { name: "Save the roles" }));
  await waitFor(
    () => expect(pretend.bodyOf("PATCH /api/v1/users/user-2")).toEqual({ role: "none", server_roles: onServer }),
    WAIT,
  );
  expect(await screen.findByText("Operator on Meadow", {}, WAIT)).toBeTruthy();
});
