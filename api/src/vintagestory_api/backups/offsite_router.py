"""The HTTP edge of copies elsewhere: the places, and what is fetched back."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from vintagestory_api.access.on_servers import require_on, visible_servers
from vintagestory_api.access.roles import Role
from vintagestory_api.access.routes import API_PREFIX, ROLE_KEY, SCOPE_KEY, SecuredRoute
from vintagestory_api.backups.offsite import Offsite
from vintagestory_api.backups.schemas import NewOffsiteTarget, OffsiteTarget, OffsiteTargetChange, OffsiteTargetList, OffsiteTest
from vintagestory_api.backups.shelf import no_such_backup
from vintagestory_api.errors import Unavailable
from vintagestory_api.manager import Manager
from vintagestory_api.problems import problem_responses
from vintagestory_api.runs.schemas import Run

router = APIRouter(prefix=API_PREFIX, route_class=SecuredRoute, tags=["backups"])

_VIEWER, _OPERATOR, _ADMIN = {ROLE_KEY: "viewer"}, {ROLE_KEY: "operator"}, {ROLE_KEY: "admin"}


@router.get("/offsite-targets", openapi_extra={**_VIEWER, SCOPE_KEY: "list"}, responses=problem_responses(503))
async def list_offsite_targets(request: Request) -> OffsiteTargetList:
    """The places that backups are copied to, without secrets. `where` is empty for who has roles on single servers only."""
    found, only = await _offsite(request).targets.listed(), visible_servers(request)
    if only is None:
        return found
    seen = [
        target.model_copy(update={"where": "", "problem": None, "servers": [one for one in target.servers if one in only]})
        for target in found.items
    ]
    return found.model_copy(update={"items": seen})


@router.post("/offsite-targets", status_code=201, openapi_extra=_ADMIN, responses=problem_responses(409, 422, 503))
async def create_offsite_target(request: Request, new: NewOffsiteTarget) -> OffsiteTarget:
    """Name a place. It is looked at: a folder gets its marker, and a repository is made where there is none."""
    made = await _offsite(request).targets.add(new)
    request.state.audit_target = {"target_id": made.id}
    return made


@router.patch("/offsite-targets/{target_id}", openapi_extra=_ADMIN, responses=problem_responses(404, 409, 422, 503))
async def change_offsite_target(request: Request, target_id: str, change: OffsiteTargetChange) -> OffsiteTarget:
    """Password and environment that are left out stay, as long as the repository does."""
    return await _offsite(request).targets.change(target_id, change)


@router.delete("/offsite-targets/{target_id}", status_code=204, openapi_extra=_ADMIN, responses=problem_responses(404, 409, 503))
async def delete_offsite_target(
    request: Request,
    target_id: str,
    force: Annotated[bool, Query(description="Also when backups lie nowhere else.")] = False,
) -> Response:
    """Copy nothing there any more. What was copied stays where it is."""
    await _offsite(request).remove_target(target_id, force=force)
    return Response(status_code=204)


@router.post("/offsite-targets/{target_id}/test", openapi_extra=_ADMIN, responses=problem_responses(404, 503))
async def test_offsite_target(request: Request, target_id: str) -> OffsiteTest:
    """Whether it can be used now. When it can, what waits for it is copied at once."""
    return await _offsite(request).test(target_id)


@router.post(
    "/offsite-targets/{target_id}/check", status_code=202, openapi_extra=_ADMIN, responses=problem_responses(404, 409, 503)
)
async def check_offsite_target(request: Request, target_id: str) -> Run:
    """Read copies back, and compare them with what was copied; a repository is checked by restic."""
    return Run.of(await _offsite(request).start_check(target_id))


@router.post(
    "/backups/{backup_id}/fetch",
    status_code=202,
    openapi_extra={**_OPERATOR, SCOPE_KEY: "object"},
    responses=problem_responses(404, 409, 503),
)
async def fetch_backup(request: Request, backup_id: str) -> Run:
    """Bring one back that lies only elsewhere, to download it, say. A restore does that by itself."""
    record = await _manager(request).backups.shelf.get(backup_id)
    require_on(request, record.server_id, Role.OPERATOR, otherwise=no_such_backup(backup_id))
    return Run.of(await _offsite(request).start_fetch(backup_id))


def _manager(request: Request) -> Manager:
    """Raises `Unavailable` while there is no database."""
    manager: Manager = request.app.state.manager
    if manager.database_problem is not None:
        raise Unavailable("The manager's database can't be read, so it knows of no backups. Run: vsmanager doctor")
    return manager


def _offsite(request: Request) -> Offsite:
    return _manager(request).offsite
