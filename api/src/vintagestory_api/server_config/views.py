"""Configuration files as the API shows them. Blocking, and quick."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vintagestory_api.kit.clock import rfc3339
from vintagestory_api.server_config.applying import value_at
from vintagestory_api.server_config.catalogue import PORT_PATH, ROLES_PATH, all_known, find_known, is_secret, title_of
from vintagestory_api.server_config.checking import is_below
from vintagestory_api.server_config.differences import MISSING, settings_of
from vintagestory_api.server_config.documents import Document
from vintagestory_api.server_config.known import Known, key_of
from vintagestory_api.server_config.known_world import ATTRIBUTES_PATH, SAVE_FILE_PATH
from vintagestory_api.server_config.meanwhile import etag_of
from vintagestory_api.server_config.records import PendingChange
from vintagestory_api.server_config.schemas import (
    ConfigChoice,
    ConfigField,
    ConfigFileName,
    ConfigPending,
    ServerConfigView,
    UnknownSetting,
)
from vintagestory_api.server_config.values import problem_of, without_secrets
from vintagestory_api.servers.configuration import ServerConfiguration
from vintagestory_api.servers.console_secrets import without_passwords

_MAX_UNKNOWN = 1000
_VERSION = re.compile(r"(\d{1,4})\.(\d{1,4})")
_OPEN = {
    "on": "On: only players on the whitelist can join.",
    "off": "Off: everybody who knows the password, if there is one, can join.",
}


def config_view(
    document: Document,
    waiting: Sequence[PendingChange],
    *,
    data_path: Path,
    server_runs: bool,
    port: int,
    game_version: str | None,
) -> ServerConfigView:
    """`port`: the one that the manager starts the game with."""
    is_main = document.file == "serverconfig"
    version = document.values.get("ConfigVersion" if is_main else "ServerMagicNumVersion")
    readable = document.problem is None and document.data is not None
    return ServerConfigView(
        file=document.file,
        file_name=document.name,
        is_there=document.is_there,
        etag=etag_of(document, waiting),
        problem=document.problem,
        problem_line=document.line,
        modified_at=rfc3339(document.modified_ms),
        config_version=str(version)[:40] if isinstance(version, str | int | float) else None,
        server_runs=server_runs,
        world_exists=world_exists(document.file, document.values, data_path),
        fields=[_field(known, document, data_path, port) for known in _present(document, game_version)] if readable else [],
        unknown=_unknown(document),
        pending=[shown_pending(change) for change in waiting],
        whitelist=whitelist_words(document.values) if is_main and readable else None,
    )


def without_folder(view: ServerConfigView, data_path: Path) -> ServerConfigView:
    """For those who are not to know where on the machine the server lies, nor a password that is set by a command."""

    def hidden(value: Any) -> Any:
        if isinstance(value, str):
            return without_passwords(value.replace(str(data_path), "…"))
        return [hidden(part) for part in value] if isinstance(value, list) else value

    fields = [field.model_copy(update={"value": hidden(field.value)}) for field in view.fields]
    unknown = [setting.model_copy(update={"value": hidden(setting.value)}) for setting in view.unknown]
    pending = [
        change.model_copy(update={"value": hidden(change.value), "before": hidden(change.before)}) for change in view.pending
    ]
    return view.model_copy(update={"fields": fields, "unknown": unknown, "pending": pending})


def shown_pending(change: PendingChange) -> ConfigPending:
    return ConfigPending(
        file=change.file,
        path=list(change.path),
        title=title_of(change.file, change.path),
        value=None if change.wanted is MISSING else without_secrets(change.path, change.wanted),
        before=None if change.was is MISSING else without_secrets(change.path, change.was),
        is_secret=is_secret(change.path),
        actor=change.actor,
        at=rfc3339(change.at) or "",
    )


def whitelist_words(values: dict[str, Any]) -> str:
    """What it really does: since 1.20 the default of `WhitelistMode`, 0, means on for a dedicated server."""
    mode, old = value_at(values, ("WhitelistMode",)), value_at(values, ("OnlyWhitelisted",))
    if mode is MISSING:
        if isinstance(old, bool):
            return f"{_OPEN['on' if old else 'off']} (A game before 1.20, in which OnlyWhitelisted decides.)"
        return "The file does not say. From 1.20 on the game takes that for on; older games for off."
    hint = " OnlyWhitelisted is on, too, but does nothing since 1.20." if old is True else ""
    match mode:
        case 0:
            return f"{_OPEN['on']} The file has 0, the game's default, which means on for a server like this.{hint}"
        case 1:
            return _OPEN["off"] + hint
        case 2:
            return _OPEN["on"] + hint
        case _:
            return "The file has a value that the game does not know, so nobody can tell."


def _present(document: Document, game_version: str | None) -> list[Known]:
    """What newer games than this one brought is left out, unless the file has it."""
    running = _numbers(game_version)
    return [
        known
        for known in all_known(document.file)
        if known.since is None
        or running is None
        or running >= (_numbers(known.since) or running)
        or value_at(document.values, known.path) is not MISSING
    ]


def _field(known: Known, document: Document, data_path: Path, port: int) -> ConfigField:
    found = value_at(document.values, known.path)
    value = None if found is MISSING else found
    secret = known.type == "secret" or is_secret(known.path)
    problem = None if found is MISSING else problem_of(known, value)
    if known.path == PORT_PATH and found is not MISSING and value != port:
        problem = problem or f"The manager starts the game with port {port}, whatever stands here."
    if known.path == SAVE_FILE_PATH and isinstance(value, str) and not is_below(data_path, value):
        problem = problem or "It is not in the folder of this server."
    return ConfigField(
        path=list(known.path),
        title=known.title,
        text=known.text,
        group=known.group,
        type=known.type,
        unit=known.unit,
        minimum=known.minimum,
        maximum=known.maximum,
        max_length=known.max_length,
        choices=[ConfigChoice(value=choice, title=title) for choice, title in known.choices],
        allows_others=known.allows_others,
        default=known.default,
        takes_effect=known.takes_effect,
        command=f"/serverconfig {known.command}" if known.command else None,
        is_advanced=known.is_advanced,
        since=known.since,
        value=None if secret else without_secrets(known.path, value),
        is_set=value not in (None, "") if secret else found is not MISSING,
        problem=problem,
    )


def _unknown(document: Document) -> list[UnknownSetting]:
    return [
        UnknownSetting(path=list(path), value=without_secrets(path, value))
        for key, (path, value) in settings_of(document.values).items()
        if find_known(document.file, path) is None
        and key != key_of(ROLES_PATH)
        and not _is_within_known(document, path)
        and not (isinstance(value, dict) and not value)
    ][:_MAX_UNKNOWN]


def _is_within_known(document: Document, path: tuple[str, ...]) -> bool:
    """Part of an object that stands where a plain value is expected, or the empty place of objects that are known."""
    if path and key_of(path) in {("worldconfig",), ("worldconfig", "worldconfiguration")}:
        return True
    return any(find_known(document.file, path[:length]) is not None for length in range(1, len(path)))


def is_for_new_world(file: ConfigFileName, path: Sequence[str]) -> bool:
    """Whether the game reads it only when it makes a world."""
    known = find_known(file, path)
    if known is not None:
        return known.takes_effect == "new_world"
    return file == "serverconfig" and key_of(path[:-1]) == key_of(ATTRIBUTES_PATH)


def world_exists(file: ConfigFileName, values: dict[str, Any], data_path: Path) -> bool:
    try:
        return ServerConfiguration(data_path, values if file == "serverconfig" else {}).save_file.exists()
    except OSError:
        return False


def _numbers(version: str | None) -> tuple[int, int] | None:
    found = _VERSION.match(version or "")
    return (int(found[1]), int(found[2])) if found else None
