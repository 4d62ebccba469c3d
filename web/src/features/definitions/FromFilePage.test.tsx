import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Schema } from "../../api/client";
import { aRun } from "../../testing/answers";
import { pretendApi, problem, signedIn } from "../../testing/pretendApi";
import { renderRoute } from "../../testing/renderRoute";

const PLAN = "POST /api/v1/definitions/plan";
const APPLY = "POST /api/v1/definitions/apply";

const plan: Schema["DefinitionPlan"] = {
  digest: "d1",
  server_id: "meadow",
  server_name: "Meadow",
  creates: true,
  restarts: false,
  has_changes: true,
  can_be_applied: true,
  parts: [
    {
      part: "server",
      state: "create",
      steps: [{ action: "create", text: "The server 'Meadow' with the id meadow and port 42420" }],
      notes: [],
    },
    { part: "mods", state: "same", steps: [], notes: [{ blocks: false, text: "carryon is made for another version" }] },
  ],
  to_fill_in: ["The address of 'Phone'"],
};

function withPage(role: Schema["Role"] = "admin") {
  return pretendApi({
    "GET /api/v1/session": signedIn(role),
    [PLAN]: plan,
    [APPLY]: aRun({ job_id: "definition_apply" }),
  });
}

async function write(text: string) {
  const { user, router } = renderRoute("/server-from-file");
  await user.click(await screen.findByRole("textbox", { name: "Definition" }));
  await user.paste(text);
  await user.click(screen.getByRole("button", { name: "Show the plan" }));
  return { user, router };
}

test("the plan is shown before anything is done, and exactly that is applied", async () => {
  const manager = withPage();
  const { user, router } = await write("format: vsmanager.server/1\n");
  const shown = within(await screen.findByRole("region", { name: "What would be done" }));
  expect(shown.getByText(/“Meadow” \(meadow\) is made/)).toBeTruthy();
  expect(shown.getByText(/with the id meadow/)).toBeTruthy();
  expect(shown.getByText("carryon is made for another version")).toBeTruthy();
  expect(shown.getByText("The address of 'Phone'")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Create the server" }));
  await waitFor(() => expect(router.state.location.pathname).toMatch(/^\/runs\//));
  expect(manager.bodyOf(APPLY)).toEqual({ yaml: "format: vsmanager.server/1\n", digest: "d1" });
});

test("a changed text needs a plan of its own", async () => {
  withPage();
  const { user } = await write("format: vsmanager.server/1\n");
  await screen.findByRole("button", { name: "Create the server" });
  await user.click(screen.getByRole("textbox", { name: "Definition" }));
  await user.paste("# more");
  expect(screen.queryByRole("button", { name: "Create the server" })).toBeNull();
});

test("what is in the way is said, and there is no button", async () => {
  const manager = withPage();
  const notes = [{ blocks: true, text: "Port 42420 belongs to the server 'Home'." }];
  manager.answer(PLAN, {
    ...plan,
    can_be_applied: false,
    parts: [{ part: "server", state: "blocked", steps: [], notes }],
  });
  await write("format: vsmanager.server/1\n");
  expect(await screen.findByText("Port 42420 belongs to the server 'Home'.")).toBeTruthy();
  expect(screen.getByText(/^Nothing is done to/)).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Create the server" })).toBeNull();
});

test("a mistake in the file is told with its line", async () => {
  const manager = withPage();
  manager.answer(
    PLAN,
    problem(422, "invalid_definition", "This definition can't be used.", [
      { field: "server.port", message: "Line 4, server.port: has to be a valid integer" },
    ]),
  );
  await write("format: vsmanager.server/1\n");
  expect(await screen.findByText("Line 4, server.port: has to be a valid integer")).toBeTruthy();
});

test("there is nothing to do where everything is as the file says", async () => {
  const manager = withPage();
  manager.answer(PLAN, { ...plan, creates: false, has_changes: false, parts: [], to_fill_in: [] });
  await write("format: vsmanager.server/1\n");
  expect(await screen.findByText(/There is nothing to do/)).toBeTruthy();
});

test("what differs and is left alone is not said to be as in the file", async () => {
  const manager = withPage();
  const steps = [{ action: "keep", text: "Password: is not set by a file" }];
  manager.answer(PLAN, {
    ...plan,
    creates: false,
    has_changes: false,
    parts: [{ part: "configuration", state: "left_alone", steps, notes: [] }],
    to_fill_in: [],
  });
  await write("format: vsmanager.server/1\n");
  expect(await screen.findByText(/what differs at .* is left alone/)).toBeTruthy();
  expect(screen.queryByText(/is as the file says/)).toBeNull();
});

test("only admins can apply files", async () => {
  withPage("operator");
  renderRoute("/server-from-file");
  expect(await screen.findByText(/Only admins can see this/)).toBeTruthy();
});
