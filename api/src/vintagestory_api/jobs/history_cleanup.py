"""Keeps the history of runs, changes, chat, alerts and notifications at the size that people asked for, or that is useful."""

from dataclasses import dataclass

from vintagestory_api.access.audit_service import get_audit_service
from vintagestory_api.jobs.base import safe_job
from vintagestory_api.kit.clock import SystemClock
from vintagestory_api.notifications.alerts import get_alerts
from vintagestory_api.players.players import get_players
from vintagestory_api.runs.ledger import get_runs_ledger
from vintagestory_api.services.api_settings import get_api_settings

_DAY_MS = 86_400_000


@dataclass(frozen=True)
class CleanupReport:
    runs_deleted: int
    audit_entries_deleted: int
    chat_lines_deleted: int
    alerts_deleted: int
    notifications_deleted: int


@safe_job("history_cleanup")
async def clean_history() -> CleanupReport:
    """Delete what is beyond the settings; of alerts and notifications, what is old."""
    settings = get_api_settings()
    runs = await get_runs_ledger().prune(keep_per_job=settings.run_history_per_job, keep_days=settings.run_history_days)
    now_ms = SystemClock().now_ms()
    entries = lines = 0
    if settings.audit_history_days:
        entries = await get_audit_service().prune(now_ms - settings.audit_history_days * _DAY_MS)
    if settings.chat_history_days:
        lines = await get_players().prune_chat(now_ms - settings.chat_history_days * _DAY_MS)
    alerts, notifications = await get_alerts().prune(keep_days=settings.alert_history_days)
    return CleanupReport(runs, entries, lines, alerts, notifications)
