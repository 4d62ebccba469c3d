"""The HTTP edge of the installed versions of the game."""

from fastapi import APIRouter, Request

from vintagestory_api.access.routes import API_PREFIX, ROLE_KEY, SecuredRoute
from vintagestory_api.game_versions.install_schemas import InstalledVersionList, NewInstall
from vintagestory_api.problems import problem_responses
from vintagestory_api.runs.schemas import Run

router = APIRouter(prefix=API_PREFIX, route_class=SecuredRoute, tags=["game versions"])

_ADMIN = {ROLE_KEY: "admin"}


@router.get("/installed-versions", openapi_extra={ROLE_KEY: "viewer"}, responses=problem_responses(503))
async def list_installed_versions(request: Request) -> InstalledVersionList:
    """Newest first."""
    raise NotImplementedError


@router.post("/installed-versions", status_code=202, openapi_extra=_ADMIN, responses=problem_responses(403, 404, 409, 422, 503))
async def install_version(request: Request, install: NewInstall) -> Run:
    """Download and unpack a version, or take an archive that lies on this machine."""
    raise NotImplementedError


@router.delete("/installed-versions/{version}", status_code=202, openapi_extra=_ADMIN, responses=problem_responses(404, 409, 503))
async def remove_version(request: Request, version: str) -> Run:
    """Remove a version that no server uses."""
    raise NotImplementedError
