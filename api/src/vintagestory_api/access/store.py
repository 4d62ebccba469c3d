"""Access in the database. Importing this module imports SQLAlchemy: see `in_store`."""

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from vintagestory_api.access.audit import AuditEntry, AuditFilter
from vintagestory_api.access.roles import Role
from vintagestory_api.access.second_factor_store import SecondFactorStore
from vintagestory_api.access.server_roles import ServerRoles
from vintagestory_api.access.tables import audit, tokens
from vintagestory_api.access.tokens import Token, TokenNameTaken
from vintagestory_api.access.user_store import UserStore
from vintagestory_api.storage.engines import blocking_engine


class AccessStore:
    """The statements, on one connection and inside its transaction; those about users and sessions at `users`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.users = UserStore(connection)
        self.server_roles = ServerRoles(connection)
        self.second_factors = SecondFactorStore(connection)

    def add_token(self, token: Token, secret_hash: str) -> None:
        """Raises `TokenNameTaken` when a live token has that name, and `UnknownServers`."""
        values = {
            "id": token.id,
            "name": token.name,
            "secret_hash": secret_hash,
            "role": token.role.value,
            "created_at": token.created_at,
            "created_by": token.created_by,
        }
        try:
            self._connection.execute(insert(tokens).values(values))
        except IntegrityError as error:
            raise TokenNameTaken(
                f"There is a token named {token.name!r} already. Choose another name, or revoke that one first."
            ) from error
        self.server_roles.put("token", token.id, token.on)

    def live_token(self, secret_hash: str) -> Token | None:
        query = select(tokens).where(tokens.c.secret_hash == secret_hash, tokens.c.revoked_at.is_(None))
        row = self._connection.execute(query).one_or_none()
        return None if row is None else self._with_server_roles([_token(row)])[0]

    def tokens(self, *, limit: int, after: str | None = None, revoked_too: bool = False) -> list[Token]:
        """Oldest first; `after` is the id of the last one seen."""
        query = select(tokens).order_by(tokens.c.id).limit(limit)
        if after is not None:
            query = query.where(tokens.c.id > after)
        if not revoked_too:
            query = query.where(tokens.c.revoked_at.is_(None))
        return self._with_server_roles(_token(row) for row in self._connection.execute(query))

    def find_tokens(self, id_or_name: str) -> list[Token]:
        """The token with that id, or the live one with that name."""
        same_name = (tokens.c.name == id_or_name) & tokens.c.revoked_at.is_(None)
        query = select(tokens).where(or_(tokens.c.id == id_or_name, same_name))
        return self._with_server_roles(_token(row) for row in self._connection.execute(query))

    def _with_server_roles(self, found: Iterable[Token]) -> list[Token]:
        listed = list(found)
        roles = self.server_roles.of("token", [token.id for token in listed])
        return [replace(token, on=roles.get(token.id, {})) for token in listed]

    def revoke_token(self, token_id: str, at: int) -> bool:
        """Whether there is such a token; one that is revoked already keeps its time."""
        live = (tokens.c.id == token_id) & tokens.c.revoked_at.is_(None)
        if self._connection.execute(update(tokens).where(live).values(revoked_at=at)).rowcount:
            return True
        return self._connection.execute(select(tokens.c.id).where(tokens.c.id == token_id)).first() is not None

    def note_uses(self, uses: Mapping[str, int]) -> None:
        for token_id, at in uses.items():
            self._connection.execute(update(tokens).where(tokens.c.id == token_id).values(last_used_at=at))

    def add_audit_entry(self, entry: AuditEntry) -> None:
        values = {
            "id": entry.id,
            "at": entry.at,
            "who_kind": entry.who_kind,
            "who_id": entry.who_id,
            "who_name": entry.who_name,
            "role": entry.role,
            "action": entry.action,
            "target": _to_json(entry.target),
            "from_address": entry.from_address,
            "result": entry.result,
            "status": entry.status,
            "details": _to_json(entry.details),
        }
        self._connection.execute(insert(audit).values(values))

    def audit_entries(self, wanted: AuditFilter, *, limit: int, before: str | None = None) -> list[AuditEntry]:
        """Newest first; `before` is the id of the last one seen."""
        query = select(audit).order_by(audit.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(audit.c.id < before)
        if wanted.who is not None:
            query = query.where(or_(audit.c.who_name == wanted.who, audit.c.who_id == wanted.who))
        if wanted.action is not None:
            query = query.where(audit.c.action == wanted.action)
        if wanted.result is not None:
            query = query.where(audit.c.result == wanted.result)
        if wanted.since is not None:
            query = query.where(audit.c.at >= wanted.since)
        return [_audit_entry(row) for row in self._connection.execute(query)]

    def prune_audit(self, before_ms: int) -> int:
        """Delete what is older than `before_ms`; how many entries that were."""
        return int(self._connection.execute(delete(audit).where(audit.c.at < before_ms)).rowcount)


@contextlib.contextmanager
def blocking_store(path: Path) -> Iterator[AccessStore]:
    """The store in one transaction, for programs without an event loop."""
    engine = blocking_engine(path)
    try:
        with engine.begin() as connection:
            yield AccessStore(connection)
    finally:
        engine.dispose()


def _token(row: Row[Any]) -> Token:
    return Token(
        id=row.id,
        name=row.name,
        role=Role(row.role),
        created_at=row.created_at,
        created_by=row.created_by,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )


def _audit_entry(row: Row[Any]) -> AuditEntry:
    return AuditEntry(
        id=row.id,
        at=row.at,
        who_kind=row.who_kind,
        who_id=row.who_id,
        who_name=row.who_name,
        role=row.role,
        action=row.action,
        target=json.loads(row.target),
        from_address=row.from_address,
        result=row.result,
        status=row.status,
        details=json.loads(row.details),
    )


def _to_json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
