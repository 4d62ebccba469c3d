"""A service that takes messages (`json://` of Apprise) and pings, as a real HTTP server on loopback."""

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: In every address that is made here, so that tests can look whether it leaks.
SECRET_WORD = "hush-9f3c1e77"


@dataclass
class Receiver:
    """`status` is what it answers; with `hangs` it takes a request and says nothing until it is `let_go`."""

    port: int = 0
    status: int = 200
    hangs: bool = False
    location: str | None = None
    messages: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    agents: list[str] = field(default_factory=list)
    asked: threading.Event = field(default_factory=threading.Event)
    let_go: threading.Event = field(default_factory=threading.Event)

    @property
    def address(self) -> str:
        return f"json://127.0.0.1:{self.port}/{SECRET_WORD}"

    @property
    def ping_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/{SECRET_WORD}"

    @property
    def titles(self) -> list[str]:
        return [str(message["title"]) for message in self.messages]

    @property
    def texts(self) -> list[str]:
        return [str(message["message"]) for message in self.messages]

    def take(self, path: str, body: bytes, agent: str) -> int:
        self.paths.append(path)
        self.agents.append(agent)
        self.asked.set()
        if self.hangs:
            self.let_go.wait(60)
        if self.status < 300 and body:
            self.messages.append(json.loads(body))
        return self.status


@contextlib.contextmanager
def receiver() -> Iterator[Receiver]:
    state = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status = state.take(self.path, body, self.headers.get("User-Agent", ""))
            with contextlib.suppress(OSError):
                self.send_response(status)
                if state.location is not None and 300 <= status < 400:
                    self.send_header("Location", state.location)
                self.send_header("Content-Length", "0")
                self.end_headers()

        do_GET = do_POST = _answer  # noqa: N815 - the names that the base class looks for

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.port = server.server_address[1]
    thread = threading.Thread(target=lambda: server.serve_forever(0.02), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        state.let_go.set()
        server.shutdown()
        server.server_close()
        thread.join(10)
