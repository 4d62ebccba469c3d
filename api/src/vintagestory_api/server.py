"""Runs the application in the foreground: takes the data folder and the port first, so that what is wrong is said plainly."""

import asyncio
import contextlib
import ctypes
import errno
import gc
import logging
import os
import signal
import socket
import sys
import threading
from typing import Any

import structlog
import uvicorn
from fastapi import FastAPI

from vintagestory_api.access.bind_rule import check_may_listen
from vintagestory_api.config import ProcessSettings
from vintagestory_api.errors import Conflict, ManagerError, Unavailable
from vintagestory_api.http_connection import HttpConnection
from vintagestory_api.logs import configure_logging
from vintagestory_api.main import create_app
from vintagestory_api.manager import Manager
from vintagestory_api.storage.data_folder import DataFolder

log = structlog.get_logger(__name__)

#: Requests that are still open get this long before they are ended; the jobs have their own time after that.
GRACEFUL_SECONDS = 3
#: What a client may send through a WebSocket at once: nothing that is said there means anything.
MAX_MESSAGE_BYTES = 16_384
#: As <malloc.h> names it.
_M_ARENA_MAX = -8


class PortInUse(Conflict):
    code = "port_in_use"


class CannotListen(Unavailable):
    code = "cannot_listen"


class CannotServe(Unavailable):
    code = "cannot_serve"


def serve(settings: ProcessSettings) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit code. Raises a `ManagerError` when it can't start."""
    configure_logging(settings.log_level, settings.log_format)
    _share_heaps()
    folder = DataFolder(settings.data_dir)
    folder.prepare()
    folder.lock()
    listener = listen(settings.host, settings.port)
    check_may_listen(settings.host, _has_admin(folder, settings.host))
    app = create_app(settings, routes_later=True)
    app.state.folder = folder
    app.state.url = address_of(listener)
    app.state.show_setup_link = _show_setup_link
    server = server_of(app)
    # Uvicorn raises the signal again when it is done; being asked to end is no failure.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: setattr(server, "should_exit", True))
    logging.getLogger("uvicorn.error").addFilter(lambda record: server.started or not _tells_of_failed_start(record))
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        with contextlib.suppress(SystemExit):  # how uvicorn ends when the application could not start
            runner.run(server.serve(sockets=[listener]))
        error: ManagerError | None = getattr(app.state, "start_error", None)
        if error is not None:
            raise error
        if not server.started:
            return 1
        _leave_if_something_holds_on(runner.get_loop())
    return 0


def server_of(app: FastAPI) -> uvicorn.Server:
    return _Server(
        uvicorn.Config(
            app,
            http=HttpConnection,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws=_websocket,  # type: ignore[arg-type] # it is called like the class
            ws_max_size=MAX_MESSAGE_BYTES,
            ws_per_message_deflate=False,  # a flood of lines is sent faster than it is packed
            lifespan="on",
            timeout_graceful_shutdown=GRACEFUL_SECONDS,
        )
    )


class _Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._completing = asyncio.ensure_future(self._complete())

    async def _complete(self) -> None:
        """Let the routes come. What is there by then stays: to look through it for garbage would hold up all requests for a
        tenth of a second."""
        state = self.config.app.state  # type: ignore[union-attr] # it is the application of `serve`
        if not state.routes.are_there.is_set():
            try:
                await state.routes.bring_by_and_by()
            except Exception as error:
                log.exception("routes_not_loaded")
                state.start_error = CannotServe(
                    f"The manager can't answer: its program is incomplete ({error}). Install it anew; games go on meanwhile."
                )
                self.should_exit = True
                return
        gc.freeze()
        gc.enable()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Live streams never end by themselves, so they are ended before the wait for open requests begins."""
        self._completing.cancel()
        manager: Manager = self.config.app.state.manager  # type: ignore[union-attr] # it is the application of `serve`
        manager.live.close()
        await self.config.app.state.console_sockets.close()  # type: ignore[union-attr] # as above
        await super().shutdown(sockets)


def _websocket(**arguments: Any) -> asyncio.Protocol:
    """A connection that becomes a WebSocket. What it needs is loaded then, so that the start and the idle manager do without."""
    from vintagestory_api.websocket_connection import CuttableWebSocket  # noqa: PLC0415

    return CuttableWebSocket(**arguments)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises `PortInUse` and `CannotListen`."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise CannotListen(f"The address {host!r} (VS_HOST) is not known on this machine ({error}).") from error
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(2048)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(
                f"Port {port} on {host} is in use by another program. Stop that program, or choose another port with VS_PORT."
            ) from error
        raise CannotListen(
            f"Can't listen on {host} port {port} ({error.strerror}). Choose others with VS_HOST and VS_PORT."
        ) from error
    return listener


def address_of(listener: socket.socket) -> str:
    """The address to reach the manager on this machine, such as http://127.0.0.1:8080."""
    host, port = listener.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - only compared
        host = "127.0.0.1" if host == "0.0.0.0" else "::1"  # noqa: S104 - only compared
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _has_admin(folder: DataFolder, host: str) -> bool:
    from vintagestory_api.access.bind_rule import is_loopback  # noqa: PLC0415 - with the next line

    if is_loopback(host):
        return False
    from vintagestory_api.access.offline import has_admin  # noqa: PLC0415 - needed only for other addresses
    from vintagestory_api.storage.database import prepare_database  # noqa: PLC0415 - as above

    prepare_database(folder.database)
    return has_admin(folder.database)


def _show_setup_link(link: str) -> None:
    """Plainly and not in the log, which many more may read, and keep."""
    with contextlib.suppress(OSError):
        sys.stderr.write(
            f"Nobody can sign in yet. Make the first admin with this link, within an hour:\n  {link}\n"
            "Or on this machine, with: vsmanager admin create NAME\n"
        )
        sys.stderr.flush()


def _share_heaps() -> None:
    """Let all threads share two heaps of the C library (glibc): one for each thread would keep what that thread has freed."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)


def _loop_factory() -> "type[asyncio.AbstractEventLoop] | None":
    try:
        import uvloop  # noqa: PLC0415 - not on every platform
    except ImportError:
        return None
    return uvloop.Loop


def _tells_of_failed_start(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.ERROR and (
        "lifespan" in record.getMessage() or "Application startup failed" in record.getMessage()
    )


def _leave_if_something_holds_on(loop: asyncio.AbstractEventLoop) -> None:
    """A job that would not stop must not keep the process: everything that had to be stored is stored by now."""
    tasks = [task for task in asyncio.all_tasks(loop) if not task.done()]
    threads = [thread.name for thread in threading.enumerate() if not thread.daemon and thread is not threading.main_thread()]
    busy = [name for name in threads if name.startswith("asyncio_")]
    if tasks or busy:
        log.warning("left_behind", tasks=len(tasks), threads=busy)
        sys.stdout.flush()
        os._exit(0)
