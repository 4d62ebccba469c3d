"""Recognizes browser sessions, lists and ends them. They begin in `sign_in.py`."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from vintagestory_api.access.audit import OK, AuditEntry
from vintagestory_api.access.in_store import in_store
from vintagestory_api.access.principal import Principal, ViewedAs, highest_of
from vintagestory_api.access.recognized import Recognized
from vintagestory_api.access.revocations import Revocations
from vintagestory_api.access.roles import Role
from vintagestory_api.access.sessions import Session, SessionNotFound
from vintagestory_api.access.tokens import hash_secret, looks_like_secret
from vintagestory_api.access.users import StoredUser, UserNotFound
from vintagestory_api.access.uses import Uses
from vintagestory_api.access.view_as import WantedView, as_role, read_view
from vintagestory_api.kit.clock import Clock
from vintagestory_api.kit.ids import uuid7
from vintagestory_api.services.api_settings import SecondFactorRule
from vintagestory_api.storage.database import Database

if TYPE_CHECKING:
    from vintagestory_api.access.store import AccessStore


class SessionService:
    """For one event loop. From the return of whatever ends a session on it is refused here, and within two seconds in other
    processes. `aclose` writes what is left to write; the database stays open."""

    def __init__(self, database: Database, clock: Clock, revocations: Revocations) -> None:
        #: Who needs a second factor. Blocking; asked each time that a session is looked up.
        self.second_factor_rule: Callable[[], SecondFactorRule] = lambda: "off"
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
        self._recognized.forget(lambda principal: user_id in {principal.id, principal.viewing_as and principal.viewing_as.id})
        self._revocations.tell("user", user_id)

    async def view_as(self, session_id: str, wanted: WantedView | None) -> bool:
        """Let the admin of a session look at the manager as somebody else, or (None) as themselves again; whether that is
        another view than before. Raises `UserNotFound`, and `UnknownServers`."""

        def store_it(store: "AccessStore") -> bool:
            if wanted is not None and wanted.user_id is not None:
                store.users.get(wanted.user_id)
            elif wanted is not None:
                store.server_roles.check_servers(wanted.on or {})
            return store.users.view_as(session_id, None if wanted is None else wanted.written())

        try:
            return await in_store(self._database, store_it)
        finally:
            self._recognized.forget(lambda principal: principal.session_id == session_id)
            self._revocations.tell("session", session_id)

    async def aclose(self) -> None:
        await self._recognized.aclose()
        await self._uses.aclose()

    async def _find(self, digest: str) -> Principal | None:
        found = await in_store(self._database, lambda store: self._find_in(store, digest))
        if found is None:
            return None
        session, principal = found
        self._uses.remember_stored(session.id, session.last_used_at)
        return principal

    def _find_in(self, store: "AccessStore", digest: str) -> tuple[Session, Principal] | None:
        found = store.users.find_session(digest)
        if found is None or found[0].has_expired(self._clock.now_ms()):
            return None
        session, user = found
        principal = Principal("user", user.id, user.name, user.role, session.id, user.on)
        if not user.has_second_factor and needs_second_factor(self.second_factor_rule(), user):
            return session, replace(principal, role=Role.NONE, on={}, must_set_up_second_factor=True)
        if session.view_as is None:
            return session, principal
        seen = _seen(store, user, session.view_as)
        if seen is None:
            self._leave_view(store, session, user)
            return session, principal
        return session, replace(principal, role=seen.role, on=seen.on, viewing_as=seen)

    def _leave_view(self, store: "AccessStore", session: Session, user: StoredUser) -> None:
        """Nobody can be looked at that way any more."""
        store.users.view_as(session.id, None)
        entry = AuditEntry(
            id=uuid7(),
            at=self._clock.now_ms(),
            who_kind="user",
            who_id=user.id,
            who_name=user.name,
            role=user.role.value,
            action="leave_view",
            target={"session_id": session.id},
            from_address=None,
            result=OK,
            status=None,
            details={"reason": "who was looked at is gone, or may not sign in"},
        )
        store.add_audit_entry(entry)

    async def _write_uses(self, uses: Mapping[str, int]) -> None:
        await in_store(self._database, lambda store: store.users.note_session_uses(uses))


def needs_second_factor(rule: SecondFactorRule, user: StoredUser) -> bool:
    if rule == "admins":
        return highest_of(user.role, user.on) is Role.ADMIN
    return rule == "everybody"


def _seen(store: "AccessStore", user: StoredUser, written: str) -> ViewedAs | None:
    """As whom that user looks at the manager; None when they may not, or when there is nobody to be seen."""
    wanted = read_view(written)
    if wanted is None or user.role is not Role.ADMIN:
        return None
    if wanted.user_id is None:
        return as_role(wanted)
    try:
        seen = store.users.get(wanted.user_id)
    except UserNotFound:
        return None
    return None if seen.is_disabled else ViewedAs("user", seen.id, seen.name, seen.role, seen.on)
