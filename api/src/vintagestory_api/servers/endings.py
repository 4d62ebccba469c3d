"""What is found out about the end of a game, from its console and its crash log, and how that enters the timeline."""

import asyncio
from typing import Any

import structlog

from vintagestory_api.errors import ManagerError
from vintagestory_api.servers.crash import Ending, read_end
from vintagestory_api.servers.crash_report import CrashReport, read_crash_report
from vintagestory_api.servers.launching import WillNotStart
from vintagestory_api.servers.life import Life
from vintagestory_api.servers.records import Happening
from vintagestory_api.servers.server import GameServer

log = structlog.get_logger(__name__)

_LAST_ERRORS = 50


async def read_ending(server: GameServer, life: Life) -> tuple[Ending, CrashReport | None]:
    """Of a game that has ended: why, and what it reported itself."""
    report = await _crash_report(server, life)
    if report is not None and not life.crash_reported:
        life.crash_reported = True
    if report is not None and not life.mods:
        life.mods = report.mods
    # Of a game that was up, errors that it logged mean something only when it says itself that one ended it.
    trouble = _last_trouble(server, life) if life.ready_ms is None or life.thread is not None else None
    wanted_stopped = server.record.wanted == "stopped"
    facts = life.end_facts(trouble, _last_line(server, life), wanted_stopped=wanted_stopped)
    ending = read_end(facts)
    log.info("game_ended", server=server.id, outcome=ending.outcome, why=ending.why, exit_code=facts.exit_code)
    return ending, report


def end_entry(server: GameServer, life: Life, ending: Ending, report: CrashReport | None, now_ms: int) -> Happening:
    details: dict[str, Any]
    match ending.outcome:
        case "crashed":
            details = {"summary": ending.why, "mods": list(ending.mods), "report": report.text if report else None}
        case "failed_to_start":
            details = {"why": ending.why, "mods": list(ending.mods), "report": report.text if report else None}
            if ending.is_lasting:
                details["stays_down"] = True
        case "stopped":
            details = {"by": ending.by, "text": ending.why}
            if not (ending.is_wanted or ending.is_shutdown or server.settings.restart_after_crash):
                details["stays_down"] = True
    return Happening(
        server_id=server.id,
        at=now_ms,
        kind="killed" if ending.outcome == "stopped" and life.was_killed else ending.outcome,
        instance=life.instance,
        seq=server.console.last_seq,
        details={**details, "exit_code": life.status.exit_code if life.status else None},
    )


def failed_start(error: Exception, otherwise: str) -> Ending:
    """Of a start that came to no game. `otherwise`: why, where the error has no words for people."""
    why = error.message if isinstance(error, ManagerError) else otherwise
    return Ending("failed_to_start", why, is_lasting=isinstance(error, WillNotStart))


async def _crash_report(server: GameServer, life: Life) -> CrashReport | None:
    try:
        return await asyncio.to_thread(read_crash_report, server.logs_path, life.started_ms)
    except Exception:
        log.exception("crash_report_not_read", server=server.id)
        return None


def _last_trouble(server: GameServer, life: Life) -> str | None:
    """The last error that it logged, for a start that failed without saying why in any known way."""
    found = server.console.page(last=_LAST_ERRORS, types=("Fatal", "Error")).lines
    texts = [line["text"] for line in found if line["seq"] >= life.first_seq and not line.get("is_continuation")]
    return texts[-1] if texts else None


def _last_line(server: GameServer, life: Life) -> str | None:
    found = server.console.page(last=_LAST_ERRORS).lines
    return next((line["text"] for line in reversed(found) if line["seq"] >= life.first_seq and line["text"].strip()), None)
