"""How often somebody may try a password or a code. Counted in memory; the library is imported at the first attempt."""

import asyncio
import hashlib
import ipaddress
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vintagestory_api.access.password_work import TooManyAttempts
from vintagestory_api.access.users import name_key

if TYPE_CHECKING:
    from limits import RateLimitItem
    from limits.storage import MemoryStorage
    from limits.strategies import FixedWindowRateLimiter

WINDOW_MINUTES = 15
#: Wrong passwords and codes within the window: for a name from one address, for an address, and for a name from anywhere. The
#: last one does not hold where that name has signed in lately, so that nobody can keep others out from somewhere else.
PER_NAME_AND_ADDRESS, PER_ADDRESS, PER_NAME = 10, 30, 100
_REMEMBERED_PLACES = 1_000


@dataclass(frozen=True)
class Caller:
    """Where a request comes from, and what the browser says it is."""

    address: str | None
    browser: str | None


@dataclass(frozen=True)
class Attempt:
    """One that counts as failed until it is taken back."""

    name: str
    address: str
    counted: "tuple[tuple[RateLimitItem, str], ...]"


class SignInLimits:
    """For one event loop."""

    def __init__(self) -> None:
        self._limiter: FixedWindowRateLimiter | None = None
        self._storage: MemoryStorage | None = None
        self._good_places: OrderedDict[tuple[str, str], None] = OrderedDict()

    async def take(self, name: str, address: str | None) -> Attempt:
        """Count an attempt before it is made. Raises `TooManyAttempts`, which says when the next one is allowed."""
        if self._limiter is None:
            limiter, storage = await asyncio.to_thread(_make_limiter)
            if self._limiter is None:
                self._limiter, self._storage = limiter, storage
        name, address = name_key(name), _place(address)
        rules = self._rules(name, address)
        # Nothing is counted unless everything is allowed: who is refused must neither prolong it nor fill the memory.
        for limit, key in rules:
            if not self._limiter.test(limit, key):
                seconds = max(1.0, self._limiter.get_window_stats(limit, key).reset_time - time.time())
                raise TooManyAttempts(
                    f"There were too many attempts to sign in. Try again in {_in_words(seconds)}.", retry_after_seconds=seconds
                )
        for limit, key in rules:
            self._limiter.hit(limit, key)
        return Attempt(name, address, rules)

    def take_back(self, attempt: Attempt) -> None:
        """It was not made after all."""
        assert self._storage is not None  # noqa: S101 - `take` made it
        for limit, key in attempt.counted:
            stored = limit.key_for(key)
            if self._storage.get(stored) > 0:
                self._storage.decr(stored)

    def succeeded(self, attempt: Attempt) -> None:
        """All was right: the attempt does not count, and the former ones for this name from there neither."""
        assert self._limiter is not None  # noqa: S101 - `take` made it
        self.take_back(attempt)
        self._limiter.clear(*attempt.counted[0])
        self._good_places[attempt.name, attempt.address] = None
        self._good_places.move_to_end((attempt.name, attempt.address))
        if len(self._good_places) > _REMEMBERED_PLACES:
            self._good_places.popitem(last=False)

    def _rules(self, name: str, address: str) -> "tuple[tuple[RateLimitItem, str], ...]":
        from limits import RateLimitItemPerMinute  # noqa: PLC0415 - `take` has imported it

        def at_most(count: int, *key: str) -> "tuple[RateLimitItem, str]":
            # Hashed, because names are as long and as strange as a caller likes.
            return RateLimitItemPerMinute(count, WINDOW_MINUTES), hashlib.sha256("\0".join(key).encode()).hexdigest()

        rules = (at_most(PER_NAME_AND_ADDRESS, "pair", name, address), at_most(PER_ADDRESS, "address", address))
        return rules if (name, address) in self._good_places else (*rules, at_most(PER_NAME, "name", name))


def _make_limiter() -> "tuple[FixedWindowRateLimiter, MemoryStorage]":
    from limits.storage import MemoryStorage  # noqa: PLC0415 - a tenth of a second and 3 MB, only for those who sign in
    from limits.strategies import FixedWindowRateLimiter  # noqa: PLC0415 - as above

    storage = MemoryStorage()
    return FixedWindowRateLimiter(storage), storage


def _place(address: str | None) -> str:
    """An IPv6 address stands for its network: whoever has one has a whole /64 of them."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return address or ""
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def _in_words(seconds: float) -> str:
    minutes = -(-int(seconds) // 60)
    return f"{minutes} minutes" if minutes > 1 else "a minute"
