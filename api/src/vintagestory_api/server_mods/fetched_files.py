"""Which file of the mod database lies in the store under which check sum, so that nothing is downloaded twice."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson
import structlog

from vintagestory_api.storage.atomic import write_atomically

log = structlog.get_logger(__name__)

_REMEMBERED: Final = 10_000


@dataclass(frozen=True, slots=True)
class FetchedFile:
    sha256: str
    file_name: str


class FetchedFiles:
    """One small file. Losing it costs downloads, nothing else. Blocking, and safe to use from threads.

    `origin` is the address of the mod database: another one counts its files anew.
    """

    def __init__(self, path: Path, origin: str, is_kept: Callable[[str], bool]) -> None:
        self._path = path
        self._origin = origin
        self._is_kept = is_kept
        self._files: OrderedDict[int, FetchedFile] | None = None
        self._is_changed = False
        self._lock = threading.Lock()

    def of(self, file_id: int) -> FetchedFile | None:
        with self._lock:
            return self._loaded().get(file_id)

    def note(self, file_id: int, sha256: str, file_name: str) -> None:
        with self._lock:
            files = self._loaded()
            files[file_id] = FetchedFile(sha256, file_name)
            files.move_to_end(file_id)
            self._is_changed = True

    def save(self) -> None:
        """What the store does not keep any more is forgotten."""
        with self._lock:
            if not self._is_changed:
                return
            kept = [(file_id, file) for file_id, file in self._loaded().items() if self._is_kept(file.sha256)]
            self._files = OrderedDict(kept[-_REMEMBERED:])
            written = {str(file_id): [file.sha256, file.file_name] for file_id, file in self._files.items()}
            try:
                write_atomically(self._path, orjson.dumps({"origin": self._origin, "files": written}), durable=False)
            except OSError as error:
                log.warning("fetched_files_not_noted", error=error.strerror or str(error))
                return
            self._is_changed = False

    def _loaded(self) -> OrderedDict[int, FetchedFile]:
        if self._files is None:
            self._files = OrderedDict(self._read())
        return self._files

    def _read(self) -> list[tuple[int, FetchedFile]]:
        try:
            document: Any = orjson.loads(self._path.read_bytes())
            if document["origin"] != self._origin:
                return []
            return [(int(file_id), FetchedFile(str(sha256), str(name))) for file_id, (sha256, name) in document["files"].items()]
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return []
