"""A mounted folder as a place for copies: one file for each backup, and its check sum beside, as `sha256sum -c` reads it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vintagestory_api.backups.offsite_places import Stored
from vintagestory_api.backups.offsite_records import CopyRecord
from vintagestory_api.backups.offsite_run import Tell, run_offsite

#: A disk in the network may think for a while.
_QUIET_SECONDS = 180.0
_LOOK_SECONDS = 30.0


async def choose_folder(path: str, *, roots: Sequence[Path], never: Sequence[Path]) -> tuple[Path, str]:
    """Its real path, and the mark in it, which is left there if there is none. Raises `OffsiteRefused`, `OffsiteUnreachable`."""
    task = {"do": "choose", "path": path, "roots": [str(root) for root in roots], "never": [str(folder) for folder in never]}
    chosen = await run_offsite(task, quiet_seconds=_LOOK_SECONDS)
    return Path(chosen["path"]), chosen["mark"]


class FolderPlace:
    def __init__(self, path: str, mark: str, *, quiet_seconds: float = _QUIET_SECONDS) -> None:
        self._place = {"path": path, "mark": mark}
        self._quiet_seconds = quiet_seconds

    async def look(self) -> str:
        found = await run_offsite({"do": "look", **self._place}, quiet_seconds=min(_LOOK_SECONDS, self._quiet_seconds))
        return f"The folder is there and can be written; {found['free'] / 1e9:,.1f} GB are free."

    async def put(self, copy: CopyRecord, archive: Path, tell: Tell) -> Stored:
        task = self._task("put", copy) | {"source": str(archive), "size": copy.size_bytes}
        done = await run_offsite(task, quiet_seconds=self._quiet_seconds, tell=tell)
        return Stored(done["sha256"], done["bytes"], None, is_verified=True)

    async def verify(self, copy: CopyRecord, tell: Tell) -> None:
        await run_offsite(self._task("verify", copy), quiet_seconds=self._quiet_seconds, tell=tell)

    async def get(self, copy: CopyRecord, target: Path, tell: Tell) -> None:
        task = self._task("get", copy) | {"target": str(target)}
        await run_offsite(task, quiet_seconds=self._quiet_seconds, tell=tell)

    async def remove(self, copies: Sequence[CopyRecord]) -> None:
        task = {"do": "remove", **self._place, "names": [(copy.server_id, copy.file_name) for copy in copies]}
        await run_offsite(task, quiet_seconds=self._quiet_seconds)

    async def missing(self, copies: Sequence[CopyRecord]) -> list[CopyRecord]:
        names = [(copy.server_id, copy.file_name, copy.bytes) for copy in copies]
        done = await run_offsite({"do": "missing", **self._place, "names": names}, quiet_seconds=self._quiet_seconds)
        return [copies[place] for place in done["missing"]]

    async def check(self, tell: Tell) -> None:  # noqa: ARG002 - it takes no time
        await self.look()

    def _task(self, do: str, copy: CopyRecord) -> dict[str, Any]:
        return {"do": do, **self._place, "server": copy.server_id, "name": copy.file_name, "sha256": copy.sha256}
