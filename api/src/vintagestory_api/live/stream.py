"""One stream to one client: SSE over a plain HTTP answer, until the client leaves or may not stay."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from vintagestory_api.live.hub import Subscription, sse_message

log = structlog.get_logger(__name__)

PING_SECONDS = 15.0
#: How often it is looked whether the client may still listen. With the two seconds for which a token is trusted: under 5 s.
RECHECK_SECONDS = 2.0
#: A client that takes nothing for so long is cut, and one that has to leave gets this long to hear it.
SLOW_SECONDS = 20.0
GOODBYE_SECONDS = 1.0
#: A server that can cut a connection puts a function for it at this place among the extensions of the ASGI scope.
ABORT_EXTENSION = "vsmanager.abort"

_RETRY_MS = 1_000
_PING = b": ping\n\n"
_SAID = {"revoked", "shutdown"}

MayStay = Callable[[], Awaitable[bool]]


class EventStream(Response):
    """`may_stay` is asked again and again; the stream ends when it says no, and also when it can't be asked."""

    media_type = "text/event-stream"

    def __init__(self, subscription: Subscription, hello: Mapping[str, Any], may_stay: MayStay) -> None:
        # With the stream, the connection ends: a caller that was revoked keeps nothing.
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no", "Connection": "close"})
        del self.headers["content-length"]
        self._subscription = subscription
        self._hello = hello
        self._may_stay = may_stay
        self._is_complete = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        subscription = self._subscription
        tasks = writer, gone = asyncio.create_task(self._write(send)), asyncio.create_task(_until_gone(receive))
        try:
            for task in tasks:
                task.add_done_callback(lambda _: subscription.attention.set())
            await self._attend(writer, gone)
            if not self._is_complete and not gone.done():
                await self._cut(scope, gone)
        finally:
            subscription.close()
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        if not writer.cancelled() and (error := writer.exception()):
            raise error

    async def _attend(self, writer: "asyncio.Task[None]", gone: "asyncio.Task[None]") -> None:
        """Return when everything is written, or the client is gone or has to be cut."""
        subscription = self._subscription
        while not (writer.done() or gone.done() or subscription.end_reason):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RECHECK_SECONDS):
                    await subscription.attention.wait()
            subscription.attention.clear()
            if not (writer.done() or gone.done() or subscription.end_reason):
                await self._recheck()
        if subscription.end_reason not in {None, "slow"}:
            await asyncio.wait({writer, gone}, timeout=GOODBYE_SECONDS, return_when=asyncio.FIRST_COMPLETED)

    async def _recheck(self) -> None:
        try:
            if not await self._may_stay():
                self._subscription.end("revoked")
        except Exception as error:  # noqa: BLE001 - whoever can't be checked has to come back and be checked then
            log.warning("live_stream_not_rechecked", error=str(error))
            self._subscription.end("unchecked")

    async def _cut(self, scope: Scope, gone: "asyncio.Task[None]") -> None:
        log.info("live_stream_cut", who=self._subscription.principal.name, reason=self._subscription.end_reason)
        abort = (scope.get("extensions") or {}).get(ABORT_EXTENSION)
        if abort is not None:
            abort()
            await asyncio.wait({gone}, timeout=GOODBYE_SECONDS)

    async def _write(self, send: Send) -> None:
        subscription = self._subscription

        async def write(part: bytes, *, more: bool = True) -> None:
            subscription.is_writing = True
            try:
                async with asyncio.timeout(SLOW_SECONDS):
                    await send({"type": "http.response.body", "body": part, "more_body": more})
            finally:
                subscription.is_writing = False

        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        try:
            await write(f"retry: {_RETRY_MS}\n".encode() + sse_message("hello", self._hello, subscription.event_id))
            while subscription.end_reason is None:
                if news := subscription.take():
                    await write(news)
                    continue
                try:
                    async with asyncio.timeout(PING_SECONDS):
                        await subscription.wait_for_news()
                except TimeoutError:
                    await write(_PING)
            if subscription.end_reason in _SAID:
                await write(sse_message("bye", {"reason": subscription.end_reason}))
            if subscription.end_reason != "slow":
                await write(b"", more=False)
                self._is_complete = True
        except TimeoutError:
            subscription.end("slow")


async def _until_gone(receive: Receive) -> None:
    with contextlib.suppress(OSError):
        while (await receive())["type"] != "http.disconnect":
            pass
