"""The HTTP edge of the overview. Asked at each reload of a page, so it reads what is in memory and a few rows by index."""

from collections import Counter
from collections.abc import Hashable

from fastapi import APIRouter, Request

from vintagestory_api import __version__
from vintagestory_api.access.on_servers import visible_servers
from vintagestory_api.access.roles import Role
from vintagestory_api.access.routes import API_PREFIX, ROLE_KEY, SCOPE_KEY, SecuredRoute
from vintagestory_api.errors import Unavailable
from vintagestory_api.health import SchedulerHealth, UpstreamState
from vintagestory_api.jobs import DEFAULT_JOBS, JOBS_BY_ID
from vintagestory_api.jobs.job_health import job_health
from vintagestory_api.kit.clock import rfc3339
from vintagestory_api.manager import Manager
from vintagestory_api.metrics.schemas import LastDay
from vintagestory_api.notifications.records import AlertRecord
from vintagestory_api.overview.attention import (
    AlertFacts,
    Attention,
    JobFacts,
    ServerFacts,
    ShortageFacts,
    UpstreamFacts,
    find_attention,
)
from vintagestory_api.overview.care import cares
from vintagestory_api.overview.schemas import AttentionItem, CatalogAge, JobCounts, NewestGameVersions, Overview, ServerCares
from vintagestory_api.problems import problem_responses
from vintagestory_api.servers.supervisor import Supervisor

router = APIRouter(prefix=API_PREFIX, route_class=SecuredRoute, tags=["overview"])


@router.get("/overview", openapi_extra={ROLE_KEY: "viewer", SCOPE_KEY: "list"}, responses=problem_responses(503))
async def read_overview(request: Request) -> Overview:
    """Is everything well: the manager, its jobs, the services it asks, and what needs a person first. Who has roles on single
    servers only is told of these alone."""
    manager: Manager = request.app.state.manager
    only = visible_servers(request)
    jobs = await _jobs(manager) if only is None else []
    attention = _attention(manager, jobs, is_admin=request.state.principal.role.includes(Role.ADMIN), only=only)
    scheduler = manager.scheduler
    return Overview(
        status="needs_attention" if any(item.severity != "info" for item in attention) else "ok",
        version=__version__,
        started_at=rfc3339(manager.started_ms) or "",
        scheduler=SchedulerHealth.model_validate({"status": scheduler.status, "job_count": scheduler.job_count}),
        jobs=_counts(manager, jobs),
        upstreams=[UpstreamState.model_validate(state) for state in manager.upstream_states()] if only is None else [],
        catalog=await _catalog(manager),
        game_versions=await _game_versions(manager),
        attention=[AttentionItem.of(item) for item in attention],
    )


@router.get("/overview/last-day", openapi_extra={ROLE_KEY: "viewer", SCOPE_KEY: "list"}, responses=problem_responses(503))
async def read_last_day(request: Request) -> LastDay:
    """Players and tick time of all game servers over the last day, in one answer: coarser than `/servers/{server_id}/metrics`."""
    manager: Manager = request.app.state.manager
    told, only = await manager.metrics.last_day(), visible_servers(request)
    return told.model_copy(update={"servers": [one for one in told.servers if only is None or one.server_id in only]})


@router.get("/overview/servers", openapi_extra={ROLE_KEY: "viewer", SCOPE_KEY: "list"}, responses=problem_responses(503))
async def read_server_cares(request: Request) -> ServerCares:
    """Of all game servers: the last good backup, what happens next by itself, and what could be updated."""
    manager: Manager = request.app.state.manager
    found, only = await cares(manager), visible_servers(request)
    return ServerCares(items=[care for care in found if only is None or care.server_id in only])


async def what_is_shown(manager: Manager) -> Hashable:
    """What an admin's overview says apart from runs and ages; when it is another than before, pages should ask again."""
    items = _attention(manager, await _jobs(manager), is_admin=True)
    upstreams = tuple((upstream["id"], upstream["state"], upstream["failures"]) for upstream in manager.upstream_states())
    return tuple((item.id, item.severity, item.text) for item in items), upstreams, manager.scheduler.status


def _attention(manager: Manager, jobs: list[JobFacts], *, is_admin: bool, only: frozenset[str] | None = None) -> list[Attention]:
    """`only`: nothing but what is about these servers."""
    servers = [one for one in manager.servers.supervisors() if only is None or one.server.id in only]
    alerts = [alert for alert in manager.alerts.open_alerts if only is None or alert.server_id in only]
    return find_attention(
        problems=manager.problems() if only is None else [],
        problems_since={
            "database_unreadable": manager.started_ms,
            "ledger_unavailable": manager.ledger.problem_since_ms,
        },
        jobs=jobs,
        upstreams=_upstreams(manager) if only is None else [],
        servers=[_server(manager, supervisor) for supervisor in servers],
        alerts=[_alert(alert) for alert in alerts],
        contact_is_missing=is_admin and not manager.api_settings.read().upstream_contact,
        now_ms=manager.clock.now_ms(),
    )


async def _jobs(manager: Manager) -> list[JobFacts]:
    histories = await manager.ledger.job_histories([job.id for job in DEFAULT_JOBS])
    registered = {job.id: job for job in manager.scheduler.get_jobs()}
    now_ms = manager.clock.now_ms()
    facts = []
    for job in DEFAULT_JOBS:
        history = histories[job.id]
        health = job_health(registered.get(job.id), history, now_ms)
        facts.append(JobFacts(job.id, job.policy.title, health, registered.get(job.id), history, job.upstream))
    return facts


def _counts(manager: Manager, jobs: list[JobFacts]) -> JobCounts:
    counted = Counter(job.health for job in jobs)
    return JobCounts(
        total=len(jobs),
        ok=counted["ok"],
        failing=counted["failing"],
        late=counted["late"],
        paused=counted["paused"],
        off=counted["off"],
        never_ran=counted["never_ran"],
        running=len(JOBS_BY_ID.keys() & set(manager.scheduler.running_job_ids())),
    )


def _upstreams(manager: Manager) -> list[UpstreamFacts]:
    facts = []
    for upstream_id, upstream in manager.upstreams.items():
        circuit = upstream.circuit.snapshot()
        job = next((job for job in DEFAULT_JOBS if job.upstream == upstream_id), None)
        facts.append(
            UpstreamFacts(
                id=upstream_id,
                name=upstream.name,
                is_failing=circuit["state"] != "closed",
                failures=circuit["failures"],
                failing_since=upstream.circuit.failing_since_ms,
                data_updated_at=manager.freshness(job.id) if job else None,
            )
        )
    return facts


def _alert(alert: AlertRecord) -> AlertFacts:
    return AlertFacts(
        id=alert.id,
        kind=alert.kind,
        severity=alert.severity,
        subject=alert.key.partition(":")[2],
        title=alert.title,
        text=alert.text,
        since=alert.opened_at,
        action=alert.action,
        is_acknowledged=alert.acknowledged_at is not None,
        server_id=alert.server_id,
    )


def _server(manager: Manager, supervisor: Supervisor) -> ServerFacts:
    server, end = supervisor.server, supervisor.failures.latest_end
    told = end.details if end else {}
    is_held = supervisor.operations.held is not None
    return ServerFacts(
        id=server.id,
        name=server.name,
        state=server.state,
        is_wanted=server.record.wanted == "running",
        is_busy=is_held or supervisor.failures.restarts_at_ms is not None,
        hung_since=server.hung_since_ms,
        failure=str(told.get("summary") or told.get("why") or told.get("text") or "") or None,
        failed_at=end.at if end else None,
        gave_up=supervisor.failures.gave_up,
        setup_failed=server.record.setup is not None and not is_held,
        problem=server.life.problem if server.life else None,
        shortages=tuple(
            ShortageFacts(found.shortage.kind, found.shortage.is_urgent, found.shortage.text, found.since, found.shared)
            for found in manager.metrics.shortages()
            if found.server_id == server.id
        ),
    )


async def _catalog(manager: Manager) -> CatalogAge:
    updated_at = rfc3339(manager.freshness("mod_cache_refresh"))
    try:
        return CatalogAge(mods=await manager.catalog.count(), updated_at=updated_at)
    except Unavailable:
        return CatalogAge(mods=None, updated_at=updated_at)


async def _game_versions(manager: Manager) -> NewestGameVersions:
    updated_at = rfc3339(manager.freshness("server_versions_check"))
    try:
        latest = await manager.versions.latest()
    except Unavailable:
        latest = {}
    return NewestGameVersions(latest_stable=latest.get("stable"), latest_unstable=latest.get("unstable"), updated_at=updated_at)
