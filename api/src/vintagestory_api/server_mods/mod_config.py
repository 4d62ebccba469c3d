"""Configuration files of mods: listed, read, and changed by people, with what was there before kept.

Mods write these files, with the rights of the game: links are not followed out of the folder, nor on the way of a change.
"""

import contextlib
import hashlib
import os
import re
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from vintagestory_api.errors import Conflict, Invalid
from vintagestory_api.kit.clock import rfc3339
from vintagestory_api.kit.relaxed_json import NotRelaxedJson, parse_relaxed
from vintagestory_api.kit.text_files import NoText, decode_text
from vintagestory_api.server_mods.modinfo import mod_key
from vintagestory_api.server_mods.schemas import ModConfigContent, ModConfigFile
from vintagestory_api.server_mods.set_places import GENERATIONS
from vintagestory_api.server_mods.store import disk_full_told
from vintagestory_api.storage.guarded_paths import NoSuchFile, open_below, resolve_below
from vintagestory_api.storage.open_folders import NEW_FILE, OPEN_FILE, OPEN_FOLDER, new_file, put_over, remove

MOD_CONFIG: Final = "ModConfig"
MAX_BYTES: Final = 2_000_000
MAX_FILES: Final = 2_000
MAX_DEPTH: Final = 6
#: So many earlier contents of one file are kept.
KEPT: Final = 20

_VERSIONS = ".config-versions"
#: Of one list so much is looked into, the first files first: the rest is told without whether it can be read.
_MAX_LOOKED_INTO = 16_000_000
_JSON = (".json", ".json5")
_MOMENT = re.compile(r"\d{1,15}", re.ASCII)
_WORD = re.compile(r"[^a-z0-9]+")


class ConfigTooLarge(Invalid):
    code = "config_too_large"


class BrokenJson(Invalid):
    code = "broken_json"


class ChangedMeanwhile(Conflict):
    code = "changed_meanwhile"


class ModConfig:
    """Of one server. Everything blocks. Safe to use from threads."""

    def __init__(self, data_path: Path) -> None:
        self.data_path = data_path
        self._root = data_path / MOD_CONFIG
        self._lock = threading.Lock()
        self._looked: dict[str, tuple[tuple[int, int, int], bool, str | None]] = {}

    def files(self, modids: Iterable[str]) -> list[ModConfigFile]:
        """By path. `modids` are those that a file may belong to."""
        known = {_WORD.sub("", mod_key(modid)): modid for modid in modids}
        found: list[ModConfigFile] = []
        left = _MAX_LOOKED_INTO
        for path, state in sorted(_walk(self._root)):
            left -= state.st_size
            is_text, problem = self._look_into(path, state) if left > 0 and state.st_size <= MAX_BYTES else (False, None)
            found.append(
                ModConfigFile(
                    path=path,
                    size_bytes=state.st_size,
                    modified_at=_moment(state),
                    modid=_owner(path, known),
                    is_text=is_text,
                    problem=problem,
                )
            )
        return found

    def read(self, path: str, version: str = "") -> ModConfigContent:
        """As it is, or as it was at a kept moment. Raises `NoSuchFile`, `PathNotAllowed`, `NoText`, `ConfigTooLarge`."""
        data, state = self._bytes(path)
        kept = self._versions(path)
        modified_at = _moment(state)
        etag = _etag(data)
        if version:
            if version not in kept:
                raise NoSuchFile("This earlier content is not kept any more.")
            data, modified_at = self._old_bytes(path, kept[version]), version
        text, _style = decode_text(data)
        return ModConfigContent(
            path=path, text=text, etag=etag, problem=problem_of(path, data), modified_at=modified_at, versions=list(kept)
        )

    def write(self, path: str, text: str, etag: str, *, allow_broken: bool, now_ms: int) -> ModConfigContent:
        """Raises `ChangedMeanwhile`, `BrokenJson`, `DiskFull`, and what `read` raises; then nothing has changed."""
        with self._lock, disk_full_told():
            before, _state = self._bytes(path)
            if _etag(before) != etag:
                raise ChangedMeanwhile(
                    f"{path} is another than when you opened it: somebody, or the game, has changed it. Open it again."
                )
            _text, style = decode_text(before)
            data = style.encode(text)
            if len(data) > MAX_BYTES:
                raise ConfigTooLarge(f"The text is larger than {MAX_BYTES // 1_000_000} MB.")
            problem = problem_of(path, data)
            if problem is not None and not allow_broken:
                raise BrokenJson(f"{path} would be no good JSON: {problem}. Mend it, or save it all the same.", problem=problem)
            if data != before:
                self._keep(path, before, now_ms)
                self._replace(path, data)
        return self.read(path)

    # Reading

    def _bytes(self, path: str) -> tuple[bytes, os.stat_result]:
        with open_below(self._root, path) as file:
            state = os.fstat(file.fileno())
            data = _read_all(file.fileno(), MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise ConfigTooLarge(f"{path} is larger than {MAX_BYTES // 1_000_000} MB, which is not shown here.")
        return data, state

    def _look_into(self, path: str, state: os.stat_result) -> tuple[bool, str | None]:
        mark = (state.st_ino, state.st_mtime_ns, state.st_size)
        known = self._looked.get(path)
        if known is not None and known[0] == mark:
            return known[1], known[2]
        is_text, problem = False, None
        with contextlib.suppress(NoText, NoSuchFile, ConfigTooLarge, OSError):
            data, _state = self._bytes(path)
            decode_text(data)
            is_text, problem = True, problem_of(path, data)
        if len(self._looked) > 2 * MAX_FILES:
            self._looked.clear()
        self._looked[path] = mark, is_text, problem
        return is_text, problem

    # Writing

    def _replace(self, path: str, data: bytes) -> None:
        real = resolve_below(self._root, path).relative_to(self._root.resolve())
        with _opened(self._root.resolve(), real.parent.parts) as folder:
            before = os.stat(real.name, dir_fd=folder, follow_symlinks=False)
            with new_file(folder, f".{real.name}.part", like=before) as file:
                file.write(data)
            put_over(folder, f".{real.name}.part", real.name)

    def _keep(self, path: str, data: bytes, now_ms: int) -> None:
        with contextlib.suppress(FileExistsError):
            (self.data_path / GENERATIONS).mkdir(mode=0o755)
        with _opened(self.data_path, (GENERATIONS, _VERSIONS, _folder_name(path)), make=True) as folder:
            moment = max([now_ms, *(known + 1 for known in _moments(folder))])
            handle = os.open(str(moment), NEW_FILE, 0o600, dir_fd=folder)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(handle)
            for old in sorted(_moments(folder), reverse=True)[KEPT:]:
                remove(folder, str(old))

    def _versions(self, path: str) -> dict[str, int]:
        """Moments as they are told, newest first."""
        try:
            with _opened(self.data_path, (GENERATIONS, _VERSIONS, _folder_name(path))) as folder:
                return {rfc3339(moment) or "": moment for moment in sorted(_moments(folder), reverse=True)}
        except OSError:
            return {}

    def _old_bytes(self, path: str, moment: int) -> bytes:
        try:
            with _opened(self.data_path, (GENERATIONS, _VERSIONS, _folder_name(path))) as folder:
                handle = os.open(str(moment), OPEN_FILE, dir_fd=folder)
                try:
                    return _read_all(handle, MAX_BYTES)
                finally:
                    os.close(handle)
        except OSError:
            raise NoSuchFile("This earlier content is not kept any more.") from None


def problem_of(path: str, data: bytes) -> str | None:
    """Why a mod could not read it as JSON, in words with line and column; None where it can, or where it is no JSON at all."""
    if not path.lower().endswith(_JSON):
        return None
    try:
        text, _style = decode_text(data)
        if text.strip():
            parse_relaxed(text.encode())
    except NotRelaxedJson as error:
        return str(error)
    except NoText:
        return "it is no text"
    return None


def _walk(root: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Plain files with their path below `root`, not too deep and not too many. Links are left out."""
    waiting: list[tuple[Path, str, int]] = [(root, "", 0)]
    count = 0
    while waiting:
        folder, below, depth = waiting.pop()
        try:
            with os.scandir(folder) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            if not entry.name.isprintable():
                continue
            with contextlib.suppress(OSError):
                if entry.is_dir(follow_symlinks=False):
                    if depth + 1 < MAX_DEPTH:
                        waiting.append((Path(entry.path), f"{below}{entry.name}/", depth + 1))
                elif entry.is_file(follow_symlinks=False):
                    count += 1
                    if count > MAX_FILES:
                        return
                    yield f"{below}{entry.name}", entry.stat(follow_symlinks=False)


def _owner(path: str, known: dict[str, str]) -> str | None:
    """The mod whose id is the name of the file, or of a folder on its way, or how one of them begins."""
    names = [_WORD.sub("", part.rpartition(".")[0].casefold() or part.casefold()) for part in reversed(path.split("/"))]
    for name in names:
        if name in known:
            return known[name]
    starts = [key for name in names for key in known if len(key) > 3 and name.startswith(key)]
    return known[max(starts, key=len)] if starts else None


@contextlib.contextmanager
def _opened(root: Path, parts: Iterable[str], *, make: bool = False) -> Iterator[int]:
    """The folder at the end of a way that leads through no link."""
    handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in parts:
            if make:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(part, 0o700, dir_fd=handle)
            below = os.open(part, OPEN_FOLDER, dir_fd=handle)
            os.close(handle)
            handle = below
        yield handle
    finally:
        os.close(handle)


def _moments(folder: int) -> list[int]:
    return [int(name) for name in os.listdir(folder) if _MOMENT.fullmatch(name)]


def _folder_name(path: str) -> str:
    plain = "/".join(part for part in path.split("/") if part not in {"", "."})
    return hashlib.sha256(plain.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def _read_all(handle: int, at_most: int) -> bytes:
    data = bytearray()
    while len(data) < at_most and (block := os.read(handle, min(1 << 20, at_most - len(data)))):
        data += block
    return bytes(data)


def _etag(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _moment(state: os.stat_result) -> str:
    return rfc3339(state.st_mtime_ns // 1_000_000) or ""
