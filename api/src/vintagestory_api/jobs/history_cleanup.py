"""Keeps the history of runs and changes at the size that people asked for."""

from dataclasses import dataclass

from vintagestory_api.access.audit_service import get_audit_service
from vintagestory_api.jobs.base import safe_job
from vintagestory_api.kit.clock import SystemClock
from vintagestory_api.runs.ledger import get_runs_ledger
from vintagestory_api.services.api_settings import get_api_settings

_DAY_MS = 86_400_000


@dataclass(frozen=True)
class CleanupReport:
    runs_deleted: int
    audit_entries_deleted: int


@safe_job("history_cleanup")
async def clean_history() -> CleanupReport:
    """Delete runs and lines of the audit trail beyond what the settings allow."""
    settings = get_api_settings()
    runs = await get_runs_ledger().prune(keep_per_job=settings.run_history_per_job, keep_days=settings.run_history_days)
    entries = 0
    if settings.audit_history_days:
        entries = await get_audit_service().prune(SystemClock().now_ms() - settings.audit_history_days * _DAY_MS)
    return CleanupReport(runs, entries)
