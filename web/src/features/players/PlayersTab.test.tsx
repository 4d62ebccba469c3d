import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Schema } from "../../api/client";
import { aServer, aStoppedServer } from "../../testing/answers";
import { pretendApi, problem, signedIn } from "../../testing/pretendApi";
import { pretendEvents } from "../../testing/pretendEvents";
import { renderRoute } from "../../testing/renderRoute";

const WAIT = { timeout: 20_000 };
const PLAYERS = "GET /api/v1/servers/meadow/players";
const CHAT = "GET /api/v1/servers/meadow/chat";
const of = (name: string, act: string) => `POST /api/v1/servers/meadow/players/${name}/${act}`;

const aPlayer = (name: string, change: Partial<Schema["PlayerView"]> = {}): Schema["PlayerView"] => ({
  name,
  uid: "O5+G9I0StlRwGxasH8G+qC7k",
  is_online: false,
  online_since: null,
  first_seen: "2026-11-01T10:00:00Z",
  last_seen: new Date(Date.now() - 3 * 3_600_000).toISOString(),
  play_time_seconds: 7_500,
  sessions: 4,
  role: "suplayer",
  is_whitelisted: false,
  is_banned: false,
  banned_until: null,
  is_banned_for_ever: false,
  ban_reason: null,
  ...change,
});

const priya = aPlayer("Priya13", { is_online: true, online_since: new Date(Date.now() - 60_000).toISOString() });

const listOf = (items: Schema["PlayerView"][], change: Partial<Schema["PlayerList"]> = {}): Schema["PlayerList"] => ({
  items,
  next_cursor: null,
  online: items.filter((player) => player.is_online).length,
  max_players: 16,
  is_exact: true,
  whitelist: "off",
  ...change,
});

const result = (change: Partial<Schema["PlayerActionResult"]> = {}): Schema["PlayerActionResult"] => ({
  outcome: "done",
  confirmed_by: "answer",
  message: "Done.",
  answer: ["Player is now banned"],
  ...change,
});

function playersApi(answers: Record<string, unknown> = {}) {
  return pretendApi({
    "GET /api/v1/servers/meadow": aServer(),
    [PLAYERS]: listOf([priya, aPlayer("Griefer")]),
    ...answers,
  });
}

type User = ReturnType<typeof renderRoute>["user"];

/** At once: a dialog that is still opening takes the focus from whoever types. */
const fill = (field: HTMLElement, text: string) => fireEvent.change(field, { target: { value: text } });

async function choose(user: User, name: string, act: string): Promise<HTMLElement> {
  await user.click(await screen.findByRole("button", { name: `What to do with ${name}` }, WAIT));
  // Without layout the menu takes its button for scrolled out of sight, and hides.
  await user.click(await screen.findByRole("menuitem", { name: act, hidden: true }, WAIT));
  return screen.findByRole("dialog", {}, WAIT);
}

test("who is on comes first, and what is known of each is told, never an address", async () => {
  playersApi({
    [PLAYERS]: listOf([
      priya,
      aPlayer("Griefer", { is_banned: true, is_banned_for_ever: true, ban_reason: "<b>stealing</b>" }),
      aPlayer("Newcomer", {
        first_seen: null,
        last_seen: null,
        play_time_seconds: 0,
        sessions: 0,
        role: null,
        is_whitelisted: true,
      }),
    ]),
  });
  renderRoute("/servers/meadow/players");
  expect(await screen.findByText("1 of 16 online", {}, WAIT)).toBeTruthy();
  const [, first, second, third] = screen.getAllByRole("row");
  expect(first?.textContent).toContain("Online since");
  expect(first?.textContent).toContain("2 h 5 min");
  expect(second?.textContent).toContain("3 h ago");
  expect(second?.textContent).toContain("Banned for good");
  expect(second?.textContent).toContain("Reason: <b>stealing</b>");
  expect(third?.textContent).toContain("never joined");
  expect(within(third as HTMLElement).getByText("not known")).toBeTruthy();
});

test("a count that the game has not confirmed says so", async () => {
  playersApi({ [PLAYERS]: listOf([priya], { is_exact: false }) });
  renderRoute("/servers/meadow/players");
  expect(await screen.findByText(/the game has not confirmed it yet/, {}, WAIT)).toBeTruthy();
});

test("names are searched, and the search stays in the address", async () => {
  const pretend = playersApi();
  const { user, router } = renderRoute("/servers/meadow/players");
  await user.type(await screen.findByRole("searchbox", { name: "Find a player" }, WAIT), "zed{Enter}");
  await waitFor(() => expect(router.state.location.search).toEqual({ q: "zed" }), WAIT);
  await waitFor(() => expect(pretend.calls.some((call) => call === `${PLAYERS}?q=zed`)).toBe(true), WAIT);
  pretend.answer(PLAYERS, listOf([]));
  await user.clear(screen.getByRole("searchbox", { name: "Find a player" }));
  await user.type(screen.getByRole("searchbox", { name: "Find a player" }), "nobody{Enter}");
  expect(await screen.findByText("Nobody’s name holds “nobody”", {}, WAIT)).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Show everybody" }));
  await waitFor(() => expect(router.state.location.search).toEqual({}), WAIT);
});

test("a kick with a reason is told as the game tells it", async () => {
  const pretend = playersApi({
    [of("Priya13", "kick")]: result({ message: "Priya13 was kicked.", answer: ["Player kicked"] }),
  });
  const { user } = renderRoute("/servers/meadow/players");
  const dialog = await choose(user, "Priya13", "Kick…");
  fill(within(dialog).getByRole("textbox", { name: "Reason" }), "take a break");
  await user.click(within(dialog).getByRole("button", { name: "Kick Priya13" }));
  expect(await within(dialog).findByText("Done", {}, WAIT)).toBeTruthy();
  expect(dialog.textContent).toContain("Priya13 was kicked.");
  expect(within(dialog).getByText("Player kicked")).toBeTruthy();
  expect(pretend.bodyOf(of("Priya13", "kick"))).toEqual({ reason: "take a break" });
});

test("a ban has a length, a unit and a reason", async () => {
  const pretend = playersApi({
    [of("Griefer", "ban")]: result({ message: "Griefer is banned for 3 days.", confirmed_by: "file" }),
  });
  const { user } = renderRoute("/servers/meadow/players");
  const dialog = await choose(user, "Griefer", "Ban…");
  const amount = within(dialog).getByRole("textbox", { name: "How long" });
  fill(amount, "many");
  expect(within(dialog).getByText("Give a whole number from 1 to 1,000.")).toBeTruthy();
  expect(within(dialog).getByRole<HTMLButtonElement>("button", { name: "Ban Griefer" }).disabled).toBe(true);
  fill(amount, "3");
  await user.selectOptions(within(dialog).getByRole("combobox", { name: "Unit" }), "days");
  fill(within(dialog).getByRole("textbox", { name: "Reason" }), "stealing");
  await user.click(within(dialog).getByRole("button", { name: "Ban Griefer" }));
  expect(await within(dialog).findByText(/The game’s files say so/, {}, WAIT)).toBeTruthy();
  expect(pretend.bodyOf(of("Griefer", "ban"))).toEqual({ amount: 3, unit: "day", reason: "stealing" });
});

test.each([
  ["refused", "Refused", "The game refused: No such player"],
  ["unknown", "Not known", "The game was asked to, and whether it did can't be told."],
] as const)("what was %s is not told as done", async (outcome, word, message) => {
  playersApi({
    [of("Griefer", "whitelist")]: result({ outcome, confirmed_by: null, message, answer: [] }),
  });
  const { user } = renderRoute("/servers/meadow/players");
  const dialog = await choose(user, "Griefer", "Put on the whitelist");
  await user.click(within(dialog).getByRole("button", { name: "Put Griefer on it" }));
  expect(await within(dialog).findByText(word, {}, WAIT)).toBeTruthy();
  expect(dialog.textContent).toContain(message);
  expect(within(dialog).getByText("The game said nothing.")).toBeTruthy();
});

test("an act that fails leaves its form, and what was typed", async () => {
  playersApi({ [of("Priya13", "kick")]: problem(409, "server_not_running", "Meadow is stopping.") });
  const { user } = renderRoute("/servers/meadow/players");
  const dialog = await choose(user, "Priya13", "Kick…");
  fill(within(dialog).getByRole("textbox", { name: "Reason" }), "enough");
  await user.click(within(dialog).getByRole("button", { name: "Kick Priya13" }));
  expect(await within(dialog).findByText("Meadow is stopping.", {}, WAIT)).toBeTruthy();
  expect(within(dialog).getByRole<HTMLInputElement>("textbox", { name: "Reason" }).value).toBe("enough");
});

test("somebody who never joined is put on the whitelist by name", async () => {
  const pretend = playersApi({
    [of("Newcomer", "whitelist")]: result({ message: "Newcomer is on the whitelist." }),
  });
  const { user } = renderRoute("/servers/meadow/players");
  await user.click(await screen.findByRole("button", { name: "Add to the whitelist" }, WAIT));
  const dialog = await screen.findByRole("dialog", {}, WAIT);
  fill(within(dialog).getByRole("textbox", { name: "Name of the player" }), " Newcomer ");
  await user.click(within(dialog).getByRole("button", { name: "Put on the whitelist" }));
  expect(await within(dialog).findByText(/Newcomer is on the whitelist/, {}, WAIT)).toBeTruthy();
  expect(pretend.calls).toContain(of("Newcomer", "whitelist"));
});

test("a role is chosen among those of the server", async () => {
  const ROLE = "PUT /api/v1/servers/meadow/players/Griefer/role";
  const pretend = playersApi({
    [ROLE]: result({ message: "Griefer has the role sumod." }),
    "GET /api/v1/servers/meadow/roles": {
      items: [
        { code: "suplayer", name: "Survival Player" },
        { code: "sumod", name: "Survival Moderator" },
      ],
      next_cursor: null,
    },
  });
  const { user } = renderRoute("/servers/meadow/players");
  const dialog = await choose(user, "Griefer", "Change the role…");
  await within(dialog).findByRole("option", { name: "Survival Moderator (sumod)" }, WAIT);
  expect(within(dialog).getByRole<HTMLButtonElement>("button", { name: "Give this role" }).disabled).toBe(true);
  await user.selectOptions(within(dialog).getByRole("combobox", { name: "Role" }), "sumod");
  await user.click(within(dialog).getByRole("button", { name: "Give this role" }));
  await within(dialog).findByText(/has the role sumod/, {}, WAIT);
  expect(pretend.bodyOf(ROLE)).toEqual({ role: "sumod" });
});

test("turning the whitelist off is asked first", async () => {
  const MODE = "PUT /api/v1/servers/meadow/whitelist";
  const pretend = playersApi({
    [PLAYERS]: listOf([priya], { whitelist: "on" }),
    [MODE]: result({ message: "Everybody can join now." }),
  });
  const { user } = renderRoute("/servers/meadow/players");
  await user.click(await screen.findByRole("button", { name: "Turn off" }, WAIT));
  const dialog = await screen.findByRole("dialog", { name: "Turn the whitelist off?" }, WAIT);
  expect(pretend.calls).not.toContain(MODE);
  await user.click(within(dialog).getByRole("button", { name: "Turn it off" }));
  await within(dialog).findByText(/Everybody can join now/, {}, WAIT);
  expect(pretend.bodyOf(MODE)).toEqual({ mode: "off" });
});

test("a player's sessions tell when they were on and how each ended", async () => {
  playersApi({
    "GET /api/v1/servers/meadow/players/Griefer/sessions": {
      items: [
        { joined_at: "2026-11-20T10:00:00Z", left_at: "2026-11-20T12:05:00Z", seconds: 7_500, end: "kicked" },
        { joined_at: "2026-11-19T10:00:00Z", left_at: null, seconds: 60, end: "unknown" },
      ],
      next_cursor: null,
    },
  });
  const { user } = renderRoute("/servers/meadow/players");
  await user.click(await screen.findByRole("button", { name: "Griefer" }, WAIT));
  const dialog = await screen.findByRole("dialog", { name: "When Griefer was on" }, WAIT);
  expect(await within(dialog).findByText("was kicked", {}, WAIT)).toBeTruthy();
  expect(within(dialog).getByText("end not known")).toBeTruthy();
  expect(dialog.textContent).toContain("2 h 5 min in 4 sessions");
});

test("while the server does not run, players are listed and nothing can be done about them", async () => {
  playersApi({ "GET /api/v1/servers/meadow": aStoppedServer(), [PLAYERS]: listOf([aPlayer("Griefer")]) });
  const { user } = renderRoute("/servers/meadow/players");
  expect(await screen.findByText("Nobody is online", {}, WAIT)).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "What to do with Griefer" }));
  const ban = await screen.findByRole<HTMLButtonElement>("menuitem", { name: "Ban…", hidden: true }, WAIT);
  expect(ban.disabled).toBe(true);
  expect(screen.getByText(/players can be managed while it runs/)).toBeTruthy();
});

test("a join shows at once", async () => {
  const pretend = playersApi({ [PLAYERS]: listOf([aPlayer("Griefer")]) });
  const events = pretendEvents();
  renderRoute("/servers/meadow/players");
  await screen.findByText("Nobody is online", {}, WAIT);
  pretend.answer(PLAYERS, listOf([priya, aPlayer("Griefer")]));
  await waitFor(() => expect(events.open).toHaveLength(1), WAIT);
  act(() => events.open[0]?.send({ event: "players", data: { server_id: "meadow" } }, "1"));
  expect(await screen.findByText("1 of 16 online", {}, WAIT)).toBeTruthy();
});

test("a viewer sees who plays, and neither the chat nor what can be done", async () => {
  const pretend = playersApi({ "GET /api/v1/session": signedIn("viewer", "Vera") });
  renderRoute("/servers/meadow/players?view=chat");
  expect(await screen.findByRole("button", { name: "Priya13" }, WAIT)).toBeTruthy();
  expect(screen.queryByRole("button", { name: /What to do/ })).toBeNull();
  expect(screen.queryByRole("button", { name: "Add to the whitelist" })).toBeNull();
  expect(screen.queryByText("Chat")).toBeNull();
  expect(pretend.calls.some((call) => call.startsWith(CHAT))).toBe(false);
});

test("nobody yet: the page says what it will be good for", async () => {
  playersApi({ [PLAYERS]: listOf([]) });
  renderRoute("/servers/meadow/players");
  expect(await screen.findByText("Nobody has joined yet", {}, WAIT)).toBeTruthy();
  expect(screen.getByRole("button", { name: "Put somebody on the whitelist" })).toBeTruthy();
});

test("what was said is read back and searched, and is text whatever it holds", async () => {
  const pretend = playersApi({
    [CHAT]: (request: Request) =>
      request.url.includes("cursor=")
        ? {
            items: [{ seq: 1, at: "2026-11-25T10:00:00Z", name: "Priya13", text: "first", group: 0 }],
            next_cursor: null,
          }
        : {
            items: [{ seq: 2, at: "2026-11-25T11:00:00Z", name: "Eve", text: "<strong>Admin:</strong> hi", group: 10 }],
            next_cursor: "2",
          },
  });
  const { user, router } = renderRoute("/servers/meadow/players");
  await user.click(await screen.findByRole("radio", { name: "Chat" }, WAIT));
  expect(await screen.findByText("<strong>Admin:</strong> hi", {}, WAIT)).toBeTruthy();
  expect(screen.getByText("in group 10")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Show what was said before" }));
  expect(await screen.findByText("first", {}, WAIT)).toBeTruthy();
  await user.type(screen.getByRole("searchbox", { name: "Search in the chat" }), "anvil{Enter}");
  await waitFor(() => expect(router.state.location.search).toEqual({ view: "chat", said: "anvil" }), WAIT);
  expect(pretend.calls).toContain(`${CHAT}?q=anvil`);
});

test("players that could not be loaded say so, and are tried again", async () => {
  const pretend = playersApi({ [PLAYERS]: problem(503, "store_unavailable", "The store does not answer.") });
  const { user } = renderRoute("/servers/meadow/players");
  await screen.findByText("The store does not answer.", {}, WAIT);
  pretend.answer(PLAYERS, listOf([priya]));
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByRole("button", { name: "Priya13" }, WAIT)).toBeTruthy();
});
