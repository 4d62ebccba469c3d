"""Makes, changes and removes users."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from vintagestory_api.access.in_store import in_store
from vintagestory_api.access.password_work import PasswordWork
from vintagestory_api.access.passwords import check_password
from vintagestory_api.access.roles import Role
from vintagestory_api.access.session_service import SessionService
from vintagestory_api.access.users import StoredUser, checked_user_name, wrong_password
from vintagestory_api.kit.clock import Clock
from vintagestory_api.kit.ids import uuid7
from vintagestory_api.storage.database import Database

if TYPE_CHECKING:
    from vintagestory_api.access.store import AccessStore


class UserService:
    """Whatever takes something from a user holds here at once, and within two seconds in other processes."""

    def __init__(self, database: Database, clock: Clock, sessions: SessionService, passwords: PasswordWork) -> None:
        self._database = database
        self._clock = clock
        self._sessions = sessions
        self._passwords = passwords

    async def create(
        self, name: str, role: Role, password: str, *, created_by: str, on: Mapping[str, Role] | None = None
    ) -> StoredUser:
        """`on`: roles on single servers. Raises `InvalidUserName`, `UserNameTaken`, `UnknownServers`, and what
        `check_password` raises."""
        name = checked_user_name(name)
        check_password(password, name=name)
        user = StoredUser(
            id=uuid7(),
            name=name,
            role=role,
            is_disabled=False,
            created_at=self._clock.now_ms(),
            created_by=created_by,
            password_hash=await self._passwords.hash(password),
            on=on or {},
        )
        await in_store(self._database, lambda store: store.users.add(user))
        return user

    async def page(self, *, limit: int, after: str | None = None) -> list[StoredUser]:
        """Oldest first; `after` is the id of the last one seen."""
        return await in_store(self._database, lambda store: store.users.page(limit=limit, after=after))

    async def has_admin(self) -> bool:
        """Whether there is an admin who can sign in."""
        return await in_store(self._database, lambda store: store.users.has_admin())

    async def change(
        self,
        user_id: str,
        *,
        name: str | None = None,
        role: Role | None = None,
        is_disabled: bool | None = None,
        on: Mapping[str, Role] | None = None,
    ) -> StoredUser:
        """What is None stays. Disabling ends the user's sessions.

        Raises `UserNotFound`, `InvalidUserName`, `UserNameTaken`, `UnknownServers`, `LastAdmin`.
        """
        new_name = None if name is None else checked_user_name(name)

        def change(store: "AccessStore") -> StoredUser:
            store.users.hold()
            before = store.users.get(user_id)
            after = replace(
                before,
                name=before.name if new_name is None else new_name,
                role=role or before.role,
                is_disabled=before.is_disabled if is_disabled is None else is_disabled,
            )
            store.users.change(user_id, name=after.name, role=after.role, is_disabled=after.is_disabled, on=on)
            if after.is_disabled:
                store.users.end_sessions(user_id)
            return store.users.get(user_id)

        try:
            return await in_store(self._database, change)
        finally:
            self._sessions.look_again_at(user_id)

    async def remove(self, user_id: str) -> None:
        """Raises `UserNotFound`, `LastAdmin`."""

        def remove(store: "AccessStore") -> None:
            store.users.hold()
            store.users.get(user_id)
            store.users.remove(user_id)

        try:
            await in_store(self._database, remove)
        finally:
            self._sessions.look_again_at(user_id)

    async def set_password(self, user_id: str, password: str) -> None:
        """For somebody else; ends all sessions of the user. Raises `UserNotFound`, and what `check_password` raises."""
        user = await in_store(self._database, lambda store: store.users.get(user_id))
        check_password(password, name=user.name)
        await self.store_password(user_id, await self._passwords.hash(password))

    async def store_password(
        self, user_id: str, password_hash: str, *, in_place_of: str | None = None, keep_session: str | None = None
    ) -> None:
        """Raises `UserNotFound`, and `WrongPassword` when another hash than `in_place_of` is stored by now."""

        def store_it(store: "AccessStore") -> None:
            store.users.hold()
            present = store.users.get(user_id)
            if in_place_of is not None and present.password_hash != in_place_of:
                raise wrong_password()
            store.users.set_password(user_id, password_hash)
            store.users.end_sessions(user_id, but=keep_session)

        try:
            await in_store(self._database, store_it)
        finally:
            self._sessions.look_again_at(user_id)

    async def end_sessions(self, user_id: str) -> None:
        """Raises `UserNotFound`."""
        await in_store(self._database, lambda store: store.users.get(user_id))
        await self._sessions.end_all(user_id)
