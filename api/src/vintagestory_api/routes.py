"""Every route of the application, and the moment in which they come.

What their answers look like takes half of the time that a start takes, and nobody needs it to hear that the manager works. So
`vsmanager serve` lets them come by and by, once it listens; whoever asks earlier waits for that fraction of a second.
"""

import asyncio
import re
from importlib import import_module
from typing import Any, Final

from fastapi import FastAPI
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from vintagestory_api import health

#: Module below this package, and what holds routes in it. Flat and not nested: each level of nesting looks for the route anew.
#: What is asked most comes first.
_ROUTERS: Final = (
    ("mods.router", "router"),
    ("jobs.router", "router"),
    ("runs.router", "router"),
    ("overview.router", "router"),
    ("game_versions.router", "router"),
    ("servers.router", "router"),
    ("servers.console_router", "router"),
    ("players.router", "router"),
    ("server_mods.router", "router"),
    ("server_config.router", "router"),
    ("files.router", "router"),
    ("backups.router", "router"),
    ("backups.restore_router", "router"),
    ("backups.offsite_router", "router"),
    ("schedules.router", "router"),
    ("updates.router", "router"),
    ("definitions.router", "router"),
    ("notifications.router", "router"),
    ("metrics.router", "router"),
    ("metrics.router", "root_router"),
    ("game_versions.installs_router", "router"),
    ("health", "router"),
    ("live.router", "router"),
    ("settings_router", "router"),
    ("access.session_router", "router"),
    ("access.view_as_router", "router"),
    ("access.second_factor_router", "router"),
    ("access.users_router", "router"),
    ("access.router", "router"),
)

LargerBodies = list[tuple[re.Pattern[str], int]]


class Routes:
    """Of one application. `larger_bodies`: paths whose bodies may have more bytes than others, as their modules say it in
    `LARGER_BODIES`; it fills as the routes come."""

    def __init__(self, app: FastAPI) -> None:
        self.are_there = asyncio.Event()
        self.larger_bodies: LargerBodies = []
        self._routes: list[BaseRoute] = app.router.routes
        self._routes.extend(health.public_router.routes)

    def bring(self) -> None:
        """All of them at once."""
        for module, name in _ROUTERS:
            self._bring(module, name)
        self.are_there.set()

    async def bring_by_and_by(self) -> None:
        """One module after the other, with time for others in between."""
        for module, name in _ROUTERS:
            self._bring(module, name)
            await asyncio.sleep(0)
        self.are_there.set()

    def _bring(self, module: str, name: str) -> None:
        found: Any = import_module(f"vintagestory_api.{module}")
        self._routes.extend(getattr(found, name).routes)
        self.larger_bodies.extend(getattr(found, "LARGER_BODIES", ()))


class WaitForRoutes:
    """ASGI middleware: all but the question whether the manager works waits until the routes are there."""

    def __init__(self, app: ASGIApp, *, routes: Routes) -> None:
        self._app = app
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan" and not self._routes.are_there.is_set() and scope["path"] != "/healthz":
            await self._routes.are_there.wait()
        await self._app(scope, receive, send)
