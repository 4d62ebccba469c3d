"""The HTTP edge of backups: what there is, making one, its rules, and its file."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import FileResponse, Response

from vintagestory_api.access.on_servers import require_on, visible_servers
from vintagestory_api.access.principal import Principal
from vintagestory_api.access.roles import Role
from vintagestory_api.access.routes import API_PREFIX, ROLE_KEY, SCOPE_KEY, SecuredRoute
from vintagestory_api.backups.schemas import (
    BackupChange,
    BackupDetails,
    BackupEstimate,
    BackupKind,
    BackupList,
    BackupSettings,
    BackupStates,
    BackupSummary,
    NewBackup,
    RetentionPreview,
    RetentionPreviewRequest,
)
from vintagestory_api.backups.service import Backups
from vintagestory_api.backups.shelf import no_such_backup
from vintagestory_api.errors import Unavailable
from vintagestory_api.manager import Manager
from vintagestory_api.problems import problem_responses
from vintagestory_api.runs.schemas import Run

router = APIRouter(prefix=API_PREFIX, route_class=SecuredRoute, tags=["backups"])

_VIEWER, _OPERATOR, _ADMIN = {ROLE_KEY: "viewer"}, {ROLE_KEY: "operator"}, {ROLE_KEY: "admin"}
_LIST = {**_VIEWER, SCOPE_KEY: "list"}
_READ, _CHANGE = {**_VIEWER, SCOPE_KEY: "object"}, {**_OPERATOR, SCOPE_KEY: "object"}

_Limit = Annotated[int, Query(ge=1, le=200)]
_Text = Annotated[str, Query(max_length=200)]


@router.get("/backups", openapi_extra=_LIST, responses=problem_responses(422, 503))
async def list_backups(
    request: Request,
    server_id: str | None = None,
    kind: BackupKind | None = None,
    q: _Text = "",
    limit: _Limit = 50,
    cursor: str = "",
) -> BackupList:
    """Of all servers, also of those that are not there any more, newest first."""
    only = visible_servers(request)
    return await _backups(request).list(server_id=server_id, kind=kind, text=q, limit=limit, cursor=cursor, only_servers=only)


@router.get("/backup-states", openapi_extra=_LIST, responses=problem_responses(503))
async def list_backup_states(request: Request) -> BackupStates:
    """Whether each server could be put back, and to when."""
    states, only = await _backups(request).states(), visible_servers(request)
    return BackupStates(items=[state for state in states.items if only is None or state.server_id in only])


@router.get("/servers/{server_id}/backups", openapi_extra=_VIEWER, responses=problem_responses(404, 422, 503))
async def list_backups_of_server(
    request: Request,
    server_id: str,
    kind: BackupKind | None = None,
    q: _Text = "",
    limit: _Limit = 50,
    cursor: str = "",
) -> BackupList:
    """Of one server, newest first."""
    _manager(request).servers.get(server_id)
    return await _backups(request).list(server_id=server_id, kind=kind, text=q, limit=limit, cursor=cursor)


@router.post(
    "/servers/{server_id}/backups", status_code=202, openapi_extra=_OPERATOR, responses=problem_responses(404, 409, 422, 503)
)
async def make_backup(request: Request, server_id: str, wanted: NewBackup) -> Run:
    """Back the server up. It goes on running, if it does."""
    actor = _actor(request)
    run = await _backups(request).make(server_id, kind="manual", actor=actor, note=wanted.note, pinned=wanted.pinned)
    return Run.of(run)


@router.get("/servers/{server_id}/backups/estimate", openapi_extra=_VIEWER, responses=problem_responses(404, 409, 503))
async def estimate_backup(request: Request, server_id: str) -> BackupEstimate:
    """How much room the next backup takes, and how much there is."""
    return await _backups(request).estimate(server_id)


@router.get("/servers/{server_id}/backup-settings", openapi_extra=_VIEWER, responses=problem_responses(404, 503))
async def read_backup_settings(request: Request, server_id: str) -> BackupSettings:
    """What is packed, and which backups are kept."""
    return await _backups(request).settings(server_id)


@router.put("/servers/{server_id}/backup-settings", openapi_extra=_ADMIN, responses=problem_responses(404, 422, 503))
async def change_backup_settings(request: Request, server_id: str, settings: BackupSettings) -> BackupSettings:
    """Change all of them. Nothing is deleted before the next backup or clean-up."""
    return await _backups(request).change_settings(server_id, settings)


@router.post(
    "/servers/{server_id}/backups/retention-preview", openapi_extra=_OPERATOR, responses=problem_responses(404, 422, 503)
)
async def preview_retention(request: Request, server_id: str, wanted: RetentionPreviewRequest) -> RetentionPreview:
    """What would be deleted now. Changes nothing."""
    return await _backups(request).preview(server_id, wanted.retention)


@router.post(
    "/servers/{server_id}/backups/prune", status_code=202, openapi_extra=_OPERATOR, responses=problem_responses(404, 409, 503)
)
async def prune_backups(request: Request, server_id: str) -> Run:
    """Delete what the rules of the server don't want to be kept."""
    return Run.of(await _backups(request).prune(server_id))


@router.get("/backups/{backup_id}", openapi_extra=_READ, responses=problem_responses(404, 503))
async def read_backup(request: Request, backup_id: str) -> BackupDetails:
    """With what is in it."""
    await _see(request, backup_id, Role.VIEWER)
    return await _backups(request).details(backup_id)


@router.patch("/backups/{backup_id}", openapi_extra=_CHANGE, responses=problem_responses(404, 422, 503))
async def change_backup(request: Request, backup_id: str, change: BackupChange) -> BackupSummary:
    """Its note, and whether it stays in any case."""
    await _see(request, backup_id, Role.OPERATOR)
    return await _backups(request).change(backup_id, change)


@router.delete("/backups/{backup_id}", status_code=204, openapi_extra=_CHANGE, responses=problem_responses(404, 409, 503))
async def delete_backup(request: Request, backup_id: str) -> Response:
    """Delete its file. One that is pinned has to be unpinned first."""
    await _see(request, backup_id, Role.OPERATOR)
    await _backups(request).delete(backup_id)
    return Response(status_code=204)


@router.post("/backups/{backup_id}/verify", status_code=202, openapi_extra=_CHANGE, responses=problem_responses(404, 409, 503))
async def verify_backup(request: Request, backup_id: str) -> Run:
    """Read it to its end, compare each file with its check sum, and check its world."""
    await _see(request, backup_id, Role.OPERATOR)
    return Run.of(await _backups(request).verify(backup_id))


@router.get(
    "/backups/{backup_id}/download",
    openapi_extra=_CHANGE,
    response_class=Response,
    responses={
        200: {"content": {"application/zstd": {}}},
        206: {"content": {"application/zstd": {}}},
        **problem_responses(404, 409, 503),
    },
)
async def download_backup(request: Request, backup_id: str) -> Response:
    """The file, also in parts (`Range`). It holds what the server's configuration holds, its password included."""
    await _see(request, backup_id, Role.OPERATOR)
    path, name = await _backups(request).file(backup_id)
    return _Archive(path, media_type="application/zstd", filename=name, headers={"Cache-Control": "no-store"})


class _Archive(FileResponse):
    #: Fewer turns for files of gigabytes.
    chunk_size = 1 << 18

    def __init__(self, path: Path, **options: str | dict[str, str]) -> None:
        super().__init__(path, **options)  # type: ignore[arg-type]


def _manager(request: Request) -> Manager:
    """Raises `Unavailable` while there is no database."""
    manager: Manager = request.app.state.manager
    if manager.database_problem is not None:
        raise Unavailable("The manager's database can't be read, so it knows of no backups. Run: vsmanager doctor")
    return manager


async def _see(request: Request, backup_id: str, needed: Role) -> None:
    """Raises `BackupNotFound`, and `RoleTooLow`."""
    record = await _backups(request).shelf.get(backup_id)
    require_on(request, record.server_id, needed, otherwise=no_such_backup(backup_id))


def _backups(request: Request) -> Backups:
    return _manager(request).backups


def _actor(request: Request) -> str:
    principal: Principal = request.state.principal
    return principal.name
