"""The HTTP edge of the mods of a game server."""

import asyncio
import re
from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse

from vintagestory_api.access.on_servers import visible_servers
from vintagestory_api.access.principal import Principal
from vintagestory_api.access.routes import API_PREFIX, ROLE_KEY, SCOPE_KEY, SecuredRoute
from vintagestory_api.errors import Invalid, NotFound, Unavailable
from vintagestory_api.jobs.mod_cache_refresh import UPDATE_CHECK, check_updates_for, check_updates_now
from vintagestory_api.manager import Manager
from vintagestory_api.mods.catalog import get_mod_catalog
from vintagestory_api.mods.pointer import read_pointer
from vintagestory_api.problems import problem_responses
from vintagestory_api.runs.schemas import Run
from vintagestory_api.server_mods.schemas import (
    ClientPackContents,
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
    PendingMods,
    ReadinessReport,
    Rollback,
    UpdatesReport,
    UploadedMod,
)
from vintagestory_api.server_mods.service import ServerMods
from vintagestory_api.server_mods.uploads import MAX_UPLOAD_BYTES
from vintagestory_api.servers.schemas import Reason

router = APIRouter(prefix=API_PREFIX, route_class=SecuredRoute, tags=["mods"])

_VIEWER, _OPERATOR = {ROLE_KEY: "viewer"}, {ROLE_KEY: "operator"}

#: Paths whose bodies may be larger than those of others, with their limits in bytes.
LARGER_BODIES: Final = (
    (re.compile(rf"{API_PREFIX}/servers/[^/]+/mods/uploads/[^/]+"), MAX_UPLOAD_BYTES + 1),
    (re.compile(rf"{API_PREFIX}/servers/[^/]+/mod-config/.+/content"), 8_000_000),
    (re.compile(rf"{API_PREFIX}/servers/[^/]+/mods/lock-list(?:/plan)?"), 2_000_000),
)


class InvalidCursor(Invalid):
    code = "invalid_cursor"


class InvalidPointer(Invalid):
    code = "invalid_mod_pointer"


class OnlyToBePlanned(Invalid):
    code = "only_to_be_planned"


class PointedModNotFound(NotFound):
    code = "mod_not_found"


@router.get("/servers/{server_id}/mods", openapi_extra=_VIEWER, responses=problem_responses(404, 409, 503))
async def list_installed_mods(request: Request, server_id: str) -> InstalledModList:
    """What lies in the server's folder of mods, read from the files themselves."""
    return await _mods(request).listed(server_id)


@router.post("/servers/{server_id}/mods/plan", openapi_extra=_OPERATOR, responses=problem_responses(404, 409, 422, 503))
async def plan_mod_changes(request: Request, server_id: str, changes: ModChanges) -> ModPlan:
    """What these changes would do. Changes nothing."""
    return await _mods(request).plan(server_id, changes)


@router.post(
    "/servers/{server_id}/mods/changes", status_code=202, openapi_extra=_OPERATOR, responses=problem_responses(404, 409, 422, 503)
)
async def change_mods(request: Request, server_id: str, changes: ModChanges) -> Run:
    """Download what is needed, check it, and make one new set of mods, or none."""
    return Run.of(await _mods(request).change(server_id, changes, _actor(request)))


@router.post(
    "/servers/{server_id}/mods/updates/check",
    status_code=202,
    openapi_extra=_OPERATOR,
    responses=problem_responses(404, 409, 503),
)
async def check_mod_updates(request: Request, server_id: str) -> Run:
    """Ask the mod database about the mods of all servers, now. Who may not see all of them gets a run that tells of this one."""
    manager = _manager(request)
    manager.servers.get(server_id)
    if visible_servers(request) is None:
        return Run.of(await manager.scheduler.run_now(UPDATE_CHECK, check_updates_now))
    run = await manager.scheduler.run_now(UPDATE_CHECK, partial(check_updates_for, server_id), server_key=server_id)
    return Run.of(run)


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
    mods = _mods(request)
    mods.see_that_it_is_there(server_id)
    request.state.audit_details = {"file_name": file_name}
    try:
        return await mods.uploads.take(file_name, request.stream())
    except ClientDisconnect as error:
        raise HTTPException(400, "The file was not sent to its end.") from error


@router.get("/servers/{server_id}/mods/lock-list", openapi_extra=_VIEWER, responses=problem_responses(404, 409, 503))
async def export_lock_list(request: Request, server_id: str, generation: int | None = None) -> LockList:
    return await _mods(request).lock_list(server_id, generation)


@router.post(
    "/servers/{server_id}/mods/lock-list",
    status_code=202,
    openapi_extra=_OPERATOR,
    responses=problem_responses(404, 409, 422, 503),
)
async def import_lock_list(request: Request, server_id: str, imported: ImportedList) -> Run:
    """Make the set of mods the one of a list, from the store and the mod database."""
    if imported.dry_run:
        raise OnlyToBePlanned("With dry_run a list is only planned: send it to the address that ends with /lock-list/plan.")
    request.state.audit_details = {"server": imported.lock.server, "mods": len(imported.lock.mods), "replace": imported.replace}
    return Run.of(await _mods(request).import_list(server_id, imported, _actor(request)))


@router.post("/servers/{server_id}/mods/lock-list/plan", openapi_extra=_OPERATOR, responses=problem_responses(404, 409, 422, 503))
async def plan_lock_list(request: Request, server_id: str, imported: ImportedList) -> ModPlan:
    return await _mods(request).plan_import(server_id, imported)


@router.get(
    "/servers/{server_id}/mods/client-pack",
    openapi_extra=_OPERATOR,
    response_class=Response,
    responses={200: {"content": {"application/zip": {}}}, **problem_responses(404, 409, 503)},
)
async def download_client_pack(request: Request, server_id: str) -> Response:
    """One zip of the mods that players need. What had to be left out stands in its file `LEFT OUT.txt`."""
    pieces = await _mods(request).client_pack(server_id)
    name = {"Content-Disposition": f'attachment; filename="mods-of-{server_id}.zip"'}
    return StreamingResponse(pieces, media_type="application/zip", headers=name)


@router.get("/servers/{server_id}/mods/client-pack/contents", openapi_extra=_OPERATOR, responses=problem_responses(404, 409, 503))
async def read_client_pack_contents(request: Request, server_id: str) -> ClientPackContents:
    """What that zip would hold, and what would be left out of it."""
    return await _mods(request).client_pack_contents(server_id)


@router.get(
    "/servers/{server_id}/mods/ready-for/{version}", openapi_extra=_VIEWER, responses=problem_responses(404, 409, 422, 503)
)
async def read_readiness(request: Request, server_id: str, version: str) -> ReadinessReport:
    """Which of the server's mods are ready for another version of the game."""
    return await _mods(request).readiness(server_id, version)


@router.get("/servers/{server_id}/mod-generations", openapi_extra=_VIEWER, responses=problem_responses(404, 409, 422, 503))
async def list_generations(
    request: Request, server_id: str, limit: Annotated[int, Query(ge=1, le=200)] = 50, cursor: str = ""
) -> GenerationList:
    """Every set of mods that the server had, newest first."""
    if cursor and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):
        raise InvalidCursor("This is no cursor of this list. Leave it out to begin with the newest.")
    return await _mods(request).history(server_id, limit=limit, before=int(cursor) if cursor else None)


@router.get(
    "/servers/{server_id}/mod-generations/{number}", openapi_extra=_VIEWER, responses=problem_responses(404, 409, 422, 503)
)
async def read_generation(request: Request, server_id: str, number: int) -> GenerationDetails:
    return await _mods(request).generation(server_id, number)


@router.post(
    "/servers/{server_id}/mod-generations/{number}/plan", openapi_extra=_OPERATOR, responses=problem_responses(404, 409, 422, 503)
)
async def plan_restore(request: Request, server_id: str, number: int) -> ModPlan:
    """What going back to this set would do. Changes nothing."""
    return await _mods(request).plan_restore(server_id, number)


@router.post(
    "/servers/{server_id}/mod-generations/{number}/restore",
    status_code=202,
    openapi_extra=_OPERATOR,
    responses=problem_responses(404, 409, 422, 503),
)
async def restore_generation(request: Request, server_id: str, number: int, rollback: Rollback) -> Run:
    """Go back to an earlier set; needs no network."""
    return Run.of(await _mods(request).restore(server_id, number, rollback, _actor(request)))


@router.get("/servers/{server_id}/mods/pending", openapi_extra=_VIEWER, responses=problem_responses(404, 409, 503))
async def read_pending_mods(request: Request, server_id: str) -> PendingMods:
    """What waits for the next start, without looking at the mods."""
    return await _mods(request).pending(server_id)


@router.delete("/servers/{server_id}/mods/pending", openapi_extra=_OPERATOR, responses=problem_responses(404, 409, 503))
async def drop_pending_mods(request: Request, server_id: str) -> InstalledModList:
    """Forget a set that waits for the next start: the one that is loaded stays."""
    return await _mods(request).drop_pending(server_id, _actor(request))


@router.post(
    "/servers/{server_id}/mods/pending/restart",
    status_code=202,
    openapi_extra=_OPERATOR,
    responses=problem_responses(404, 409, 422, 503),
)
async def restart_with_pending_mods(request: Request, server_id: str, why: Reason | None = None) -> Run:
    """Restart the game with the mods that wait; when it does not start with them, it gets back those that it ran with."""
    return Run.of(await _mods(request).restart_with_waiting(server_id, _actor(request), why.reason if why else None))


@router.get("/servers/{server_id}/mod-config", openapi_extra=_OPERATOR, responses=problem_responses(404, 409, 503))
async def list_mod_config(request: Request, server_id: str) -> ModConfigList:
    return await _mods(request).config_files(server_id)


@router.get(
    "/servers/{server_id}/mod-config/{path:path}/content",
    openapi_extra=_OPERATOR,
    responses=problem_responses(403, 404, 409, 422, 503),
)
async def read_mod_config(request: Request, server_id: str, path: str, version: str = "") -> ModConfigContent:
    """One file, as it is, or as it was at a kept moment."""
    return await asyncio.to_thread(_mods(request).config(server_id).read, path, version)


@router.put(
    "/servers/{server_id}/mod-config/{path:path}/content",
    openapi_extra=_OPERATOR,
    responses=problem_responses(403, 404, 409, 413, 422, 503),
)
async def write_mod_config(request: Request, server_id: str, path: str, change: ModConfigChange) -> ModConfigContent:
    """Save a file; what was there is kept. Mods read it at their start."""
    manager = _manager(request)
    # Such files hold passwords of other services: the trail of changes gets none of the text.
    request.state.audit_details = {"characters": len(change.text), "allow_broken": change.allow_broken}
    config = manager.server_mods.config(server_id)
    return await asyncio.to_thread(
        config.write, path, change.text, change.etag, allow_broken=change.allow_broken, now_ms=manager.clock.now_ms()
    )


@router.get("/mod-updates", openapi_extra={**_VIEWER, SCOPE_KEY: "list"}, responses=problem_responses(503))
async def list_mod_updates(request: Request) -> UpdatesReport:
    """What the last check for updates found, for each server."""
    report, only = await _manager(request).mod_updates.report(), visible_servers(request)
    seen = [found for found in report.items if only is None or found.server_id in only]
    return report.model_copy(update={"items": seen})


@router.get("/catalog/pointer", openapi_extra={**_VIEWER, SCOPE_KEY: "anyone"}, responses=problem_responses(404, 422, 503))
async def find_by_pointer(text: Annotated[str, Query(min_length=1, max_length=500)]) -> ModPointer:
    """The mod that a pasted link means: a page of the mod database, `vintagestorymodinstall://…`, or an id."""
    pointer = read_pointer(text)
    if pointer is None:
        raise InvalidPointer("This is neither a link to a mod nor a mod's id. Paste the address of its page.")
    found = await get_mod_catalog().find_pointed(pointer)
    if found is None and pointer.kind != "mod":
        raise PointedModNotFound("The catalogue has no mod with this address. Refresh it, if the mod is new.")
    return ModPointer(
        catalog_id=found.catalog_id if found is not None else None,
        modid=found.modid or None if found is not None else pointer.value,
        version=pointer.version,
        name=found.name if found is not None else None,
    )


def _manager(request: Request) -> Manager:
    """Raises `Unavailable` while there is no database."""
    manager: Manager = request.app.state.manager
    if manager.database_problem is not None:
        raise Unavailable("The manager's database can't be read, so it knows of no game servers. Run: vsmanager doctor")
    return manager


def _mods(request: Request) -> ServerMods:
    return _manager(request).server_mods


def _actor(request: Request) -> str:
    principal: Principal = request.state.principal
    return principal.name
