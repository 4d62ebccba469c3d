"""The HTTP edge of the game servers."""

import asyncio
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi import Path as PathParameter

from vintagestory_api.access.on_servers import RoleTooLow, caller
from vintagestory_api.access.principal import Principal
from vintagestory_api.access.roles import Role
from vintagestory_api.access.routes import API_PREFIX, ROLE_KEY, SCOPE_KEY, SecuredRoute
from vintagestory_api.errors import Unavailable
from vintagestory_api.game_versions.installs import version_of_install
from vintagestory_api.manager import Manager
from vintagestory_api.problems import problem_responses
from vintagestory_api.runs.schemas import Run
from vintagestory_api.servers.adoption import Surroundings, inspect, see_that_it_can_be_adopted
from vintagestory_api.servers.ports import FIRST_PORT
from vintagestory_api.servers.schemas import (
    Adoption,
    AdoptionPath,
    AdoptionReport,
    NewServer,
    NewServerHints,
    PortCheck,
    Reason,
    ServerChange,
    ServerDetails,
    ServerList,
    ServerSettings,
    ServerView,
    TimelinePage,
    VersionChange,
    WorldOptionList,
)
from vintagestory_api.servers.supervisor import Supervisor
from vintagestory_api.servers.views import details, view, without_report
from vintagestory_api.servers.world_options import world_options
from vintagestory_api.storage.guarded_paths import allowed_host_path

router = APIRouter(prefix=API_PREFIX, route_class=SecuredRoute, tags=["servers"])

_VIEWER, _OPERATOR, _ADMIN = {ROLE_KEY: "viewer"}, {ROLE_KEY: "operator"}, {ROLE_KEY: "admin"}


@router.get("/servers", openapi_extra={ROLE_KEY: "none", SCOPE_KEY: "list"}, responses=problem_responses(503))
async def list_servers(request: Request) -> ServerList:
    """All game servers that the caller may see; none for who has no role."""
    seen = [one for one in _manager(request).servers.supervisors() if caller(request).sees(one.server.id)]
    return ServerList(items=[_view(request, supervisor) for supervisor in seen])


@router.post("/servers", status_code=201, openapi_extra=_ADMIN, responses=problem_responses(404, 409, 422, 503))
async def create_server(request: Request, server: NewServer) -> ServerDetails:
    """Make a server. Its version is installed, its configuration written, and it is started if that is asked for, by the run
    that `operation` names."""
    manager = _manager(request)
    supervisor = await manager.setup.create(server, _actor(request))
    request.state.audit_target = {"server_id": supervisor.server.id}
    return await _details(request, supervisor)


@router.get("/new-server", openapi_extra={**_VIEWER, SCOPE_KEY: "manager"}, responses=problem_responses(503))
async def suggest_server(request: Request) -> NewServerHints:
    """What a form for a new server starts with."""
    manager = _manager(request)
    try:
        newest = (await manager.versions.latest()).get("stable")
    except Unavailable:
        newest = None
    if newest is None and (installed := await manager.installs.list()):
        newest = installed[0].version
    return NewServerHints(port=await manager.setup.free_port(), version=newest)


@router.get("/ports/{port}", openapi_extra=_ADMIN, responses=problem_responses(422, 503))
async def check_port(
    request: Request, port: Annotated[int, PathParameter(ge=1, le=65_535)], server_id: str | None = None
) -> PortCheck:
    """Whether a game server could take this port now; `server_id` is not counted as using it."""
    return await _manager(request).setup.check_port(port, server_id)


@router.get("/world-options", openapi_extra={**_VIEWER, SCOPE_KEY: "anyone"})
async def list_world_options() -> WorldOptionList:
    """What can be chosen for a new world."""
    return world_options()


@router.post("/adoptions/inspect", openapi_extra=_ADMIN, responses=problem_responses(403, 404, 422, 503))
async def inspect_folder(request: Request, folder: AdoptionPath) -> AdoptionReport:
    """Look at a folder of this machine that might be adopted. Changes nothing."""
    return await _look_at(_manager(request), folder.path)


@router.post("/adoptions", status_code=201, openapi_extra=_ADMIN, responses=problem_responses(403, 404, 409, 422, 503))
async def adopt_server(request: Request, adoption: Adoption) -> ServerDetails:
    """Take over an existing data folder, where it lies."""
    manager = _manager(request)
    report = await _look_at(manager, adoption.path)
    see_that_it_can_be_adopted(report)
    port = adoption.port or report.port or FIRST_PORT
    version_there = report.version if report.kind == "both" else None
    supervisor = await manager.setup.adopt(
        adoption,
        Path(report.data_path or report.path),
        port,
        _actor(request),
        version_there=version_there,
        install=Path(report.install_path) if report.install_path else None,
    )
    request.state.audit_target = {"server_id": supervisor.server.id}
    return await _details(request, supervisor)


@router.post("/adoptions/copy", status_code=202, openapi_extra=_ADMIN, responses=problem_responses(403, 404, 409, 422, 503))
async def copy_server(request: Request, adoption: Adoption) -> Run:
    """Copy an existing data folder into the manager's own, check it, and make a server of the copy. The folder itself is not
    touched."""
    manager = _manager(request)
    report = await _look_at(manager, adoption.path)
    return Run.of(await manager.server_imports.begin(adoption, report, _actor(request)))


@router.get("/servers/{server_id}", openapi_extra=_VIEWER, responses=problem_responses(404, 503))
async def read_server(request: Request, server_id: str) -> ServerDetails:
    return await _details(request, _manager(request).servers.supervisor(server_id))


@router.patch("/servers/{server_id}", openapi_extra=_ADMIN, responses=problem_responses(404, 409, 422, 503))
async def change_server(request: Request, server_id: str, change: ServerChange) -> ServerDetails:
    """Options of the game's command line can name paths of the machine, so only admins of everything change these."""
    manager = _manager(request)
    supervisor = manager.servers.supervisor(server_id)
    if not caller(request).may(Role.ADMIN, None) and change.settings is not None:
        _see_that_arguments_stay(supervisor.server.settings, change.settings)
    await manager.setup.change(supervisor, change, _actor(request))
    return await _details(request, supervisor)


@router.delete("/servers/{server_id}", status_code=202, openapi_extra=_ADMIN, responses=problem_responses(404, 409, 503))
async def delete_server(
    request: Request,
    server_id: str,
    delete_files: Annotated[
        bool, Query(description="its world, configuration and mods go, too; never those of an adopted one")
    ] = False,
) -> Run:
    """Remove a stopped server. Without `delete_files` its folder stays where it is."""
    manager = _manager(request)
    supervisor = manager.servers.supervisor(server_id)
    return Run.of(await manager.setup.delete(supervisor, _actor(request), delete_files=delete_files))


@router.post("/servers/{server_id}/start", status_code=202, openapi_extra=_OPERATOR, responses=problem_responses(404, 409, 503))
async def start_server(request: Request, server_id: str) -> Run:
    """Start it; the run ends when it is ready for players, or has failed."""
    manager = _manager(request)
    supervisor = manager.servers.supervisor(server_id)
    if supervisor.server.record.setup is not None:
        return Run.of(await manager.setup.finish(supervisor, _actor(request), start=True))
    return Run.of(await supervisor.start(_actor(request)))


@router.post(
    "/servers/{server_id}/stop", status_code=202, openapi_extra=_OPERATOR, responses=problem_responses(404, 409, 422, 503)
)
async def stop_server(request: Request, server_id: str, why: Reason | None = None) -> Run:
    """Stop it and keep it stopped: `/stop`, then SIGTERM, then SIGKILL, each after its time."""
    supervisor = _manager(request).servers.supervisor(server_id)
    return Run.of(await supervisor.stop(_actor(request), why.reason if why else None))


@router.post(
    "/servers/{server_id}/restart", status_code=202, openapi_extra=_OPERATOR, responses=problem_responses(404, 409, 422, 503)
)
async def restart_server(request: Request, server_id: str, why: Reason | None = None) -> Run:
    supervisor = _manager(request).servers.supervisor(server_id)
    return Run.of(await supervisor.restart(_actor(request), why.reason if why else None))


@router.post("/servers/{server_id}/kill", status_code=202, openapi_extra=_OPERATOR, responses=problem_responses(404, 409, 503))
async def kill_server(request: Request, server_id: str) -> Run:
    """End it at once, also in the middle of a stop; what was not saved is lost."""
    return Run.of(await _manager(request).servers.supervisor(server_id).kill(_actor(request)))


@router.post(
    "/servers/{server_id}/version", status_code=202, openapi_extra=_ADMIN, responses=problem_responses(404, 409, 422, 503)
)
async def change_version(request: Request, server_id: str, change: VersionChange) -> Run:
    """Let the server use another version of the game, now."""
    manager = _manager(request)
    supervisor = manager.servers.supervisor(server_id)
    return Run.of(await manager.setup.change_version(supervisor, change.version, _actor(request)))


@router.get("/servers/{server_id}/timeline", openapi_extra=_VIEWER, responses=problem_responses(404, 422, 503))
async def read_timeline(
    request: Request, server_id: str, limit: Annotated[int, Query(ge=1, le=200)] = 50, cursor: str = ""
) -> TimelinePage:
    """What happened and why, newest first."""
    servers = _manager(request).servers
    page = await servers.timeline.page(servers.get(server_id).id, limit=limit, cursor=cursor)
    if not _may_read_logs(request, server_id):
        for item in page.items:
            item.details.pop("report", None)
    return page


async def _look_at(manager: Manager, path: str) -> AdoptionReport:
    """Raises `PathNotAllowed` and `NoSuchFile`."""
    folder = await asyncio.to_thread(allowed_host_path, path, manager.settings.host_roots)
    around = Surroundings(
        manager_dir=manager.folder.root,
        taken={server.data_path: server.name for server in manager.servers.all()},
        version_of_install=version_of_install,
        is_installed=lambda version: manager.installs.find(version) is not None,
    )
    return await asyncio.to_thread(inspect, folder, around)


def _manager(request: Request) -> Manager:
    """Raises `Unavailable` while there is no database."""
    manager: Manager = request.app.state.manager
    if manager.database_problem is not None:
        raise Unavailable("The manager's database can't be read, so it knows of no game servers. Run: vsmanager doctor")
    return manager


def _actor(request: Request) -> str:
    principal: Principal = request.state.principal
    return principal.name


def _see_that_arguments_stay(before: ServerSettings, after: ServerSettings) -> None:
    """Raises `RoleTooLow`."""
    if after.extra_arguments != before.extra_arguments:
        raise RoleTooLow("Options of the game's command line can name paths of the machine. Ask an admin of everything.")


def _may_read_logs(request: Request, server_id: str) -> bool:
    return caller(request).may(Role.OPERATOR, server_id)


def _view(request: Request, supervisor: Supervisor) -> ServerView:
    manager = _manager(request)
    server_id = supervisor.server.id
    players = manager.players.online_count(server_id), manager.players.max_players(server_id)
    warnings = [*manager.metrics.warnings(server_id), *manager.server_configs.warnings(server_id)]
    waiting = manager.server_configs.pending_count(server_id)
    seen = view(supervisor, now_ms=manager.clock.now_ms(), players=players, warnings=warnings, config_pending=waiting)
    return seen if _may_read_logs(request, server_id) else without_report(seen)


async def _details(request: Request, supervisor: Supervisor) -> ServerDetails:
    manager = _manager(request)
    runs = await manager.ledger.list_runs(server_id=supervisor.server.id, limit=1)
    latest = manager.scheduler.running_run(runs[0].id) or runs[0] if runs else None
    principal: Principal = request.state.principal
    shows_path = principal.role.includes(Role.ADMIN)
    return details(_view(request, supervisor), supervisor, latest_run=latest, shows_path=shows_path)
