"""The HTTP edge of what is done with backups: restores, drills, and taking over backups from elsewhere."""

import asyncio
import re
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from vintagestory_api.access.on_servers import RoleTooLow, require_on
from vintagestory_api.access.principal import Principal
from vintagestory_api.access.roles import Role
from vintagestory_api.access.routes import API_PREFIX, ROLE_KEY, SCOPE_KEY, SecuredRoute
from vintagestory_api.backups.schemas import BackupSummary, BackupToImport, Note, RestoreList, RestorePreview, RestoreRequest
from vintagestory_api.backups.shelf import no_such_backup
from vintagestory_api.errors import Unavailable
from vintagestory_api.manager import Manager
from vintagestory_api.problems import problem_responses
from vintagestory_api.runs.schemas import Run
from vintagestory_api.storage.guarded_paths import allowed_host_path

router = APIRouter(prefix=API_PREFIX, route_class=SecuredRoute, tags=["backups"])

_VIEWER, _OPERATOR, _ADMIN = {ROLE_KEY: "viewer"}, {ROLE_KEY: "operator"}, {ROLE_KEY: "admin"}
_RESTORE = {**_OPERATOR, SCOPE_KEY: "object"}

#: The largest worlds have tens of gigabytes; the free space is looked at while it comes.
MAX_IMPORT_BYTES: Final = 999_000_000_000_000

#: Paths whose bodies may be larger than those of others, with their limits in bytes.
LARGER_BODIES: Final = ((re.compile(rf"{API_PREFIX}/servers/[^/]+/backups/import/[^/]+"), MAX_IMPORT_BYTES),)


@router.post("/backups/{backup_id}/restore-preview", openapi_extra=_RESTORE, responses=problem_responses(404, 409, 422, 503))
async def preview_restore(request: Request, backup_id: str, wanted: RestoreRequest) -> RestorePreview:
    """What a restore would do. Changes nothing."""
    await _see(request, backup_id)
    return await _manager(request).restores.preview(backup_id, wanted)


@router.post(
    "/backups/{backup_id}/restore",
    status_code=202,
    openapi_extra=_RESTORE,
    responses=problem_responses(403, 404, 409, 422, 503),
)
async def restore_backup(request: Request, backup_id: str, wanted: RestoreRequest) -> Run:
    """Verify the backup, then put it in the place of what is there; what was there comes back when the game does not start with
    it. Into a new server, which only admins make, the run belongs to that server."""
    await _see(request, backup_id)
    if wanted.new_server is not None and not _principal(request).role.includes(Role.ADMIN):
        raise RoleTooLow("Only an admin can make a new server. Restore into the server of the backup, or ask an admin.")
    run = await _manager(request).restores.restore(backup_id, wanted, _actor(request))
    if run.server_key:
        request.state.audit_target = {"server_id": run.server_key}
    return Run.of(run)


@router.get("/servers/{server_id}/restores", openapi_extra=_VIEWER, responses=problem_responses(404, 503))
async def list_restores(request: Request, server_id: str, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> RestoreList:
    """What was put back on this server, newest first."""
    return await _manager(request).restores.list(server_id, limit=limit)


@router.post(
    "/servers/{server_id}/backups/drill", status_code=202, openapi_extra=_OPERATOR, responses=problem_responses(404, 409, 503)
)
async def start_drill(request: Request, server_id: str) -> Run:
    """Restore the newest backup beside, compare everything in it with its check sums, check its world, and remove it again."""
    return Run.of(await _manager(request).drills.start(server_id))


@router.put(
    "/servers/{server_id}/backups/import/{file_name}",
    openapi_extra={
        **_OPERATOR,
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        },
    },
    responses=problem_responses(404, 409, 413, 422, 503),
)
async def upload_backup(request: Request, server_id: str, file_name: str, note: Note | None = None) -> BackupSummary:
    """Take over a backup of another manager (`.tar.zst`) or a bare world (`.vcdbs`), when everything in it is in order."""
    manager = _manager(request)
    request.state.audit_details = {"file_name": file_name}
    try:
        return await manager.backup_imports.take_upload(server_id, file_name, request.stream(), _actor(request), note=note)
    except ClientDisconnect as error:
        raise HTTPException(400, "The file was not sent to its end.") from error


@router.post(
    "/servers/{server_id}/backups/import",
    status_code=202,
    openapi_extra={**_ADMIN, SCOPE_KEY: "manager"},  # it reads what else lies on the machine
    responses=problem_responses(403, 404, 409, 422, 503),
)
async def import_backup(request: Request, server_id: str, wanted: BackupToImport) -> Run:
    """Take over a file that lies on the manager's machine; it stays where it is. The run's report names the backup."""
    manager = _manager(request)
    path = await asyncio.to_thread(allowed_host_path, wanted.path, manager.settings.host_roots)
    return Run.of(await manager.backup_imports.take_file(server_id, path, _actor(request), note=wanted.note))


def _manager(request: Request) -> Manager:
    """Raises `Unavailable` while there is no database."""
    manager: Manager = request.app.state.manager
    if manager.database_problem is not None:
        raise Unavailable("The manager's database can't be read, so it knows of no game servers. Run: vsmanager doctor")
    return manager


async def _see(request: Request, backup_id: str) -> None:
    """Raises `BackupNotFound`, and `RoleTooLow`."""
    record = await _manager(request).backups.shelf.get(backup_id)
    require_on(request, record.server_id, Role.OPERATOR, otherwise=no_such_backup(backup_id))


def _principal(request: Request) -> Principal:
    principal: Principal = request.state.principal
    return principal


def _actor(request: Request) -> str:
    return _principal(request).name
