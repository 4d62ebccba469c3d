import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Schema } from "../../api/client";
import { renderRoute } from "../../testing/renderRoute";
import { aView, CONFIG, configApi } from "./testing";

const difference = (changes: Partial<Schema["ConfigDifference"]> = {}): Schema["ConfigDifference"] => ({
  path: ["MaxClients"],
  title: "Players at most",
  kind: "changed",
  before: 16,
  after: 24,
  is_secret: false,
  ...changes,
});

const version = (id: string, changes: Partial<Schema["ConfigVersion"]> = {}): Schema["ConfigVersion"] => ({
  id,
  at: "2026-11-25T11:00:00Z",
  actor: "Anna",
  cause: "manager",
  is_current: false,
  changes: [],
  changes_total: 0,
  ...changes,
});

const LIST = `GET ${CONFIG}/versions`;
const ONE = `GET ${CONFIG}/versions/v1`;
const RETURN = `POST ${CONFIG}/versions/v1/return`;

test("versions tell who changed what, and an earlier one comes back after one has seen what changes", async () => {
  const secret = difference({ path: ["Password"], title: "Password", before: null, after: null, is_secret: true });
  const pretend = configApi({
    [LIST]: {
      items: [
        version("v2", { is_current: true, changes: [difference(), secret], changes_total: 25 }),
        version("v1", { actor: null, cause: "outside" }),
      ],
      next_cursor: null,
    },
    [ONE]: {
      version: version("v1"),
      text: '{\n  "Password": "••••••••"\n}',
      to_current: [difference({ before: 24, after: 16 })],
    },
    [RETURN]: { outcomes: [{ path: ["MaxClients"], outcome: "live", text: null }], config: aView() },
  });
  const { user } = renderRoute("/servers/meadow/config/versions");
  const list = within(await screen.findByRole("list", { name: "Earlier versions" }));
  expect(list.getByText("Changed by Anna")).toBeTruthy();
  expect(list.getByText("Written by the game, or by hand")).toBeTruthy();
  expect(list.getByText("Another value, shown to nobody")).toBeTruthy();
  expect(list.getByText("and 23 more")).toBeTruthy();
  await user.click(list.getByRole("button", { name: /^Look at it:/ }));
  const dialog = within(await screen.findByRole("dialog"));
  const would = within(await dialog.findByRole("list", { name: "What would change if it were brought back" }));
  expect(would.getByText("24").tagName).toBe("DEL");
  expect(would.getByText("16").tagName).toBe("INS");
  await user.click(dialog.getByRole("button", { name: "Bring it back" }));
  await waitFor(() => expect(pretend.calls).toContain(RETURN));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
});

test("both files have their versions, and where there is none that is said", async () => {
  const none = { items: [], next_cursor: null };
  const pretend = configApi({
    [LIST]: none,
    "GET /api/v1/servers/meadow/config/servermagicnumbers/versions": none,
  });
  const { user } = renderRoute("/servers/meadow/config/versions");
  expect(await screen.findByText("No earlier version yet")).toBeTruthy();
  await user.click(screen.getByRole("radio", { name: "servermagicnumbers" }));
  await waitFor(() => expect(pretend.calls).toContain("GET /api/v1/servers/meadow/config/servermagicnumbers/versions"));
});
