"""How two contents of a configuration file differ, setting by setting."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from vintagestory_api.server_config.catalogue import ROLES_PATH, find_known, is_secret, title_of
from vintagestory_api.server_config.known import key_of
from vintagestory_api.server_config.schemas import ConfigDifference, ConfigFileName
from vintagestory_api.server_config.values import without_secrets

#: What is nested deeper is one value.
_DEEPEST = 4


class Missing:
    """There is no such setting."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()


@dataclass(frozen=True)
class Change:
    """Of one setting. `before` and `after` are `MISSING` where there is none."""

    path: tuple[str, ...]
    before: Any
    after: Any

    @property
    def kind(self) -> Literal["added", "removed", "changed"]:
        if self.before is MISSING:
            return "added"
        return "removed" if self.after is MISSING else "changed"


def settings_of(values: Mapping[str, Any]) -> dict[tuple[str, ...], tuple[tuple[str, ...], Any]]:
    """Every single setting: its key → its path as it is written, and its value. The order of the file stays."""
    return {key_of(path): (path, value) for path, value in _leaves(values, ())}


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """In the order of `after`; what is gone comes last."""
    old, new = settings_of(before), settings_of(after)
    found = []
    for key, (path, value) in new.items():
        was = old[key][1] if key in old else MISSING
        if was is MISSING or not is_same(was, value):
            found.append(Change(old[key][0] if key in old else path, was, value))
    found += [Change(path, value, MISSING) for key, (path, value) in old.items() if key not in new]
    # An object that took the place of a plain value, or the other way round, is two changes of which one says it all.
    return [change for change in found if not (change.after is MISSING and _is_covered(change, new))]


def is_same(one: Any, other: Any) -> bool:
    """As JSON: true is no 1, and 1.0 is 1."""
    if isinstance(one, bool) != isinstance(other, bool):
        return False
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(is_same(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(is_same(mine, theirs) for mine, theirs in zip(one, other, strict=True))
    return bool(one == other)


def described(file: ConfigFileName, changes: list[Change]) -> list[ConfigDifference]:
    """As people see them: roles one by one, and no secrets."""
    found = []
    for change in changes:
        for part in _roles(change) if key_of(change.path) == key_of(ROLES_PATH) else [change]:
            secret = is_secret(part.path)
            found.append(
                ConfigDifference(
                    path=list(part.path),
                    title=title_of(file, part.path) if part is change else f"Role {part.path[-1]}",
                    kind=part.kind,
                    before=None if part.before is MISSING else without_secrets(part.path, part.before),
                    after=None if part.after is MISSING else without_secrets(part.path, part.after),
                    is_secret=secret,
                )
            )
    return found


def _leaves(part: Mapping[str, Any], above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, value in part.items():
        path = (*above, str(name))
        if isinstance(value, dict) and value and len(path) < _DEEPEST:
            yield from _leaves(value, path)
        else:
            yield path, value


def _is_covered(change: Change, new: Mapping[tuple[str, ...], Any]) -> bool:
    key = key_of(change.path)
    return any(other[: len(key)] == key or key[: len(other)] == other for other in new)


def _roles(change: Change) -> list[Change]:
    before, after = roles_by_code(change.before), roles_by_code(change.after)
    if before is None or after is None:
        return [change]
    found = []
    for code, role in after.items():
        was = before.get(code)
        if was is None:
            found.append(Change((*change.path, code), MISSING, role))
        elif not is_same(was, role):
            names = [name for name in (was | role) if not is_same(was.get(name, MISSING), role.get(name, MISSING))]
            found.append(
                Change(
                    (*change.path, code),
                    {name: was[name] for name in names if name in was},
                    {name: role[name] for name in names if name in role},
                )
            )
    found += [Change((*change.path, code), role, MISSING) for code, role in before.items() if code not in after]
    return found or [change]


def roles_by_code(roles: Any) -> dict[str, dict[str, Any]] | None:
    """None for what is no list of roles with a code of its own each."""
    if roles is MISSING or roles is None:
        return {}
    if not isinstance(roles, list):
        return None
    found: dict[str, dict[str, Any]] = {}
    for role in roles:
        code = role.get("Code") if isinstance(role, dict) else None
        if not isinstance(code, str) or code in found:
            return None
        found[code] = role
    return found


def known_as(file: ConfigFileName, path: tuple[str, ...]) -> tuple[str, ...]:
    """The path with the game's own capitals, where it is known."""
    known = find_known(file, path)
    return known.path if known is not None else path
