"""The application: routes, guards, and a lifespan that builds the manager and takes it down again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import structlog
from fastapi import FastAPI

from vintagestory_api import __version__
from vintagestory_api.access.routes import describe_security
from vintagestory_api.config import ProcessSettings, read_process_settings
from vintagestory_api.errors import ManagerError
from vintagestory_api.http_guard import HttpGuard
from vintagestory_api.logs import configure_logging
from vintagestory_api.manager import Manager
from vintagestory_api.openapi_document import serve_openapi_document
from vintagestory_api.problems import install_problem_handlers
from vintagestory_api.routes import Routes, WaitForRoutes
from vintagestory_api.servers import socket as console_socket
from vintagestory_api.storage.data_folder import DataFolder
from vintagestory_api.web_ui import serve_web_ui

log = structlog.get_logger(__name__)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Scheduler, then default jobs, then requests; the reverse at the end."""
    settings: ProcessSettings = getattr(app.state, "settings", None) or read_process_settings()
    if not structlog.is_configured():
        configure_logging(settings.log_level, settings.log_format)
    folder: DataFolder | None = getattr(app.state, "folder", None)
    try:
        manager = Manager(settings, folder=folder)
    except ManagerError as error:
        app.state.start_error = error
        raise
    app.state.manager = manager
    app.state.access = manager.access
    app.state.freshness = manager.freshness
    app.state.logos = manager.logos
    app.state.console_sockets = consoles = console_socket.ConsoleSockets(manager.clock)
    manager.access.on_revoked(lambda _kind, _id: consoles.recheck())
    app.state.ensure_refresh = manager.ensure_refresh
    try:
        try:
            await manager.start()
        except ManagerError as error:
            app.state.start_error = error
            raise
        if (url := getattr(app.state, "url", None)) and manager.database_problem is None:
            if (link := await manager.setup_link(url)) is not None:
                app.state.show_setup_link(link)
            manager.announce(url)
        if manager.database_problem is None:
            manager.watch_overview(partial(_what_is_shown, manager))
        log.info("manager_started", version=__version__, data_dir=str(settings.data_dir))
        yield
    finally:
        await manager.stop()
        log.info("manager_stopped")


def create_app(settings: ProcessSettings | None = None, *, routes_later: bool = False) -> FastAPI:
    """The whole application. Without `settings` the environment is read, and read again when it starts.

    With `routes_later` all but `/healthz` waits until somebody lets the `Routes` at `app.state.routes` come.
    """
    guarded = settings or read_process_settings()
    application = FastAPI(
        title="Vintage Story Server Manager",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    application.state.settings = settings
    application.state.routes = routes = Routes(application)
    if not routes_later:
        routes.bring()
    application.router.routes.extend(console_socket.routes)
    install_problem_handlers(application)
    describe_security(application)
    serve_openapi_document(application)
    serve_web_ui(application)
    application.add_middleware(
        HttpGuard,
        allowed_hosts=guarded.allowed_hosts,
        trusted_proxies=guarded.trusted_proxies,
        larger_bodies=routes.larger_bodies,
        log_requests=guarded.log_level == "debug",
    )
    if routes_later:
        application.add_middleware(WaitForRoutes, routes=routes)
    return application


def _what_is_shown(manager: Manager) -> Any:
    from vintagestory_api.overview.router import what_is_shown  # noqa: PLC0415 - it comes with the routes

    return what_is_shown(manager)


def __getattr__(name: str) -> FastAPI:
    """`app`, for programs that serve it themselves; made when it is asked for."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()["app"] = application = create_app()
    return application
