"""Recognizes browser sessions, lists and ends them. They begin in `sign_in.py`."""

from collections.abc import Mapping

from vintagestory_api.access.in_store import in_store
from vintagestory_api.access.principal import Principal
from vintagestory_api.access.recognized import Recognized
from vintagestory_api.access.revocations import Revocations
from vintagestory_api.access.sessions import Session, SessionNotFound
from vintagestory_api.access.tokens import hash_secret, looks_like_secret
from vintagestory_api.access.uses import Uses
from vintagestory_api.kit.clock import Clock
from vintagestory_api.storage.database import Database


class SessionService:
    """For one event loop. From the return of whatever ends a session on it is refused here, and within two seconds in other
    processes. `aclose` writes what is left to write; the database stays open."""

    def __init__(self, database: Database, clock: Clock, revocations: Revocations) -> None:
        self._database = database
        self._clock = clock
        self._revocations = revocations
        self._recognized = Recognized(clock, self._find)
        self._uses = Uses(clock, self._write_uses)

    async def authenticate(self, secret: str) -> Principal | None:
        """Whose session has that secret; None when it is not, or no longer, one."""
        if not looks_like_secret(secret):
            return None
        principal = await self._recognized.principal(hash_secret(secret))
        if principal is not None:
            self._uses.note(principal.session_id or "")
        return principal

    async def list(self, user_id: str) -> list[Session]:
        """Newest first."""
        now_ms = self._clock.now_ms()
        found = await in_store(self._database, lambda store: store.users.sessions_of(user_id))
        return [session for session in found if not session.has_expired(now_ms)]

    async def end(self, session_id: str, *, user_id: str) -> None:
        """Raises `SessionNotFound` when that user has no such session."""
        try:
            found = await in_store(self._database, lambda store: store.users.end_session(session_id, user_id=user_id))
        finally:
            self._recognized.forget(lambda principal: principal.session_id == session_id)
        if not found:
            raise SessionNotFound("There is no such session. It may have ended already.")
        self._revocations.tell("session", session_id)

    async def end_all(self, user_id: str) -> None:
        """Sign a user out everywhere."""
        try:
            await in_store(self._database, lambda store: store.users.end_sessions(user_id))
        finally:
            self.look_again_at(user_id)

    def look_again_at(self, user_id: str) -> None:
        """What is known of a user's sessions counts no more: the database says something else now."""
        self._recognized.forget(lambda principal: principal.id == user_id)
        self._revocations.tell("user", user_id)

    async def aclose(self) -> None:
        await self._recognized.aclose()
        await self._uses.aclose()

    async def _find(self, digest: str) -> Principal | None:
        found = await in_store(self._database, lambda store: store.users.find_session(digest))
        if found is None:
            return None
        session, user = found
        if session.has_expired(self._clock.now_ms()):
            return None
        self._uses.remember_stored(session.id, session.last_used_at)
        return Principal("user", user.id, user.name, user.role, session.id)

    async def _write_uses(self, uses: Mapping[str, int]) -> None:
        await in_store(self._database, lambda store: store.users.note_session_uses(uses))
