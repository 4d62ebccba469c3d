"""Browser sessions: what one is, and how long it lasts. Nothing here touches the database."""

from dataclasses import dataclass

from vintagestory_api.access.tokens import new_secret
from vintagestory_api.errors import NotFound
from vintagestory_api.kit.ids import uuid7

_DAY_MS = 86_400_000
UNUSED_MS = 14 * _DAY_MS
LONGEST_MS = 90 * _DAY_MS
#: With more, the one that was not used for the longest time ends.
SESSIONS_PER_USER = 50


class SessionNotFound(NotFound):
    code = "session_not_found"


@dataclass(frozen=True)
class Session:
    """Without its secret. Times are integer UTC milliseconds; `browser` is a name of ours for what the browser says it is;
    `view_as` is what `view_as.py` wrote."""

    id: str
    user_id: str
    created_at: int
    last_used_at: int
    from_address: str | None
    browser: str | None
    view_as: str | None = None

    def has_expired(self, now_ms: int) -> bool:
        return now_ms >= self.last_used_at + UNUSED_MS or now_ms >= self.created_at + LONGEST_MS


def new_session(user_id: str, *, from_address: str | None, browser: str | None, now_ms: int) -> tuple[Session, str]:
    """A session and its secret, which is nowhere kept."""
    return Session(uuid7(), user_id, now_ms, now_ms, from_address, browser), new_secret()
