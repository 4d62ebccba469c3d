"""How a game is spoken to: what is sent, what is taken for its answer, and who has to wait."""

import asyncio
from collections.abc import Callable

import pytest

from tests.waiting import until
from vintagestory_api.errors import ManagerError
from vintagestory_api.servers import commands
from vintagestory_api.servers.commands import CommandDesk, CommandNotPossible, Hint, ServerNotRunning, TooManyCommands, read_help
from vintagestory_api.servers.console import Console
from vintagestory_api.servers.console_lines import read_lines
from vintagestory_api.servers.host import ConsoleBusy, ConsoleClosed, Game, GameStatus, Output

HEAD = "4.8.2026 13:47:25 [Server Notification] "
CHAT = "4.8.2026 13:47:25 [Server Chat] "
EVENT = "4.8.2026 13:47:25 [Server Event] "
GENEROUS_SECONDS = 30.0


class StandInGame:
    """Answers each command with what the test says; None: never."""

    def __init__(self, server: "StandInServer", answer: Callable[[str], str | None]) -> None:
        self.status = GameStatus("home", "life-1", 1, 2, 0)
        self.written: list[str] = []
        self.error: ManagerError | None = None
        self._server = server
        self._answer = answer

    async def write_line(self, line: str) -> None:
        if self.error is not None:
            raise self.error
        self.written.append(line)
        if (answer := self._answer(line)) is not None:
            asyncio.get_running_loop().call_soon(self._server.print, answer)

    async def signal(self, name: str) -> None: ...

    async def release(self) -> None: ...

    async def detach(self) -> None: ...


class StandInServer:
    name = "Home"

    def __init__(self, answer: Callable[[str], str | None]) -> None:
        self.console = Console("home")
        self.playing = StandInGame(self, answer)
        self.game: Game | None = self.playing
        self.ready_ms: int | None = 1

    def print(self, text: str) -> None:
        self.console.feed(Output(self.console.last_seq + 1, text.encode()))

    @property
    def shown(self) -> list[str]:
        return [line["text"] for line in self.console.page().lines]


def echo_and(text: str) -> Callable[[str], str]:
    return lambda command: f"{HEAD}Handling Console Command {command}\n{text}"


def desk_of(server: StandInServer, quiet_seconds: float = 0.01) -> CommandDesk:
    return CommandDesk(server, quiet_seconds=quiet_seconds)


async def ask(server: StandInServer, command: str, **how: object) -> commands.Asked:
    return await desk_of(server).ask(command, timeout_seconds=GENEROUS_SECONDS, **how)  # type: ignore[arg-type]


async def test_the_answer_is_the_first_line_after_the_echo_with_those_that_go_on_with_it() -> None:
    server = StandInServer(echo_and(f"{HEAD}List of online Players\nPlaying [2] A\nPlaying [4] B\n{HEAD}something else\nmore\n"))
    server.print(f"{HEAD}before\n")
    asked = await ask(server, "/list clients")
    assert (asked.command, asked.echo_seq, asked.is_complete) == ("/list clients", 2, True)
    assert [line.text for line in asked.lines] == ["List of online Players", "Playing [2] A", "Playing [4] B"]
    assert server.playing.written == ["/list clients"]


async def test_an_answer_ends_when_nothing_follows_it() -> None:
    asked = await ask(StandInServer(echo_and(f"{HEAD}Server time: 08:00\n")), "/time")
    assert ([line.text for line in asked.lines], asked.is_complete) == (["Server time: 08:00"], True)


@pytest.mark.parametrize(
    "noise",
    [
        f"{CHAT}0 | Liar: hello\n",
        f"{EVENT}Priya [::1]:43212 joins.\n",
        f"{EVENT}Player Priya left.\n",
        f"{HEAD}[somemod] says something\nand more\n",
        f"{HEAD}UDP: client disconnected Priya\n",
        f"{EVENT}Client 89 disconnected.\n{HEAD}All clients disconnected, pausing game calendar.\n",
        "4.8.2026 13:47:25 [Server Debug] something\n",
        "4.8.2026 13:47:25 [Server Warning] Server overloaded. A tick took 4803ms to complete.\n",
    ],
)
async def test_what_others_cause_is_not_taken_for_the_answer(noise: str) -> None:
    asked = await ask(StandInServer(echo_and(f"{noise}{HEAD}Server time: 08:00\n")), "/time")
    assert [line.text for line in asked.lines] == ["Server time: 08:00"]


async def test_a_known_start_of_the_answer_tells_it_from_everything_else() -> None:
    server = StandInServer(echo_and(f"raw\n{HEAD}Placing Priya at 1 2 3\n{HEAD}Version: 1.22.7\nUptime: 1 days\n"))
    asked = await ask(server, "/stats", starts_with="Version:", is_probe=True)
    assert [line.text for line in asked.lines] == ["Version: 1.22.7", "Uptime: 1 days"]
    assert server.shown == ["raw", "Placing Priya at 1 2 3"]


async def test_what_a_command_prints_without_a_head_belongs_to_its_answer() -> None:
    asked = await ask(StandInServer(echo_and(f"raw result\n{HEAD}the result again\n")), "/moddb list")
    assert [line.text for line in asked.lines] == ["raw result", "the result again"]


async def test_the_echo_of_another_command_ends_the_wait_for_an_answer() -> None:
    asked = await ask(StandInServer(echo_and(f"{HEAD}Handling Console Command /other\n{HEAD}other answer\n")), "/quiet")
    assert (asked.lines, asked.is_complete) == ([], True)


async def test_an_echo_of_a_mod_or_a_player_is_no_echo() -> None:
    fake = f"{CHAT}0 | Liar: Handling Console Command /time\n{HEAD}[mod] Handling Console Command /time\n{HEAD}a lie\n"
    asked = await ask(StandInServer(lambda command: fake + echo_and(f"{HEAD}the truth\n")(command)), "/time")
    assert [line.text for line in asked.lines] == ["the truth"]


async def test_questions_of_the_manager_are_hidden_and_others_are_not() -> None:
    server = StandInServer(echo_and(f"{HEAD}Version: 1.22.7\nUptime: 1 days\n"))
    await ask(server, "/stats", is_probe=True)
    assert server.shown == []
    await ask(server, "/stats")
    assert server.shown == ["Handling Console Command /stats", "Version: 1.22.7", "Uptime: 1 days"]
    server.print(f"{HEAD}later\n")
    assert server.shown[-1] == "later"


async def test_a_text_without_a_slash_is_found_again_as_what_everybody_hears() -> None:
    server = StandInServer(lambda text: f"{HEAD}Message to all in group 0: <strong>Admin:</strong>{text}\n")
    asked = await ask(server, "hello everybody")
    assert (asked.echo_seq, asked.is_complete) == (1, True)
    assert asked.lines[0].text.endswith("hello everybody")


async def test_a_game_that_does_not_answer_is_waited_for_until_the_time_is_over() -> None:
    asked = await desk_of(StandInServer(lambda _: None)).ask("/time", timeout_seconds=0.05)
    assert asked == commands.Asked("/time", None, [], is_complete=False)


async def test_a_game_that_ends_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "_LOOK_SECONDS", 0.01)
    server = StandInServer(lambda _: None)
    asking = asyncio.create_task(ask(server, "/time"))
    await until(lambda: server.playing.written)
    server.game = None
    async with asyncio.timeout(GENEROUS_SECONDS / 2):
        assert not (await asking).is_complete


async def test_a_flood_does_not_hide_the_answer() -> None:
    flood = "".join(f"{HEAD}[flood] line {number}\n" for number in range(500))
    asked = await ask(StandInServer(echo_and(f"{flood}{HEAD}Server time: 08:00\n{flood}")), "/time")
    assert [line.text for line in asked.lines] == ["Server time: 08:00"]


@pytest.mark.parametrize(
    ("command", "word"),
    [
        ("", "no command"),
        ("   ", "no command"),
        ("/time\n/stop", "line break"),
        ("/time\n", "line break"),
        ("/a\rb", "line break"),
        ("/a\0b", "control character"),
        ("/a\x1bb", "control character"),
        ("/a\x7fb", "control character"),
        ("/a\x85b", "control character"),
        ("/a\u2028b", "line break"),
        ("/" + "x" * 1_999, "2,001 bytes"),
        ("/" + "ö" * 500, "1,002 bytes"),
        (".ignored", "dot"),
        ("/\ud800", "half of a character"),
    ],
)
async def test_what_the_console_cannot_take_is_refused_and_never_sent(command: str, word: str) -> None:
    server = StandInServer(echo_and(""))
    with pytest.raises(CommandNotPossible, match=word):
        await ask(server, command)
    assert server.playing.written == []


async def test_the_longest_command_is_sent() -> None:
    server = StandInServer(echo_and(f"{HEAD}ok\n"))
    await ask(server, "/" + "x" * 998)
    assert len(server.playing.written[0]) == 999


async def test_a_server_that_does_not_run_takes_no_command() -> None:
    server = StandInServer(echo_and(""))
    server.game = None
    with pytest.raises(ServerNotRunning, match="Home is not running"):
        await ask(server, "/time")


@pytest.mark.parametrize("error", [ConsoleClosed("It is closed."), ConsoleBusy("It is busy.")])
async def test_a_dead_console_is_said_and_the_next_command_can_be_tried(error: ManagerError) -> None:
    server = StandInServer(echo_and(f"{HEAD}ok\n"))
    desk = desk_of(server)
    server.playing.error = error
    with pytest.raises(type(error)):
        await desk.ask("/time")
    server.playing.error = None
    assert (await desk.ask("/time")).is_complete
    assert server.console.witness is None


async def test_one_command_goes_after_the_other() -> None:
    server = StandInServer(echo_and(f"{HEAD}answer\n"))
    desk = desk_of(server)
    asked = await asyncio.gather(*(desk.ask(f"/time {number}", timeout_seconds=GENEROUS_SECONDS) for number in range(5)))
    assert server.playing.written == [f"/time {number}" for number in range(5)]
    assert [one.echo_seq for one in asked] == [1, 3, 5, 7, 9]
    assert all(one.is_complete and len(one.lines) == 1 for one in asked)


async def test_of_a_thousand_commands_at_once_most_are_refused_and_none_is_mixed_up() -> None:
    server = StandInServer(echo_and(f"{HEAD}answer\n"))
    desk = desk_of(server)
    results = await asyncio.gather(
        *(desk.ask(f"/time {number}", timeout_seconds=GENEROUS_SECONDS) for number in range(1_000)), return_exceptions=True
    )
    refused = [result for result in results if isinstance(result, TooManyCommands)]
    assert len(refused) == 1_000 - len(server.playing.written)
    assert 1 <= len(server.playing.written) <= commands.MAX_WAITING + 1
    assert refused[0].retry_after_seconds


async def test_whoever_waits_too_long_is_told_to_try_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "MAX_WAITING_SECONDS", 0.05)
    server = StandInServer(lambda _: None)
    desk = desk_of(server)
    first = asyncio.create_task(desk.ask("/time", timeout_seconds=GENEROUS_SECONDS))
    await until(lambda: server.playing.written)
    with pytest.raises(TooManyCommands):
        await desk.ask("/time")
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    assert server.console.witness is None


HELP = (
    "Available commands:\n"
    "<code>/tp <i>&lt;source&gt;</i> <i>[target]</i></code> :  Teleports &amp; more\n"
    "<code>/announce <i>&lt;message&gt;</i></code> :  Announce a server wide message to all players\n"
    "<code>/stop</code> :  Stop the server\n"
    "no command\n"
)


def test_the_help_of_the_game_is_read_without_its_markup() -> None:
    assert read_help(read_lines((HEAD + HELP).encode())) == [
        Hint("/announce", "<message> – Announce a server wide message to all players"),
        Hint("/stop", "Stop the server"),
        Hint("/tp", "<source> [target] – Teleports & more"),
    ]


async def test_the_commands_of_a_game_are_asked_for_once_when_it_is_ready() -> None:
    server = StandInServer(echo_and(HEAD + HELP))
    desk = desk_of(server)
    server.ready_ms = None
    assert await desk.hints() is None
    server.ready_ms = 1
    first, second = await asyncio.gather(desk.hints(), desk.hints())
    assert first is not None
    assert first == second
    assert [hint.name for hint in first] == ["/announce", "/stop", "/tp"]
    assert server.playing.written == ["/help"]
    assert server.shown == []
    server.game = None
    assert await desk.hints() == first
