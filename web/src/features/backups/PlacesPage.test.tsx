import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Schema } from "../../api/client";
import { problem } from "../../testing/pretendApi";
import { renderRoute } from "../../testing/renderRoute";
import { backupsApi } from "./testing";

const PLACES = "GET /api/v1/offsite-targets";
const ADD = "POST /api/v1/offsite-targets";
const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();

const aPlace = (changes: Partial<Schema["OffsiteTarget"]> = {}): Schema["OffsiteTarget"] => ({
  id: "nas",
  name: "NAS",
  kind: "folder",
  where: "/mnt/nas",
  max_age_hours: 48,
  has_password: false,
  environment: [],
  servers: ["meadow"],
  last_good_at: hoursAgo(2),
  last_check_at: null,
  problem: null,
  is_reachable: true,
  ...changes,
});

const aBucket = aPlace({
  id: "bucket",
  name: "Bucket",
  kind: "restic",
  where: "s3:https://s3.example.org/worlds",
  has_password: true,
  environment: ["AWS_ACCESS_KEY_ID"],
});

function placesApi(
  items: Schema["OffsiteTarget"][],
  answers: Record<string, unknown> = {},
  { restic = "0.16.4", role = "admin" }: { restic?: string | null; role?: Schema["Role"] } = {},
) {
  return backupsApi([], { [PLACES]: { items, next_cursor: null, restic_version: restic }, ...answers }, { role });
}

const placeNamed = async (name: string) => {
  const item = (await screen.findByRole("heading", { name })).closest("li");
  if (!item) throw new Error(`no place ${name}`);
  return within(item);
};

test("each place says how old its last good copy is, and is alarmed when that is too old or copies fail", async () => {
  placesApi([
    aPlace(),
    aPlace({ id: "old", name: "Old", last_good_at: hoursAgo(72) }),
    aPlace({ id: "broken", name: "Broken", problem: "It is not mounted." }),
    aPlace({ id: "new", name: "New", servers: [], last_good_at: null }),
  ]);
  renderRoute("/backups/places");
  expect((await placeNamed("NAS")).getByText("Well")).toBeTruthy();
  expect((await placeNamed("NAS")).getByText("Used by Meadow")).toBeTruthy();
  expect((await placeNamed("Old")).getByText("Copies are overdue")).toBeTruthy();
  expect((await placeNamed("Old")).getByText(/older than 48 hours/)).toBeTruthy();
  expect((await placeNamed("Broken")).getByText("It is not mounted.")).toBeTruthy();
  expect((await placeNamed("New")).getByText("No server uses it")).toBeTruthy();
});

test("a folder is added", async () => {
  const pretend = placesApi([], { [ADD]: aPlace() });
  const { user } = renderRoute("/backups/places");
  await user.click(await screen.findByRole("button", { name: "Add a place" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Add a place" }));
  await user.type(dialog.getByRole("textbox", { name: "Name" }), "NAS");
  await user.type(dialog.getByRole("textbox", { name: "Folder" }), "mnt/nas");
  await user.click(dialog.getByRole("button", { name: "Add a place" }));
  expect(dialog.getByText(/Give the whole path/)).toBeTruthy();
  expect(pretend.calls).not.toContain(ADD);
  const folder = dialog.getByRole("textbox", { name: "Folder" });
  await user.clear(folder);
  await user.type(folder, "/mnt/nas");
  await user.click(dialog.getByRole("button", { name: "Add a place" }));
  await waitFor(() =>
    expect(pretend.bodyOf(ADD)).toEqual({
      name: "NAS",
      place: { kind: "folder", path: "/mnt/nas" },
      max_age_hours: 48,
    }),
  );
});

test("a repository of restic takes its secrets once, and what the manager refuses is told", async () => {
  const pretend = placesApi([], { [ADD]: problem(422, "offsite_place_refused", "The repository is locked.") });
  const { user } = renderRoute("/backups/places");
  await user.click(await screen.findByRole("button", { name: "Add a place" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Add a place" }));
  await user.type(dialog.getByRole("textbox", { name: "Name" }), "Bucket");
  await user.click(dialog.getByRole("radio", { name: "A repository of restic" }));
  await user.type(dialog.getByRole("textbox", { name: "Repository" }), "b2:worlds");
  await user.type(dialog.getByLabelText("Password of the repository"), "secret");
  const environment = dialog.getByRole("textbox", { name: "What its backend needs" });
  await user.type(environment, "B2_ACCOUNT_ID=1{Enter}nonsense");
  await user.click(dialog.getByRole("button", { name: "Add a place" }));
  expect(dialog.getByText("Line 2: write NAME=value.")).toBeTruthy();
  await user.clear(environment);
  await user.type(environment, "B2_ACCOUNT_ID=1{Enter}B2_ACCOUNT_KEY=a=b");
  await user.click(dialog.getByRole("button", { name: "Add a place" }));
  expect(await dialog.findByText("The repository is locked.")).toBeTruthy();
  expect(pretend.bodyOf(ADD)).toEqual({
    name: "Bucket",
    place: {
      kind: "restic",
      repository: "b2:worlds",
      password: "secret",
      environment: { B2_ACCOUNT_ID: "1", B2_ACCOUNT_KEY: "a=b" },
    },
    max_age_hours: 48,
  });
});

test("another name leaves the place and its secrets as they are", async () => {
  const CHANGE = "PATCH /api/v1/offsite-targets/bucket";
  const pretend = placesApi([aBucket], { [CHANGE]: aBucket });
  const { user } = renderRoute("/backups/places");
  await user.click((await placeNamed("Bucket")).getByRole("button", { name: "More for Bucket" }));
  await user.click(await screen.findByRole("menuitem", { name: "Change" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Change Bucket" }));
  expect(dialog.getByText(/Set now: AWS_ACCESS_KEY_ID/)).toBeTruthy();
  const name = dialog.getByRole("textbox", { name: "Name" });
  await user.clear(name);
  await user.type(name, "Cellar");
  await user.click(dialog.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(pretend.bodyOf(CHANGE)).toEqual({ name: "Cellar", max_age_hours: 48 }));
});

test("where restic is not installed, that is said with how to get it", async () => {
  placesApi([], {}, { restic: null });
  const { user } = renderRoute("/backups/places");
  expect(await screen.findByText(/restic is not installed .* apt install restic/)).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Add a place" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Add a place" }));
  expect(dialog.getByRole("radio", { name: "A repository of restic" })).toHaveProperty("disabled", true);
});

test("a test says at once what came of it", async () => {
  placesApi([aPlace()], {
    "POST /api/v1/offsite-targets/nas/test": { ok: false, message: "The folder is empty: is it mounted?" },
  });
  const { user } = renderRoute("/backups/places");
  await user.click((await placeNamed("NAS")).getByRole("button", { name: "Test: NAS" }));
  expect(await screen.findByText("The folder is empty: is it mounted?")).toBeTruthy();
});

test("a place with the only copies is removed only by who insists", async () => {
  const REMOVE = "DELETE /api/v1/offsite-targets/nas";
  const pretend = placesApi([aPlace()], {
    [REMOVE]: (request: Request) =>
      request.url.endsWith("force=true")
        ? new Response(null, { status: 204 })
        : problem(409, "only_copies_there", "3 backups lie nowhere else."),
  });
  const { user } = renderRoute("/backups/places");
  await user.click((await placeNamed("NAS")).getByRole("button", { name: "More for NAS" }));
  await user.click(await screen.findByRole("menuitem", { name: "Remove" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Remove NAS?" }));
  await user.click(dialog.getByRole("button", { name: "Remove the place" }));
  expect(await dialog.findByText("3 backups lie nowhere else.")).toBeTruthy();
  await user.click(dialog.getByRole("button", { name: "Remove it all the same" }));
  await waitFor(() => expect(pretend.calls).toContain(`${REMOVE}?force=true`));
});

test("a viewer sees the places and changes none", async () => {
  placesApi([aPlace()], {}, { role: "viewer" });
  renderRoute("/backups/places");
  await placeNamed("NAS");
  expect(screen.queryByRole("button", { name: /Add a place|Test|More for/ })).toBeNull();
});
