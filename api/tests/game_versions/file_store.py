"""A version service with a file store, that can be told to answer badly; and installs that download from it."""

import asyncio
import contextlib
import hashlib
import io
import json
import tarfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.upstreams import RawServer, Request, client_for, raw_server, send
from vintagestory_api.events import Event, EventBus
from vintagestory_api.game_versions.catalog import GameVersionCatalog
from vintagestory_api.game_versions.client import VersionApi
from vintagestory_api.game_versions.download import Downloads
from vintagestory_api.game_versions.installs import Installs
from vintagestory_api.kit.clock import SystemClock
from vintagestory_sandbox.builds import small_archive

Answer = Callable[[Request, asyncio.StreamWriter], Any]


@dataclass
class FileStore:
    """`archives` by version. `cuts`: after so many bytes the connection is closed, once each; `answer` takes over for files."""

    archives: dict[str, bytes] = field(default_factory=dict)
    md5: dict[str, str | None] = field(default_factory=dict)
    cuts: list[int] = field(default_factory=list)
    gives_ranges: bool = True
    answer: Answer | None = None
    asked: list[str | None] = field(default_factory=list)
    server: RawServer | None = None

    async def handle(self, request: Request, writer: asyncio.StreamWriter) -> None:
        if request.path == "/stable.json":
            await send(writer, json.dumps({version: self._entry(version) for version in self.archives}).encode())
        elif request.path == "/unstable.json":
            await send(writer, b"{}")
        else:
            self.asked.append(request.headers.get("range"))
            await (self.answer or self.give)(request, writer)

    async def give(self, request: Request, writer: asyncio.StreamWriter) -> None:
        data = self.archives.get(request.path.rsplit("/", 1)[-1].removesuffix(".tar.gz"))
        if data is None:
            await send(writer, b"<html>not here</html>", status="404 Not Found")
            return
        wanted, start, status = request.headers.get("range"), 0, "200 OK"
        told = {"ETag": f'"{hashlib.md5(data).hexdigest()}"', "Content-Type": "application/gzip"}
        if wanted and self.gives_ranges:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if start >= len(data):
                await send(writer, b"", status="416 Range Not Satisfiable", headers={"Content-Range": f"bytes */{len(data)}"})
                return
            told["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
            status = "206 Partial Content"
        body = data[start:]
        told["Content-Length"] = str(len(body))
        if self.cuts:
            body = body[: self.cuts.pop(0)]
        await send(writer, body, status=status, headers=told)

    def _entry(self, version: str) -> dict[str, Any]:
        assert self.server is not None
        return {
            "linuxserver": {
                "filename": f"vs_server_linux-x64_{version}.tar.gz",
                "filesize": "1 MB",
                "md5": self.md5.get(version, hashlib.md5(self.archives[version]).hexdigest()),
                "urls": {"cdn": f"{self.server.url}/files/{version}.tar.gz", "local": None},
            }
        }


@dataclass
class World:
    """`told`: what was published."""

    store: FileStore
    installs: Installs
    folder: Path
    told: list[Event]

    def left_over(self) -> list[str]:
        """What lies beside the versions."""
        return sorted(entry.name for entry in self.folder.iterdir() if entry.name.startswith("."))


@contextlib.asynccontextmanager
async def installing(
    tmp_path: Path, *versions: str, environment: dict[str, str] | None = None, **of_downloads: Any
) -> AsyncIterator[World]:
    """Installs into `tmp_path/versions`, of a store that has these versions. May be used again on the same folder."""
    folder = tmp_path / "versions"
    folder.mkdir(exist_ok=True)
    store = FileStore({version: small_archive(version) for version in versions})
    bus, told = EventBus(), []  # type: tuple[EventBus, list[Event]]
    bus.subscribe(told.append)
    async with raw_server(store.handle) as server:
        store.server = server
        upstream = client_for(server.url)
        clock = SystemClock()
        installs = Installs(
            folder,
            GameVersionCatalog(tmp_path / "catalog.db", VersionApi(upstream), clock, EventBus()),
            bus=bus,
            user_agent=lambda: "test agent",
            environment=environment if environment is not None else {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
            downloads=Downloads(lambda: "test agent", **{"retry_wait_seconds": 0.001, "read_seconds": 10.0, **of_downloads}),
            durable=False,
        )
        await installs.open()
        try:
            yield World(store, installs, folder, told)
        finally:
            await installs.close()
            await upstream.aclose()


def archive_of(members: list[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    """A .tar.gz of exactly these members, good or bad."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz", compresslevel=1) as archive:
        for info, data in members:
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


def member(name: str, data: bytes = b"", **changes: Any) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    for attribute, value in changes.items():
        setattr(info, attribute, value)
    return info, data


#: The least that counts as a server.
SERVER = [
    member("VintagestoryServer", b"#!/bin/sh\n", mode=0o644),
    member("VintagestoryServer.dll", b"MZ"),
    member("assets/version-1.22.7.txt"),
]
