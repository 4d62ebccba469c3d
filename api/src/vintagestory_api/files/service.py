"""The files of game servers: what may be done now is decided here, in the event loop; the work is done in threads."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Final

import orjson
import structlog

from vintagestory_api.files import changing, reading
from vintagestory_api.files.rules import see_that_it_may_be_changed
from vintagestory_api.files.schemas import FileContent, FileSaved, FilesDeleted, TrashEmptied, TrashView
from vintagestory_api.files.trash import Trash
from vintagestory_api.kit.clock import Clock
from vintagestory_api.kit.ids import uuid7
from vintagestory_api.kit.raster import RasterImage
from vintagestory_api.servers.registry import Servers
from vintagestory_api.servers.server import GameServer
from vintagestory_api.storage.guarded_folder import GuardedFolder, split_path

log = structlog.get_logger(__name__)

_BLOCK_BYTES: Final = 1 << 20
#: Of the trash of servers that are gone: it is deleted with them, or kept for its time without being seen.
_GONE, _KEPT = ".gone-", ".kept-"
#: While one of these goes on, folders of the server may be exchanged.
_MOVES_FOLDERS: Final = frozenset({"restore", "update", "delete", "create"})


class ServerFiles:
    """Of all servers."""

    def __init__(self, servers: Servers, trash: Path, clock: Clock) -> None:
        self._servers = servers
        self._trash = trash
        self._clock = clock
        self._locks: dict[str, asyncio.Lock] = {}
        self._clearing: asyncio.Task[None] | None = None
        self._is_closed = False

    # Looking

    async def folder(self, server_id: str, path: str) -> bytes:
        server = self._servers.get(server_id)
        return await asyncio.to_thread(reading.list_folder, _root(server), path, is_up=server.is_running)

    async def content(self, server_id: str, path: str) -> bytes:
        """A `FileContent` as JSON: megabytes of text are not put into it in the event loop."""
        server = self._servers.get(server_id)

        def read() -> bytes:
            found: FileContent = reading.read_content(_root(server), path, is_up=server.is_running)
            return orjson.dumps(found.model_dump())

        return await asyncio.to_thread(read)

    async def picture(self, server_id: str, path: str) -> tuple[bytes, RasterImage]:
        server = self._servers.get(server_id)
        return await asyncio.to_thread(reading.read_picture, _root(server), path, is_up=server.is_running)

    async def download(self, server_id: str, path: str) -> reading.Download:
        server = self._servers.get(server_id)
        return await asyncio.to_thread(reading.open_download, _root(server), path, is_up=server.is_running)

    # Changing

    async def save(
        self, server_id: str, path: str, blocks: AsyncIterator[bytes], etag: str, actor: str, *, allow_broken: bool
    ) -> FileSaved:
        data = await _taken_whole(blocks)
        async with self._changing(server_id, [path], actor) as server:
            return await asyncio.to_thread(
                changing.save_text, _root(server), path, data, etag, allow_broken=allow_broken, is_up=server.is_running
            )

    async def upload(
        self,
        server_id: str,
        path: str,
        blocks: AsyncIterator[bytes],
        actor: str,
        *,
        size_bytes: int | None,
        replace: bool,
    ) -> str:
        """The server is held only for the moment in which the file gets its name."""
        server = self._servers.get(server_id)
        upload = await asyncio.to_thread(
            changing.Upload, _root(server), path, size_bytes=size_bytes, replace=replace, is_up=server.is_running
        )
        try:
            await _write(upload, blocks)
            async with self._changing(server_id, [path], actor):
                return await asyncio.to_thread(upload.finish, self._trash_of(server_id), now_ms=self._clock.now_ms(), by=actor)
        finally:
            await asyncio.to_thread(upload.give_up)

    async def make_folder(self, server_id: str, path: str, actor: str) -> str:
        async with self._changing(server_id, [path], actor) as server:
            return await asyncio.to_thread(changing.make_new_folder, _root(server), path, is_up=server.is_running)

    async def move(self, server_id: str, from_path: str, to_path: str, actor: str) -> str:
        async with self._changing(server_id, [from_path, to_path], actor) as server:
            return await asyncio.to_thread(changing.move, _root(server), from_path, to_path, is_up=server.is_running)

    async def delete(self, server_id: str, paths: list[str], actor: str) -> FilesDeleted:
        trash = self._trash_of(server_id)
        now_ms = self._clock.now_ms()
        async with self._changing(server_id, paths, actor, tell_each=True) as server:
            result = await asyncio.to_thread(
                changing.delete, _root(server), paths, trash, now_ms=now_ms, by=actor, is_up=server.is_running
            )
        await asyncio.to_thread(trash.tidy, now_ms)
        return result

    # The trash

    async def trash(self, server_id: str) -> TrashView:
        self._servers.get(server_id)
        return await asyncio.to_thread(self._trash_of(server_id).view)

    async def restore(self, server_id: str, item: str, actor: str, *, keep_both: bool) -> str:
        self._servers.get(server_id)
        trash = self._trash_of(server_id)
        note = await asyncio.to_thread(trash.note, item)
        async with self._changing(server_id, [note.path], actor) as server:
            return await asyncio.to_thread(
                changing.restore, _root(server), item, trash, keep_both=keep_both, is_up=server.is_running
            )

    async def delete_for_good(self, server_id: str, item: str) -> TrashEmptied:
        self._servers.get(server_id)
        async with self._lock(server_id):
            return TrashEmptied(deleted=1, size_bytes=await asyncio.to_thread(self._trash_of(server_id).delete, item))

    async def empty_trash(self, server_id: str) -> TrashEmptied:
        self._servers.get(server_id)
        async with self._lock(server_id):
            deleted, size_bytes = await asyncio.to_thread(self._trash_of(server_id).empty)
        return TrashEmptied(deleted=deleted, size_bytes=size_bytes)

    async def let_go(self, server_id: str, deletes: bool) -> None:
        """The server goes: one that gets its id later must not find what was deleted of this one. With the files of the server
        its trash is deleted, too; else it stays aside until its time is over."""
        async with self._lock(server_id):
            await asyncio.to_thread(self._put_aside, server_id, deletes=deletes)
        self._locks.pop(server_id, None)

    def _put_aside(self, server_id: str, *, deletes: bool) -> None:
        aside = self._trash / f"{_GONE if deletes else _KEPT}{server_id}-{uuid7()}"
        try:
            (self._trash / server_id).rename(aside)
        except FileNotFoundError:
            return
        except OSError as error:
            log.warning("trash_of_deleted_server_stays", server=server_id, error=str(error))
            return
        if deletes:
            shutil.rmtree(aside, ignore_errors=True)

    def start(self) -> None:
        """Begin to clear away what a killed manager left half, and what has been in the trash for too long."""
        self._clearing = asyncio.create_task(self._clear_up(), name="files_clear_up")

    async def close(self) -> None:
        self._is_closed = True
        if self._clearing is not None:
            await self._clearing

    async def _clear_up(self) -> None:
        for place in await asyncio.to_thread(self._places):
            if self._is_closed:
                return
            trash = Trash(place)
            with contextlib.suppress(OSError):
                # What is being moved to the trash at this moment looks as if a killed manager had left it half.
                async with self._lock(place.name):
                    await asyncio.to_thread(trash.clear_halves)
                await asyncio.to_thread(self._tidy, place, trash)

    def _places(self) -> list[Path]:
        try:
            return [place for place in self._trash.iterdir() if place.is_dir()]
        except OSError:
            return []

    def _tidy(self, place: Path, trash: Trash) -> None:
        if place.name.startswith(_GONE):
            shutil.rmtree(place, ignore_errors=True)
            return
        trash.tidy(self._clock.now_ms())
        if place.name.startswith(_KEPT):
            place.rmdir()  # fails as long as there is something in it

    def _trash_of(self, server_id: str) -> Trash:
        return Trash(self._trash / server_id)

    @contextlib.asynccontextmanager
    async def _changing(
        self, server_id: str, paths: Sequence[str], actor: str, *, tell_each: bool = False
    ) -> AsyncIterator[GameServer]:
        """One change of a server at a time. What the game writes is only changed while nobody can start it.

        Raises `ServerBusy`, `KeptByManager`, and, unless each path is told about on its own, `GameWrites`.
        """
        supervisor = self._servers.supervisor(server_id)
        server = supervisor.server
        async with self._lock(server_id), contextlib.AsyncExitStack() as stack:
            rules = [await asyncio.to_thread(reading.rule_at, _root(server), path) for path in paths]
            held = supervisor.operations.held
            is_of_game = any(rule.can_change and not rule.can_change_running for rule in rules)
            if not tell_each and server.is_running:
                for path, rule in zip(paths, rules, strict=True):
                    see_that_it_may_be_changed(split_path(path), rule, is_up=True)
            if (is_of_game and not server.is_running) or (held is not None and held.kind in _MOVES_FOLDERS):
                await stack.enter_async_context(supervisor.operations.briefly("change", actor))
            yield server

    def _lock(self, server_id: str) -> asyncio.Lock:
        return self._locks.setdefault(server_id, asyncio.Lock())


def _root(server: GameServer) -> GuardedFolder:
    return GuardedFolder(server.data_path)


async def _taken_whole(blocks: AsyncIterator[bytes]) -> bytes:
    data = bytearray()
    async for block in blocks:
        data += block
        if len(data) > 2 * reading.MAX_TEXT_BYTES:
            raise reading.FileTooLarge(
                f"The text is larger than {reading.MAX_TEXT_BYTES // 1_000_000} MB. Upload it as a file instead."
            )
    return bytes(data)


async def _write(upload: changing.Upload, blocks: AsyncIterator[bytes]) -> None:
    """In pieces that are worth a thread each."""
    waiting = bytearray()
    async for block in blocks:
        waiting += block
        if len(waiting) >= _BLOCK_BYTES:
            await asyncio.to_thread(upload.write, bytes(waiting))
            waiting.clear()
    if waiting:
        await asyncio.to_thread(upload.write, bytes(waiting))
