import { screen, waitFor, within } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { keys } from "../../api/keys";
import { aJob, anOverview, jobList } from "../../testing/answers";
import { pretendApi, problem, signedIn } from "../../testing/pretendApi";
import { renderRoute } from "../../testing/renderRoute";

const signedOut = { state: "signed_out", me: null, version: __MANAGER_VERSION__ };
const overview = { "GET /api/v1/overview": anOverview(), "GET /api/v1/jobs": jobList(aJob()) };

afterEach(() => window.history.replaceState(null, "", "/"));

test("who is not signed in is asked to, and gets to the page that was wanted", async () => {
  const manager = pretendApi({
    ...overview,
    "GET /api/v1/session": signedOut,
    "POST /api/v1/session": signedIn(),
  });
  const { user, router } = renderRoute("/account?from=mail");
  await user.type(await screen.findByLabelText("Name"), "Anna");
  await user.type(screen.getByLabelText("Password"), "a long password");
  await user.click(screen.getByRole("button", { name: "Sign in" }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/account"));
  expect(manager.bodyOf("POST /api/v1/session")).toEqual({ name: "Anna", password: "a long password" });
});

test("a wrong password is told, and the name stays", async () => {
  pretendApi({
    "GET /api/v1/session": signedOut,
    "POST /api/v1/session": problem(401, "wrong_credentials", "This name and password do not fit."),
  });
  const { user } = renderRoute("/sign-in");
  await user.type(await screen.findByLabelText("Name"), "Anna");
  await user.type(screen.getByLabelText("Password"), "wrong{Enter}");
  expect((await screen.findByRole("alert")).textContent).toContain("do not fit");
  expect(screen.getByLabelText<HTMLInputElement>("Name").value).toBe("Anna");
});

const codeNeeded = problem(401, "second_factor_needed", "The password is right. A code is missing.");

async function toSecondStep(user: ReturnType<typeof renderRoute>["user"]): Promise<HTMLElement> {
  await user.type(await screen.findByLabelText("Name"), "Anna");
  await user.type(screen.getByLabelText("Password"), "a long password{Enter}");
  return screen.findByLabelText("Code of your authenticator app");
}

test("who has a second factor is asked for a code, and a wrong one leaves everything as it was typed", async () => {
  const manager = pretendApi({ ...overview, "GET /api/v1/session": signedOut, "POST /api/v1/session": codeNeeded });
  const { user, router } = renderRoute("/account");
  const field = await toSecondStep(user);
  expect(document.activeElement).toBe(field);
  expect(field.getAttribute("autocomplete")).toBe("one-time-code");
  expect(manager.bodyOf("POST /api/v1/session")).toEqual({ name: "Anna", password: "a long password" });
  expect(screen.queryByRole("alert")).toBeNull();

  manager.answer("POST /api/v1/session", problem(401, "wrong_code", "The code is wrong."));
  await user.type(field, "123456{Enter}");
  expect((await screen.findByRole("alert")).textContent).toContain("The code is wrong");
  expect((field as HTMLInputElement).value).toBe("123456");

  manager.answer("POST /api/v1/session", signedIn());
  await user.clear(field);
  await user.type(field, "654321{Enter}");
  await waitFor(() => expect(router.state.location.pathname).toBe("/account"));
  expect(manager.bodyOf("POST /api/v1/session")).toEqual({
    name: "Anna",
    password: "a long password",
    code: "654321",
  });
});

test("a recovery code takes the place of the app, and going back keeps name and password", async () => {
  const manager = pretendApi({ ...overview, "GET /api/v1/session": signedOut, "POST /api/v1/session": codeNeeded });
  const { user, router } = renderRoute("/sign-in");
  await toSecondStep(user);
  await user.click(screen.getByRole("button", { name: "Back" }));
  expect(screen.getByLabelText<HTMLInputElement>("Name").value).toBe("Anna");
  await user.type(screen.getByLabelText("Password"), "{Enter}");
  await screen.findByLabelText("Code of your authenticator app");
  await user.click(screen.getByRole("button", { name: "Use a recovery code" }));
  manager.answer("POST /api/v1/session", signedIn());
  await user.type(screen.getByLabelText("Recovery code"), "k3wd-p9ax-bq2m-77rt{Enter}");
  await waitFor(() => expect(router.state.location.pathname).toBe("/"));
  expect(manager.bodyOf("POST /api/v1/session")).toMatchObject({ code: "k3wd-p9ax-bq2m-77rt" });
});

test("a password that was changed meanwhile leads back to the first step, which tells it", async () => {
  const manager = pretendApi({ "GET /api/v1/session": signedOut, "POST /api/v1/session": codeNeeded });
  const { user } = renderRoute("/sign-in");
  const field = await toSecondStep(user);
  manager.answer("POST /api/v1/session", problem(401, "wrong_credentials", "The name or the password is wrong."));
  await user.type(field, "123456{Enter}");
  expect((await screen.findByRole("alert")).textContent).toContain("name or the password");
  expect(screen.getByLabelText<HTMLInputElement>("Name").value).toBe("Anna");
});

test("after too many attempts it is told how long to wait", async () => {
  pretendApi({
    "GET /api/v1/session": signedOut,
    "POST /api/v1/session": problem(429, "too_many_attempts", "Too many attempts.", [], { "Retry-After": "30" }),
  });
  const { user } = renderRoute("/sign-in");
  await user.type(await screen.findByLabelText("Name"), "Anna");
  await user.type(screen.getByLabelText("Password"), "wrong{Enter}");
  expect((await screen.findByRole("alert")).textContent).toContain("Try again in 30 s");
});

test.each([
  "//elsewhere.example/",
  "https://elsewhere.example/",
  "/\\elsewhere.example",
  "/\t/elsewhere.example/",
  "/.//elsewhere.example/",
  "//[",
  "/sign-in?to=/jobs",
])("the way back after signing in never leads to %s", async (to) => {
  pretendApi({ ...overview, "GET /api/v1/session": signedOut, "POST /api/v1/session": signedIn() });
  const { user, router } = renderRoute(`/sign-in?to=${encodeURIComponent(to)}`);
  await user.type(await screen.findByLabelText("Name"), "Anna");
  await user.type(screen.getByLabelText("Password"), "a long password{Enter}");
  await waitFor(() => expect(router.state.location.pathname).toBe("/"));
});

test("a manager without an admin asks for the first one, with the token of the link", async () => {
  window.history.replaceState(null, "", "/setup#token=secret-of-the-link");
  const manager = pretendApi({
    ...overview,
    "GET /api/v1/session": { ...signedOut, state: "setup_needed" },
    "POST /api/v1/setup": signedIn(),
  });
  const { user, router } = renderRoute("/");
  expect(await screen.findByText("The set-up link is filled in.")).toBeTruthy();
  expect(window.location.hash).toBe("");
  expect(JSON.stringify({ ...localStorage, ...sessionStorage })).not.toContain("secret-of-the-link");
  await user.type(screen.getByLabelText("Your name"), "Anna");
  await user.type(screen.getByLabelText("Password"), "a long password");
  await user.type(screen.getByLabelText("Password again"), "another password");
  await user.click(screen.getByRole("button", { name: "Make the admin and sign in" }));
  expect(await screen.findByText("This is not the same password.")).toBeTruthy();
  expect(manager.bodyOf("POST /api/v1/setup")).toBeUndefined();
  await user.clear(screen.getByLabelText("Password again"));
  await user.type(screen.getByLabelText("Password again"), "a long password");
  await user.click(screen.getByRole("button", { name: "Make the admin and sign in" }));
  await user.click(await screen.findByRole("button", { name: "Not now" }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/"));
  expect(manager.bodyOf("POST /api/v1/setup")).toEqual({
    token: "secret-of-the-link",
    name: "Anna",
    password: "a long password",
  });
});

test("the first admin is offered a second factor, which leads to setting it up", async () => {
  window.history.replaceState(null, "", "/setup#token=secret-of-the-link");
  pretendApi({
    ...overview,
    "GET /api/v1/session": { ...signedOut, state: "setup_needed" },
    "POST /api/v1/setup": signedIn(),
    "GET /api/v1/sessions": { items: [], next_cursor: null },
    "GET /api/v1/me/second-factor": { is_on: false, on_since: null, recovery_codes_left: 0, knows_secret: true },
  });
  const { user, router } = renderRoute("/");
  await user.type(await screen.findByLabelText("Your name"), "Anna");
  await user.type(screen.getByLabelText("Password"), "a long password");
  await user.type(screen.getByLabelText("Password again"), "a long password{Enter}");
  await user.click(await screen.findByRole("button", { name: "Set up a second factor" }));
  expect(await screen.findByRole("dialog", { name: "Set up a second factor" })).toBeTruthy();
  await waitFor(() => expect(router.state.location.hash).toBe(""));
});

test("a set-up link that is no good any more can be replaced by another one, pasted whole", async () => {
  window.history.replaceState(null, "", "/setup#token=old");
  const manager = pretendApi({
    ...overview,
    "GET /api/v1/session": { ...signedOut, state: "setup_needed" },
    "POST /api/v1/setup": problem(403, "setup_link_invalid", "This link was used, or is older than an hour."),
  });
  const { user } = renderRoute("/setup");
  await user.type(await screen.findByLabelText("Your name"), "Anna");
  await user.type(screen.getByLabelText("Password"), "a long password");
  await user.type(screen.getByLabelText("Password again"), "a long password{Enter}");
  const link = await screen.findByLabelText("Set-up link");
  manager.answer("POST /api/v1/setup", signedIn());
  await user.type(link, "http://127.0.0.1:8080/setup#token=new{Enter}");
  await waitFor(() => expect(manager.bodyOf("POST /api/v1/setup")).toMatchObject({ token: "new" }));
});

test("a session that ends shows a dialog over the page, which goes on after signing in", async () => {
  const manager = pretendApi({ ...overview, "POST /api/v1/session": signedIn() });
  const { user, queryClient } = renderRoute("/");
  await screen.findByText("Refresh the mod catalogue");
  manager.answer("GET /api/v1/jobs", problem(401, "unauthorized", "Sign in."));
  void queryClient.invalidateQueries({ queryKey: keys.jobs });
  const dialog = within(await screen.findByRole("dialog", { name: "You were signed out" }));
  expect(screen.getByText("Refresh the mod catalogue")).toBeTruthy();
  expect(dialog.getByLabelText<HTMLInputElement>("Name").value).toBe("Anna");
  manager.answer("GET /api/v1/jobs", jobList(aJob({ title: "Refresh all mods" })));
  await user.type(dialog.getByLabelText("Password"), "a long password{Enter}");
  expect(await screen.findByText("Refresh all mods")).toBeTruthy();
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
});

test("signing out goes to the sign-in page and forgets what was shown", async () => {
  const manager = pretendApi({ ...overview, "DELETE /api/v1/session": null });
  const { user, router, queryClient } = renderRoute("/");
  await user.click(await screen.findByRole("button", { name: /Anna/ }));
  await user.click(await screen.findByRole("menuitem", { name: "Sign out" }));
  expect(await screen.findByRole("heading", { name: "Sign in" })).toBeTruthy();
  expect(router.state.location.pathname).toBe("/sign-in");
  expect(manager.calls).toContain("DELETE /api/v1/session");
  await waitFor(() => expect(queryClient.getQueryData(keys.jobs)).toBeUndefined());
});

test("a manager that does not answer at the start says so, and opens after another try", async () => {
  const manager = pretendApi(overview);
  manager.goAway();
  const { user } = renderRoute("/");
  expect((await screen.findAllByText("The manager does not answer")).length).toBeGreaterThan(0);
  manager.comeBack();
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("Refresh the mod catalogue")).toBeTruthy();
});
