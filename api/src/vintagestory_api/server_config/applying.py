"""Changes made in the content of a file. Pure."""

from collections.abc import Iterable
from typing import Any

from vintagestory_api.server_config.catalogue import ROLES_PATH
from vintagestory_api.server_config.differences import MISSING, is_same, roles_by_code
from vintagestory_api.server_config.known import key_of
from vintagestory_api.servers.configuration_file import get_setting, has_setting, remove_setting, set_setting


def value_at(values: dict[str, Any], path: tuple[str, ...]) -> Any:
    """`MISSING` where there is no such setting."""
    return get_setting(values, path) if has_setting(values, path) else MISSING


def put(values: dict[str, Any], path: tuple[str, ...], wanted: Any, was: Any = MISSING) -> None:
    """`was`: the value for which `wanted` was meant. Of roles, only those that are to be others are touched."""
    if wanted is MISSING:
        remove_setting(values, path)
    elif key_of(path) == key_of(ROLES_PATH):
        set_setting(values, path, merged_roles(was, wanted, get_setting(values, path)))
    else:
        set_setting(values, path, wanted)


def merged_roles(was: Any, wanted: Any, now: Any) -> Any:
    """The roles `wanted`, with what became of the others since they were as in `was`."""
    before, mine, present = roles_by_code(was), roles_by_code(wanted), roles_by_code(now)
    if before is None or mine is None or present is None or was is MISSING:
        return wanted
    found = []
    for code, role in mine.items():
        untouched = code in before and is_same(before[code], role)
        if not untouched:
            found.append(role)
        elif code in present:
            found.append(present[code])
    return [*found, *(role for code, role in present.items() if code not in mine and code not in before)]


def with_changes(values: dict[str, Any], changes: Iterable[tuple[tuple[str, ...], Any]]) -> dict[str, Any]:
    """A copy in which they are made."""
    changed: dict[str, Any] = _copied(values)
    for path, wanted in changes:
        put(changed, path, wanted)
    return changed


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copied(part) for name, part in value.items()}
    return [_copied(part) for part in value] if isinstance(value, list) else value
