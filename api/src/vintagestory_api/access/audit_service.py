"""Writes and lists the audit trail."""

import asyncio
from collections.abc import Callable

import structlog

from vintagestory_api.access.audit import AuditEntry, AuditFilter
from vintagestory_api.access.in_store import in_store
from vintagestory_api.errors import Unavailable
from vintagestory_api.storage.database import Database

log = structlog.get_logger(__name__)


class AuditService:
    """`aclose` waits for entries still being written; the database stays open. `recorded` is called after each entry."""

    def __init__(self, database: Database) -> None:
        self.recorded: Callable[[], None] = lambda: None
        self._database = database
        self._writing: set[asyncio.Task[None]] = set()

    async def record(self, entry: AuditEntry) -> None:
        """Write `entry`; returns when it is on disk. A failure is logged and not raised: the change it tells of is done.

        When the caller is cancelled, the entry is written all the same.
        """
        task = asyncio.create_task(self._write(entry))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        await asyncio.shield(task)

    async def list(self, wanted: AuditFilter, *, limit: int, before: str | None = None) -> list[AuditEntry]:
        """Newest first; `before` is the id of the last one seen."""
        return await in_store(self._database, lambda store: store.audit_entries(wanted, limit=limit, before=before))

    async def prune(self, before_ms: int) -> int:
        """Delete entries older than `before_ms` (integer UTC milliseconds); how many there were."""
        return await in_store(self._database, lambda store: store.prune_audit(before_ms))

    async def aclose(self) -> None:
        while self._writing:
            await asyncio.gather(*self._writing)

    async def _write(self, entry: AuditEntry) -> None:
        try:
            await in_store(self._database, lambda store: store.add_audit_entry(entry))
        except Exception:
            log.exception(
                "audit_entry_not_written",
                who=entry.who_name,
                action=entry.action,
                target=dict(entry.target),
                result=entry.result,
            )
        self.recorded()


_service: AuditService | None = None


def get_audit_service() -> AuditService:
    """The audit trail of the running application. Raises `Unavailable` when there is none."""
    if _service is None:
        raise Unavailable("The audit trail is not open.")
    return _service


def use_audit_service(service: AuditService | None) -> None:
    """Make `service` the running one; called where the application is put together."""
    global _service  # noqa: PLW0603 - the one accessor for what the lifespan built
    _service = service
