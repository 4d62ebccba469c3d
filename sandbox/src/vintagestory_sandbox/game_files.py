"""The archives of the game in the file store: built when they are first asked for, and the same from then on."""

import hashlib
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

from starlette.responses import FileResponse, Response

from vintagestory_sandbox.answers import SERVER, nginx_page
from vintagestory_sandbox.builds import small_archive, write_archive
from vintagestory_sandbox.store import file_answer

PREFIXES: Final = ("/gamefiles/", "/local/gamefiles/")

_PATH = re.compile(r"(?:/local)?/gamefiles/([a-z]+)/(vs_server_linux-x64_(.+)\.tar\.gz)")
_BLOCK_BYTES = 1 << 20


class Archive(NamedTuple):
    """What the version API tells of an archive, and where it is: in memory, or in a file when it is large."""

    size: int
    md5: str
    data: bytes
    path: Path | None


class GameFiles:
    """Archives by version. `switches` are packed into each of them."""

    def __init__(self, switches: Mapping[str, Any]) -> None:
        self._switches = dict(switches)
        self._archives: dict[str, Archive] = {}
        self._large: dict[str, IO[bytes]] = {}

    def archive(self, version: str) -> Archive:
        """The archive of a version for Linux."""
        if version not in self._archives:
            data = small_archive(version, self._switches)
            self._archives[version] = Archive(len(data), _md5(data), data, None)
        return self._archives[version]

    def make_large(self, version: str, megabytes: int) -> None:
        """Let the archive of a version be about so large."""
        # A file without a name: nothing is left of it, however this process ends.
        file = tempfile.TemporaryFile()  # noqa: SIM115 - it has to stay open
        write_archive(version, file, megabytes=megabytes, switches=self._switches)
        size = file.tell()
        file.seek(0)
        digest = hashlib.md5(usedforsecurity=False)
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
        self._large[version] = file
        self._archives[version] = Archive(size, digest.hexdigest(), b"", Path(f"/proc/self/fd/{file.fileno()}"))

    def answer(self, path: str, channel_of: Mapping[str, str], headers: Mapping[str, str]) -> Response:
        """The answer to a path below `PREFIXES`. `channel_of` tells the channel of each version that can be had."""
        wanted = _PATH.fullmatch(path)
        if wanted is None or channel_of.get(wanted[3]) != wanted[1]:
            return nginx_page(404, of_store=True)
        archive = self.archive(wanted[3])
        if archive.path is None:
            return file_answer(archive.data, "application/gzip", headers)
        return _large_answer(archive, archive.path)


def _large_answer(archive: Archive, path: Path) -> Response:
    """Ranges are the business of Starlette here; only what it tells of the file is ours."""
    told = {"Server": SERVER[1], "ETag": f'"{archive.md5[:12]}"'}
    return FileResponse(path, headers=told, media_type="application/gzip")


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
