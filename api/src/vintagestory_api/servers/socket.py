"""The WebSocket edge of the console: sends frames of lines to whoever shows a ticket, until they leave or may not stay.

A frame is text: `{"lines": [{"seq", "time", "type", "text", …}], "dropped": n}`. What a client sends is ignored.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from vintagestory_api.access.routes import API_PREFIX
from vintagestory_api.errors import NotFound
from vintagestory_api.kit.clock import Clock
from vintagestory_api.live.stream import ABORT_EXTENSION
from vintagestory_api.servers.console import FRAME_BYTES, Viewer
from vintagestory_api.servers.tickets import Holder, Tickets

if TYPE_CHECKING:
    from vintagestory_api.manager import Manager

log = structlog.get_logger(__name__)

#: How often it is looked whether the client may still listen. With the two seconds for which a token is trusted: under 5 s.
RECHECK_SECONDS = 2.0
#: A client that takes nothing for so long is cut, and one that has to leave gets this long to hear it.
SLOW_SECONDS = 20.0
GOODBYE_SECONDS = 1.0
SOCKETS_PER_PRINCIPAL = 16
#: Small frames are not sent more often than this, so that a flood comes in large ones.
_PACE_SECONDS = 0.01
_FRAMES_IN_A_GO = 8

# Close codes. Those from 4000 on are ours.
_GOING_AWAY = 1001
_TRY_LATER = 1013
_REFUSED = 4401
_NO_SUCH_SERVER = 4404

End = tuple[int, str]


class ConsoleSockets:
    """All that are open, and the tickets for those that will be."""

    def __init__(self, clock: Clock) -> None:
        self.tickets = Tickets(clock)
        self._open: set[ConsoleSocket] = set()
        self._count: Counter[tuple[str, str | None]] = Counter()
        self._is_closed = False

    @property
    def count(self) -> int:
        return len(self._open)

    def recheck(self) -> None:
        """Have everybody looked at now: somebody's rights changed."""
        for one in self._open:
            one.attention.set()

    async def close(self) -> None:
        """Let everybody hear that the manager goes down; nobody is let in any more."""
        self._is_closed = True
        for one in self._open:
            one.end(_GOING_AWAY, "The manager is stopping.")
        if self._open:
            await asyncio.wait({one.over for one in self._open}, timeout=2 * GOODBYE_SECONDS)

    async def follow(self, websocket: WebSocket, holder: Holder, viewer: Viewer, is_there: Callable[[], bool]) -> None:
        """Return when the connection is over. `is_there`: whether the server still exists."""
        key = holder.principal.kind, holder.principal.id
        try:
            if self._is_closed:
                return await websocket.close(_GOING_AWAY, "The manager is stopping.")
            if self._count[key] >= SOCKETS_PER_PRINCIPAL:
                return await websocket.close(_TRY_LATER, f"{SOCKETS_PER_PRINCIPAL} consoles are open already. Close one of them.")
            one = ConsoleSocket(websocket, holder, viewer, is_there)
            self._open.add(one)
            self._count[key] += 1
            try:
                await one.run()
            finally:
                one.over.set_result(None)
                self._open.discard(one)
                self._count -= Counter([key])
        finally:
            viewer.close()


class ConsoleSocket:
    """One client that follows one console."""

    def __init__(self, websocket: WebSocket, holder: Holder, viewer: Viewer, is_there: Callable[[], bool]) -> None:
        self.attention = asyncio.Event()
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._websocket = websocket
        self._holder = holder
        self._viewer = viewer
        self._is_there = is_there
        self._end: End | None = None
        self._is_slow = False

    def end(self, code: int, reason: str) -> None:
        """The first reason counts."""
        if self._end is None:
            self._end = code, reason
            self._viewer.wake()
            self.attention.set()

    async def run(self) -> None:
        tasks = writer, gone = asyncio.create_task(self._write()), asyncio.create_task(self._until_gone())
        try:
            for task in tasks:
                task.add_done_callback(lambda _: self.attention.set())
            await self._attend(writer, gone)
            if self._is_slow or not (writer.done() or gone.done()):
                self._cut()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        if not writer.cancelled() and (error := writer.exception()):
            raise error

    async def _attend(self, writer: "asyncio.Task[None]", gone: "asyncio.Task[None]") -> None:
        """Return when everything is said, or the client is gone or has to be cut."""
        while not (writer.done() or gone.done() or self._end):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RECHECK_SECONDS):
                    await self.attention.wait()
            self.attention.clear()
            if not (writer.done() or gone.done() or self._end):
                await self._recheck()
        if self._end is not None:
            await asyncio.wait({writer, gone}, timeout=GOODBYE_SECONDS, return_when=asyncio.FIRST_COMPLETED)

    async def _recheck(self) -> None:
        try:
            if not await self._holder.may_stay():
                self.end(_REFUSED, "You may not follow this console any more.")
            elif not self._is_there():
                self.end(_NO_SUCH_SERVER, "This server is gone.")
        except Exception as error:  # noqa: BLE001 - whoever can't be checked has to come back and be checked then
            log.warning("console_socket_not_rechecked", error=str(error))
            self.end(_TRY_LATER, "It can't be checked at the moment whether you may follow this console.")

    def _cut(self) -> None:
        log.info("console_socket_cut", who=self._holder.principal.name, server=self._holder.server_id)
        if (abort := self._websocket.scope.get("extensions", {}).get(ABORT_EXTENSION)) is not None:
            abort()

    async def _write(self) -> None:
        viewer, now = self._viewer, asyncio.get_running_loop().time
        may_send_at = 0.0
        in_a_go = 0
        # The server raises a RuntimeError for what comes after it has closed the connection itself, for want of a pong.
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            while self._end is None:
                await viewer.wait_for_news()
                if (wait := may_send_at - now()) > 0:
                    await asyncio.sleep(wait)
                if not (frame := viewer.take()):
                    continue
                try:
                    async with asyncio.timeout(SLOW_SECONDS):
                        await self._websocket.send_text(frame)
                except TimeoutError:
                    self._is_slow = True
                    return
                is_large = len(frame) > FRAME_BYTES // 2
                may_send_at = 0.0 if is_large else now() + _PACE_SECONDS
                in_a_go = in_a_go + 1 if is_large else 0
                if in_a_go >= _FRAMES_IN_A_GO:
                    in_a_go = 0
                    await asyncio.sleep(0)
            await self._websocket.close(*self._end)

    async def _until_gone(self) -> None:
        with contextlib.suppress(WebSocketDisconnect):
            while (await self._websocket.receive())["type"] != "websocket.disconnect":
                pass


async def follow_console(websocket: WebSocket) -> None:
    """`?ticket=…&after=SEQ`. Without a valid ticket it is closed with 4401 and the reason."""
    manager: Manager = websocket.app.state.manager
    server_id: str = websocket.path_params["server_id"]
    query = websocket.query_params
    sockets: ConsoleSockets = websocket.app.state.console_sockets
    holder = sockets.tickets.redeem(query.get("ticket", ""), server_id)
    # Accepted in any case: before that, nobody would hear the code and the reason.
    await websocket.accept()
    try:
        if holder is None:
            await websocket.close(_REFUSED, "This ticket is used up, too old, or for another server. Ask for a new one.")
            return
        if not await _may_follow(holder):
            await websocket.close(_REFUSED, "You may not follow this console any more.")
            return
        try:
            console = manager.servers.get(server_id).console
        except NotFound as error:
            await websocket.close(_NO_SUCH_SERVER, error.message[:100])
            return
        viewer = console.view(_number(query.get("after", "")))
        await sockets.follow(websocket, holder, viewer, lambda: server_id in manager.servers.ids)
    except WebSocketDisconnect:
        return  # it left before it heard why


async def _may_follow(holder: Holder) -> bool:
    """What is kept is sent at once: who has lost the right to it since the ticket was made must not get even that."""
    try:
        return await holder.may_stay()
    except Exception as error:  # noqa: BLE001 - as above
        log.warning("console_socket_not_checked", error=str(error))
        return False


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0


routes = [WebSocketRoute(f"{API_PREFIX}/servers/{{server_id}}/console/ws", follow_console)]
