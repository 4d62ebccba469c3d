"""The HTTP edge of the installed versions of the game."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request

from vintagestory_api.access.on_servers import visible_servers
from vintagestory_api.access.routes import API_PREFIX, ROLE_KEY, SCOPE_KEY, SecuredRoute
from vintagestory_api.errors import FieldError, Invalid
from vintagestory_api.game_versions.install_schemas import InstalledVersion, InstalledVersionList, NewInstall, RuntimeView
from vintagestory_api.game_versions.installs import Installed, Installs
from vintagestory_api.game_versions.version import GameVersion
from vintagestory_api.kit.clock import rfc3339
from vintagestory_api.manager import Manager
from vintagestory_api.problems import problem_responses
from vintagestory_api.runs.schemas import Run
from vintagestory_api.servers.operations import recorded
from vintagestory_api.storage.guarded_paths import allowed_host_path

router = APIRouter(prefix=API_PREFIX, route_class=SecuredRoute, tags=["game versions"])

_ADMIN = {ROLE_KEY: "admin"}


class InvalidInstall(Invalid):
    code = "invalid_install"


@router.get("/installed-versions", openapi_extra={ROLE_KEY: "viewer", SCOPE_KEY: "list"}, responses=problem_responses(503))
async def list_installed_versions(request: Request) -> InstalledVersionList:
    """Newest first."""
    installs = _manager(request).installs
    only = visible_servers(request)
    items = [await _view(installs, installed, only) for installed in await installs.list()]
    return InstalledVersionList(items=items, disk_free_bytes=await installs.free_bytes())


@router.post("/installed-versions", status_code=202, openapi_extra=_ADMIN, responses=problem_responses(403, 404, 409, 422, 503))
async def install_version(request: Request, install: NewInstall) -> Run:
    """Download and unpack a version, or take an archive or copy an install that lies on this machine."""
    manager = _manager(request)
    installs, version, archive = manager.installs, install.version, install.archive
    if archive is not None and install.folder is not None:
        raise InvalidInstall("Name an archive or a folder, not both.", fields=[FieldError("folder", "stands beside an archive")])
    if install.folder is not None:
        folder = await asyncio.to_thread(allowed_host_path, install.folder, manager.settings.host_roots)
        await installs.check_folder(folder, version)

        async def work() -> dict[str, Any]:
            return _report(await installs.install_folder(folder, version))

    elif archive is not None:
        path = await asyncio.to_thread(allowed_host_path, archive, manager.settings.host_roots)

        async def work() -> dict[str, Any]:
            return _report(await installs.install_archive(path, version))

    elif version is not None:
        await installs.check(version)

        async def work() -> dict[str, Any]:
            return _report(await installs.install(version))

    else:
        raise InvalidInstall("Say which version to install.", fields=[FieldError("version", "is missing")])
    # Several at once: those that want the same version share the work, and the rest wait for their turn.
    return Run.of(await manager.scheduler.run_now("version_install", lambda: recorded(work), beside_others=True))


@router.delete("/installed-versions/{version}", status_code=202, openapi_extra=_ADMIN, responses=problem_responses(404, 409, 503))
async def remove_version(request: Request, version: str) -> Run:
    """Remove a version that no server uses."""
    manager = _manager(request)
    installs = manager.installs
    installs.see_that_it_is_unused(version)

    async def work() -> dict[str, Any]:
        return _report(await installs.remove(version))

    return Run.of(await manager.scheduler.run_now("version_remove", lambda: recorded(work), beside_others=True))


def _manager(request: Request) -> Manager:
    manager: Manager = request.app.state.manager
    return manager


def _report(installed: Installed) -> dict[str, Any]:
    return {"version": installed.version, "source": installed.source, "size_bytes": installed.size_bytes}


async def _view(installs: Installs, installed: Installed, only: frozenset[str] | None) -> InstalledVersion:
    used_by = installs.used_by(installed.version)
    runtime = await installs.runtime_of(installed.version)
    return InstalledVersion(
        version=installed.version,
        channel="stable" if GameVersion.parse(installed.version).kind == "stable" else "unstable",
        size_bytes=installed.size_bytes,
        installed_at=rfc3339(installed.installed_ms) or "",
        source=installed.source,
        used_by=[server_id for server_id in used_by if only is None or server_id in only],
        runtime=RuntimeView(
            framework=runtime.framework,
            needed=runtime.needed,
            found=list(runtime.found),
            is_there=runtime.is_there,
            message=runtime.message,
        ),
    )
