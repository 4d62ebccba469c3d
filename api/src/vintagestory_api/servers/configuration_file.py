"""Configuration files of the game: read leniently, written whole, settings found whatever their capitals are, as the game does.

Everything here is blocking, and quick.
"""

import contextlib
import json
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from vintagestory_api.errors import Conflict, Unavailable
from vintagestory_api.kit.relaxed_json import NotRelaxedJson, parse_relaxed
from vintagestory_api.storage.atomic import write_atomically
from vintagestory_api.storage.guarded_paths import NoSuchFile, PathNotAllowed, open_below

#: Real ones have 30 kB.
MAX_BYTES: Final = 2_000_000
#: What is nested deeper than any configuration is no configuration, and would be too deep for others, too.
_DEEPEST = 40


class ConfigurationUnreadable(Conflict):
    """`line` and `column` of what is wrong are extra members, where there is such a place."""

    code = "configuration_unreadable"


class ConfigurationNotWritten(Unavailable):
    code = "configuration_not_written"


def copy_name(file_name: str) -> str:
    """Of what was there before our latest change."""
    return f"{file_name}.bak"


def read_configuration(data_path: Path, file_name: str) -> bytes | None:
    """What the file holds; None when there is none. Raises `ConfigurationUnreadable`."""
    try:
        with open_below(data_path, file_name) as file:
            data = b""
            while len(data) <= MAX_BYTES and (part := file.read(MAX_BYTES + 1 - len(data))):
                data += part
    except NoSuchFile:
        return None
    except (PathNotAllowed, OSError) as error:
        raise ConfigurationUnreadable(f"{file_name} can't be read: {error}") from None
    if len(data) > MAX_BYTES:
        raise ConfigurationUnreadable(f"{file_name} is larger than any the game writes, so it is not read.")
    return data


def parse_configuration(data: bytes, file_name: str) -> dict[str, Any]:
    """Raises `ConfigurationUnreadable`."""
    try:
        values = parse_relaxed(data)
    except NotRelaxedJson as error:
        raise ConfigurationUnreadable(
            f"{file_name} can't be read: {error}. Mend it; the game does not start with it.", line=error.line, column=error.column
        ) from None
    if not isinstance(values, dict):
        raise ConfigurationUnreadable(f"{file_name} holds no settings. Mend it: no game starts with it.", line=1, column=1)
    if _is_too_deep(values):
        raise ConfigurationUnreadable(f"{file_name} is nested too deeply. Mend it.")
    return values


def configuration_text(values: dict[str, Any], file_name: str) -> bytes:
    """In the form of the game. Raises `ConfigurationNotWritten` for what no JSON can hold."""
    try:
        return json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False).encode()
    except ValueError as error:
        raise ConfigurationNotWritten(f"{file_name} can't be written: {error}. Nothing was changed.") from error


def write_configuration(data_path: Path, file_name: str, data: bytes) -> None:
    """Replace the file; the one before stays beside it. Raises `ConfigurationNotWritten`."""
    try:
        _replace(data_path, file_name, data)
    except OSError as error:
        why = error.strerror or str(error)
        raise ConfigurationNotWritten(f"{file_name} can't be written: {why}. Nothing was changed.") from error


def name_in(values: dict[str, Any], name: str) -> str:
    """As it stands there; a new one as it is given."""
    if name in values:
        return name
    return next((known for known in values if isinstance(known, str) and known.lower() == name.lower()), name)


def has_setting(values: dict[str, Any], path: Sequence[str]) -> bool:
    part: Any = values
    for name in path:
        if not isinstance(part, dict) or (key := name_in(part, name)) not in part:
            return False
        part = part[key]
    return True


def get_setting(values: dict[str, Any], path: Sequence[str]) -> Any:
    """None where there is no such setting."""
    value: Any = values
    for name in path:
        value = value.get(name_in(value, name)) if isinstance(value, dict) else None
    return value


def set_setting(values: dict[str, Any], path: Sequence[str], value: Any) -> None:
    """One that is there keeps its place and its capitals; a new one comes last."""
    part = values
    for name in path[:-1]:
        key = name_in(part, name)
        if not isinstance(part.get(key), dict):
            part[key] = {}
        part = part[key]
    part[name_in(part, path[-1])] = value


def remove_setting(values: dict[str, Any], path: Sequence[str]) -> None:
    part: Any = values
    for name in path[:-1]:
        part = part.get(name_in(part, name)) if isinstance(part, dict) else None
    if isinstance(part, dict):
        part.pop(name_in(part, path[-1]), None)


def _replace(data_path: Path, file_name: str, data: bytes) -> None:
    """With the owner and the rights that the file had: the game may run as another account."""
    path, copy = data_path / file_name, data_path / copy_name(file_name)
    try:
        before = path.lstat()
        with open_below(data_path, file_name) as file:
            write_atomically(copy, file.read(MAX_BYTES), mode=0o600, durable=False)
    except (NoSuchFile, PathNotAllowed, FileNotFoundError):
        before = data_path.lstat()
    write_atomically(path, data, mode=stat.S_IMODE(before.st_mode) if stat.S_ISREG(before.st_mode) else 0o600)
    if os.geteuid() == 0:
        for written in (path, copy):
            with contextlib.suppress(OSError):
                os.chown(written, before.st_uid, before.st_gid, follow_symlinks=False)


def _is_too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(_DEEPEST):
        level = [part for whole in level if isinstance(whole, dict | list) for part in _parts(whole)]
        if not level:
            return False
    return True


def _parts(whole: dict[str, Any] | list[Any]) -> list[Any]:
    return list(whole.values()) if isinstance(whole, dict) else whole
