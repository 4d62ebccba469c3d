"""The HTTP edge of the mods of a game server."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from vintagestory_api.access.routes import API_PREFIX, ROLE_KEY, SecuredRoute
from vintagestory_api.problems import problem_responses
from vintagestory_api.runs.schemas import Run
from vintagestory_api.server_mods.schemas import (
    GenerationDetails,
    GenerationList,
    ImportedList,
    InstalledModList,
    LockList,
    ModChanges,
    ModConfigChange,
    ModConfigContent,
    ModConfigList,
    ModPlan,
    ModPointer,
    ReadinessReport,
    Rollback,
    UpdatesReport,
    UploadedMod,
)

router = APIRouter(prefix=API_PREFIX, route_class=SecuredRoute, tags=["mods"])

_VIEWER, _OPERATOR = {ROLE_KEY: "viewer"}, {ROLE_KEY: "operator"}


@router.get("/servers/{server_id}/mods", openapi_extra=_VIEWER, responses=problem_responses(404, 503))
async def list_installed_mods(request: Request, server_id: str) -> InstalledModList:
    """What lies in the server's folder of mods, read from the files themselves."""
    raise NotImplementedError


@router.post("/servers/{server_id}/mods/plan", openapi_extra=_OPERATOR, responses=problem_responses(404, 409, 422, 503))
async def plan_mod_changes(request: Request, server_id: str, changes: ModChanges) -> ModPlan:
    """What these changes would do. Changes nothing."""
    raise NotImplementedError


@router.post(
    "/servers/{server_id}/mods/changes", status_code=202, openapi_extra=_OPERATOR, responses=problem_responses(404, 409, 422, 503)
)
async def change_mods(request: Request, server_id: str, changes: ModChanges) -> Run:
    """Download what is needed, check it, and make one new set of mods, or none."""
    raise NotImplementedError


@router.post(
    "/servers/{server_id}/mods/updates/check",
    status_code=202,
    openapi_extra=_OPERATOR,
    responses=problem_responses(404, 409, 503),
)
async def check_mod_updates(request: Request, server_id: str) -> Run:
    """Ask the mod database about the mods of all servers, now."""
    raise NotImplementedError


@router.put(
    "/servers/{server_id}/mods/uploads/{file_name}",
    openapi_extra={
        **_OPERATOR,
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        },
    },
    responses=problem_responses(404, 409, 413, 422, 503),
)
async def upload_mod(request: Request, server_id: str, file_name: str) -> UploadedMod:
    """Take a mod's file, checked, into the store; install it with a change that names its `sha256`."""
    raise NotImplementedError


@router.get("/servers/{server_id}/mods/lock-list", openapi_extra=_VIEWER, responses=problem_responses(404, 503))
async def export_lock_list(request: Request, server_id: str, generation: int | None = None) -> LockList:
    raise NotImplementedError


@router.post(
    "/servers/{server_id}/mods/lock-list",
    status_code=202,
    openapi_extra=_OPERATOR,
    responses=problem_responses(404, 409, 422, 503),
)
async def import_lock_list(request: Request, server_id: str, imported: ImportedList) -> Run:
    """Make the set of mods the one of a list, from the store and the mod database."""
    raise NotImplementedError


@router.post("/servers/{server_id}/mods/lock-list/plan", openapi_extra=_OPERATOR, responses=problem_responses(404, 409, 422, 503))
async def plan_lock_list(request: Request, server_id: str, imported: ImportedList) -> ModPlan:
    raise NotImplementedError


@router.get(
    "/servers/{server_id}/mods/client-pack",
    openapi_extra=_OPERATOR,
    response_class=Response,
    responses={200: {"content": {"application/zip": {}}}, **problem_responses(404, 503)},
)
async def download_client_pack(request: Request, server_id: str) -> Response:
    """One zip of the mods that players need."""
    raise NotImplementedError


@router.get("/servers/{server_id}/mods/ready-for/{version}", openapi_extra=_VIEWER, responses=problem_responses(404, 422, 503))
async def read_readiness(request: Request, server_id: str, version: str) -> ReadinessReport:
    """Which of the server's mods are ready for another version of the game."""
    raise NotImplementedError


@router.get("/servers/{server_id}/mod-generations", openapi_extra=_VIEWER, responses=problem_responses(404, 422, 503))
async def list_generations(
    request: Request, server_id: str, limit: Annotated[int, Query(ge=1, le=200)] = 50, cursor: str = ""
) -> GenerationList:
    """Every set of mods that the server had, newest first."""
    raise NotImplementedError


@router.get("/servers/{server_id}/mod-generations/{number}", openapi_extra=_VIEWER, responses=problem_responses(404, 503))
async def read_generation(request: Request, server_id: str, number: int) -> GenerationDetails:
    raise NotImplementedError


@router.post(
    "/servers/{server_id}/mod-generations/{number}/restore",
    status_code=202,
    openapi_extra=_OPERATOR,
    responses=problem_responses(404, 409, 422, 503),
)
async def restore_generation(request: Request, server_id: str, number: int, rollback: Rollback) -> Run:
    """Go back to an earlier set; needs no network."""
    raise NotImplementedError


@router.delete("/servers/{server_id}/mods/pending", openapi_extra=_OPERATOR, responses=problem_responses(404, 409, 503))
async def drop_pending_mods(request: Request, server_id: str) -> InstalledModList:
    """Forget a set that waits for the next start: the one that is loaded stays."""
    raise NotImplementedError


@router.get("/servers/{server_id}/mod-config", openapi_extra=_OPERATOR, responses=problem_responses(404, 503))
async def list_mod_config(request: Request, server_id: str) -> ModConfigList:
    raise NotImplementedError


@router.get(
    "/servers/{server_id}/mod-config/{path:path}/content", openapi_extra=_OPERATOR, responses=problem_responses(404, 422, 503)
)
async def read_mod_config(request: Request, server_id: str, path: str, version: str = "") -> ModConfigContent:
    """One file, as it is, or as it was at a kept moment."""
    raise NotImplementedError


@router.put(
    "/servers/{server_id}/mod-config/{path:path}/content",
    openapi_extra=_OPERATOR,
    responses=problem_responses(404, 409, 422, 503),
)
async def write_mod_config(request: Request, server_id: str, path: str, change: ModConfigChange) -> ModConfigContent:
    """Save a file; what was there is kept. Mods read it at their start."""
    raise NotImplementedError


@router.get("/mod-updates", openapi_extra=_VIEWER, responses=problem_responses(503))
async def list_mod_updates(request: Request) -> UpdatesReport:
    """What the last check for updates found, for each server."""
    raise NotImplementedError


@router.get("/catalog/pointer", openapi_extra=_VIEWER, responses=problem_responses(404, 422, 503))
async def find_by_pointer(request: Request, text: Annotated[str, Query(min_length=1, max_length=500)]) -> ModPointer:
    """The mod that a pasted link means: a page of the mod database, `vintagestorymodinstall://…`, or an id."""
    raise NotImplementedError
