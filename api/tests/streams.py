"""Live streams in tests: asked for in this process, and read from a real server."""

import asyncio
import json
from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from starlette.types import ASGIApp
from starlette.types import Message as AsgiMessage


async def status_of_stream(app: ASGIApp, path: str, headers: dict[str, str]) -> int:
    """The status of the answer; whoever asked hangs up as soon as it is known, because a stream does not end by itself."""
    known = asyncio.Event()
    status = 0

    async def receive() -> AsgiMessage:
        await known.wait()
        return {"type": "http.disconnect"}

    async def send(message: AsgiMessage) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
            known.set()

    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"127.0.0.1"), *((name.lower().encode(), value.encode()) for name, value in headers.items())],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "state": {},
    }
    async with asyncio.timeout(30):
        await app(scope, receive, send)
    return status


class Message(NamedTuple):
    """One SSE message; `data` is its JSON."""

    event: str
    id: str | None
    data: Any


def messages_in(text: bytes) -> list[Message]:
    """The messages in what came over the wire, as a browser reads them; comments are left out."""
    found = []
    for block in text.decode().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if line and not line.startswith(":"))
        if "event" in fields:
            found.append(Message(fields["event"], fields.get("id"), json.loads(fields["data"])))
    return found


class LiveStream:
    """The live stream of a real manager, read as it comes, for whoever has the token or the browser session's cookie."""

    def __init__(
        self,
        url: str,
        token: str = "",
        *,
        cookie: str = "",
        last_event_id: str = "",
        in_query: bool = False,
        timeout: float = 40,
    ) -> None:
        address = urlsplit(url)
        headers = {"Accept": "text/event-stream"}
        headers |= {"Cookie": cookie} if cookie else {"Authorization": f"Bearer {token}"}
        path = "/api/v1/events"
        if last_event_id and in_query:
            path += f"?last_event_id={last_event_id}"
        elif last_event_id:
            headers["Last-Event-ID"] = last_event_id
        self._connection = HTTPConnection(address.hostname or "", address.port, timeout=timeout)
        self._connection.request("GET", path, headers=headers)
        self.answer = self._connection.getresponse()

    def __enter__(self) -> "LiveStream":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.answer.close()
        self._connection.close()

    def next(self) -> Message | None:
        """The next message; None when the manager has closed the stream in an orderly way."""
        block = b""
        while line := self.answer.readline():
            block += line
            if line == b"\n":
                if found := messages_in(block):
                    return found[0]
                block = b""
        return None

    def until(self, event: str, holds: Callable[[Any], object] = lambda _data: True) -> Message:
        """The next message of that name whose data fits; those before it are dropped."""
        seen = []
        while (message := self.next()) is not None:
            if message.event == event and holds(message.data):
                return message
            seen.append(message)
        raise AssertionError(f"the stream ended without {event}: {seen}")
