"""The copies that the manager makes of itself, in its own folder."""

import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from vintagestory_api.errors import Unavailable
from vintagestory_api.kit.clock import Clock
from vintagestory_api.manager_copies.making import MadeCopy, drop_cut_off, make_copy
from vintagestory_api.services.run_context import in_thread
from vintagestory_api.storage.data_folder import DataFolder

PREFIX: Final = "manager-"
SUFFIX: Final = ".tar.gz"
#: Of a copy that the job made. Others in the folder are their makers' and stay.
_BY_ITSELF: Final = "-daily"


@dataclass(frozen=True)
class CopyReport:
    file_name: str
    size_bytes: int
    deleted: int


class ManagerCopies:
    def __init__(self, folder: DataFolder, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    async def make(self, *, keep: int) -> CopyReport:
        """A copy without secrets, which stay in the folder anyway; then delete the oldest of those that were made so."""
        return await in_thread(self._make, keep)

    def _make(self, keep: int) -> CopyReport:
        now = datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC)
        drop_cut_off(self._folder.manager_copies)
        made = make_copy(self._folder, place_for(self._folder, now, _BY_ITSELF), with_secrets=False, now=now)
        copies = sorted(made.path.parent.glob(f"{PREFIX}*{_BY_ITSELF}{SUFFIX}"), key=lambda path: path.name)
        deleted = 0
        for copy in copies[:-keep] if keep else []:
            with contextlib.suppress(OSError):
                copy.unlink()
                deleted += 1
        return CopyReport(made.path.name, made.size_bytes, deleted)


def place_for(folder: DataFolder, now: datetime, suffix: str = "") -> Path:
    """Where a copy goes that nobody named a place for; its folder is made."""
    folder.manager_copies.mkdir(mode=0o700, exist_ok=True)
    folder.give_to_owner(folder.manager_copies)
    return folder.manager_copies / f"{PREFIX}{now:%Y-%m-%dT%H-%M-%SZ}{suffix}{SUFFIX}"


def make_now(folder: DataFolder, target: Path | None, *, with_secrets: bool) -> MadeCopy:
    """As a person asks for it. Raises what `make_copy` raises."""
    now = datetime.now(UTC)
    return make_copy(folder, target or place_for(folder, now), with_secrets=with_secrets, now=now)


_copies: ManagerCopies | None = None


def use_manager_copies(copies: ManagerCopies | None) -> None:
    """Tell the job which folder it copies. Called by the application as it starts and stops."""
    global _copies  # noqa: PLW0603 - a job's function has no arguments, so this is its way to the object built at start
    _copies = copies


def get_manager_copies() -> ManagerCopies:
    if _copies is None:
        raise Unavailable("The manager is starting or stopping. Try again.")
    return _copies
