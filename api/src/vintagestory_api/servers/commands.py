"""Speaking to a game: one command at a time goes to its console, and what the game prints for it is gathered from there.

The game echoes a command, then prints the answer; nothing marks the end of that. What is taken for the answer is the first line
with a head after the echo that nobody else can have caused, with the lines that go on with it.
"""

import asyncio
import html
import re
from dataclasses import dataclass, field
from typing import Protocol

from vintagestory_api.errors import Conflict, Invalid, TooManyRequests
from vintagestory_api.servers.console import Console
from vintagestory_api.servers.console_lines import ConsoleLine, harmless_text
from vintagestory_api.servers.host import Game
from vintagestory_api.servers.line_events import (
    CommandEchoed,
    LineEvent,
    ModComplaint,
    Overloaded,
    PlayerIdentified,
    PlayerJoined,
    PlayerLeft,
    PlayerRefused,
    read_event,
)

#: So many bytes the game reads at once, its end of the line included; what comes in two parts ends its console.
MAX_COMMAND_BYTES = 1_000
#: So many may wait for their turn, and for so long.
MAX_WAITING = 20
MAX_WAITING_SECONDS = 10.0
#: An answer is over when nothing has followed its first line for so long.
QUIET_SECONDS = 0.25
#: What is longer is not gathered to its end.
MAX_ANSWER_LINES = 2_000

_TYPES_OF_ANSWERS = frozenset({"Notification", "Event", "Warning", "Error"})
_NEVER_AN_ANSWER = (PlayerIdentified, PlayerJoined, PlayerLeft, PlayerRefused, ModComplaint, Overloaded)
_BROADCAST = "Message to all in group "
_MOD_TEXT = re.compile(r"\[[^\[\]]{1,100}\] ")
#: What coming and going players cause, as a kick does, between the echo and the answer.
_OF_CONNECTIONS = re.compile(
    r"Client \d{1,9} |UDP: |A Client attempts |A client reconnected|All clients disconnected|Delayed join|Placing "
)
_LOOK_SECONDS = 0.5


class CommandNotPossible(Invalid):
    code = "command_not_possible"


class ServerNotRunning(Conflict):
    code = "server_not_running"


class TooManyCommands(TooManyRequests):
    code = "too_many_commands"


@dataclass(frozen=True)
class Asked:
    """`echo_seq` is the line in which the game shows that it took the command, None when it did not in time. `is_complete`: the
    answer has ended, as far as that can be told; what comes later is in the console."""

    command: str
    echo_seq: int | None
    lines: list[ConsoleLine]
    is_complete: bool


@dataclass(frozen=True)
class Hint:
    """A command that the game knows: `name` with its slash, `text` with its arguments and what it does."""

    name: str
    text: str


class Spoken(Protocol):
    """The server that is spoken to. `game` is None while it does not run."""

    @property
    def name(self) -> str: ...

    @property
    def console(self) -> Console: ...

    @property
    def game(self) -> Game | None: ...

    @property
    def ready_ms(self) -> int | None: ...


def checked_command(text: str) -> str:
    """The command as it is sent. Raises `CommandNotPossible`."""
    command = text.strip(" ")
    if not command:
        raise CommandNotPossible("There is no command. Type one, such as /time.")
    if command.startswith("."):
        raise CommandNotPossible("The game ignores lines that begin with a dot. Begin with a slash, as in /time.")
    try:
        size = len(command.encode()) + 1
    except UnicodeEncodeError:
        raise CommandNotPossible("The command holds half of a character. Send complete characters.") from None
    if any(not (" " <= char != "\x7f") or "\x80" <= char < "\xa0" or char in "\u2028\u2029" for char in command):
        raise CommandNotPossible(
            "The command holds a line break or another control character, which the game would take for the end of it. "
            "Send one command at a time, as one line."
        )
    if size > MAX_COMMAND_BYTES:
        raise CommandNotPossible(
            f"The command has {size:,} bytes, and the console of the game takes {MAX_COMMAND_BYTES:,} at most. Make it shorter."
        )
    return command


class CommandDesk:
    """For everybody who talks to the game of one server."""

    def __init__(self, server: Spoken, *, quiet_seconds: float = QUIET_SECONDS) -> None:
        self._server = server
        self._quiet_seconds = quiet_seconds
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._learning = asyncio.Lock()
        self._hints: list[Hint] = []
        self._hints_of: str | None = None

    async def ask(self, command: str, *, is_probe: bool = False, timeout_seconds: float = 5.0, starts_with: str = "") -> Asked:
        """Send one line, and wait for what it prints. `is_probe` marks echo and answer as the manager's own. `starts_with`: of
        the answer, where it is known; other lines before it are not taken for it.

        Raises `CommandNotPossible` and `ServerNotRunning` at once, `TooManyCommands` when too many wait, and what
        `Game.write_line` raises.
        """
        command = checked_command(command)
        self._running()
        if self._waiting >= MAX_WAITING:
            raise self._too_many()
        self._waiting += 1
        try:
            await self._take_turn()
        finally:
            self._waiting -= 1
        try:
            return await self._ask_now(_Question(command, is_probe, starts_with), timeout_seconds)
        finally:
            self._turn.release()

    async def hints(self) -> list[Hint] | None:
        """The commands that the game knows, from its own `/help`, which it is asked for once after it is ready. None before.
        Raises what `ask` raises."""
        async with self._learning:
            game = self._server.game
            if game is not None and self._server.ready_ms is not None and self._hints_of != game.status.instance:
                asked = await self.ask("/help", is_probe=True)
                if asked.is_complete:
                    self._hints, self._hints_of = read_help(asked.lines), game.status.instance
        return self._hints if self._hints_of else None

    async def _take_turn(self) -> None:
        try:
            async with asyncio.timeout(MAX_WAITING_SECONDS):
                await self._turn.acquire()
        except TimeoutError:
            raise self._too_many() from None

    def _too_many(self) -> TooManyCommands:
        return TooManyCommands(
            f"{self._server.name} has {self._waiting} commands waiting already, and takes one after the other. "
            "Send more when those are done.",
            retry_after_seconds=2,
        )

    def _running(self) -> Game:
        if (game := self._server.game) is None:
            raise ServerNotRunning(f"{self._server.name} is not running, so it takes no commands. Start it first.")
        return game

    async def _ask_now(self, question: "_Question", timeout_seconds: float) -> Asked:
        game, console = self._running(), self._server.console
        console.witness = question.see
        try:
            # Not part of the time: what is on its way to the console could not be taken back.
            await game.write_line(question.command)
            async with asyncio.timeout(timeout_seconds):
                await self._hear(question, game)
        except TimeoutError:
            pass
        finally:
            console.witness = None
        return Asked(question.command, question.echo_seq, question.lines, question.is_over)

    async def _hear(self, question: "_Question", game: Game) -> None:
        """Return when the answer is over, or none can come any more."""
        while not question.is_over:
            question.news.clear()
            wait = self._quiet_seconds if question.lines else _LOOK_SECONDS
            try:
                async with asyncio.timeout(wait):
                    await question.news.wait()
            except TimeoutError:
                if question.lines:
                    question.is_over = True
                elif self._server.game is not game:
                    return


@dataclass
class _Question:
    """One command on its way: sees each line of the console, and keeps those that belong to it."""

    command: str
    is_probe: bool
    starts_with: str
    echo_seq: int | None = None
    lines: list[ConsoleLine] = field(default_factory=list)
    is_over: bool = False
    news: asyncio.Event = field(default_factory=asyncio.Event)
    _has_head: bool = False
    _is_within: bool = False

    def see(self, line: ConsoleLine) -> bool:
        """Whether the line is to be marked as the manager's."""
        if self.is_over:
            return False
        if not line.is_continuation:
            self._is_within = False
            if self._has_head:
                self._end()
            elif self.echo_seq is None:
                return self._see_echo(line) and self.is_probe
            elif self._can_be_the_answer(line):
                self._has_head = self._is_within = True
        if not self._is_within:
            return False
        self.lines.append(line)
        self.news.set()
        if len(self.lines) >= MAX_ANSWER_LINES:
            self._end()
        return self.is_probe

    def _see_echo(self, line: ConsoleLine) -> bool:
        if self.command.startswith("/"):
            event = read_event(line)
            if not isinstance(event, CommandEchoed) or event.command.strip() != self._shown:
                return False
            self._is_within = not self.starts_with  # some commands print without a head
        elif line.type == "Notification" and line.text.startswith(_BROADCAST) and self._shown in line.text:
            self.lines.append(line)
            self._end()
        else:
            return False
        self.echo_seq = line.seq
        self.news.set()
        return True

    @property
    def _shown(self) -> str:
        return harmless_text(self.command.encode()).strip()

    def _can_be_the_answer(self, line: ConsoleLine) -> bool:
        if self.starts_with:
            return line.text.startswith(self.starts_with)
        if line.type not in _TYPES_OF_ANSWERS or _MOD_TEXT.match(line.text) or _OF_CONNECTIONS.match(line.text):
            return False
        event: LineEvent | None = read_event(line)
        if isinstance(event, CommandEchoed):
            self._end()
            return False
        return not isinstance(event, _NEVER_AN_ANSWER)

    def _end(self) -> None:
        self.is_over = True
        self._is_within = False
        self.news.set()


_HELP_LINE = re.compile(r"\s*(?P<name>/\S{1,60})(?P<arguments>.{0,300}?)\s*:  ?\s*(?P<text>.{0,500})$")
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,100}>")


def read_help(lines: list[ConsoleLine]) -> list[Hint]:
    """The commands in the answer to `/help`: `<code>/tp <i>&lt;source&gt;</i></code> :  Teleports`, one in each line."""
    found: dict[str, Hint] = {}
    for line in lines:
        if match := _HELP_LINE.match(html.unescape(_TAG.sub("", line.text))):
            name, arguments, text = match["name"], match["arguments"].strip(), match["text"].strip()
            found.setdefault(name, Hint(name, f"{arguments} – {text}" if arguments and text else arguments or text))
    return sorted(found.values(), key=lambda hint: hint.name)
