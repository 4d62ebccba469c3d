"""Changes that wait for the end of a game, because it would write over them."""

import asyncio
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from vintagestory_api.kit.clock import Clock
from vintagestory_api.server_config.catalogue import is_secret
from vintagestory_api.server_config.in_store import in_store
from vintagestory_api.server_config.records import PendingChange, wrapped
from vintagestory_api.server_config.schemas import ConfigFileName
from vintagestory_api.server_config.secret_text import MASK
from vintagestory_api.storage.database import Database
from vintagestory_api.storage.secrets_file import SecretsFile

if TYPE_CHECKING:
    from vintagestory_api.server_config.store import ConfigStore

log = structlog.get_logger(__name__)

#: In the row of a secret, which itself lies in the file of secrets.
_KEPT_ELSEWHERE = {"kept": True}


class Waiting:
    """How many there are of each server is kept in memory, because every look at a server asks."""

    def __init__(self, database: Database, clock: Clock, secrets: SecretsFile) -> None:
        self._database = database
        self._clock = clock
        self._secrets = secrets
        self._counts: dict[str, int] = {}
        self._last_ms = 0

    async def open(self) -> None:
        self._counts = await in_store(self._database, lambda store: store.pending_counts())

    def servers(self) -> list[str]:
        """Those that have any."""
        return [server_id for server_id, count in self._counts.items() if count]

    def count(self, server_id: str) -> int:
        return self._counts.get(server_id, 0)

    def moment(self) -> int:
        """Now, and later than ever before, so that of two changes it is known which came first."""
        self._last_ms = max(self._clock.now_ms(), self._last_ms + 1)
        return self._last_ms

    async def of(self, server_id: str, file: ConfigFileName) -> list[PendingChange]:
        """Oldest first. Raises `SecretsUnreadable`."""
        if not self.count(server_id):
            return []
        rows = await in_store(self._database, lambda store: store.pending(server_id, file))
        found, lost = await asyncio.to_thread(self._with_secrets, rows)
        if lost:
            log.warning("waiting_password_not_there", server=server_id)
            await self.change(server_id, removed=lost)
        return found

    async def change(self, server_id: str, *, added: Sequence[PendingChange] = (), removed: Iterable[PendingChange] = ()) -> None:
        """Raises `SecretsUnreadable`, `SecretsNotSaved`."""
        gone = list(removed)
        if not added and not gone:
            return
        rows = await asyncio.to_thread(self._without_secrets, added)

        def write(store: "ConfigStore") -> list[PendingChange]:
            store.remove_pending(gone)
            store.put_pending(rows)
            return store.pending(server_id)

        left = await in_store(self._database, write)
        self._counts[server_id] = len(left)
        names = {_name(change) for change in gone if is_secret(change.path)} - {_name(change) for change in left}
        for name in names:
            await asyncio.to_thread(self._secrets.remove, name)

    async def forget(self, server_id: str) -> None:
        """The server is gone, and what waited for it with it."""
        if self._counts.pop(server_id, 0):
            await asyncio.to_thread(self._secrets.remove_where, lambda name: name.startswith(_prefix(server_id)))

    def _without_secrets(self, changes: Sequence[PendingChange]) -> list[PendingChange]:
        """First the secret, then the row: a kill in between leaves nothing that would be done."""
        rows = []
        for change in changes:
            row = change
            if is_secret(change.path):
                row = replace(row, before=wrapped(MASK) if change.was else wrapped(None))
                if isinstance(change.wanted, str):
                    self._secrets.put(_name(change), change.wanted)
                    row = replace(row, value=_KEPT_ELSEWHERE)
            rows.append(row)
        return rows

    def _with_secrets(self, rows: Sequence[PendingChange]) -> tuple[list[PendingChange], list[PendingChange]]:
        found: list[PendingChange] = []
        lost: list[PendingChange] = []
        for row in rows:
            if row.value != _KEPT_ELSEWHERE:
                found.append(row)
            elif (secret := self._secrets.get(_name(row))) is not None:
                found.append(replace(row, value=wrapped(secret)))
            else:
                lost.append(row)
        return found, lost


def stamp_of(changes: Iterable[PendingChange]) -> int:
    """Grows with each change that begins to wait."""
    return max((change.at for change in changes), default=0)


def _prefix(server_id: str) -> str:
    return f"server_config:{server_id}:"


def _name(change: PendingChange) -> str:
    return f"{_prefix(change.server_id)}{change.file}:{json.dumps(change.path)}"
