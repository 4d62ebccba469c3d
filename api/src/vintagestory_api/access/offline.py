"""Tokens without the running manager, for the command line: on the database itself, whether the manager runs or not."""

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vintagestory_api.access.audit import OK, AuditEntry
from vintagestory_api.access.grants import read_grants, told_grants
from vintagestory_api.access.roles import Role
from vintagestory_api.access.tokens import Token, TokenNotFound, hash_secret, new_token
from vintagestory_api.kit.clock import SystemClock
from vintagestory_api.kit.ids import uuid7
from vintagestory_api.storage.database import prepare_database

if TYPE_CHECKING:
    from vintagestory_api.access.store import AccessStore

_ALL = 100_000


def create_token_offline(path: Path, name: str, role: Role, actor: str, grants: Sequence[str] = ()) -> str:
    """The secret of a new token; `actor` is the user of the machine, for the audit trail; `grants`: as `read_grants` takes them.

    Never migrates. Raises what `prepare_database(may_migrate=False)` raises, `InvalidTokenName`, `TokenNameTaken`, and what
    `read_grants` raises.
    """
    now_ms = SystemClock().now_ms()
    with offline_store(path) as store:
        on = read_grants(grants, store.server_roles.servers_named()) if grants else {}
        token, secret = new_token(name, role, created_by=actor, now_ms=now_ms, on=on)
        store.add_token(token, hash_secret(secret))
        details = {"name": token.name, "role": token.role.value, **told_grants(on)}
        store.add_audit_entry(command_line_entry("create_token", actor, now_ms, {"token_id": token.id}, details))
    return secret


def list_tokens_offline(path: Path, *, revoked_too: bool = False) -> list[Token]:
    """Oldest first. Raises what `prepare_database(may_migrate=False)` raises."""
    with offline_store(path) as store:
        return store.tokens(limit=_ALL, revoked_too=revoked_too)


def revoke_token_offline(path: Path, id_or_name: str, actor: str) -> Token:
    """Revoke a token by its id, or by its name while it is live; a running manager follows within two seconds.

    Raises `TokenNotFound`, and what `prepare_database(may_migrate=False)` raises.
    """
    now_ms = SystemClock().now_ms()
    with offline_store(path) as store:
        found = store.find_tokens(id_or_name)
        if not found:
            raise TokenNotFound(f"There is no token with the id or name {id_or_name!r}. See: vsmanager token list")
        token = found[0]
        store.revoke_token(token.id, now_ms)
        target, details = {"token_id": token.id}, {"name": token.name}
        store.add_audit_entry(command_line_entry("revoke_token", actor, now_ms, target, details))
    return token


def has_admin(path: Path) -> bool:
    """Whether there is an admin, or a token of one. Asked at start, so without SQLAlchemy; the database has to be prepared."""
    return has_admin_user(path) or _finds(path, "SELECT 1 FROM tokens WHERE role = ? AND revoked_at IS NULL LIMIT 1")


def has_admin_user(path: Path) -> bool:
    """Whether there is an admin who can sign in. As above."""
    return _finds(path, "SELECT 1 FROM users WHERE role = ? AND NOT is_disabled LIMIT 1")


def _finds(path: Path, query: str) -> bool:
    with contextlib.closing(sqlite3.connect(path, timeout=5)) as connection:
        return connection.execute(query, (Role.ADMIN.value,)).fetchone() is not None


@contextlib.contextmanager
def offline_store(path: Path) -> "Iterator[AccessStore]":
    """The store in one transaction. Raises what `prepare_database(may_migrate=False)` raises."""
    prepare_database(path, may_migrate=False)
    from vintagestory_api.access.store import blocking_store  # noqa: PLC0415 - SQLAlchemy costs half a second

    with blocking_store(path) as store:
        yield store


def command_line_entry(
    action: str, actor: str, now_ms: int, target: dict[str, str], details: dict[str, str] | None = None
) -> AuditEntry:
    """A line of the trail for what the user `actor` of this machine did."""
    return AuditEntry(
        id=uuid7(),
        at=now_ms,
        who_kind="command_line",
        who_id=None,
        who_name=actor,
        role=None,
        action=action,
        target=target,
        from_address=None,
        result=OK,
        status=None,
        details=details or {},
    )
