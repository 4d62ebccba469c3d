"""Files of mods that people bring themselves: checked like all others, kept in the store, and installed by their check sum."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterable
from typing import Final

import orjson

from vintagestory_api.errors import Invalid
from vintagestory_api.server_mods.file_names import is_plain_name
from vintagestory_api.server_mods.installed import StoreReader
from vintagestory_api.server_mods.lock_list import SetEntry, describe, entry_kind
from vintagestory_api.server_mods.mod_archive import ModFile, find_damage, inspect_file, kind_of
from vintagestory_api.server_mods.modinfo import ModInfo, Problem, mod_key
from vintagestory_api.server_mods.plan import Offer, Release
from vintagestory_api.server_mods.schemas import ModDependency, ModKind, ModTrouble, UploadedMod
from vintagestory_api.server_mods.store import ModStore, NotInStore, PartFile, Stored
from vintagestory_api.storage.atomic import write_atomically

MAX_UPLOAD_BYTES: Final = 200_000_000
_BLOCK_BYTES = 1 << 20
_NAMES = ".uploads"
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


class ModRefused(Invalid):
    """The file is none of a mod, or none that anybody should use."""

    code = "mod_refused"


class ModTooLarge(Invalid):
    code = "mod_too_large"


class Uploads:
    """`names` of the files lie beside the store: its own files are called by their contents."""

    def __init__(self, store: ModStore, reader: StoreReader) -> None:
        self._store = store
        self._reader = reader
        self._names = store.folder / _NAMES

    async def take(self, file_name: str, blocks: AsyncIterator[bytes]) -> UploadedMod:
        """Raises `ModRefused`, `ModTooLarge`, `DiskFull`."""
        kind = kind_of(file_name)
        if not is_plain_name(file_name) or not file_name.isprintable() or kind is None:
            raise ModRefused("The game takes files that are called .zip, .dll or .cs. Choose the file of a mod.")
        part = await asyncio.to_thread(self._store.new_part)
        try:
            await _write(part, blocks)
            return await asyncio.to_thread(self._keep, part, kind, file_name)
        finally:
            await asyncio.to_thread(part.__exit__)

    def _keep(self, part: PartFile, kind: ModKind, file_name: str) -> UploadedMod:
        part.flush()
        found = inspect_file(part.path, kind=kind, name=file_name)
        if not isinstance(found, Problem) and kind == "zip" and (damage := find_damage(part.path)) is not None:
            found = damage
        if isinstance(found, Problem):
            raise ModRefused(f"{file_name} was not taken. {found.message}", reason=found.code)
        stored = part.keep()
        self._names.mkdir(exist_ok=True)
        write_atomically(self._names / stored.sha256, orjson.dumps({"file_name": file_name}))
        return _view(found, stored)

    def known_name(self, sha256: str) -> str | None:
        """What the file was called when it was uploaded. Blocking."""
        if _SHA256.fullmatch(sha256) is None:
            return None
        try:
            name = orjson.loads((self._names / sha256).read_bytes())["file_name"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return name if isinstance(name, str) and is_plain_name(name) else None

    async def offers(self, sha256s: Iterable[str]) -> dict[str, Offer]:
        """What was uploaded, by the key of the mod. Files that are not kept any more are left out."""
        found: dict[str, Offer] = {}
        for sha256 in sorted(set(sha256s)):
            try:
                entry, info = await asyncio.to_thread(self._read, sha256)
            except NotInStore:
                continue
            modid = entry.modid or entry.file_name
            release = Release(
                version=entry.version or "",
                dependencies=info.dependencies if info else (),
                side=entry.side,
                sha256=sha256,
                size_bytes=entry.size_bytes,
            )
            before = found.get(mod_key(modid))
            releases = (*before.releases, release) if before else (release,)
            found[mod_key(modid)] = Offer(modid, entry.name, entry.side, releases)
        return found

    async def entry(self, sha256: str) -> SetEntry:
        """As part of a set. Raises `NotInStore`."""
        entry, _info = await asyncio.to_thread(self._read, sha256)
        return entry

    def forget_lost(self) -> None:
        """Names of files that are not kept any more. Blocking."""
        if self._names.is_dir():
            for path in self._names.iterdir():
                if not self._store.has(path.name):
                    path.unlink(missing_ok=True)

    def _read(self, sha256: str) -> tuple[SetEntry, ModInfo | None]:
        name = self.known_name(sha256)
        if name is None or not self._store.claim(sha256):
            raise NotInStore("The uploaded file is not there any more. Upload it again.")
        kind = kind_of(name)
        size = self._store.path(sha256).stat().st_size
        entry = SetEntry(
            modid=None, version=None, file_name=name, kind=entry_kind(name), sha256=sha256, size_bytes=size, side="both",
            source="upload",
        )  # fmt: skip
        if kind is None:
            return entry, None
        found = self._reader.read(sha256, kind, name)
        return describe(found, entry), None if isinstance(found, Problem) else found.info


async def _write(part: PartFile, blocks: AsyncIterator[bytes]) -> None:
    """In pieces that are worth a thread each."""
    waiting = bytearray()
    async for block in blocks:
        waiting += block
        if part.size + len(waiting) > MAX_UPLOAD_BYTES:
            raise ModTooLarge(f"The file is larger than {MAX_UPLOAD_BYTES // 1_000_000} MB, which no mod is.")
        if len(waiting) >= _BLOCK_BYTES:
            await asyncio.to_thread(part.write, bytes(waiting))
            waiting.clear()
    if waiting:
        await asyncio.to_thread(part.write, bytes(waiting))


def _view(found: ModFile, stored: Stored) -> UploadedMod:
    info = found.info
    troubles = []
    if info is not None and info.side == "client":
        troubles.append(ModTrouble(code="client_only", message="It is for players only; a server does not need it."))
    return UploadedMod(
        sha256=stored.sha256,
        file_name=found.file_name,
        size_bytes=stored.size_bytes,
        modid=info.modid if info else None,
        name=info.name if info else None,
        version=info.version or None if info else None,
        side=info.side if info else "both",
        dependencies=[ModDependency(modid=one.modid, version=one.version) for one in info.dependencies] if info else [],
        troubles=troubles,
    )
