"""What is being applied, on disk: a manager that was killed in the middle finds it, and goes on.

A file may hold secrets that somebody wrote into a definition, so it is for its owner's eyes, and is gone when it is applied.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import orjson
import structlog

from vintagestory_api.storage.atomic import sync_folder, write_atomically

log = structlog.get_logger(__name__)

_ENDING: Final = ".applying.json"
_MAX_BYTES: Final = 8_000_000


@dataclass(frozen=True)
class Applying:
    """`tries`: by how many managers it was begun."""

    server_id: str
    yaml: str
    actor: str
    tries: int = 1

    def again(self) -> "Applying":
        return replace(self, tries=self.tries + 1)


class Journal:
    """One file for each server that something is applied to. Everything here is blocking."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def note(self, applying: Applying) -> None:
        """Raises `OSError`."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        facts = {"server_id": applying.server_id, "yaml": applying.yaml, "actor": applying.actor, "tries": applying.tries}
        write_atomically(self._folder / f"{applying.server_id}{_ENDING}", orjson.dumps(facts))

    def forget(self, server_id: str) -> None:
        with contextlib.suppress(OSError):
            (self._folder / f"{server_id}{_ENDING}").unlink(missing_ok=True)
            sync_folder(self._folder)

    def open_ones(self) -> Iterator[Applying]:
        with contextlib.suppress(OSError):
            for path in sorted(self._folder.glob(f"*{_ENDING}")):
                try:
                    if path.stat().st_size > _MAX_BYTES:
                        raise ValueError("it is too large")
                    facts = orjson.loads(path.read_bytes())
                    yield Applying(str(facts["server_id"]), str(facts["yaml"]), str(facts["actor"]), int(facts.get("tries", 1)))
                except (OSError, ValueError, KeyError, TypeError) as error:
                    log.warning("definition_journal_unreadable", file=path.name, error=str(error))
                    path.unlink(missing_ok=True)
