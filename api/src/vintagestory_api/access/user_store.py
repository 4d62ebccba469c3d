"""Users and browser sessions in the database. Importing this module imports SQLAlchemy: see `in_store`."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from vintagestory_api.access.roles import Role
from vintagestory_api.access.second_factor_store import SecondFactorStore
from vintagestory_api.access.server_roles import ServerRoles
from vintagestory_api.access.sessions import LONGEST_MS, SESSIONS_PER_USER, UNUSED_MS, Session
from vintagestory_api.access.tables import sessions, users
from vintagestory_api.access.users import StoredUser, last_admin, name_key, name_taken, no_such_user

_ENABLED_ADMIN = (users.c.role == Role.ADMIN.value) & users.c.is_disabled.is_(False)


class UserStore:
    """The statements, on one connection and inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._server_roles = ServerRoles(connection)
        self._second_factors = SecondFactorStore(connection)

    # Users

    def hold(self) -> None:
        """From here to the end of the transaction nobody else changes users: what is read now still holds when it is written."""
        self._connection.execute(update(users).where(users.c.role == Role.ADMIN.value).values(role=Role.ADMIN.value))

    def has_admin(self) -> bool:
        """Whether there is an admin who can sign in."""
        return self._connection.execute(select(users.c.id).where(_ENABLED_ADMIN).limit(1)).first() is not None

    def add(self, user: StoredUser) -> None:
        """Raises `UserNameTaken`, `UnknownServers`."""
        values = {
            "id": user.id,
            "name": user.name,
            "name_key": name_key(user.name),
            "role": user.role.value,
            "password_hash": user.password_hash,
            "is_disabled": user.is_disabled,
            "created_at": user.created_at,
            "created_by": user.created_by,
        }
        try:
            self._connection.execute(insert(users).values(values))
        except IntegrityError as error:
            raise name_taken(user.name) from error
        self._server_roles.put("user", user.id, user.on)

    def get(self, user_id: str) -> StoredUser:
        """Raises `UserNotFound`."""
        row = self._connection.execute(select(users).where(users.c.id == user_id)).one_or_none()
        if row is None:
            raise no_such_user()
        return self._completed([_user(row)])[0]

    def find(self, name: str) -> StoredUser | None:
        row = self._connection.execute(select(users).where(users.c.name_key == name_key(name))).one_or_none()
        return None if row is None else self._completed([_user(row)])[0]

    def page(self, *, limit: int, after: str | None = None) -> list[StoredUser]:
        """Oldest first; `after` is the id of the last one seen."""
        query = select(users).order_by(users.c.id).limit(limit)
        if after is not None:
            query = query.where(users.c.id > after)
        return self._completed(_user(row) for row in self._connection.execute(query))

    def change(self, user_id: str, *, name: str, role: Role, is_disabled: bool, on: Mapping[str, Role] | None = None) -> None:
        """Roles on servers stay where `on` is None. Raises `UserNameTaken`, `UnknownServers`, and `LastAdmin` when nobody would
        be left who is one and can sign in. Needs `hold`."""
        if role is not Role.ADMIN or is_disabled:
            self._check_other_admin(user_id)
        values = {"name": name, "name_key": name_key(name), "role": role.value, "is_disabled": is_disabled}
        try:
            self._connection.execute(update(users).where(users.c.id == user_id).values(values))
        except IntegrityError as error:
            raise name_taken(name) from error
        if on is not None:
            self._server_roles.put("user", user_id, on)

    def remove(self, user_id: str) -> None:
        """With all sessions. Raises `LastAdmin`. Needs `hold`."""
        self._check_other_admin(user_id)
        self.end_sessions(user_id)
        self._server_roles.forget_holder("user", user_id)
        self._connection.execute(delete(users).where(users.c.id == user_id))

    def set_password(self, user_id: str, password_hash: str) -> None:
        self._connection.execute(update(users).where(users.c.id == user_id).values(password_hash=password_hash))

    def _check_other_admin(self, user_id: str) -> None:
        mine = self._connection.execute(select(users.c.id).where(_ENABLED_ADMIN, users.c.id == user_id)).first()
        other = self._connection.execute(select(users.c.id).where(_ENABLED_ADMIN, users.c.id != user_id).limit(1)).first()
        if mine is not None and other is None:
            raise last_admin()

    def _completed(self, found: Iterable[StoredUser]) -> list[StoredUser]:
        listed = list(found)
        roles = self._server_roles.of("user", [user.id for user in listed])
        secured = self._second_factors.on_for([user.id for user in listed])
        return [replace(user, on=roles.get(user.id, {}), has_second_factor=user.id in secured) for user in listed]

    # Sessions

    def add_session(self, session: Session, secret_hash: str) -> None:
        """The beginning of a session, noted with its user. Expired ones go, and of too many the least used ones."""
        values = {
            "id": session.id,
            "user_id": session.user_id,
            "secret_hash": secret_hash,
            "created_at": session.created_at,
            "last_used_at": session.last_used_at,
            "from_address": session.from_address,
            "browser": session.browser,
        }
        now_ms = session.created_at
        expired = or_(sessions.c.last_used_at <= now_ms - UNUSED_MS, sessions.c.created_at <= now_ms - LONGEST_MS)
        self._connection.execute(delete(sessions).where(expired))
        self._connection.execute(insert(sessions).values(values))
        kept = (
            select(sessions.c.id)
            .where(sessions.c.user_id == session.user_id)
            .order_by(sessions.c.last_used_at.desc(), sessions.c.id.desc())
            .limit(SESSIONS_PER_USER)
        )
        self._connection.execute(delete(sessions).where(sessions.c.user_id == session.user_id, sessions.c.id.not_in(kept)))
        self._connection.execute(update(users).where(users.c.id == session.user_id).values(last_signed_in_at=now_ms))

    def find_session(self, secret_hash: str) -> tuple[Session, StoredUser] | None:
        """The session and its user, who may sign in; the session may have expired."""
        query = select(sessions).join(users).where(sessions.c.secret_hash == secret_hash, users.c.is_disabled.is_(False))
        row = self._connection.execute(query).one_or_none()
        return None if row is None else (_session(row), self.get(row.user_id))

    def sessions_of(self, user_id: str) -> list[Session]:
        """Newest first; some may have expired."""
        query = select(sessions).where(sessions.c.user_id == user_id).order_by(sessions.c.id.desc())
        return [_session(row) for row in self._connection.execute(query)]

    def view_as(self, session_id: str, text: str | None) -> bool:
        """Remember as whom the user of a session looks at the manager; whether there is such a session, and that is another
        than before."""
        mine = (sessions.c.id == session_id) & sessions.c.view_as.is_distinct_from(text)
        return self._connection.execute(update(sessions).where(mine).values(view_as=text)).rowcount > 0

    def end_session(self, session_id: str, *, user_id: str) -> bool:
        """Whether that user had such a session."""
        query = delete(sessions).where(sessions.c.id == session_id, sessions.c.user_id == user_id)
        return self._connection.execute(query).rowcount > 0

    def end_sessions(self, user_id: str, *, but: str | None = None) -> None:
        query = delete(sessions).where(sessions.c.user_id == user_id)
        self._connection.execute(query if but is None else query.where(sessions.c.id != but))

    def note_session_uses(self, uses: Mapping[str, int]) -> None:
        for session_id, at in uses.items():
            self._connection.execute(update(sessions).where(sessions.c.id == session_id).values(last_used_at=at))


def _user(row: Row[Any]) -> StoredUser:
    return StoredUser(
        id=row.id,
        name=row.name,
        role=Role(row.role),
        is_disabled=row.is_disabled,
        created_at=row.created_at,
        created_by=row.created_by,
        last_signed_in_at=row.last_signed_in_at,
        password_hash=row.password_hash,
    )


def _session(row: Row[Any]) -> Session:
    return Session(
        id=row.id,
        user_id=row.user_id,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        from_address=row.from_address,
        browser=row.browser,
        view_as=row.view_as,
    )
