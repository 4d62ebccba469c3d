import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { problem } from "../../testing/pretendApi";
import { renderRoute } from "../../testing/renderRoute";
import { aGameRole, aView, configApi, ROLES, someRoles } from "./testing";

const READ = `GET ${ROLES}`;
const WRITE = `PUT ${ROLES}`;
const ADDRESS = "/servers/meadow/config/roles";
const saved = { outcomes: [{ path: ["Roles"], outcome: "written", text: null }], config: aView() };

test("a role is opened from the list and changed: level, game mode and privileges, also those of mods", async () => {
  const pretend = configApi({ [WRITE]: saved }, "admin");
  const { user } = renderRoute(ADDRESS);
  const list = within(await screen.findByRole("region", { name: "Roles" }));
  expect(list.getByText("Default")).toBeTruthy();
  await user.click(list.getByRole("link", { name: /Survival player/ }));
  const level = await screen.findByRole("textbox", { name: "Level" });
  await user.clear(level);
  await user.type(level, "10");
  await user.selectOptions(screen.getByRole("combobox", { name: "Game mode" }), "Creative");
  await user.type(screen.getByRole("textbox", { name: "Privilege of a mod" }), "worldmap.share{Enter}");
  expect(screen.getByText("Survival player: level, privileges, game mode")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(pretend.calls).toContain(WRITE));
  expect(pretend.bodyOf(WRITE)).toMatchObject({
    etag: "roles-1",
    default_role: "suplayer",
    roles: [
      { code: "suplayer", privilege_level: 10, default_game_mode: 2, privileges: ["chat", "worldmap.share"] },
      { code: "sumod" },
      { code: "admin" },
    ],
  });
  expect(await screen.findByText("Roles: written")).toBeTruthy();
});

test("a new role begins as a copy, with a code that nobody has", async () => {
  const pretend = configApi({ [WRITE]: saved }, "admin");
  const { user } = renderRoute(`${ADDRESS}?role=suplayer`);
  await user.click(await screen.findByRole("button", { name: "Copy as a new role" }));
  const dialog = within(await screen.findByRole("dialog", { name: "A new role like Survival player" }));
  await user.type(dialog.getByRole("textbox", { name: "Name" }), "Builder");
  await user.type(dialog.getByRole("textbox", { name: "Code" }), "Admin");
  expect(dialog.getByText("There is a role with this code.")).toBeTruthy();
  await user.clear(dialog.getByRole("textbox", { name: "Code" }));
  await user.type(dialog.getByRole("textbox", { name: "Code" }), "builder");
  await user.click(dialog.getByRole("button", { name: "Add the role" }));
  expect(await screen.findByText("Builder: new")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(pretend.calls).toContain(WRITE));
  expect((pretend.bodyOf(WRITE) as { roles: unknown[] }).roles).toHaveLength(4);
});

test("what is dangerous is said before, and saved only when it is confirmed", async () => {
  const pretend = configApi({ [WRITE]: saved }, "admin");
  const { user } = renderRoute(`${ADDRESS}?role=sumod`);
  await user.click(await screen.findByRole("checkbox", { name: /Run commands of the server/ }));
  expect(screen.getByText("Moderator can't run commands of the server any more (controlserver).")).toBeTruthy();
  await user.selectOptions(screen.getByRole("combobox", { name: "Role of new players" }), "admin");
  await user.click(screen.getByRole("button", { name: "Save" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Save these roles?" }));
  expect(dialog.getByText(/Everybody who joins gets Admin, and with it controlserver/)).toBeTruthy();
  expect(pretend.calls).not.toContain(WRITE);
  await user.click(dialog.getByRole("button", { name: "Save them all the same" }));
  await waitFor(() => expect(pretend.calls).toContain(WRITE));
});

test("a role that players have, that of new players and admin can't just be removed", async () => {
  configApi({}, "admin");
  const { user } = renderRoute(`${ADDRESS}?role=suplayer`);
  await user.click(await screen.findByRole("button", { name: "Remove this role" }));
  expect(
    screen.getByText(/4 players have the role Survival player. Give those players another role first./),
  ).toBeTruthy();
  expect(screen.getByText(/The role of new players is removed/)).toBeTruthy();
  expect(screen.getByRole("button", { name: "Save" }).hasAttribute("disabled")).toBe(true);
  await user.click(screen.getByRole("button", { name: "Keep it" }));
  await user.click(screen.getByRole("link", { name: /^Admin/ }));
  expect(await screen.findByText(/The role admin has to stay/)).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Remove this role" })).toBeNull();
});

test("roles that somebody else has saved meanwhile are put together with mine", async () => {
  const pretend = configApi({ [WRITE]: problem(409, "changed_meanwhile", "They are others by now.") }, "admin");
  const { user } = renderRoute(`${ADDRESS}?role=suplayer`);
  const level = await screen.findByRole("textbox", { name: "Level" });
  await user.clear(level);
  await user.type(level, "10");
  const theirs = someRoles({ etag: "roles-2" });
  pretend.answer(READ, { ...theirs, roles: [...theirs.roles, aGameRole("guest", { name: "Guest" })] });
  await user.click(screen.getByRole("button", { name: "Save" }));
  const conflict = within(
    (await screen.findByText("Somebody else has changed the roles meanwhile")).parentElement as HTMLElement,
  );
  expect(await conflict.findByText("They changed: Guest.")).toBeTruthy();
  await user.click(conflict.getByRole("button", { name: "Put both together" }));
  pretend.answer(WRITE, saved);
  await user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(pretend.bodyOf(WRITE)).toMatchObject({ etag: "roles-2" }));
  expect(pretend.bodyOf(WRITE)).toMatchObject({
    roles: [{ code: "suplayer", privilege_level: 10 }, { code: "sumod" }, { code: "admin" }, { code: "guest" }],
  });
});

test("operators look at roles; admins change them", async () => {
  configApi({}, "operator");
  renderRoute(`${ADDRESS}?role=admin`);
  expect(await screen.findByText("Admins can change roles. You are signed in as operator.")).toBeTruthy();
  expect(screen.getByRole<HTMLInputElement>("textbox", { name: "Level" }).matches(":disabled")).toBe(true);
  expect(screen.queryByRole("button", { name: "Copy as a new role" })).toBeNull();
});
