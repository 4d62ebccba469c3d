"""How the catalogue is brought in line with the mod database: everything is fetched, then a process of its own takes it in."""

import contextlib
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import orjson

from vintagestory_api.errors import Unavailable
from vintagestory_api.kit.children import run_child
from vintagestory_api.kit.clock import Clock
from vintagestory_api.kit.ids import uuid7
from vintagestory_api.mods.catalog_file import CatalogFile
from vintagestory_api.mods.moddb_answers import GameVersionInfo, TagInfo

Progress = Callable[[float | None, str], None]

#: Size of the real list, for the progress of the first download.
USUAL_LIST_BYTES: Final = 2_200_000
# A list taken for a fault, or a broken file, is the same a minute later.
_PERMANENT: Final = frozenset({"shrunk", "catalog_damaged"})


class CatalogNotRefreshed(Unavailable):
    """The new list could not be taken in; the old catalogue is whole. `reason` is the importer's code."""

    code = "catalog_not_refreshed"

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message, reason=reason)
        self.permanent = reason in _PERMANENT


class ListUpstream(Protocol):
    """What a refresh needs of the mod database. Raises `Unavailable`."""

    async def download_list(
        self, target: Path, *, params: Mapping[str, str] | None = None, on_bytes: Callable[[int], None] | None = None
    ) -> int: ...
    async def tags(self) -> list[TagInfo]: ...
    async def game_versions(self) -> list[GameVersionInfo]: ...


@dataclass(frozen=True)
class RefreshReport:
    """What a refresh found. `new` counts mods that came back, too; `changed` also those with only a new number of downloads.

    `requests` leaves out retries; `bytes` is the size of the list.
    """

    mods: int
    new: int
    changed: int
    vanished: int
    unchanged: int
    invalid: int
    tags: int
    game_versions: int
    requests: int
    bytes: int
    seconds_download: float
    seconds_import: float


class CatalogRefresh:
    """One at a time. `changed` is called when something in the file changed, or may have."""

    def __init__(
        self, file: CatalogFile, moddb: ListUpstream, clock: Clock, changed: Callable[[], None], python: str = sys.executable
    ) -> None:
        self._file = file
        self._moddb = moddb
        self._clock = clock
        self._changed = changed
        self._python = python
        self._list_bytes = USUAL_LIST_BYTES

    async def run(self, progress: Progress) -> RefreshReport:
        name = f"catalog-{uuid7()}"
        list_file, extra_file = (self._file.path.with_name(f"{name}.{kind}.part") for kind in ("list", "extra"))
        try:
            started = self._clock.monotonic()
            size = await self._download(list_file, progress)
            progress(0.6, "Asking for tags and game versions")
            tags = await self._moddb.tags()
            versions = await self._moddb.game_versions()
            extra = {
                "tags": [{"name": tag.name, "color": tag.color} for tag in tags],
                "game_versions": [{"name": version.name, "tag_id": str(version.tag_id)} for version in versions],
            }
            await self._file.in_writer(extra_file.write_bytes, orjson.dumps(extra))
            downloaded = self._clock.monotonic()
            progress(0.7, f"Comparing {size / 1_000_000:.1f} MB with the catalogue")
            report = await self._import(list_file, extra_file)
            imported = self._clock.monotonic()
        finally:
            for file in (list_file, extra_file):
                with contextlib.suppress(OSError):
                    file.unlink(missing_ok=True)
        self._list_bytes = size
        progress(1.0, f"{report['mods']} mods: {report['new']} new, {report['changed']} changed, {report['vanished']} vanished")
        counts = {
            key: report[key] for key in ("mods", "new", "changed", "vanished", "unchanged", "invalid", "tags", "game_versions")
        }
        return RefreshReport(
            **counts,
            requests=3,
            bytes=size,
            seconds_download=round(downloaded - started, 3),
            seconds_import=round(imported - downloaded, 3),
        )

    async def _download(self, target: Path, progress: Progress) -> int:
        said = 0.0
        expected = self._list_bytes

        def on_bytes(received: int) -> None:
            nonlocal said
            fraction = 0.6 * min(1.0, received / expected)
            if fraction - said >= 0.05:
                said = fraction
                progress(fraction, f"Downloading the list of mods: {received / 1_000_000:.1f} MB")

        progress(0.0, "Downloading the list of mods")
        return await self._moddb.download_list(target, on_bytes=on_bytes)

    async def _import(self, list_file: Path, extra_file: Path) -> dict[str, int]:
        # -I: whatever lies in the working folder or in PYTHONPATH has no part in it.
        arguments = ("-I", "-m", "vintagestory_api.mods.catalog_import", str(list_file), str(self._file.path), str(extra_file))
        try:
            ended = await run_child((self._python, *arguments))
        except OSError as error:
            raise CatalogNotRefreshed(f"The importer can't be started: {error.strerror}.", reason="not_started") from error
        finally:
            self._changed()
        try:
            report = orjson.loads(ended.output)
        except orjson.JSONDecodeError:
            report = None
        if ended.code == 0 and isinstance(report, dict) and "mods" in report:
            return report
        if isinstance(report, dict) and isinstance(report.get("error"), dict):
            raise CatalogNotRefreshed(str(report["error"].get("message")), reason=str(report["error"].get("code")))
        last_words = ended.complaint.decode("utf-8", "replace").strip().rpartition("\n")[2][:300]
        raise CatalogNotRefreshed(
            f"The importer ended with {ended.code} before it was done ({last_words or 'it said nothing'}). "
            "The old catalogue stays; the next refresh tries again.",
            reason="importer_ended",
        )
