import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { anOverview, aServer, serverList } from "../testing/answers";
import { pretendApi, signedIn } from "../testing/pretendApi";
import { renderRoute } from "../testing/renderRoute";

const onMeadow = { server_roles: [{ server_id: "meadow", role: "operator" as const }] };
const meadow = aServer({ id: "meadow", name: "Meadow", state: "stopped", players_online: null });
const valley = aServer({ id: "valley", name: "Valley", state: "stopped", players_online: null });

test("who has roles on single servers only is led to these, and asks for nothing else", async () => {
  const manager = pretendApi({
    "GET /api/v1/session": signedIn("none", "Anna", onMeadow),
    "GET /api/v1/overview": anOverview(),
    "GET /api/v1/servers": serverList(meadow),
  });
  renderRoute("/servers");
  expect(await screen.findByRole("group", { name: /Meadow/ })).toBeTruthy();
  const [rail] = screen.getAllByRole("navigation", { name: "Pages" });
  const places = within(rail as HTMLElement)
    .getAllByRole("link")
    .map((link) => link.textContent);
  expect(places).toContain("Backups");
  for (const place of ["Jobs", "Settings", "Access", "Audit", "Notifications"]) expect(places).not.toContain(place);
  expect(manager.calls.filter((call) => /jobs|settings|users/.test(call))).toEqual([]);
});

test("on each server counts the higher of both roles", async () => {
  pretendApi({
    "GET /api/v1/session": signedIn("viewer", "Anna", onMeadow),
    "GET /api/v1/servers": serverList(meadow, valley),
  });
  renderRoute("/servers");
  expect(await screen.findByRole("group", { name: /Meadow/ })).toBeTruthy();
  expect(screen.queryByRole("group", { name: /Valley/ })).toBeNull();
});

test("who has no role at all is told whom to ask, and can still open the account", async () => {
  const manager = pretendApi({ "GET /api/v1/session": signedIn("none") });
  renderRoute("/servers");
  expect(await screen.findByText(/have no role on any server/)).toBeTruthy();
  expect(manager.calls.filter((call) => /api\/v1\/(backups|jobs)/.test(call))).toEqual([]);
});

test("a view as somebody else is told on the page, and one button leaves it", async () => {
  const seen = { kind: "user" as const, name: "Berta", role: "viewer" as const, server_roles: [] };
  const manager = pretendApi({
    "GET /api/v1/session": signedIn("viewer", "Anna", { viewing_as: seen }),
    "GET /api/v1/servers": serverList(meadow),
    "DELETE /api/v1/session/view-as": signedIn("admin").me,
  });
  const { user } = renderRoute("/servers");
  const banner = await screen.findByText(/You view the manager as the user Berta/);
  expect(screen.queryByRole("group", { name: /Meadow/ })).toBeNull();
  manager.answer("GET /api/v1/session", signedIn());
  await user.click(screen.getByRole("button", { name: "Leave this view" }));
  await waitFor(() => expect(banner.isConnected).toBe(false));
  expect(manager.calls).toContain("DELETE /api/v1/session/view-as");
});
