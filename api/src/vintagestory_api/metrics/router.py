"""The HTTP edge of the measurements."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from vintagestory_api.access.routes import API_PREFIX, ROLE_KEY, SecuredRoute
from vintagestory_api.metrics.schemas import Series, SeriesRange
from vintagestory_api.problems import problem_responses

router = APIRouter(prefix=API_PREFIX, route_class=SecuredRoute, tags=["metrics"])
root_router = APIRouter(route_class=SecuredRoute, tags=["metrics"])


@router.get("/servers/{server_id}/metrics", openapi_extra={ROLE_KEY: "viewer"}, responses=problem_responses(404, 422, 503))
async def read_server_metrics(request: Request, server_id: str, range: SeriesRange = "24h") -> Series:  # noqa: A002 - its name in the address
    raise NotImplementedError


@root_router.get(
    "/metrics",
    openapi_extra={ROLE_KEY: "viewer"},
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}, **problem_responses(503)},
)
async def prometheus_metrics(request: Request) -> Response:
    """For Prometheus: manager, scheduler, jobs, upstreams and game servers. Needs a token like everything else."""
    raise NotImplementedError
