import { screen, waitFor } from "@testing-library/react";
import type { UserEvent } from "@testing-library/user-event";
import { expect, test } from "vitest";
import type { Schema } from "../../api/client";
import { problem } from "../../testing/pretendApi";
import { renderRoute } from "../../testing/renderRoute";
import { aView, CONFIG, configApi } from "./testing";

const READ = `GET ${CONFIG}/text`;
const WRITE = `PUT ${CONFIG}/text`;
const ADDRESS = "/servers/meadow/config/text";
const WAIT = { timeout: 30_000 };
const TEXT = '{\n  "MaxClients": 16,\n  "Password": "••••••••",\n  "ServerName": "Meadow"\n}';

const raw = (changes: Partial<Schema["RawConfig"]> = {}): Schema["RawConfig"] => ({
  text: TEXT,
  etag: "etag-1",
  problem: null,
  problem_line: null,
  ...changes,
});

const written = { outcomes: [{ path: ["MaxClients"], outcome: "written", text: null }], config: aView() };

const field = () => screen.findByRole("textbox", { name: "Text of serverconfig.json" }, WAIT);

/** At its end, where the cursor is put. */
async function write(user: UserEvent, text: string) {
  await user.click(await field());
  await user.keyboard(`{Control>}{End}{/Control}${text}`);
  await screen.findByText("Not saved yet", {}, WAIT);
}

test("the text is saved with the etag that it was read with", async () => {
  const pretend = configApi({ [READ]: raw(), [WRITE]: written });
  const { user } = renderRoute(ADDRESS);
  await write(user, "{Enter}");
  await user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(pretend.bodyOf(WRITE)).toMatchObject({ etag: "etag-1" }));
  expect(await screen.findByText("MaxClients: written")).toBeTruthy();
});

test("a mistake is told with its place before it is saved, one that was there with its line", async () => {
  configApi({ [READ]: raw({ text: "{\n  oops oops\n}", problem: "A colon is missing.", problem_line: 2 }) });
  renderRoute(ADDRESS);
  await field();
  expect(await screen.findByText(/^Line 2, column/)).toBeTruthy();
  expect(screen.getByRole("button", { name: "Go there" })).toBeTruthy();
});

test("a file that was written meanwhile stands beside mine, and both are put together", async () => {
  const pretend = configApi({ [READ]: raw(), [WRITE]: problem(409, "changed_meanwhile", "It is another by now.") });
  const { user } = renderRoute(ADDRESS);
  await write(user, " ");
  pretend.answer(READ, raw({ text: TEXT.replace("16", "24"), etag: "etag-2" }));
  await user.click(screen.getByRole("button", { name: "Save" }));
  await user.click(await screen.findByRole("button", { name: "Put both together" }, WAIT));
  expect(await screen.findByText("Both are together now. Look at it, then save.")).toBeTruthy();
  pretend.answer(WRITE, written);
  await user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(pretend.bodyOf(WRITE)).toMatchObject({ etag: "etag-2" }));
  const sent = (pretend.bodyOf(WRITE) as { text: string }).text;
  expect(sent).toContain('"MaxClients": 24');
});
