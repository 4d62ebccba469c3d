"""A configuration file as it lies on disk at one moment. Reading it is blocking."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vintagestory_api.server_config.catalogue import FILE_NAMES
from vintagestory_api.server_config.schemas import ConfigFileName
from vintagestory_api.servers.configuration_file import ConfigurationUnreadable, parse_configuration, read_configuration

_ABSENT = "absent"


@dataclass(frozen=True)
class Document:
    """`data` is None when there is no file, or none that can be read at all; `values` is empty then, and where `problem` says
    what is wrong with it."""

    file: ConfigFileName
    data: bytes | None
    values: dict[str, Any] = field(default_factory=dict)
    problem: str | None = None
    line: int | None = None
    column: int | None = None
    modified_ms: int | None = None

    @property
    def name(self) -> str:
        return FILE_NAMES[self.file]

    @property
    def is_there(self) -> bool:
        return self.data is not None or self.problem is not None

    @property
    def sha256(self) -> str:
        return _ABSENT if self.data is None else hashlib.sha256(self.data).hexdigest()

    @property
    def text(self) -> str:
        return (self.data or b"").decode("utf-8-sig", "replace")


def read_document(data_path: Path, file: ConfigFileName) -> Document:
    """Never fails: `problem` says why there is nothing to see."""
    name = FILE_NAMES[file]
    try:
        data = read_configuration(data_path, name)
        modified_ms = (data_path / name).stat().st_mtime_ns // 1_000_000 if data is not None else None
    except ConfigurationUnreadable as error:
        return Document(file, None, problem=error.message)
    except OSError:
        modified_ms = None
    return as_document(file, data, modified_ms)


def as_document(file: ConfigFileName, data: bytes | None, modified_ms: int | None = None) -> Document:
    if data is None:
        return Document(file, None)
    try:
        values = parse_configuration(data, FILE_NAMES[file])
    except ConfigurationUnreadable as error:
        line, column = error.extra.get("line"), error.extra.get("column")
        return Document(file, data, problem=error.message, line=line, column=column, modified_ms=modified_ms)
    return Document(file, data, values, modified_ms=modified_ms)
