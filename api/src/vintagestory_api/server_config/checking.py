"""Whether changes can be made: types and limits, and what a setting means for this server. Blocking."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from vintagestory_api.errors import FieldError, Invalid
from vintagestory_api.server_config.applying import value_at, with_changes
from vintagestory_api.server_config.catalogue import DEFAULT_ROLE_PATH, MOD_PATHS_PATH, ROLES_PATH, find_known
from vintagestory_api.server_config.differences import MISSING, roles_by_code
from vintagestory_api.server_config.known import Known, key_of
from vintagestory_api.server_config.known_world import ATTRIBUTES_PATH, SAVE_FILE_PATH
from vintagestory_api.server_config.schemas import ConfigFileName
from vintagestory_api.server_config.values import BadValue, checked, checked_unknown
from vintagestory_api.servers.configuration_file import get_setting

_GAME_FOLDER = "Mods"
_MAX_NAMED = 20


class SettingsInvalid(Invalid):
    code = "invalid_settings"


@dataclass(frozen=True)
class Wanted:
    """A setting and what it shall be; `MISSING`: it shall not be there."""

    path: tuple[str, ...]
    value: Any


def check_changes(
    file: ConfigFileName, values: dict[str, Any], changes: Sequence[Wanted], data_path: Path, *, is_whole: bool
) -> list[Wanted]:
    """As they are written. `values`: what the file holds. `is_whole`: the changes come from a whole content of the file, so that
    the game's own settings, and those that nobody knows, may be among them. Raises `SettingsInvalid`."""
    found, errors = [], []
    for change in changes:
        try:
            found.append(_checked(file, values, change, data_path, is_whole=is_whole))
        except BadValue as error:
            errors.append((change.path, str(error)))
    if not errors:
        errors = list(_about_roles(file, values, found))
    if errors:
        raise refused(file, errors)
    return found


def refused(file: ConfigFileName, errors: Iterable[tuple[Sequence[str], str]]) -> SettingsInvalid:
    named = list(errors)[:_MAX_NAMED]
    # No colon after the name: "Password: …" would look like a secret, and be made unreadable.
    words = "; ".join(f"{_name(file, path)} {what}" for path, what in named[:5])
    return SettingsInvalid(f"Nothing was changed. {words}.", fields=[FieldError(".".join(path), what) for path, what in named])


def _checked(file: ConfigFileName, values: dict[str, Any], change: Wanted, data_path: Path, *, is_whole: bool) -> Wanted:
    known, path = find_known(file, change.path), change.path
    if key_of(path) == key_of(ROLES_PATH) and file == "serverconfig":
        if not is_whole or not roles_by_code(change.value):
            raise BadValue(
                "have to be a list in which each role has a code of its own" if is_whole else "have a page of their own"
            )
        return change
    if known is None:
        if not is_whole and not _may_be_unknown(values, path, change.value):
            raise BadValue("is not known, and not in the file")
        return change if change.value is MISSING else Wanted(path, checked_unknown(change.value))
    if known.takes_effect == "never" and not is_whole:
        raise BadValue("is the game's own, and not changed here")
    if change.value is MISSING:
        return change
    if known.takes_effect == "never":
        return Wanted(path, checked_unknown(change.value))
    value = checked(known, change.value)
    _see_that_it_fits(known, value, data_path)
    return Wanted(known.path, value)


def _may_be_unknown(values: dict[str, Any], path: tuple[str, ...], value: Any) -> bool:
    """Mods read attributes of the world that nobody knows; of others, only what is there can be another."""
    if len(path) == len(ATTRIBUTES_PATH) + 1 and key_of(path[:-1]) == key_of(ATTRIBUTES_PATH):
        return path[-1].isprintable() and bool(path[-1].strip()) and not isinstance(value, dict | list)
    present = value_at(values, path)
    return present is not MISSING and not isinstance(present, dict)


def _see_that_it_fits(known: Known, value: Any, data_path: Path) -> None:
    if known.path == SAVE_FILE_PATH and value is not None:
        if not value.endswith(".vcdbs") or not is_below(data_path, value):
            raise BadValue(
                f"has to be a path in the folder of this server that ends in .vcdbs, such as {data_path}/Saves/x.vcdbs"
            )
    elif known.path == MOD_PATHS_PATH:
        if not value or _GAME_FOLDER not in value:
            raise BadValue(f"has to have {_GAME_FOLDER!r} in it, where the game's own parts are")
        for folder in value:
            if folder != _GAME_FOLDER and not is_below(data_path, folder):
                raise BadValue(f"has {folder!r}, which is not in the folder of this server")


def is_below(data_path: Path, path: str) -> bool:
    """Whether this whole path leads into the folder, links followed."""
    if not PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
        return False
    root = os.path.realpath(data_path)
    return os.path.realpath(path).startswith(f"{root}{os.sep}")


def _about_roles(
    file: ConfigFileName, values: dict[str, Any], changes: Sequence[Wanted]
) -> Iterable[tuple[tuple[str, ...], str]]:
    keys = {key_of(change.path) for change in changes}
    if file != "serverconfig" or not keys & {key_of(DEFAULT_ROLE_PATH), key_of(ROLES_PATH)}:
        return
    after = with_changes(values, [(change.path, change.value) for change in changes])
    roles: Mapping[str, Any] = roles_by_code(get_setting(after, ROLES_PATH)) or {}
    default = get_setting(after, DEFAULT_ROLE_PATH)
    if roles and default not in roles:
        yield DEFAULT_ROLE_PATH, f"has to be one of the roles of this server ({', '.join(roles)})"


def _name(file: ConfigFileName, path: Sequence[str]) -> str:
    known = find_known(file, path)
    return f"{known.title!r} ({'.'.join(path)})" if known is not None else ".".join(path)
