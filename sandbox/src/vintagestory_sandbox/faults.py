"""What can go wrong with an upstream, on demand: rules that change the answers to the requests they match."""

import asyncio
import contextlib
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from http import HTTPStatus
from typing import Any, Final, Literal, get_args
from urllib.parse import unquote_plus

from starlette.types import Message, Receive, Scope, Send

from vintagestory_sandbox.answers import Exact, failed, json_answer, json_bytes, nginx_page, not_an_image, page, redirect

Kind = Literal[
    "latency",
    "down",
    "status",
    "html500",
    "truncate",
    "rubbish",
    "huge",
    "drip",
    "hang",
    "empty",
    "not_an_image",
    "redirect",
    "readonly",
]

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

# Where the server leaves the connection of a request, so that a fault can close it.
TRANSPORT: Final = "sandbox.transport"

_STATUSES = frozenset(int(status) for status in HTTPStatus if status >= 200) - {204, 205, 304}
_BLOCK_BYTES = 65_536
_DRIPS_PER_SECOND = 10


class BadRule(ValueError):
    """A rule for a fault that does not exist, or with a field it can't have."""


@dataclass(slots=True)
class Fault:
    """One rule. It applies to requests whose path starts with `path` and whose query contains `query`, after the first `after`
    of them, `times` times (None: until faults are reset)."""

    kind: Kind
    path: str = "/"
    query: str = ""
    times: int | None = None
    after: int = 0
    ms: int = 0
    status: int = 503
    style: Literal["html", "nginx", "json"] = "nginx"
    code: int = 2002
    bytes: int | None = None
    bytes_per_second: int = 1024
    location: str = "/moved"

    def matches(self, path: str, query: str) -> bool:
        """Whether the rule is meant for a request and not used up. Counts the request."""
        if not path.startswith(self.path) or self.query not in query or self.times == 0:
            return False
        if self.after > 0:
            self.after -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


def parse_fault(rule: Any) -> Fault:
    """A rule from JSON. Raises BadRule."""
    if not isinstance(rule, Mapping) or rule.get("kind") not in KINDS:
        raise BadRule(f'a rule is an object with a "kind", one of {", ".join(KINDS)}')
    known = {field.name: field for field in fields(Fault)}
    for name, value in rule.items():
        if name not in known:
            raise BadRule(f"a rule has no {name}; it has {', '.join(known)}")
        text = name in {"kind", "path", "query", "style", "location"}
        number = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        optional = name in {"times", "bytes"} and value is None
        if not (isinstance(value, str) if text else number or optional):
            raise BadRule(f"{name} of a rule can't be {value!r}")
    if rule.get("style", "nginx") not in {"html", "nginx", "json"}:
        raise BadRule("the style of a status is html, nginx or json")
    if rule.get("status", 503) not in _STATUSES:
        raise BadRule("a status is one that HTTP knows and that has a body")
    if rule.get("bytes_per_second", 1) < 1:
        raise BadRule("bytes_per_second has to be 1 or more")
    return Fault(**rule)


class Faults:
    """The rules in force, tried in order."""

    def __init__(self) -> None:
        self._rules: list[Fault] = []
        self._cleared = asyncio.Event()

    def add(self, fault: Fault) -> None:
        """Put a rule behind those already there."""
        self._rules.append(fault)

    def clear(self) -> None:
        """Forget all rules. What is late because of one goes on at once."""
        self._rules.clear()
        self._cleared.set()
        self._cleared = asyncio.Event()

    async def apply(self, scope: Scope, receive: Receive, send: Send) -> Send | None:
        """Do to a request what the rules say. Returns where to send the true answer to, or None when it has been answered."""
        path, query = scope["path"], unquote_plus(scope["query_string"].decode("latin-1"))
        for fault in [rule for rule in self._rules if rule.matches(path, query)]:
            match fault.kind:
                case "latency":
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(fault.ms / 1000):
                            await self._cleared.wait()
                case "truncate":
                    send = _truncated(fault.bytes if fault.bytes is not None else 100, scope, send)
                case "drip":
                    send = _dripping(fault.bytes_per_second, send)
                case "readonly" if scope["method"] in {"GET", "HEAD"}:
                    continue
                case _:
                    await _answer(fault, scope, receive, send)
                    return None
        return send


async def _answer(fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
    match fault.kind:
        case "down":
            scope["extensions"][TRANSPORT].close()
            await _until_gone(receive)
        case "hang":
            await _until_gone(receive)
        case "huge":
            await _huge(fault.bytes if fault.bytes is not None else 2_000_000_000, scope, send)
        case _:
            await _canned(fault)(scope, receive, send)


def _canned(fault: Fault) -> Exact:  # noqa: PLR0911 - one per kind
    match fault.kind:
        case "status" if fault.style == "json":
            return json_answer({"statuscode": str(fault.status)}, status=fault.status)
        case "status" if fault.style == "html":
            return page(fault.status, "The sandbox was told to say so.")
        case "status":
            return nginx_page(fault.status)
        case "html500":
            return failed(fault.code, content_type="text/html; charset=utf-8")
        case "rubbish":
            noise = hashlib.shake_128(b"rubbish").digest(fault.bytes if fault.bytes is not None else 1024)
            return Exact(noise, headers=(("Content-Type", "application/json"),))
        case "not_an_image":
            return not_an_image()
        case "redirect":
            return redirect(fault.location)
        case "readonly":
            body = b'{"reason": "We are currently in readonly mode."}'
            return json_bytes(body, status=503, extra=(("Retry-After", "1800"),))
        case _:
            return Exact(headers=(("Content-Type", "application/json"),))


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _huge(length: int, scope: Scope, send: Send) -> None:
    """A list that begins well and is padded to a size nobody wants; one block of it is in memory at a time."""
    start = b'{"statuscode":"200","mods":['
    headers = [(b"Content-Type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": start, "more_body": True})
    block, left = b" " * _BLOCK_BYTES, max(0, length - len(start) - 2)
    transport = scope["extensions"][TRANSPORT]
    while left > 0 and not transport.is_closing():
        await send({"type": "http.response.body", "body": block[:left], "more_body": True})
        left -= len(block)
        await asyncio.sleep(0)
    await send({"type": "http.response.body", "body": b"]}"})


def _truncated(length: int, scope: Scope, send: Send) -> Send:
    left = length

    async def cut(message: Message) -> None:
        nonlocal left
        if message["type"] != "http.response.body":
            await send(message)
            return
        body = message.get("body", b"")
        if len(body) <= left:
            left -= len(body)
            await send(message)
            return
        if left:
            await send({"type": "http.response.body", "body": body[:left], "more_body": True})
            left = 0
        scope["extensions"][TRANSPORT].close()

    return cut


def _dripping(bytes_per_second: int, send: Send) -> Send:
    step = max(1, bytes_per_second // _DRIPS_PER_SECOND)

    async def drip(message: Message) -> None:
        if message["type"] != "http.response.body":
            await send(message)
            return
        body = message.get("body", b"")
        for start in range(0, len(body), step):
            await send({"type": "http.response.body", "body": body[start : start + step], "more_body": True})
            await asyncio.sleep(step / bytes_per_second)
        await send({"type": "http.response.body", "body": b"", "more_body": message.get("more_body", False)})

    return drip
