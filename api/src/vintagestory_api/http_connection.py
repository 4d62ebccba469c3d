"""HTTP connections with limits where uvicorn and its parser have none, and that the application can cut."""

from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from vintagestory_api.http_guard import with_default_headers
from vintagestory_api.live.stream import ABORT_EXTENSION
from vintagestory_api.problems import Answer, problem_response

#: Of a request's first line and headers, of the trailers behind its body, and of what stands between the parts of a body.
MAX_HEAD_BYTES = 65_536

_NO_HTTP = Answer(400, "bad_request", "This is no HTTP request that can be read, or its address is too long.")
_HEAD_TOO_LARGE = Answer(431, "headers_too_large", f"Address and headers of a request may have at most {MAX_HEAD_BYTES} bytes.")


class HttpConnection(HttpToolsProtocol):
    """Lets the application cut the connection, which a client that takes nothing would keep for ever. A request whose headers do
    not end is refused: the parser would put them together anew with each packet, until the memory is full.
    """

    #: Bytes that came since the last piece of a request that could be used.
    _unused_bytes = 0

    def data_received(self, data: bytes) -> None:
        self._unused_bytes += len(data)
        super().data_received(data)
        if self._unused_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self._refuse(_HEAD_TOO_LARGE)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {ABORT_EXTENSION: self.transport.abort}  # type: ignore[dict-item] # one of ours

    def on_headers_complete(self) -> None:
        self._unused_bytes = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._unused_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._unused_bytes = 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn logs it
        self._refuse(_NO_HTTP)

    def _refuse(self, answer: Answer) -> None:
        """The connection is of no use after that. Nothing is said into the middle of another answer."""
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            self.transport.write(_plain(answer))
        self.transport.close()


def _plain(answer: Answer) -> bytes:
    response = problem_response(answer)
    headers = with_default_headers([*response.raw_headers, (b"connection", b"close")])
    first = f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}".encode()
    return b"\r\n".join([first, *(name + b": " + value for name, value in headers), b"", bytes(response.body)])
