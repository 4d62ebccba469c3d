"""Users without the running manager, for the command line: on the database itself, whether the manager runs or not."""

from collections.abc import Sequence
from pathlib import Path

from vintagestory_api.access.grants import read_grants, told_grants
from vintagestory_api.access.offline import command_line_entry, offline_store
from vintagestory_api.access.passwords import check_password, hash_password
from vintagestory_api.access.roles import Role
from vintagestory_api.access.users import StoredUser, UserNotFound, checked_user_name
from vintagestory_api.kit.clock import SystemClock
from vintagestory_api.kit.ids import uuid7

_ALL = 100_000


def create_admin_offline(path: Path, name: str, password: str, actor: str) -> StoredUser:
    """`actor` is the user of the machine, for the audit trail.

    Never migrates. Raises what `prepare_database(may_migrate=False)` and `check_password` raise, `InvalidUserName` and
    `UserNameTaken`.
    """
    name = checked_user_name(name)
    check_password(password, name=name)
    now_ms = SystemClock().now_ms()
    created_by = f"command_line:{actor}"
    user = StoredUser(uuid7(), name, Role.ADMIN, False, now_ms, created_by, password_hash=hash_password(password))
    with offline_store(path) as store:
        store.users.add(user)
        details = {"name": name, "role": user.role.value}
        store.add_audit_entry(command_line_entry("create_user", actor, now_ms, {"user_id": user.id}, details))
    return user


def reset_password_offline(path: Path, name: str, password: str, actor: str) -> StoredUser:
    """Give a user another password and sign them out everywhere; a running manager follows within two seconds.

    Raises `UserNotFound`, and what `prepare_database(may_migrate=False)` and `check_password` raise.
    """
    check_password(password, name=name)
    password_hash = hash_password(password)
    with offline_store(path) as store:
        store.users.hold()
        user = store.users.find(name)
        if user is None:
            raise UserNotFound(f"There is no user named {name!r}. See: vsmanager users list")
        store.users.set_password(user.id, password_hash)
        store.users.end_sessions(user.id)
        now_ms = SystemClock().now_ms()
        store.add_audit_entry(command_line_entry("set_user_password", actor, now_ms, {"user_id": user.id}, {"name": user.name}))
    return user


def set_roles_offline(path: Path, name: str, role: Role | None, grants: Sequence[str] | None, actor: str) -> StoredUser:
    """Give a user other roles; None stays. `grants` as `read_grants` takes them, in the place of all on single servers.

    Raises `UserNotFound`, `LastAdmin`, what `read_grants` raises, and what `prepare_database(may_migrate=False)` raises.
    """
    with offline_store(path) as store:
        store.users.hold()
        user = store.users.find(name)
        if user is None:
            raise UserNotFound(f"There is no user named {name!r}. See: vsmanager users list")
        on = None if grants is None else read_grants(grants, store.server_roles.servers_named())
        store.users.change(user.id, name=user.name, role=role or user.role, is_disabled=user.is_disabled, on=on)
        changed = store.users.get(user.id)
        details = {"name": user.name, "role": changed.role.value, **told_grants(changed.on)}
        now_ms = SystemClock().now_ms()
        store.add_audit_entry(command_line_entry("change_user", actor, now_ms, {"user_id": user.id}, details))
    return changed


def ensure_admin_offline(path: Path, name: str, password: str, actor: str) -> StoredUser:
    """Make an admin, or make the user of that name one who can sign in with this password. Raises as the two above."""
    with offline_store(path) as store:
        user = store.users.find(name)
    if user is None:
        return create_admin_offline(path, name, password, actor)
    with offline_store(path) as store:
        store.users.hold()
        store.users.change(user.id, name=user.name, role=Role.ADMIN, is_disabled=False)
    return reset_password_offline(path, name, password, actor)


def list_users_offline(path: Path) -> list[StoredUser]:
    """Oldest first. Raises what `prepare_database(may_migrate=False)` raises."""
    with offline_store(path) as store:
        return store.users.page(limit=_ALL)
