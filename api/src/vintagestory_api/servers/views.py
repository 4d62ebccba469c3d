"""Game servers as the API shows them."""

from collections.abc import Sequence

from vintagestory_api.kit.clock import rfc3339
from vintagestory_api.runs.schemas import Run
from vintagestory_api.servers.address import address_hint
from vintagestory_api.servers.schemas import CrashInfo, Operation, ServerDetails, ServerView, StartProgress
from vintagestory_api.servers.supervisor import Supervisor
from vintagestory_api.services.run_records import RunRecord


def view(
    supervisor: Supervisor,
    *,
    now_ms: int,
    players: tuple[int | None, int | None] = (None, None),
    warnings: Sequence[str] = (),
    config_pending: int = 0,
) -> ServerView:
    """`players`: how many are on, and how many may be. `warnings` join those that the server itself knows of."""
    server, record, life = supervisor.server, supervisor.server.record, supervisor.server.life
    is_up = life is not None and not life.ended.is_set()
    started_ms = life.started_ms if life is not None else None
    return ServerView(
        id=record.id,
        name=record.name,
        state=server.state,
        wanted=record.wanted,
        is_hung=server.is_hung,
        version=record.version or (str(record.setup.get("version")) if record.setup else None),
        port=record.port,
        address_hint=address_hint(record.port),
        is_adopted=record.is_adopted,
        started_at=rfc3339(started_ms),
        ready_at=rfc3339(life.ready_ms) if life is not None else None,
        ready_after_seconds=life.ready_after_seconds if life is not None else None,
        uptime_seconds=max(0, now_ms - started_ms) // 1000 if is_up and started_ms is not None else None,
        start_progress=StartProgress(phase=life.phase, progress=life.progress)
        if life is not None and server.state == "starting"
        else None,
        players_online=players[0] if is_up else None,
        players_max=players[1],
        operation=_operation(supervisor),
        crash=_crash(supervisor),
        warnings=[*_own_warnings(supervisor), *warnings],
        config_pending=config_pending,
    )


def without_report(seen: ServerView) -> ServerView:
    """For those who may not read log files, of which a crash report is a part."""
    if seen.crash is None or seen.crash.report is None:
        return seen
    return seen.model_copy(update={"crash": seen.crash.model_copy(update={"report": None})})


def details(seen: ServerView, supervisor: Supervisor, *, latest_run: RunRecord | None, shows_path: bool) -> ServerDetails:
    record = supervisor.server.record
    return ServerDetails(
        **seen.model_dump(),
        settings=record.settings,
        data_path=str(supervisor.server.data_path) if shows_path else None,
        created_at=rfc3339(record.created_at) or "",
        created_by=record.created_by,
        latest_run=Run.of(latest_run) if latest_run else None,
    )


def _operation(supervisor: Supervisor) -> Operation | None:
    held = supervisor.operations.held
    if held is None:
        return None
    return Operation(kind=held.kind, run_id=held.run_id, actor=held.actor, since=rfc3339(held.since_ms) or "")


def _crash(supervisor: Supervisor) -> CrashInfo | None:
    failure = supervisor.failures.latest
    if failure is None:
        return None
    told = failure.details
    report = told.get("report")
    return CrashInfo(
        at=rfc3339(failure.at) or "",
        summary=str(told.get("summary") or told.get("why") or ""),
        mods=[str(mod) for mod in told.get("mods") or ()],
        report=None if report is None else str(report),
        restarts_at=rfc3339(supervisor.failures.restarts_at_ms),
        gave_up=supervisor.failures.gave_up,
    )


def _own_warnings(supervisor: Supervisor) -> list[str]:
    server, life = supervisor.server, supervisor.server.life
    found = []
    if server.state == "stopped" and server.record.wanted == "running" and supervisor.operations.held is None:
        if supervisor.failures.gave_up:
            follows = "It ended too often in a short time, so it is left alone until you start it."
        elif supervisor.aftermath.is_left_down:
            follows = "Its settings say that it does not come back by itself: start it when it should run again."
        else:
            follows = "It is started again by itself."
        found.append(f"It should run, and was ended. {follows}")
    if server.is_hung:
        found.append("It has stopped answering. If it does not recover, restart it; kill it if a stop does not help.")
    if life is not None and life.problem is not None:
        found.append(life.problem)
    if life is not None and life.mod_problems:
        mods = sorted({mod for mod, _ in life.mod_problems if mod})
        named = ", ".join(mods[:5]) + (f" and {len(mods) - 5} more" if len(mods) > 5 else "")
        found.append(f"Some mods were left out or have problems: {named}." if named else "Some mods were blocked by the game.")
    return found
