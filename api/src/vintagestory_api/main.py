"""The application: routes, guards, and a lifespan that builds the manager and takes it down again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import structlog
from fastapi import FastAPI

from vintagestory_api import __version__, health, settings_router
from vintagestory_api.access import router as access_router
from vintagestory_api.access import second_factor_router, session_router, users_router
from vintagestory_api.access.routes import describe_security
from vintagestory_api.backups import offsite_router, restore_router
from vintagestory_api.backups import router as backups_router
from vintagestory_api.config import ProcessSettings, read_process_settings
from vintagestory_api.definitions import router as definitions_router
from vintagestory_api.errors import ManagerError
from vintagestory_api.game_versions import installs_router
from vintagestory_api.game_versions import router as game_versions_router
from vintagestory_api.http_guard import HttpGuard
from vintagestory_api.jobs import router as jobs_router
from vintagestory_api.live import router as live_router
from vintagestory_api.logs import configure_logging
from vintagestory_api.manager import Manager
from vintagestory_api.metrics import router as metrics_router
from vintagestory_api.mods import router as mods_router
from vintagestory_api.notifications import router as notifications_router
from vintagestory_api.openapi_document import serve_openapi_document
from vintagestory_api.overview import router as overview_router
from vintagestory_api.players import router as players_router
from vintagestory_api.problems import install_problem_handlers
from vintagestory_api.runs import router as runs_router
from vintagestory_api.schedules import router as schedules_router
from vintagestory_api.server_config import router as server_config_router
from vintagestory_api.server_mods import router as server_mods_router
from vintagestory_api.servers import console_router
from vintagestory_api.servers import router as servers_router
from vintagestory_api.servers import socket as console_socket
from vintagestory_api.storage.data_folder import DataFolder
from vintagestory_api.updates import router as updates_router
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
            manager.watch_overview(partial(overview_router.what_is_shown, manager))
        log.info("manager_started", version=__version__, data_dir=str(settings.data_dir))
        yield
    finally:
        await manager.stop()
        log.info("manager_stopped")


def create_app(settings: ProcessSettings | None = None) -> FastAPI:
    """The whole application. Without `settings` the environment is read, and read again when it starts."""
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
    # Flat and not nested: each level of nesting looks for the route anew. What is asked most comes first.
    for routes in (
        health.public_router,
        mods_router.router,
        jobs_router.router,
        runs_router.router,
        overview_router.router,
        game_versions_router.router,
        servers_router.router,
        console_router.router,
        players_router.router,
        server_mods_router.router,
        server_config_router.router,
        backups_router.router,
        restore_router.router,
        offsite_router.router,
        schedules_router.router,
        updates_router.router,
        definitions_router.router,
        notifications_router.router,
        metrics_router.router,
        metrics_router.root_router,
        installs_router.router,
        health.router,
        live_router.router,
        settings_router.router,
        session_router.router,
        second_factor_router.router,
        users_router.router,
        access_router.router,
    ):
        application.router.routes.extend(routes.routes)
    application.router.routes.extend(console_socket.routes)
    install_problem_handlers(application)
    describe_security(application)
    serve_openapi_document(application)
    serve_web_ui(application)
    application.add_middleware(
        HttpGuard,
        allowed_hosts=guarded.allowed_hosts,
        trusted_proxies=guarded.trusted_proxies,
        larger_bodies=(
            *server_mods_router.LARGER_BODIES,
            *server_config_router.LARGER_BODIES,
            *restore_router.LARGER_BODIES,
            *schedules_router.LARGER_BODIES,
        ),
            *definitions_router.LARGER_BODIES,
        log_requests=guarded.log_level == "debug",
    )
    return application


app = create_app()
