"""What can be done about a player. Each is one command to the running game, and is done when the game's answer or its files
say so, never because it was sent."""

import asyncio
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from vintagestory_api.errors import Conflict, FieldError, Invalid
from vintagestory_api.kit.clock import Clock
from vintagestory_api.players.files import GameFiles
from vintagestory_api.players.names import check_name
from vintagestory_api.players.presence import Visit
from vintagestory_api.players.schemas import Ban, PlayerActionResult
from vintagestory_api.servers.console_answers import REFUSALS, believable_lines, own_lines

if TYPE_CHECKING:
    from vintagestory_api.servers.registry import Servers
    from vintagestory_api.servers.server import GameServer

#: For so long the files, or a line that tells of the end of a visit, are waited for.
VERIFY_SECONDS = 4.0
_LOOK_EVERY_SECONDS = 0.2
_ADMIN_ROLE = "admin"

_DIRECTIONAL = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class ServerNotRunning(Conflict):
    code = "server_not_running"


class ReasonInvalid(Invalid):
    code = "reason_invalid"


class RoleUnknown(Invalid):
    code = "role_unknown"


class Witness(Protocol):
    """What is known of players beside the game's answer."""

    def visit(self, server_id: str, name: str) -> Visit | None: ...

    def is_exact(self, server_id: str) -> bool: ...

    async def files(self, server_id: str) -> GameFiles: ...

    def learn(self, server_id: str, name: str | None, **answer: Any) -> None: ...


@dataclass(frozen=True)
class _Deed:
    """One command, and how it is known to be done. `done` and `already` are beginnings of answers, `refused` of further noes.

    `in_files` compares the files with those before; `happened` looks at who is on; `question` is another command, whose answer
    begins with `agrees` when it is so and with `disagrees` when not. `learned`: what holds of the player then.
    """

    command: str
    done: str
    words: str
    already: str | None = None
    in_files: Callable[[GameFiles, GameFiles], bool] | None = None
    happened: Callable[[], bool] | None = None
    question: str | None = None
    agrees: str = ""
    disagrees: str = ""
    name: str | None = None
    learned: dict[str, Any] = field(default_factory=dict)


class PlayerActions:
    """Every action raises `ServerNotFound`, `ServerNotRunning`, `PlayerNameInvalid`, and what its console raises."""

    def __init__(self, servers: "Servers", witness: Witness, clock: Clock) -> None:
        self._servers = servers
        self._witness = witness
        self._clock = clock

    async def kick(self, server_id: str, name: str, reason: str | None) -> PlayerActionResult:
        check_name(name)
        before = self._witness.visit(server_id, name)

        def is_gone() -> bool:
            return before is not None and self._witness.visit(server_id, name) != before

        deed = _Deed(
            f"/kick {name}{_said(reason)}",
            done=rf"{re.escape(name)} has been kicked by |Player kicked",
            words=f"{name} was kicked.",
            happened=is_gone,
            name=name,
        )
        result = await self._do(server_id, deed)
        if result.outcome == "unknown" and before is None and self._witness.is_exact(server_id):
            return _result("refused", None, f"{name} is not on this server.", result.answer)
        return result

    async def ban(self, server_id: str, name: str, ban: Ban) -> PlayerActionResult:
        """All parts of the command are needed; `-` stands for no reason."""
        check_name(name)
        reason = _said(ban.reason) or " -"
        period = f"{ban.amount} {ban.unit}{'' if ban.amount == 1 else 's'}"
        deed = _Deed(
            f"/ban {name} {ban.amount} {ban.unit}{reason}",
            done=r"Player is now banned",
            words=f"{name} is banned for {period}.",
            in_files=lambda files, before: files.banned != before.banned and self._is_banned(files, name),
            name=name,
            learned={"is_banned": True},
        )
        return await self._do(server_id, deed)

    async def unban(self, server_id: str, name: str) -> PlayerActionResult:
        check_name(name)
        deed = _Deed(
            f"/unban {name}",
            done=r"Player is now unbanned",
            words=f"{name} is not banned any more.",
            in_files=lambda files, before: (
                self._is_banned(before, name) and files.banned.is_whole and not self._is_banned(files, name)
            ),
            name=name,
            learned={"is_banned": False},
        )
        return await self._do(server_id, deed)

    async def whitelist(self, server_id: str, name: str) -> PlayerActionResult:
        """Also for somebody who never joined: the game finds out who that is."""
        check_name(name)
        deed = _Deed(
            f"/whitelist add {name}",
            done=r"Player is now whitelisted",
            already=r"Player is already whitelisted",
            words=f"{name} is on the whitelist.",
            in_files=lambda files, _: self._is_whitelisted(files, name),
            question=f"/player {name} whitelist",
            agrees=r"Player is currently whitelisted",
            disagrees=r"Player is currently not whitelisted",
            name=name,
            learned={"is_whitelisted": True},
        )
        return await self._do(server_id, deed)

    async def unwhitelist(self, server_id: str, name: str) -> PlayerActionResult:
        check_name(name)
        deed = _Deed(
            f"/whitelist remove {name}",
            done=r"Player is now removed from the whitelist",
            words=f"{name} is not on the whitelist any more.",
            in_files=lambda files, before: (
                self._is_whitelisted(before, name) and files.whitelisted.is_whole and not self._is_whitelisted(files, name)
            ),
            question=f"/player {name} whitelist",
            agrees=r"Player is currently not whitelisted",
            disagrees=r"Player is currently whitelisted",
            name=name,
            learned={"is_whitelisted": False},
        )
        return await self._do(server_id, deed)

    async def set_whitelist_mode(self, server_id: str, mode: Literal["on", "off"]) -> PlayerActionResult:
        word = "enabled" if mode == "on" else "disabled"
        deed = _Deed(
            f"/whitelist {mode}",
            done=rf"Whitelist now {word}|Whitelist mode now {mode}\b",
            already=rf"Whitelist was already {word}",
            words="Only players on the whitelist can join now." if mode == "on" else "Everybody can join now.",
            in_files=lambda files, _: files.rules.whitelist == mode,
        )
        return await self._do(server_id, deed)

    async def make_operator(self, server_id: str, name: str) -> PlayerActionResult:
        check_name(name)
        return await self._do(server_id, self._role_deed(f"/op {name}", name, _ADMIN_ROLE))

    async def set_role(self, server_id: str, name: str, role: str) -> PlayerActionResult:
        """Raises `RoleUnknown` when the server's configuration has no such role."""
        check_name(name)
        roles = (await self._witness.files(server_id)).rules.roles
        code = next((known.code for known in roles if known.code.lower() == role.lower()), None)
        if roles and code is None:
            there_are = ", ".join(known.code for known in roles)
            raise RoleUnknown(
                f"This server has no role {role!r}. There are: {there_are}.",
                fields=[FieldError("role", "give the code of a role of this server")],
            )
        return await self._do(server_id, self._role_deed(f"/player {name} role {code or role}", name, code or role))

    def _role_deed(self, command: str, name: str, code: str) -> _Deed:
        def has_role(files: GameFiles, _before: GameFiles) -> bool:
            known = files.records.find(name)
            return known is not None and known.role is not None and known.role.lower() == code.lower()

        return _Deed(
            command,
            done=r"Ok, role .{1,100} assigned to ",
            already=rf"Player is already in group {re.escape(code)}\b",
            words=f"{name} has the role {code}.",
            in_files=has_role,
            question=f"/player {name} role",
            agrees=rf"Player has role {re.escape(code)}\s*$",
            disagrees=r"Player has role ",
            name=name,
            learned={"role": code},
        )

    def _is_banned(self, files: GameFiles, name: str) -> bool:
        return files.banned.find(name, _uid_of(files, name), self._clock.now_ms()) is not None

    def _is_whitelisted(self, files: GameFiles, name: str) -> bool:
        return files.whitelisted.find(name, _uid_of(files, name), self._clock.now_ms()) is not None

    # How it is done

    async def _do(self, server_id: str, deed: _Deed) -> PlayerActionResult:
        server = self._running(server_id)
        before = await self._witness.files(server_id)
        asked = await server.commands.ask(deed.command)
        answer = own_lines(asked.lines)
        result = _judge(deed, believable_lines(asked.lines), answer) or await self._look(server_id, deed, before, answer)
        if result is None and deed.question is not None and self._servers.get(server_id).state == "running":
            told = await server.commands.ask(deed.question, is_probe=True)
            result = _judge_question(deed, believable_lines(told.lines), answer)
        if result is None:
            said = f"It answered: {answer[0]}" if answer else "It did not answer in time."
            message = f"The game was asked to, and whether it did can't be told. {said} Look into the console."
            return _result("unknown", None, message, answer)
        if result.outcome == "done":
            self._witness.learn(server_id, deed.name, **deed.learned)
        return result

    async def _look(self, server_id: str, deed: _Deed, before: GameFiles, answer: Sequence[str]) -> PlayerActionResult | None:
        """Wait for the files, or for what is heard of the player."""
        deadline = self._clock.monotonic() + VERIFY_SECONDS
        while True:
            if deed.happened is not None and deed.happened():
                return _result("done", "answer", deed.words, answer)
            if deed.in_files is not None and deed.in_files(await self._witness.files(server_id), before):
                return _result("done", "file", deed.words, answer)
            if self._clock.monotonic() > deadline:
                return None
            await asyncio.sleep(_LOOK_EVERY_SECONDS)

    def _running(self, server_id: str) -> "GameServer":
        server = self._servers.get(server_id)
        if server.state != "running":
            state = server.state.replace("_", " ")
            raise ServerNotRunning(
                f"{server.name} is {state}. Players can be managed while the game runs, because it keeps its lists itself: "
                "start it, and try again.",
                state=server.state,
            )
        return server


def _said(reason: str | None) -> str:
    """A reason as the rest of a command, with a blank before it. Raises `ReasonInvalid`."""
    text = " ".join((reason or "").split(" ")).strip()
    if not text:
        return ""
    if any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp", "Cn"} or character in _DIRECTIONAL for character in text):
        raise ReasonInvalid(
            "The reason holds characters that no line of text has. Write it in one line of plain text.",
            fields=[FieldError("reason", "give one line of plain text")],
        )
    return f" {text}"


def _judge(deed: _Deed, heads: Sequence[str], answer: Sequence[str]) -> PlayerActionResult | None:
    for line in heads:
        if re.match(deed.done, line, re.IGNORECASE):
            return _result("done", "answer", deed.words, answer)
        if deed.already is not None and re.match(deed.already, line):
            return _result("done", "answer", f"{deed.words} It was so before.", answer)
    for line in heads:
        if REFUSALS.match(line):
            return _result("refused", "answer", f"The game refused: {line}", answer)
    return None


def _judge_question(deed: _Deed, told: Sequence[str], answer: Sequence[str]) -> PlayerActionResult | None:
    for line in told:
        if re.match(deed.agrees, line, re.IGNORECASE):
            return _result("done", "answer", deed.words, answer)
        if re.match(deed.disagrees, line):
            said = f" It answered: {answer[0]}" if answer else ""
            return _result("refused", "answer", f"The game did not do it.{said}", answer)
    return None


def _result(
    outcome: Literal["done", "refused", "unknown"],
    confirmed_by: Literal["answer", "file"] | None,
    message: str,
    answer: Sequence[str],
) -> PlayerActionResult:
    return PlayerActionResult(outcome=outcome, confirmed_by=confirmed_by, message=message, answer=list(answer))


def _uid_of(files: GameFiles, name: str) -> str | None:
    known = files.records.find(name)
    return known.uid if known is not None else None
