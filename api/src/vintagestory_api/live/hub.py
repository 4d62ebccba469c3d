"""Keeps the latest events with their numbers, and wakes the streams that are open."""

import asyncio
import itertools
import secrets
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from vintagestory_api.access.principal import Principal
from vintagestory_api.access.roles import Role
from vintagestory_api.errors import TooManyRequests, Unavailable

#: So many events, and no more than so many bytes of them, can be caught up with.
KEPT_EVENTS = 2_000
KEPT_BYTES = 4_000_000
STREAMS_PER_PRINCIPAL = 8
#: Who is so far behind while a write to them hangs is cut; they catch up when they come back.
BEHIND_EVENTS = 1_000
#: Events are handed out in portions of about this size.
_PORTION_BYTES = 65_536

EndReason = Literal["revoked", "shutdown", "slow", "unchecked"]


class TooManyStreams(TooManyRequests):
    code = "too_many_streams"


class LiveClosed(Unavailable):
    code = "manager_stopping"


@dataclass(frozen=True, slots=True)
class OfServer:
    """What an event is about: a server, or what belongs to the manager alone (None)."""

    server_id: str | None = None


#: None: what everybody may know who has the role anywhere.
About = OfServer | None
_MANAGER = OfServer()


@dataclass(frozen=True, slots=True)
class _Kept:
    number: int
    role: Role
    about: About
    message: bytes


def sse_message(event: str, data: Mapping[str, Any], event_id: str | None = None) -> bytes:
    """One message as it goes over the wire."""
    head = f"event: {event}\n" + (f"id: {event_id}\n" if event_id else "")
    return head.encode() + b"data: " + orjson.dumps(data) + b"\n\n"


class Subscription:
    """One open stream's place among the events. `end_reason` says why it has to end, once it has to."""

    def __init__(self, hub: "LiveHub", principal: Principal, position: int, *, has_gap: bool) -> None:
        self.principal = principal
        self.end_reason: EndReason | None = None
        #: Set when something other than news is to be looked at: the end, or whether the caller may still listen.
        self.attention = asyncio.Event()
        #: Set by whoever writes to the client: a write is under way.
        self.is_writing = False
        self._hub = hub
        self._position = position
        self._has_gap = has_gap
        self._news = asyncio.Event()

    @property
    def event_id(self) -> str | None:
        """The id to go on from; None while the client still has to hear that events are lost."""
        return None if self._has_gap else self._hub.id_of(self._position)

    def take(self) -> bytes:
        """What happened since the last call and may be seen by this caller, about 64 KiB of it; empty when nothing did."""
        self._news.clear()
        if self._has_gap or self._hub.has_lost(self._position):
            self._has_gap, self._position = False, self._hub.last_number
            return sse_message("reset", {}, self.event_id)
        portion: list[bytes] = []
        size = 0
        for kept in self._hub.kept_after(self._position):
            self._position = kept.number
            if self._may_hear(kept):
                portion.append(kept.message)
                size += len(kept.message)
                if size >= _PORTION_BYTES:
                    break
        return b"".join(portion)

    def _may_hear(self, kept: _Kept) -> bool:
        who, about = self.principal, kept.about
        return (who.highest if about is None else who.role_on(about.server_id)).includes(kept.role)

    async def wait_for_news(self) -> None:
        """Return when there is something to take, or when the stream has to end."""
        await self._news.wait()

    def wake(self, newest: int) -> None:
        if self.is_writing and newest - self._position > BEHIND_EVENTS:
            self.end("slow")
        self._news.set()

    def end(self, reason: EndReason) -> None:
        """The first reason counts."""
        if self.end_reason is None:
            self.end_reason = reason
            self._news.set()
            self.attention.set()

    def close(self) -> None:
        """Give the place back."""
        self._hub.forget(self)


class LiveHub:
    """For one event loop. What is published is kept, whether anybody listens or not."""

    def __init__(self, *, kept_events: int = KEPT_EVENTS, kept_bytes: int = KEPT_BYTES) -> None:
        self.boot = secrets.token_hex(6)
        self.last_number = 0
        self._kept_events = kept_events
        self._kept_bytes = kept_bytes
        self._kept: deque[_Kept] = deque()
        self._bytes = 0
        self._subscriptions: set[Subscription] = set()
        self._count: Counter[tuple[str, str | None]] = Counter()
        self._is_closed = False

    def publish(self, event: str, data: Mapping[str, Any], role: Role = Role.VIEWER, *, about: About = _MANAGER) -> None:
        """Tell everybody whose role on what it is about includes `role`."""
        self.last_number += 1
        kept = _Kept(self.last_number, role, about, sse_message(event, data, self.id_of(self.last_number)))
        self._kept.append(kept)
        self._bytes += len(kept.message)
        while len(self._kept) > self._kept_events or (self._bytes > self._kept_bytes and len(self._kept) > 1):
            self._bytes -= len(self._kept.popleft().message)
        for subscription in self._subscriptions:
            subscription.wake(self.last_number)

    def subscribe(self, principal: Principal, last_event_id: str = "") -> Subscription:
        """A place after the event of that id where that is kept, else after the latest; a gap is the first thing to be told.

        Raises `TooManyStreams`, and `LiveClosed` when the manager is going down.
        """
        if self._is_closed:
            raise LiveClosed("The manager is stopping. Try again when it has started.")
        key = (principal.kind, principal.id)
        if self._count[key] >= STREAMS_PER_PRINCIPAL:
            raise TooManyStreams(
                f"{principal.name} has {STREAMS_PER_PRINCIPAL} live streams open already. Close one of them, or share one.",
                retry_after_seconds=5,
            )
        position = self._position_of(last_event_id)
        has_gap = position is None and last_event_id != ""
        subscription = Subscription(self, principal, self.last_number if position is None else position, has_gap=has_gap)
        self._count[key] += 1
        self._subscriptions.add(subscription)
        return subscription

    def forget(self, subscription: Subscription) -> None:
        if subscription not in self._subscriptions:
            return
        self._subscriptions.discard(subscription)
        key = (subscription.principal.kind, subscription.principal.id)
        self._count[key] -= 1
        if not self._count[key]:
            del self._count[key]

    @property
    def stream_count(self) -> int:
        return len(self._subscriptions)

    def recheck(self) -> None:
        """Have every stream looked at now: somebody's rights changed."""
        for subscription in self._subscriptions:
            subscription.attention.set()

    def close(self) -> None:
        """Let every stream say goodbye; nobody is let in any more."""
        self._is_closed = True
        for subscription in self._subscriptions:
            subscription.end("shutdown")

    # What subscriptions ask

    def id_of(self, number: int) -> str:
        return f"{self.boot}-{number}"

    def has_lost(self, position: int) -> bool:
        """Whether an event after `position` is not kept any more."""
        return position < self.last_number - len(self._kept)

    def kept_after(self, position: int) -> list[_Kept]:
        # From the end, because most streams have heard nearly everything.
        return list(itertools.islice(reversed(self._kept), self.last_number - position))[::-1]

    def _position_of(self, event_id: str) -> int | None:
        """The number in an id of this boot whose followers are all kept."""
        boot, _, number = event_id.rpartition("-")
        if boot != self.boot or not (number.isascii() and number.isdigit() and len(number) < 16):
            return None
        position = int(number)
        return None if position > self.last_number or self.has_lost(position) else position
