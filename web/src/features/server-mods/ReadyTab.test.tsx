import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Schema } from "../../api/client";
import { aStoppedServer, installedList, serverList } from "../../testing/answers";
import { pretendApi } from "../../testing/pretendApi";
import { renderRoute } from "../../testing/renderRoute";

const about = (changes: Partial<Schema["Readiness"]>): Schema["Readiness"] => ({
  modid: "carryon",
  name: "Carry On",
  installed: "1.0.0",
  verdict: "ready",
  version: "1.0.0",
  message: "The release that is here is for it.",
  ...changes,
});

const report = (version: string): Schema["ReadinessReport"] => ({
  game_version: version,
  items: [
    about({}),
    about({
      modid: "ruins",
      name: "Better Ruins",
      verdict: "not_ready",
      version: null,
      message: "Nothing for it yet.",
    }),
    about({ modid: "lib", name: "Lib", verdict: "update", version: "2.0.0", message: "2.0.0 is for it." }),
  ],
  next_cursor: null,
  ready: 2,
  not_ready: 1,
  unknown: 0,
  problem: null,
});

const version = (text: string, latest = false) => ({
  version: text,
  minor: text.split(".").slice(0, 2).join("."),
  channel: "stable",
  kind: "stable",
  latest,
  first_seen: null,
  builds: [{ platform: "linuxserver", file_name: "x", url: null, md5: null, size_text: "1 MB" }],
});

test("before a switch one sees which mods are ready, those that are not first", async () => {
  const server = aStoppedServer();
  const pretend = pretendApi({
    "GET /api/v1/servers": serverList(server),
    "GET /api/v1/servers/meadow": server,
    "GET /api/v1/servers/meadow/mods": installedList([]),
    "GET /api/v1/game-versions": { items: [version("1.23.0", true), version("1.22.7")], next_cursor: null },
    "GET /api/v1/servers/meadow/mods/ready-for/1.23.0": report("1.23.0"),
    "GET /api/v1/servers/meadow/mods/ready-for/1.22.7": {
      ...report("1.22.7"),
      items: [],
      ready: 0,
      not_ready: 0,
      problem: "Only what their own files say is known of carryon, lib.",
    },
  });
  const { user, router } = renderRoute("/servers/meadow/mods/ready");
  const table = within(await screen.findByRole("region", { name: "Mods and 1.23.0" }));
  expect(screen.getByText("2 of 3 mods can go with you, 1 not.")).toBeTruthy();
  const rows = table.getAllByRole("row").slice(1);
  expect(rows.map((row) => within(row).getAllByRole("cell")[2]?.textContent)).toEqual([
    "Not ready",
    "Ready with an update",
    "Ready",
  ]);
  await user.click(screen.getByRole("button", { name: /Ready with an update/ }));
  expect(table.getAllByRole("row")).toHaveLength(2);
  await user.selectOptions(screen.getByRole("combobox", { name: "Game version" }), "1.22.7");
  expect(await screen.findByText(/There are no mods here/)).toBeTruthy();
  const problem = screen.getByText("Only what their own files say is known of carryon, lib.");
  expect(problem.closest("p")).toBeTruthy();
  expect(problem.closest("[data-tone]")).toBeNull();
  await waitFor(() => expect(router.state.location.search).toEqual({ version: "v1.22.7" }));
  expect(pretend.calls).toContain("GET /api/v1/servers/meadow/mods/ready-for/1.22.7");
});
