"""The HTTP edge of the measurements."""

import asyncio
import importlib
import sys
import time

from fastapi import APIRouter, Request
from starlette.responses import Response

from vintagestory_api.access.routes import API_PREFIX, ROLE_KEY, SCOPE_KEY, SecuredRoute
from vintagestory_api.backups.schemas import BackupState
from vintagestory_api.errors import ManagerError
from vintagestory_api.manager import Manager
from vintagestory_api.metrics.schemas import Series, SeriesRange
from vintagestory_api.problems import problem_responses

router = APIRouter(prefix=API_PREFIX, route_class=SecuredRoute, tags=["metrics"])
root_router = APIRouter(route_class=SecuredRoute, tags=["metrics"])


@router.get("/servers/{server_id}/metrics", openapi_extra={ROLE_KEY: "viewer"}, responses=problem_responses(404, 422, 503))
async def read_server_metrics(request: Request, server_id: str, range: SeriesRange = "24h") -> Series:  # noqa: A002 - its name in the address
    """CPU, memory, disk, tick time and players of a server over time, and at this moment."""
    manager: Manager = request.app.state.manager
    server = manager.servers.get(server_id)
    return await manager.metrics.series(server.id, range)


@root_router.get(
    "/metrics",
    openapi_extra={ROLE_KEY: "viewer", SCOPE_KEY: "manager"},
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}, **problem_responses(503)},
)
async def prometheus_metrics(request: Request) -> Response:
    """For Prometheus: manager, scheduler, jobs, upstreams and game servers. Needs a token with a role for all servers."""
    manager: Manager = request.app.state.manager
    if "vintagestory_api.metrics.prometheus" not in sys.modules:
        await asyncio.to_thread(importlib.import_module, "vintagestory_api.metrics.prometheus")
    from vintagestory_api.metrics.prometheus import render  # noqa: PLC0415 - costs a tenth of a second; few ask for it

    asked_at = time.perf_counter()
    await asyncio.sleep(0)
    lag = time.perf_counter() - asked_at
    accept = request.headers.get("accept", "")
    body, content_type = render(manager, accept=accept, loop_lag_seconds=lag, backups=await _backup_states(manager))
    return Response(body, headers={"Content-Type": content_type})


async def _backup_states(manager: Manager) -> list[BackupState]:
    """None while the database can't be read: the other measurements are told all the same."""
    try:
        return (await manager.backups.states()).items
    except ManagerError:
        return []
