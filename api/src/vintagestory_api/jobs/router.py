"""The HTTP edge of the jobs: the timetable, and what people may do with it."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from vintagestory_api.access.routes import API_PREFIX, ROLE_KEY, SCOPE_KEY, SecuredRoute
from vintagestory_api.errors import Conflict, FieldError
from vintagestory_api.jobs import DEFAULT_JOBS, JOBS_BY_ID, PeriodicJob
from vintagestory_api.jobs.job_health import JobHealth, job_health
from vintagestory_api.kit.clock import rfc3339
from vintagestory_api.manager import Manager
from vintagestory_api.problems import problem_responses
from vintagestory_api.runs.ledger import RECENT_RUNS, JobHistory
from vintagestory_api.runs.schemas import RecentRun, Run
from vintagestory_api.services.api_settings import SettingsInvalid
from vintagestory_api.services.schedule import Cron, Interval, Schedule
from vintagestory_api.services.scheduled_job import ScheduledJob
from vintagestory_api.services.scheduler import UnknownJob
from vintagestory_api.settings_router import apply_change

router = APIRouter(prefix=API_PREFIX, route_class=SecuredRoute, tags=["jobs"])

_VIEWER = {ROLE_KEY: "viewer", SCOPE_KEY: "manager"}
_OPERATOR = {ROLE_KEY: "operator", SCOPE_KEY: "manager"}


class JobView(BaseModel):
    """A job. `enabled` is false while its interval is 0; `last_run` leaves out ticks that were skipped or missed."""

    id: str
    title: str
    trigger: Literal["interval", "cron"]
    interval_seconds: int | None
    cron: str | None
    zone: str | None
    enabled: bool
    paused_reason: str | None
    running: Run | None
    last_run: Run | None
    recent_runs: Annotated[
        list[RecentRun], Field(max_length=RECENT_RUNS, description="The last runs, newest last; skipped and missed ones, too.")
    ]
    next_run_at: str | None
    health: JobHealth


class JobList(BaseModel):
    items: list[JobView]
    next_cursor: None = None


class Pause(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=500),
        Field(description="Why, for those who come after you."),
    ]


class JobChange(BaseModel):
    model_config = ConfigDict(extra="forbid")

    interval_seconds: Annotated[int, Field(strict=True, description="0 turns the job off.")]


class Preview(BaseModel):
    items: list[str]
    next_cursor: None = None


class NoInterval(Conflict):
    code = "job_has_no_interval"


@router.get("/jobs", openapi_extra=_VIEWER, responses=problem_responses(503))
async def list_jobs(request: Request) -> JobList:
    """All jobs: the timetable of the manager."""
    manager: Manager = request.app.state.manager
    registered = {job.id: job for job in manager.scheduler.get_jobs()}
    histories = await manager.ledger.job_histories([job.id for job in DEFAULT_JOBS])
    return JobList(items=[_view(manager, job, registered.get(job.id), histories[job.id]) for job in DEFAULT_JOBS])


@router.get("/jobs/{job_id}", openapi_extra=_VIEWER, responses=problem_responses(404, 503))
async def read_job(request: Request, job_id: str) -> JobView:
    return await _job_view(request.app.state.manager, job_id)


@router.patch("/jobs/{job_id}", openapi_extra={ROLE_KEY: "admin"}, responses=problem_responses(404, 409, 422, 503))
async def change_job(request: Request, job_id: str, change: JobChange) -> JobView:
    """Change how often the job runs, at once."""
    manager: Manager = request.app.state.manager
    job = _default_job(job_id)
    if job.interval_setting is None:
        raise NoInterval(f"{job_id} runs at fixed times, so it has no interval to change.")
    try:
        await apply_change(manager, {job.interval_setting: change.interval_seconds})
    except SettingsInvalid as error:
        error.fields = [FieldError("interval_seconds", field.message) for field in error.fields]
        raise
    return await _job_view(manager, job_id)


@router.post("/jobs/{job_id}/run", status_code=202, openapi_extra=_OPERATOR, responses=problem_responses(404, 409, 503))
async def run_job(request: Request, job_id: str) -> Run:
    """Start a run now; the schedule stays as it is. Also for jobs that are paused or off."""
    manager: Manager = request.app.state.manager
    run = await manager.scheduler.run_now(job_id, _default_job(job_id).function)
    return Run.of(run)


@router.post("/jobs/{job_id}/pause", openapi_extra=_OPERATOR, responses=problem_responses(404, 409, 422, 503))
async def pause_job(request: Request, job_id: str, pause: Pause) -> JobView:
    """Skip the job's ticks until it is resumed. A run that is under way goes on."""
    manager: Manager = request.app.state.manager
    _registered_job(manager, job_id)
    await manager.scheduler.pause_job(job_id, pause.reason, actor=request.state.principal.name)
    return await _job_view(manager, job_id)


@router.post("/jobs/{job_id}/resume", openapi_extra=_OPERATOR, responses=problem_responses(404, 409, 503))
async def resume_job(request: Request, job_id: str) -> JobView:
    manager: Manager = request.app.state.manager
    _registered_job(manager, job_id)
    await manager.scheduler.resume_job(job_id, actor=request.state.principal.name)
    return await _job_view(manager, job_id)


@router.get("/jobs/{job_id}/preview", openapi_extra=_VIEWER, responses=problem_responses(404, 422))
async def preview_job(request: Request, job_id: str, count: Annotated[int, Query(ge=1, le=100)] = 10) -> Preview:
    """The next times at which the job is due; none while it is off. A pause is not looked at."""
    manager: Manager = request.app.state.manager
    schedule = _schedule(manager, _default_job(job_id))
    times: list[str] = []
    moment = manager.clock.now_ms()
    while schedule is not None and len(times) < count:
        tick = schedule.next_after(moment)
        if tick is None:
            break
        times.append(rfc3339(tick) or "")
        moment = tick
    return Preview(items=times)


def _default_job(job_id: str) -> PeriodicJob:
    try:
        return JOBS_BY_ID[job_id]
    except KeyError:
        raise UnknownJob(job_id) from None


class JobIsOff(Conflict):
    code = "job_is_off"


def _registered_job(manager: Manager, job_id: str) -> None:
    _default_job(job_id)
    if job_id not in {job.id for job in manager.scheduler.get_jobs()}:
        raise JobIsOff(f"{job_id} is off, so there is nothing to pause. Give it an interval first.")


async def _job_view(manager: Manager, job_id: str) -> JobView:
    job = _default_job(job_id)
    registered = next((found for found in manager.scheduler.get_jobs() if found.id == job_id), None)
    histories = await manager.ledger.job_histories([job_id])
    return _view(manager, job, registered, histories[job_id])


def _schedule(manager: Manager, job: PeriodicJob) -> Schedule | None:
    registered = next((found for found in manager.scheduler.get_jobs() if found.id == job.id), None)
    return registered.schedule if registered else None


def _view(manager: Manager, job: PeriodicJob, registered: ScheduledJob | None, history: JobHistory) -> JobView:
    schedule: Any = registered.schedule if registered else None
    running = registered.running if registered else manager.scheduler.running_of(job.id)
    newest = running or history.latest
    return JobView(
        id=job.id,
        title=job.policy.title,
        trigger="cron" if job.cron else "interval",
        interval_seconds=None if job.cron else (schedule.every_ms // 1000 if isinstance(schedule, Interval) else 0),
        cron=job.cron,
        zone=schedule.zone if isinstance(schedule, Cron) else (job.zone if job.cron else None),
        enabled=registered is not None,
        paused_reason=registered.paused_reason if registered else None,
        running=Run.of(running) if running else None,
        last_run=Run.of(newest) if newest else None,
        recent_runs=[RecentRun.of(run) for run in history.recent],
        next_run_at=rfc3339(registered.next_run_ms) if registered else None,
        health=job_health(registered, history, manager.clock.now_ms()),
    )
