"""A site of mods with a file store of its own, byte for byte as told; and downloads that ask it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.upstreams import RawServer, Request, client_for, raw_server, send
from vintagestory_api.kit.upstream import Upstream
from vintagestory_api.server_mods.downloads import ModDownloads
from vintagestory_api.server_mods.fetched_files import FetchedFiles
from vintagestory_api.server_mods.installed import StoreReader
from vintagestory_api.server_mods.plan import Pick, Release
from vintagestory_api.server_mods.store import ModStore


@dataclass
class FileSite:
    """`files`: number → name and bytes. The site sends to the store, which is another host."""

    files: dict[int, tuple[str, bytes]] = field(default_factory=dict)
    site: RawServer = field(default_factory=lambda: RawServer(_nobody))
    store: RawServer = field(default_factory=lambda: RawServer(_nobody))
    #: So many of the next files break off in the middle.
    breaks: int = 0
    hold: asyncio.Event | None = None

    def put(self, number: int, name: str, data: bytes) -> None:
        self.files[number] = (name, data)

    async def ask(self, request: Request, writer: asyncio.StreamWriter) -> None:
        number = int(request.query["fileid"])
        if number not in self.files:
            await send(writer, b"<html>File not found.", status="404 Not Found", headers={"Content-Type": "text/html"})
            return
        name = self.files[number][0]
        # As the site does it: what comes after dl= is written as it is.
        location = f"{self.store.url}/f_{number}{Path(name).suffix}?dl={name}"
        await send(writer, b"", status="302 Found", headers={"Location": location, "Content-Type": "text/html"})

    async def give(self, request: Request, writer: asyncio.StreamWriter) -> None:
        data = self.files[int(Path(request.path).stem.removeprefix("f_"))][1]
        if self.hold is not None:
            await self.hold.wait()
        if self.breaks:
            self.breaks -= 1
            writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data[: len(data) // 2])
            await writer.drain()
            return
        await send(writer, data, headers={"Content-Type": "application/zip"})


async def _nobody(_request: Request, _writer: asyncio.StreamWriter) -> None:
    raise AssertionError("nobody is to be asked")


@contextlib.asynccontextmanager
async def file_site() -> AsyncIterator[FileSite]:
    found = FileSite()
    async with raw_server(found.ask) as site, raw_server(found.give) as store:
        found.site, found.store = site, store
        yield found


@dataclass
class Downloading:
    """Downloads into a store of their own. `again` is what a restarted manager has."""

    folder: Path
    upstream: Upstream
    settings: dict[str, Any] = field(default_factory=dict)
    told: list[tuple[float | None, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store = ModStore(self.folder)
        self.folder.mkdir(exist_ok=True)
        files = FetchedFiles(self.folder / ".fetched.json", self.upstream.public_url, self.store.has)
        self.downloads = ModDownloads(self.upstream, self.store, StoreReader(self.store), files, **self.settings)

    def again(self) -> "Downloading":
        return Downloading(self.folder, self.upstream, self.settings)

    async def fetch(self, *picks: Pick) -> Any:
        return await self.downloads.fetch(picks, lambda fraction, message: self.told.append((fraction, message)))

    def kept(self) -> list[str]:
        return [sha256 for sha256, _found in self.store.all()]

    def left_over(self) -> list[str]:
        parts = self.folder / ".parts"
        return [path.name for path in parts.iterdir()] if parts.exists() else []


@contextlib.asynccontextmanager
async def downloading(folder: Path, url: str, *, max_bytes: int | None = None, **settings: Any) -> AsyncIterator[Downloading]:
    upstream = client_for(url, **settings)
    try:
        yield Downloading(folder / "store", upstream, {"max_bytes": max_bytes} if max_bytes is not None else {})
    finally:
        await upstream.aclose()


def pick(modid: str, version: str = "1.0.0", file_id: int | None = 1, **fields: Any) -> Pick:
    return Pick(modid, Release(version, release_id=file_id, file_id=file_id, **fields))
