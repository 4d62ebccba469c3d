"""Let a browser open a WebSocket, for which it can send no headers: each is good once, for one console, for a moment."""

import hashlib
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from vintagestory_api.access.principal import Principal
from vintagestory_api.errors import TooManyRequests
from vintagestory_api.kit.clock import Clock

VALID_SECONDS = 30
MAX_TICKETS = 1_000
MAX_TICKETS_PER_PRINCIPAL = 20

#: Whether the one who asked for the ticket still may what they could then.
MayStay = Callable[[], Awaitable[bool]]


class TooManyTickets(TooManyRequests):
    code = "too_many_tickets"


@dataclass(frozen=True)
class Holder:
    """Who got a ticket, and for which server."""

    principal: Principal
    server_id: str
    may_stay: MayStay
    valid_until: float


class Tickets:
    """In memory: a restart of the manager forgets them. For one event loop."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._holders: dict[bytes, Holder] = {}

    def issue(self, principal: Principal, server_id: str, may_stay: MayStay) -> str:
        """Raises `TooManyTickets`."""
        now = self._clock.monotonic()
        self._holders = {digest: holder for digest, holder in self._holders.items() if holder.valid_until > now}
        held = sum(
            (other.principal.kind, other.principal.id) == (principal.kind, principal.id) for other in self._holders.values()
        )
        if held >= MAX_TICKETS_PER_PRINCIPAL or len(self._holders) >= MAX_TICKETS:
            raise TooManyTickets(
                f"{held} tickets for consoles are waiting to be used. Use them, or try again in {VALID_SECONDS} seconds.",
                retry_after_seconds=VALID_SECONDS,
            )
        ticket = secrets.token_urlsafe(32)
        self._holders[_digest(ticket)] = Holder(principal, server_id, may_stay, now + VALID_SECONDS)
        return ticket

    def redeem(self, ticket: str, server_id: str) -> Holder | None:
        """Whose ticket this is. It is used up by that, also when it was made for another server."""
        holder = self._holders.pop(_digest(ticket), None)
        if holder is None or holder.server_id != server_id or self._clock.monotonic() >= holder.valid_until:
            return None
        return holder


def _digest(ticket: str) -> bytes:
    return hashlib.sha256(ticket.encode("utf-8", "replace")).digest()
