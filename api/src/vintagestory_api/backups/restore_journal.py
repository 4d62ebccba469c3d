"""What restores are about to do, written down before they do it: a small file for each, in the manager's own folder.

`swapping`: the old state counts, and is put back by whoever finds this. `trying`: everything is exchanged, and the new state
counts unless the game does not start with it. `kept` and `undone`: the new or the old state counts, and only what lies aside
has to go.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import structlog
from pydantic import BaseModel, ValidationError

from vintagestory_api.backups.restore_mods import ModsBefore
from vintagestory_api.backups.restore_swap import NotSwapped, Unit
from vintagestory_api.servers.schemas import Wanted
from vintagestory_api.storage.atomic import sync_folder, write_atomically

log = structlog.get_logger(__name__)

JournalPhase = Literal["swapping", "trying", "kept", "undone"]


class ServerFacts(BaseModel):
    """Of a server, besides its files."""

    version: str | None
    wanted: Wanted


class Journal(BaseModel):
    """`starts`: the game is started with the new state, and has to become ready. `mods_before`: None where they stay. `text`: why
    the old state was put back."""

    id: str
    server_id: str
    backup_id: str
    run_id: str | None
    actor: str | None
    data_path: str
    phase: JournalPhase
    starts: bool
    before: ServerFacts
    after: ServerFacts
    units: list[Unit]
    mods_before: ModsBefore | None = None
    text: str | None = None

    def changed(self, **fields: Any) -> "Journal":
        return self.model_copy(update=fields)


class Journals:
    """Everything blocks."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, journal: Journal) -> None:
        """Raises `NotSwapped`."""
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            write_atomically(self._path(journal.id), journal.model_dump_json().encode())
        except OSError as error:
            raise NotSwapped(
                f"The manager's folder can't be written: {error.strerror or error}. Free some space, then try again."
            ) from error

    def remove(self, restore_id: str) -> None:
        """Raises `OSError`."""
        self._path(restore_id).unlink(missing_ok=True)
        sync_folder(self._folder)

    def all(self) -> list[Journal]:
        """Of restores that are not over, oldest first."""
        return [journal for _path, journal in self._read() if journal is not None]

    def unreadable(self) -> dict[str, Path]:
        """Ids and files of those of which nobody can tell any more which state counts: what lies aside may be all there is."""
        return {path.stem: path for path, journal in self._read() if journal is None}

    def _read(self) -> Iterator[tuple[Path, Journal | None]]:
        for path in sorted(self._folder.glob("*.json")) if self._folder.is_dir() else ():
            try:
                yield path, Journal.model_validate_json(path.read_bytes())
            except FileNotFoundError:
                continue  # it is over by now
            except (OSError, ValidationError) as error:
                log.error("restore_journal_unreadable", name=path.name, error=str(error)[:300])  # noqa: TRY400 - no bug of ours
                yield path, None

    def sweep(self) -> None:
        """Remove what was not written to its end. Only while nobody writes."""
        for part in self._folder.glob(".*.part"):
            part.unlink(missing_ok=True)

    def has(self, restore_id: str) -> bool:
        return self._path(restore_id).exists()

    def _path(self, restore_id: str) -> Path:
        return self._folder / f"{restore_id}.json"
