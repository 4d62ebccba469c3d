"""Stands before the application: who is addressed, how much may be sent, what browsers may do with the answers."""

import ipaddress
import re
import socket
import time
from collections.abc import Iterable, Sequence

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vintagestory_api.errors import FieldError, Invalid
from vintagestory_api.problems import Answer, problem_response, respond

log = structlog.get_logger(__name__)

MAX_BODY_BYTES = 1_048_576

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_ONCE = frozenset({b"host", b"content-length", b"origin", b"sec-fetch-site"})
_REMEMBERED_HOSTS = 256
_HOST_MAX_LENGTH = 300
_DEFAULT_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
_FORWARDED_FOR = b"x-forwarded-for"
_FORWARDED_HOST = b"x-forwarded-host"
_FORWARDED_PROTO = b"x-forwarded-proto"
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_BAD_HEADERS = Answer(400, "bad_request", "The request gives a header twice or in a form that can't be read.")
_NO_HOST = Answer(400, "host_not_allowed", "The request has no usable Host header.")
_HOST_NOT_ALLOWED = Answer(
    421,
    "host_not_allowed",
    "The manager does not answer under this name. Use its address or the machine's name, or add the name to VS_ALLOWED_HOSTS.",
)
_CROSS_SITE = Answer(
    403,
    "cross_site_request",
    "A page of another site may not change anything here. Behind a proxy, pass the Host header on unchanged.",
)


class InvalidTrustedProxies(Invalid):
    code = "invalid_trusted_proxies"


class HttpGuard:
    """ASGI middleware. `allowed_hosts`: names besides those without a dot, IP addresses and the machine's own
    (`*.example.org` for all below). `trusted_proxies`: addresses or networks whose `X-Forwarded-For`, `X-Forwarded-Host` and
    `X-Forwarded-Proto` are believed. `larger_bodies`: paths whose bodies may have more bytes than others.

    Answers whatever the application lets escape, so no error of it reaches the server. With `log_requests` each answer leaves
    a line at debug level, without the query. Raises `InvalidTrustedProxies`.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        allowed_hosts: Iterable[str] = (),
        trusted_proxies: Iterable[str] = (),
        larger_bodies: Sequence[tuple[re.Pattern[str], int]] = (),
        log_requests: bool = False,
    ) -> None:
        self._app = app
        self._names, self._suffixes = _split_names([*allowed_hosts, *_own_names()])
        self._proxies = _networks(trusted_proxies)
        self._larger_bodies = larger_bodies
        self._log_requests = log_requests
        self._host_answers: dict[bytes, Answer | None] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind == "http":
            await self._http(scope, receive, send)
        elif kind == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        started_at = time.perf_counter()
        status = 0

        async def send_guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = with_default_headers(message.get("headers", ()))
            await send(message)

        refusal, headers = self._check(scope)
        if refusal is None and scope["method"] not in _SAFE_METHODS:
            refusal = self._check_change(headers, self._max_body(scope["path"]))
        if refusal is not None:
            await problem_response(refusal)(scope, receive, send_guarded)
        else:
            if b"content-length" in headers or b"transfer-encoding" in headers:
                receive = _limited(receive, self._max_body(scope["path"]))
            try:
                await self._app(scope, receive, send_guarded)
            except Exception as error:
                if status:
                    raise  # too late for an answer; the server cuts the connection
                response = await respond(Request(scope), error)
                await response(scope, receive, send_guarded)
        if self._log_requests:
            took_ms = round((time.perf_counter() - started_at) * 1000, 1)
            log.debug("request_answered", method=scope["method"], path=scope["path"], status=status, took_ms=took_ms)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal, headers = self._check(scope)
        if refusal is None and not self._same_site(headers):
            refusal = _CROSS_SITE
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008, "reason": refusal.code})

    def _check(self, scope: Scope) -> tuple[Answer | None, dict[bytes, bytes]]:
        """Why to refuse the request, whatever it wants, and its headers."""
        headers: dict[bytes, bytes] = dict(scope["headers"])
        if len(headers) != len(scope["headers"]) and _repeats_one(scope["headers"]):
            return _BAD_HEADERS, headers
        host = headers.get(b"host", b"")[:_HOST_MAX_LENGTH]  # a longer one is no name; cut, it is none either
        try:
            refusal = self._host_answers[host]
        except KeyError:
            refusal = self._check_host(host)
            if len(self._host_answers) >= _REMEMBERED_HOSTS:
                self._host_answers.clear()
            self._host_answers[host] = refusal
        if self._proxies and refusal is None:
            self._believe_proxy(scope, headers)
        return refusal, headers

    def _check_host(self, header: bytes) -> Answer | None:
        name = _host_name(header) if len(header) < _HOST_MAX_LENGTH else None
        if not name:
            return _NO_HOST
        # A name without a dot is one of the local network: nobody outside can point it at this machine.
        if "." not in name or name in self._names or name.endswith(self._suffixes) or _is_ip(name):
            return None
        return _HOST_NOT_ALLOWED

    def _max_body(self, path: str) -> int:
        return next((size for pattern, size in self._larger_bodies if pattern.fullmatch(path)), MAX_BODY_BYTES)

    def _check_change(self, headers: dict[bytes, bytes], max_body: int) -> Answer | None:
        length = headers.get(b"content-length")
        if length is not None:
            if not length.isdigit():
                return _BAD_HEADERS
            if len(length) > 15 or int(length) > max_body:
                return Answer(413, "body_too_large", _too_large(max_body), headers={"Connection": "close"})
        return None if self._same_site(headers) else _CROSS_SITE

    def _same_site(self, headers: dict[bytes, bytes]) -> bool:
        """Whether no page of another site is behind the request. Browsers always send these headers, programs do not."""
        site = headers.get(b"sec-fetch-site")
        if site is not None:
            return site in {b"same-origin", b"none"}
        origin = headers.get(b"origin")
        if origin is None:
            return True
        authority = origin.partition(b"://")[2].lower()
        if authority == headers[b"host"].lower():
            return True
        forwarded = headers.get(_FORWARDED_HOST) if self._proxies else None
        return forwarded is not None and authority == forwarded.lower()

    def _believe_proxy(self, scope: Scope, headers: dict[bytes, bytes]) -> None:
        """Put the client's address in place of the proxy's: the last one in the chain that is no trusted proxy itself. The same
        for http or https, as the proxy before us says."""
        client = scope.get("client")
        if not client or not self._is_proxy(_address(client[0])):
            headers.pop(_FORWARDED_HOST, None)
            return
        scheme = headers.get(_FORWARDED_PROTO, b"").rpartition(b",")[2].strip().lower()
        if scheme in {b"http", b"https"}:
            scope["scheme"] = scheme.decode()
        # All of them in order, as one list: a client can send the header, too, but only before the proxy's own part.
        chain = b",".join(value for name, value in scope["headers"] if name == _FORWARDED_FOR).decode("latin-1")
        for hop in reversed(chain.split(",")):
            address = _address(hop)
            if address is None:
                return
            scope["client"] = (str(address), 0)
            if not self._is_proxy(address):
                return

    def _is_proxy(self, address: _Address | None) -> bool:
        return address is not None and any(address in network for network in self._proxies)


def _too_large(max_body: int) -> str:
    return f"The body is larger than {max_body} bytes. Send less."


def _limited(receive: Receive, max_body: int) -> Receive:
    received = 0

    async def receive_limited() -> Message:
        nonlocal received
        message = await receive()
        if message["type"] == "http.request":
            received += len(message.get("body", b""))
            if received > max_body:
                # The kind of error that FastAPI lets through while it reads a body.
                raise HTTPException(413, _too_large(max_body), headers={"Connection": "close"})
        return message

    return receive_limited


def with_default_headers(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """With what browsers may not do with any answer that does not say it itself."""
    given = list(headers)
    names = {name for name, _ in given}
    given.extend(header for header in _DEFAULT_HEADERS if header[0] not in names)
    return given


def _repeats_one(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    seen: set[bytes] = set()
    for name, _ in headers:
        if name in _ONCE:
            if name in seen:
                return True
            seen.add(name)
    return False


def _own_names() -> list[str]:
    name = socket.gethostname()
    short = name.partition(".")[0]
    return ["localhost", "*.localhost", name, short, f"{short}.local"]


def _split_names(names: Iterable[str]) -> tuple[frozenset[str], tuple[str, ...]]:
    cleaned = [name.strip().lower().rstrip(".") for name in names]
    exact = frozenset(_host_name(name.encode()) or name for name in cleaned if name and not name.startswith("*."))
    return exact, tuple(name[1:] for name in cleaned if name.startswith("*.") and len(name) > 2)


def _host_name(header: bytes) -> str | None:
    """The name in a Host header, without its port; an IPv6 address without brackets. None when it can't be one."""
    try:
        text = header.decode("ascii").lower()
    except UnicodeDecodeError:
        return None
    if text.startswith("["):
        name, bracket, port = text[1:].partition("]")
        if not bracket or (port and not port.startswith(":")):
            return None
        port = port[1:]
    else:
        name, _, port = text.partition(":")
    if port and not (port.isdigit() and len(port) <= 5):
        return None
    return name.rstrip(".") or None


def _is_ip(name: str) -> bool:
    return _address(name) is not None


def _address(text: str) -> _Address | None:
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    # A socket for both families shows IPv4 peers as ::ffff:192.0.2.1.
    return getattr(address, "ipv4_mapped", None) or address


def _networks(texts: Iterable[str]) -> tuple[_Network, ...]:
    networks: list[_Network] = []
    for text in texts:
        try:
            networks.append(ipaddress.ip_network(text, strict=False))
        except ValueError as error:
            message = f"{text!r} is no address or network: give one like 192.0.2.7 or 10.0.0.0/8"
            raise InvalidTrustedProxies(
                f"VS_TRUSTED_PROXIES can't be used: {message}.", fields=[FieldError("VS_TRUSTED_PROXIES", message)]
            ) from error
    return tuple(networks)
