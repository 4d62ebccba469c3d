"""Live streams in tests: asked for in this process, and read from a real server."""

import asyncio
from typing import Any

from starlette.types import ASGIApp, Message


async def status_of_stream(app: ASGIApp, path: str, headers: dict[str, str]) -> int:
    """The status of the answer; whoever asked hangs up as soon as it is known, because a stream does not end by itself."""
    known = asyncio.Event()
    status = 0

    async def receive() -> Message:
        await known.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
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
