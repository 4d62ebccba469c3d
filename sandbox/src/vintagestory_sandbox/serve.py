"""Run the stand-in in this process until it is told to end, or its parent is gone."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Any, Final

import orjson
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from vintagestory_sandbox.app import ModList, create_upstream
from vintagestory_sandbox.faults import TRANSPORT
from vintagestory_sandbox.generate import ROW_KEYS

_PARENT_CHECK_SECONDS: Final = 0.25


class BadModList(ValueError):
    """A file that is no answer of `/api/mods`."""


def read_mod_list(path: Path) -> ModList:
    """A recorded answer of `/api/mods`. Raises BadModList."""
    try:
        data = path.read_bytes()
        rows = orjson.loads(data)["mods"]
        whole = all(set(ROW_KEYS) <= set(row) and isinstance(row["modid"], int) for row in rows)
    except OSError as error:
        raise BadModList(f"{path} can't be read: {error.strerror}") from error
    except (ValueError, TypeError, KeyError):
        whole = False
    if not whole:
        raise BadModList(f"{path} is no answer of /api/mods; save one with a browser or curl")
    return ModList(rows, data)


def serve(
    *,
    host: str,
    port: int,
    public_url: str | None,
    ready_file: Path | None,
    parent_pid: int | None,
    mods: int,
    seed: int,
    handmade: bool,
    mod_list: ModList | None,
    latency_ms: int,
    game_switches: Mapping[str, Any],
) -> None:
    """Listen, say so with one line of JSON on standard output (and in `ready_file`), and answer.

    Ends with SIGTERM, with SIGINT, or with the parent.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family, backlog=512) as listener:
        shown = f"[{host}]" if ":" in host else host
        url = f"http://{shown}:{listener.getsockname()[1]}"
        upstream = create_upstream(
            public_url or url,
            mods=mods,
            seed=seed,
            handmade=handmade,
            mod_list=mod_list,
            latency_ms=latency_ms,
            game_switches=game_switches,
        )
        config = uvicorn.Config(
            upstream.app,
            http=_Protocol,
            loop="asyncio",
            ws="none",
            lifespan="off",
            log_level="critical",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=1,
        )
        server = _Server(config, {"event": "ready", "url": url, "mods": upstream.mods}, ready_file, parent_pid)
        # uvicorn ends gracefully on a signal, and then raises it again: to end with 0, something has to take it.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, server.end)
        server.run(sockets=[listener])


class _Protocol(H11Protocol):
    """HTTP as uvicorn speaks it, with the connection where faults can close it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        super().connection_made(transport)
        app: ASGIApp = self.app

        async def with_transport(scope: Scope, receive: Receive, send: Send) -> None:
            scope["extensions"] = {TRANSPORT: transport}
            await app(scope, receive, send)

        self.app = with_transport


class _Server(uvicorn.Server):
    """A server that says when it listens, and ends with its parent."""

    def __init__(self, config: uvicorn.Config, ready: dict[str, Any], ready_file: Path | None, parent_pid: int | None) -> None:
        super().__init__(config)
        self._ready = json.dumps(ready, separators=(",", ":"))
        self._ready_file = ready_file
        self._parent_pid = parent_pid
        self._is_child = parent_pid == os.getppid()
        self._watch: asyncio.Task[None] | None = None

    def end(self, _signal: int, _frame: FrameType | None) -> None:
        """End, as soon as the requests under way are answered, or after a second."""
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._parent_pid is not None:
            self._watch = asyncio.create_task(self._end_with_parent(self._parent_pid))
        await asyncio.to_thread(self._announce)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._watch is not None:
            self._watch.cancel()
        await super().shutdown(sockets)

    def _announce(self) -> None:
        if self._ready_file is not None:
            temporary = self._ready_file.with_name(f"{self._ready_file.name}.{os.getpid()}")
            temporary.write_text(self._ready + "\n", encoding="utf-8")
            temporary.replace(self._ready_file)
        with contextlib.suppress(OSError):  # nobody reads it
            sys.stdout.write(self._ready + "\n")
            sys.stdout.flush()

    async def _end_with_parent(self, pid: int) -> None:
        while os.getppid() == pid if self._is_child else _is_alive(pid):  # noqa: ASYNC110 - nobody tells of a process that is gone
            await asyncio.sleep(_PARENT_CHECK_SECONDS)
        self.should_exit = True


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
