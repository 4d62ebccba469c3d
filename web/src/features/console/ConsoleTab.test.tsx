import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import type { Schema } from "../../api/client";
import { aServer, aStoppedServer } from "../../testing/answers";
import { pretendApi, problem, signedIn } from "../../testing/pretendApi";
import { pretendSockets } from "../../testing/pretendSocket";
import { renderRoute } from "../../testing/renderRoute";
import type { Line } from "./lineStore";
import { forgetEverything } from "./memory";

const WAIT = { timeout: 20_000 };
const CONSOLE = "GET /api/v1/servers/meadow/console";
const TICKET = "POST /api/v1/servers/meadow/console/ticket";
const COMMANDS = "POST /api/v1/servers/meadow/commands";

let sockets: ReturnType<typeof pretendSockets>;

beforeEach(() => {
  sockets = pretendSockets();
  forgetEverything();
  // Nothing has a size in jsdom, and of a list without one nothing is shown.
  const ofTheLog = (size: number) =>
    function (this: Element) {
      return this.getAttribute("role") === "log" ? size : 0;
    };
  vi.spyOn(Element.prototype, "clientHeight", "get").mockImplementation(ofTheLog(600));
  vi.spyOn(Element.prototype, "clientWidth", "get").mockImplementation(ofTheLog(1000));
  vi.spyOn(HTMLElement.prototype, "offsetHeight", "get").mockReturnValue(20);
});

const line = (seq: number, text: string, change: Partial<Line> = {}): Line => ({
  seq,
  time: "2026-08-04T21:04:05",
  type: "Notification",
  text,
  is_continuation: false,
  is_probe: false,
  ...change,
});

const page = (...lines: Line[]): Schema["ConsolePage"] => ({
  lines,
  dropped: 0,
  next_after: lines.at(-1)?.seq ?? 0,
  is_end: true,
});

let tickets = 0;

function consoleApi(answers: Record<string, unknown> = {}) {
  tickets = 0;
  return pretendApi({
    "GET /api/v1/servers/meadow": aServer(),
    [CONSOLE]: page(line(100, "Game Version: v1.22.7 (Stable)"), line(101, "It begins...", { type: "Event" })),
    [TICKET]: () => {
      tickets += 1;
      return { ticket: `ticket-${tickets}`, expires_in_seconds: 30 };
    },
    "GET /api/v1/servers/meadow/command-hints": {
      items: [
        { name: "/tp", text: "Teleport to someone" },
        { name: "/time", text: "Time of the world" },
        { name: "/kick", text: "<player> [reason]" },
      ],
      next_cursor: null,
      is_learned: true,
    },
    ...answers,
  });
}

const answered = (command: string, ...lines: Line[]): Schema["CommandAnswer"] => ({
  command,
  seq: null,
  lines,
  is_complete: true,
});

async function openConsole(answers: Record<string, unknown> = {}) {
  const pretend = consoleApi(answers);
  const view = renderRoute("/servers/meadow/console");
  await screen.findByText("Game Version: v1.22.7 (Stable)", {}, WAIT);
  await waitFor(() => expect(sockets.last).toBeDefined(), WAIT);
  act(() => sockets.last?.accept());
  return { ...view, pretend };
}

/** At once: a dialog that is still opening takes the focus from whoever types. */
const fill = (field: HTMLElement, text: string) => fireEvent.change(field, { target: { value: text } });

const log = () => screen.getByRole("log");
const commandLine = () => screen.getByRole<HTMLInputElement>("combobox", { name: "Command" });

test("the history comes first, then each line as it is printed", async () => {
  const { pretend } = await openConsole();
  expect(pretend.calls.find((call) => call.startsWith(CONSOLE))).toContain("probes=true");
  expect(sockets.last?.query).toEqual({ ticket: "ticket-1", after: "101" });
  act(() => sockets.last?.send({ lines: [line(102, "Priya joins.", { type: "Event" })], dropped: 0 }));
  expect(await within(log()).findByText("Priya joins.", {}, WAIT)).toBeTruthy();
  expect(within(log()).getAllByText("21:04:05")).toHaveLength(3);
});

test("after a broken connection it goes on from the last line, with a new ticket, and says what is missing", async () => {
  await openConsole();
  act(() => sockets.last?.send({ lines: [line(102, "before")], dropped: 0 }));
  act(() => sockets.last?.close());
  expect(await screen.findByText(/Not connected, trying again/, {}, WAIT)).toBeTruthy();
  await waitFor(() => expect(sockets.all).toHaveLength(2), WAIT);
  expect(sockets.last?.query).toEqual({ ticket: "ticket-2", after: "102" });
  act(() => sockets.last?.accept());
  act(() => sockets.last?.send({ lines: [line(1400, "after")], dropped: 1204 }));
  expect(await within(log()).findByText("1,204 lines were dropped", {}, WAIT)).toBeTruthy();
  expect(within(log()).getByText("after")).toBeTruthy();
  expect(screen.queryByText(/Not connected/)).toBeNull();
});

test("while the manager is away it is tried again, at once when asked to", async () => {
  const { pretend, user } = await openConsole();
  pretend.goAway();
  act(() => sockets.last?.close());
  await screen.findByText(/Not connected/, {}, WAIT);
  pretend.comeBack();
  await user.click(screen.getByRole("button", { name: "Try now" }));
  await waitFor(() => expect(sockets.all.length).toBeGreaterThan(1), WAIT);
  act(() => sockets.last?.accept());
  await waitFor(() => expect(screen.queryByText(/Not connected/)).toBeNull(), WAIT);
});

test("a line's markup and controls are text", async () => {
  await openConsole();
  const text = "<strong>Eve:</strong> <img src=x onerror=alert(1)>";
  act(() => sockets.last?.send({ lines: [line(102, `${text}\u001b[2J`, { type: "Chat" })], dropped: 0 }));
  expect(await within(log()).findByText(text, {}, WAIT)).toBeTruthy();
  expect(log().querySelector("strong, img")).toBeNull();
});

test("only the chosen types are shown, and what the manager asks for itself only on demand", async () => {
  const { user } = await openConsole({
    [CONSOLE]: page(
      line(1, "Game Version: v1.22.7 (Stable)"),
      line(2, "It broke", { type: "Error" }),
      line(3, "Last 2s Average Tick Time: 3 ms", { is_probe: true }),
      line(4, "hello", { type: "Chat" }),
    ),
  });
  expect(within(log()).queryByText(/Tick Time/)).toBeNull();
  await user.click(screen.getByRole("button", { name: "Error, 1 line" }));
  expect(within(log()).getByText("It broke")).toBeTruthy();
  expect(within(log()).queryByText("hello")).toBeNull();
  await user.click(screen.getByRole("button", { name: "Chat" }));
  expect(within(log()).getByText("hello")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "All" }));
  expect(within(log()).getByText("Game Version: v1.22.7 (Stable)")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "More" }));
  await user.click(await screen.findByRole("menuitemcheckbox", { name: /asks for itself/, hidden: true }, WAIT));
  expect(within(log()).getByText(/Tick Time/)).toBeTruthy();
});

test("a type of which there is nothing leads back to all", async () => {
  const { user } = await openConsole();
  await user.click(screen.getByRole("button", { name: "Warning" }));
  expect(screen.getByText("No line is of these types.")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Show all" }));
  expect(within(log()).getByText("It begins...")).toBeTruthy();
});

test("the search marks its hits and goes from one to the next, from the newest back", async () => {
  const { user } = await openConsole({
    [CONSOLE]: page(
      line(1, "Game Version: v1.22.7 (Stable)"),
      line(2, "Priya joins"),
      line(3, "x"),
      line(4, "priya left"),
    ),
  });
  const field = screen.getByRole("searchbox", { name: "Search in the console" });
  await user.type(field, "PRIYA");
  expect(await screen.findByText("– of 2", {}, WAIT)).toBeTruthy();
  expect([...log().querySelectorAll("mark")].map((mark) => mark.textContent)).toEqual(["Priya", "priya"]);
  await user.keyboard("{Enter}");
  expect(screen.getByText("2 of 2")).toBeTruthy();
  expect(log().querySelector("[data-current] mark")?.textContent).toBe("priya");
  await user.click(screen.getByRole("button", { name: "Previous hit" }));
  expect(screen.getByText("1 of 2")).toBeTruthy();
  await user.keyboard("{Shift>}{Enter}{/Shift}");
  await user.click(screen.getByRole("button", { name: "End the search" }));
  expect(log().querySelector("mark")).toBeNull();
});

test("paused, it tells how many lines have come, and shows them when one follows again", async () => {
  const { user } = await openConsole();
  await user.click(screen.getByRole("button", { name: "Pause" }));
  act(() => sockets.last?.send({ lines: [line(102, "one"), line(103, "two")], dropped: 0 }));
  const button = await screen.findByRole("button", { name: "2 new lines" }, WAIT);
  expect(within(log()).queryByText("two")).toBeNull();
  await user.click(button);
  expect(within(log()).getByText("two")).toBeTruthy();
  expect(screen.getByRole("button", { name: "Pause" })).toBeTruthy();
});

test("a command is sent, its answer shown, and found again with the arrow keys", async () => {
  const { user, pretend } = await openConsole({
    [COMMANDS]: answered("/time", line(102, "Server time: 1. May, Year 0, 08:00")),
  });
  await user.type(commandLine(), "/time{Escape}{Enter}");
  const answer = await screen.findByRole("region", { name: "Answer to /time" }, WAIT);
  expect(answer.textContent).toContain("Server time: 1. May");
  expect(pretend.bodyOf(COMMANDS)).toEqual({ command: "/time" });
  expect(commandLine().value).toBe("");
  await user.type(commandLine(), "/list c{Enter}");
  await waitFor(() => expect(pretend.bodyOf(COMMANDS)).toEqual({ command: "/list c" }), WAIT);
  await waitFor(
    () => expect(screen.getByRole("button", { name: "Send" }).hasAttribute("data-loading")).toBe(false),
    WAIT,
  );
  await user.clear(commandLine());
  await user.type(commandLine(), "half");
  await user.keyboard("{ArrowUp}");
  expect(commandLine().value).toBe("/time");
  await user.keyboard("{ArrowDown}");
  expect(commandLine().value).toBe("half");
});

test("what was typed stays when it could not be sent, also on another tab of the server", async () => {
  const { user, router } = await openConsole({
    [COMMANDS]: problem(409, "server_not_running", "The server has just stopped."),
  });
  await user.type(commandLine(), "/time{Escape}{Enter}");
  expect(await screen.findByText("The server has just stopped.", {}, WAIT)).toBeTruthy();
  expect(commandLine().value).toBe("/time");
  await act(() => router.navigate({ to: "/servers/$serverId/logs", params: { serverId: "meadow" } }));
  await act(() => router.navigate({ to: "/servers/$serverId/console", params: { serverId: "meadow" } }));
  await waitFor(() => expect(commandLine().value).toBe("/time"), WAIT);
});

test("a text without a slash is said only after a question, which offers the command that was meant", async () => {
  const { user, pretend } = await openConsole({ [COMMANDS]: answered("time") });
  await user.type(commandLine(), "time{Enter}");
  const dialog = await screen.findByRole("dialog", { name: "Say this to everyone?" }, WAIT);
  expect(pretend.calls).not.toContain(COMMANDS);
  await user.click(within(dialog).getByRole("button", { name: "Cancel" }));
  expect(commandLine().value).toBe("time");
  await user.type(commandLine(), "{Enter}");
  await user.click(await screen.findByRole("button", { name: "Send as the command /time" }, WAIT));
  await waitFor(() => expect(pretend.bodyOf(COMMANDS)).toEqual({ command: "/time" }), WAIT);
  await user.clear(commandLine());
  await user.type(commandLine(), "hello all{Enter}");
  await user.click(await screen.findByRole("button", { name: "Say it" }, WAIT));
  await waitFor(() => expect(pretend.bodyOf(COMMANDS)).toEqual({ command: "hello all" }), WAIT);
});

test("a typed /stop is sent only by those who insist", async () => {
  const { user, pretend } = await openConsole({ [COMMANDS]: answered("/stop") });
  await user.type(commandLine(), "/stop{Escape}{Enter}");
  const dialog = await screen.findByRole("dialog", { name: "Stop the server with a command?" }, WAIT);
  expect(dialog.textContent).toContain("Use Stop on this page instead");
  expect(pretend.calls).not.toContain(COMMANDS);
  await user.click(within(dialog).getByRole("button", { name: "Send /stop anyway" }));
  await waitFor(() => expect(pretend.bodyOf(COMMANDS)).toEqual({ command: "/stop" }), WAIT);
});

test("commands are completed with the keyboard", async () => {
  const { user } = await openConsole();
  await waitFor(() => expect(commandLine().disabled).toBe(false), WAIT);
  await user.type(commandLine(), "/t");
  const options = within(await screen.findByRole("listbox", { name: "Commands that fit" }, WAIT)).getAllByRole(
    "option",
  );
  expect(options.map((option) => option.textContent)).toEqual(["/tpTeleport to someone", "/timeTime of the world"]);
  await user.keyboard("{ArrowDown}{ArrowDown}");
  expect(commandLine().getAttribute("aria-activedescendant")).toBe(options[1]?.id);
  await user.keyboard("{Tab}");
  expect(commandLine().value).toBe("/time ");
  expect(screen.queryByRole("listbox")).toBeNull();
  expect(document.activeElement).toBe(commandLine());
  expect(screen.getByText("/time Time of the world")).toBeTruthy();
});

test("quick commands need no knowledge of how they are written", async () => {
  const { user, pretend } = await openConsole({
    [COMMANDS]: answered("/announce Restart in 5 min"),
    "GET /api/v1/servers/meadow/players": {
      items: [{ name: "Griefer", is_online: true }],
      next_cursor: null,
      online: 1,
      max_players: 16,
      is_exact: true,
      whitelist: "off",
    },
  });
  await user.click(screen.getByRole("button", { name: "Commands" }));
  await user.click(await screen.findByRole("menuitem", { name: "Announce…", hidden: true }, WAIT));
  fill(await screen.findByRole("textbox", { name: "Text" }, WAIT), "Restart in 5 min");
  await user.click(screen.getByRole("button", { name: "Announce" }));
  await waitFor(() => expect(pretend.bodyOf(COMMANDS)).toEqual({ command: "/announce Restart in 5 min" }), WAIT);
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull(), WAIT);
  await user.click(await screen.findByRole("button", { name: "Commands", expanded: false }, WAIT));
  // Without layout the menu takes its button for scrolled out of sight, and hides.
  await user.click(await screen.findByRole("menuitem", { name: "Kick a player…", hidden: true }, WAIT));
  await user.selectOptions(await screen.findByRole("combobox", { name: "Player" }, WAIT), "Griefer");
  fill(screen.getByRole("textbox", { name: "Reason" }), "stealing");
  await user.click(screen.getByRole("button", { name: "Kick Griefer" }));
  await waitFor(() => expect(pretend.bodyOf(COMMANDS)).toEqual({ command: "/kick Griefer stealing" }), WAIT);
});

test("a server that does not run takes no commands, and the page says why", async () => {
  await openConsole({ "GET /api/v1/servers/meadow": aStoppedServer() });
  expect(commandLine().disabled).toBe(true);
  expect(screen.getByText("The server does not run. Start it to send commands.")).toBeTruthy();
});

test("lines are copied as the log has them, and what is shown only", async () => {
  const { user } = await openConsole();
  const write = vi.spyOn(navigator.clipboard, "writeText").mockResolvedValue(undefined);
  await user.click(screen.getByRole("button", { name: "Event" }));
  await user.click(screen.getByRole("button", { name: "More" }));
  await user.click(await screen.findByRole("menuitem", { name: "Copy the shown line", hidden: true }, WAIT));
  expect(write).toHaveBeenCalledWith("2026-08-04 21:04:05 [Event] It begins...\n");
  expect(await screen.findByText("1 line is in the clipboard.", {}, WAIT)).toBeTruthy();
});

test("scrolling back pauses, and coming back to the end follows again", async () => {
  await openConsole();
  const view = log();
  const sizes = { scrollHeight: 1000, clientHeight: 200 };
  for (const [name, value] of Object.entries(sizes)) Object.defineProperty(view, name, { configurable: true, value });
  view.scrollTop = 800;
  fireEvent.scroll(view);
  fireEvent.wheel(view);
  view.scrollTop = 300;
  fireEvent.scroll(view);
  expect(await screen.findByRole("button", { name: "Follow" }, WAIT)).toBeTruthy();
  view.scrollTop = 800;
  fireEvent.scroll(view);
  expect(await screen.findByRole("button", { name: "Pause" }, WAIT)).toBeTruthy();
});

test("a viewer is told whose the console is, and asks for nothing of it", async () => {
  const pretend = consoleApi({ "GET /api/v1/session": signedIn("viewer", "Vera") });
  renderRoute("/servers/meadow/console");
  expect(await screen.findByText(/operators and above/, {}, WAIT)).toBeTruthy();
  expect(pretend.calls.some((call) => call.includes("/console"))).toBe(false);
});

test("a server that is gone is told once and not tried again", async () => {
  consoleApi({ [CONSOLE]: problem(404, "server_not_found", "There is no server “meadow”.") });
  renderRoute("/servers/meadow/console");
  expect(await screen.findByText("There is no server “meadow”.", {}, WAIT)).toBeTruthy();
  expect(sockets.all).toHaveLength(0);
});
