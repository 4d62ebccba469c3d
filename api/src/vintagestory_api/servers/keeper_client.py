"""The manager's end of a keeper's socket."""

import asyncio
import itertools
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import structlog

from vintagestory_api.errors import Invalid
from vintagestory_api.servers.host import (
    ConsoleBusy,
    ConsoleClosed,
    GameListener,
    GameStatus,
    GameStillRuns,
    Heard,
    KeeperGone,
    KeeperIncompatible,
    Output,
)
from vintagestory_api.servers.keeper_files import OLDEST_PROTOCOL, PROTOCOL, KeeperFiles, refusal
from vintagestory_api.servers.processes import collect

log = structlog.get_logger(__name__)

#: Read at once, and so handed to the listener within one turn of the event loop.
_READ_BYTES = 128 << 10
_ANSWER_SECONDS = 10.0
#: On top of the time that a keeper waits for a busy console, with a queue before it.
_WRITE_SECONDS = 60.0
_GONE_SECONDS = 5.0
_MAX_HEAD_BYTES = 1 << 20
_LONGEST_PAUSE_SECONDS = 0.1


class CommandRefused(Invalid):
    code = "command_refused"


class KeptGame:
    """A game in a keeper's hands. Implements `Game`."""

    def __init__(self, files: KeeperFiles, line: "_Line", status: GameStatus) -> None:
        self._files = files
        self._line = line
        self._status = status
        line.status_changed = self._take_status

    @property
    def status(self) -> GameStatus:
        return self._status

    async def write_line(self, line: str) -> None:
        if (reason := refusal(line)) is not None:
            raise CommandRefused(f"The console can't take this line. {reason}")
        match await self._line.ask({"do": "write", "text": line}, _WRITE_SECONDS):
            case None:
                return
            case "busy":
                raise ConsoleBusy("The game does not read its console at the moment. Try again; if this goes on, it hangs.")
            case "closed":
                raise ConsoleClosed("The game no longer takes commands: it has closed its console, or has ended.")
            case error:
                raise CommandRefused(f"The keeper did not take this line ({error}).")

    async def signal(self, name: str) -> None:
        await self._line.ask({"do": "signal", "name": name}, _ANSWER_SECONDS)

    async def release(self) -> None:
        try:
            error = await self._line.ask({"do": "release"}, _ANSWER_SECONDS)
        except KeeperGone:
            if self._status.is_running:
                raise
            error = None  # killed after the end: only its files are left
        if error is not None:
            raise GameStillRuns("The game still runs: its keeper is needed.")
        await self._line.until_closed(_GONE_SECONDS)
        await _until_gone(self._status.keeper_pid)
        await asyncio.to_thread(self._files.remove)

    async def detach(self) -> None:
        self._line.close()

    def _take_status(self, status: GameStatus) -> None:
        self._status = status


async def connect(path: Path, files: KeeperFiles, listener: GameListener, seconds: float) -> KeptGame:
    """Take up a keeper. The listener is told nothing before this returns.

    Raises `OSError`, `KeeperGone`, `KeeperIncompatible`.
    """
    loop = asyncio.get_running_loop()
    line = _Line(listener)
    try:
        async with asyncio.timeout(seconds):
            await loop.create_unix_connection(lambda: line, str(path))
            hello = await line.hello
    except TimeoutError as error:
        line.close()
        raise KeeperGone(f"The keeper at {path} does not answer.") from error
    if hello["protocol"] < OLDEST_PROTOCOL or hello["oldest_protocol"] > PROTOCOL:
        line.close()
        raise KeeperIncompatible(
            f"The game was started by another version of this program, whose keeper speaks protocol {hello['protocol']} "
            f"(this one: {OLDEST_PROTOCOL} to {PROTOCOL}). Start that version again and stop the game with it, or end the keeper "
            f"(process {hello['status']['keeper_pid']}) with SIGTERM: it then stops its game in order."
        )
    status = status_of(hello["status"])
    game = KeptGame(files, line, status)
    line.attach()
    return game


class _Line(asyncio.BufferedProtocol):
    """Lines of JSON in both directions, and output behind those that announce it."""

    def __init__(self, listener: GameListener) -> None:
        self.hello: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self.status_changed: Callable[[GameStatus], None] | None = None
        self._listener = listener
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray(_READ_BYTES)
        self._view = memoryview(self._buffer)
        self._rest = bytearray()  # of a head that has come in part
        self._head: dict[str, Any] | None = None
        self._body: list[bytes] = []
        self._missing = 0
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._taken_seq: int | None = None
        self._probes: list[tuple[int, int]] = []
        self._pause = 0.0
        self._is_attached = False
        self._has_ended = False
        self._closed = asyncio.Event()

    def attach(self) -> None:
        self._is_attached = True
        self._send({"do": "attach"})

    async def ask(self, request: dict[str, Any], seconds: float) -> str | None:
        """The error that the keeper answers with, None for none. Raises `KeeperGone`."""
        if self._transport is None or self._transport.is_closing():
            raise KeeperGone("The keeper of the game is gone.")
        number = next(self._numbers)
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._asked[number] = answer
        try:
            self._send({**request, "id": number})
            async with asyncio.timeout(seconds):
                found = await answer
        except TimeoutError as error:
            raise KeeperGone("The keeper of the game does not answer.") from error
        finally:
            self._asked.pop(number, None)
        error_code: str | None = found["error"]
        return error_code

    async def until_closed(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._closed.wait()
        except TimeoutError:
            self.close()

    def close(self) -> None:
        """Hear nothing more."""
        self._is_attached = False
        if self._transport is not None:
            self._transport.abort()

    # asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def get_buffer(self, sizehint: int) -> bytearray:  # noqa: ARG002
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        at = 0
        while at < nbytes and self._transport is not None and not self._transport.is_closing():
            at = self._take_body(at, nbytes) if self._head is not None else self._take_head(at, nbytes)
        if self._taken_seq is not None and self._transport is not None and not self._transport.is_closing():
            self._send({"do": "ack", "seq": self._taken_seq, "probes": self._probes})
            self._taken_seq, self._probes = None, []
        if (nbytes == _READ_BYTES or self._pause) and self._transport is not None and not self._transport.is_closing():
            # Libuv would read on, up to 32 times; whoever waits for what was just told, and for the loop, goes first.
            self._transport.pause_reading()
            asyncio.get_running_loop().call_later(self._pause, self._read_on)
            self._pause = 0.0

    def _read_on(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._closed.set()
        gone = KeeperGone("The keeper of the game is gone.")
        if not self.hello.done():
            self.hello.set_exception(gone)
            self.hello.exception()  # whoever waited may have gone, too
        for answer in self._asked.values():
            if not answer.done():
                answer.set_exception(gone)
        if not self._has_ended:
            self._tell(self._listener.keeper_lost)
        self._is_attached = False

    # The language

    def _take_head(self, at: int, end: int) -> int:
        cut = self._buffer.find(b"\n", at, end)
        if cut < 0:
            self._rest += self._view[at:end]
            if len(self._rest) > _MAX_HEAD_BYTES:
                log.error("keeper_not_understood", path=str(self._transport and self._transport.get_extra_info("peername")))
                self.close()
            return end
        self._rest += self._view[at:cut]
        try:
            message = json.loads(self._rest)
            self._understand(message)
        except (ValueError, KeyError, TypeError):
            log.exception("keeper_not_understood")
            if self._transport is not None:
                self._transport.abort()
        self._rest.clear()
        return cut + 1

    def _understand(self, message: dict[str, Any]) -> None:
        if "output" in message:
            self._head, self._missing = message, int(message["size"])
            return
        if "hello" in message:
            if not self.hello.done():
                self.hello.set_result(message)
            return
        status = status_of(message["ended"] if "ended" in message else message["status"])
        if self.status_changed is not None:
            self.status_changed(status)
        if "ended" in message:
            self._has_ended = True
            self._tell(self._listener.game_ended, status)
        elif (answer := self._asked.get(message["answer"])) is not None and not answer.done():
            answer.set_result(message)

    def _take_body(self, at: int, end: int) -> int:
        part = self._view[at : min(end, at + self._missing)]
        self._body.append(bytes(part))
        self._missing -= len(part)
        if self._missing == 0 and self._head is not None:
            head, self._head = self._head, None
            data = self._body[0] if len(self._body) == 1 else b"".join(self._body)
            self._body = []
            output = Output(
                int(head["output"]),
                data,
                lost_lines=head.get("lost", 0),
                is_replay=head.get("replay", False),
                probes=tuple((int(first), int(last)) for first, last in head.get("probes", ())),
            )
            heard = self._tell(self._listener.game_printed, output) or Heard()
            self._pause = min(_LONGEST_PAUSE_SECONDS, heard.pause_seconds)
            self._probes += heard.probes
            self._taken_seq = output.first_seq + int(head["lines"])
        return at + len(part)

    def _tell(self, call: Callable[..., Heard | None], *arguments: object) -> Heard | None:
        """A fault of the listener is no reason to stop listening."""
        if not self._is_attached:
            return None
        try:
            return call(*arguments)
        except Exception:
            log.exception("game_listener_failed")
            return None

    def _send(self, message: dict[str, Any]) -> None:
        if self._transport is not None:
            self._transport.write(json.dumps(message).encode() + b"\n")


async def _until_gone(pid: int) -> None:
    deadline = time.monotonic() + _GONE_SECONDS
    while not collect(pid) and time.monotonic() < deadline:  # noqa: ASYNC110 - processes of others tell nobody
        await asyncio.sleep(0.01)


def status_of(found: dict[str, Any]) -> GameStatus:
    return GameStatus(
        server_id=found["server_id"],
        instance=found["instance"],
        keeper_pid=found["keeper_pid"],
        game_pid=found["game_pid"],
        started_ms=found["started_ms"],
        ended_ms=found["ended_ms"],
        exit_code=found["exit_code"],
        stop_signals=tuple(found["stop_signals"]),
    )
