"""Is the manager well? For load balancers, watchdogs and people; no sign-in, so no secrets and no paths."""

from typing import Any, Literal

import orjson
from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import Response

from vintagestory_api import __version__
from vintagestory_api.access.routes import API_PREFIX, PUBLIC_KEY, ROLE_KEY, SCOPE_KEY, SecuredRoute
from vintagestory_api.manager import Manager

public_router = APIRouter(route_class=SecuredRoute, tags=["health"])
router = APIRouter(prefix=API_PREFIX, route_class=SecuredRoute, tags=["health"])


class HealthProblem(BaseModel):
    code: str
    message: str


class SchedulerHealth(BaseModel):
    status: Literal["running", "paused", "stopping", "stopped"]
    job_count: int


class Health(BaseModel):
    """`status` is `degraded` when something needs a person; `problems` says what, and what to do."""

    status: Literal["ok", "degraded"]
    version: str
    problems: list[HealthProblem]
    scheduler: SchedulerHealth
    servers: dict[str, str]


class UpstreamState(BaseModel):
    """`data_age_seconds` counts from the last run that brought the data up to date, `data_updated_at`."""

    id: str
    name: str
    state: Literal["closed", "open", "half_open"]
    failures: int
    retry_after_seconds: float | None
    requests_made: int
    data_age_seconds: int | None
    data_updated_at: str | None


class UpstreamList(BaseModel):
    items: list[UpstreamState]
    next_cursor: None = None


@public_router.get("/healthz", openapi_extra={PUBLIC_KEY: True}, response_model=Health)
async def healthz(request: Request) -> Response:
    """200 while the manager works, whatever else is wrong."""
    manager: Manager = request.app.state.manager
    return _json(_health(manager))


@public_router.get("/readyz", openapi_extra={PUBLIC_KEY: True}, response_model=Health, responses={503: {"model": Health}})
async def readyz(request: Request) -> Response:
    """200 when the manager can do its work: the database is open and the scheduler runs. Else 503."""
    manager: Manager = request.app.state.manager
    return _json(_health(manager), 200 if manager.is_ready else 503)


@router.get("/upstreams", openapi_extra={ROLE_KEY: "viewer", SCOPE_KEY: "anyone"})
async def list_upstreams(request: Request) -> UpstreamList:
    """The services that the manager asks, whether they answer, and how old what they said is."""
    manager: Manager = request.app.state.manager
    return UpstreamList(items=[UpstreamState.model_validate(state) for state in manager.upstream_states()])


def _health(manager: Manager) -> dict[str, Any]:
    problems = manager.problems()
    scheduler = manager.scheduler
    return {
        "status": "degraded" if problems else "ok",
        "version": __version__,
        "problems": problems,
        "scheduler": {"status": scheduler.status, "job_count": scheduler.job_count},
        "servers": {server.id: server.state for server in manager.servers.all()},
    }


def _json(content: dict[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, media_type="application/json")
