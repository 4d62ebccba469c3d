"""Tokens without the running manager, for the command line: on the database itself, whether the manager runs or not."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from vintagestory_api.access.audit import OK, AuditEntry
from vintagestory_api.access.roles import Role
from vintagestory_api.access.tokens import Token, TokenNotFound, hash_secret, new_token
from vintagestory_api.kit.clock import SystemClock
from vintagestory_api.kit.ids import uuid7
from vintagestory_api.storage.database import prepare_database

if TYPE_CHECKING:
    from vintagestory_api.access.store import AccessStore

_ALL = 100_000


def create_token_offline(path: Path, name: str, role: Role, actor: str) -> str:
    """The secret of a new token; `actor` is the user of the machine, for the audit trail.

    Never migrates. Raises what `prepare_database(may_migrate=False)` raises, `InvalidTokenName` and `TokenNameTaken`.
    """
    now_ms = SystemClock().now_ms()
    token, secret = new_token(name, role, created_by=actor, now_ms=now_ms)
    with _store(path) as store:
        store.add_token(token, hash_secret(secret))
        store.add_audit_entry(_entry("create_token", token, actor, now_ms, {"name": token.name, "role": token.role.value}))
    return secret


def list_tokens_offline(path: Path, *, revoked_too: bool = False) -> list[Token]:
    """Oldest first. Raises what `prepare_database(may_migrate=False)` raises."""
    with _store(path) as store:
        return store.tokens(limit=_ALL, revoked_too=revoked_too)


def revoke_token_offline(path: Path, id_or_name: str, actor: str) -> Token:
    """Revoke a token by its id, or by its name while it is live; a running manager follows within two seconds.

    Raises `TokenNotFound`, and what `prepare_database(may_migrate=False)` raises.
    """
    now_ms = SystemClock().now_ms()
    with _store(path) as store:
        found = store.find_tokens(id_or_name)
        if not found:
            raise TokenNotFound(f"There is no token with the id or name {id_or_name!r}. See: vsmanager token list")
        token = found[0]
        store.revoke_token(token.id, now_ms)
        store.add_audit_entry(_entry("revoke_token", token, actor, now_ms, {"name": token.name}))
    return token


def has_admin_token(path: Path) -> bool:
    """Whether an admin could sign in. Asked at start, so without SQLAlchemy; the database has to be prepared."""
    with contextlib.closing(sqlite3.connect(path, timeout=5)) as connection:
        query = "SELECT 1 FROM tokens WHERE role = ? AND revoked_at IS NULL LIMIT 1"
        return connection.execute(query, (Role.ADMIN.value,)).fetchone() is not None


@contextlib.contextmanager
def _store(path: Path) -> "Iterator[AccessStore]":
    prepare_database(path, may_migrate=False)
    from vintagestory_api.access.store import blocking_store  # noqa: PLC0415 - SQLAlchemy costs half a second

    with blocking_store(path) as store:
        yield store


def _entry(action: str, token: Token, actor: str, now_ms: int, details: dict[str, str]) -> AuditEntry:
    return AuditEntry(
        id=uuid7(),
        at=now_ms,
        who_kind="command_line",
        who_id=None,
        who_name=actor,
        role=None,
        action=action,
        target={"token_id": token.id},
        from_address=None,
        result=OK,
        status=None,
        details=details,
    )
