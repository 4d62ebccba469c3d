"""Writes a definition for people: in an order that never changes, with words about each part, without anything secret.

The same server gives the same bytes, so that a file under version control shows what has changed.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from vintagestory_api.definitions.document import (
    DefinedConfiguration,
    DefinedMod,
    DefinedRoles,
    DefinedServer,
    DefinedTarget,
    DefinedWorld,
    Definition,
)
from vintagestory_api.kit.plain_yaml import one_line
from vintagestory_api.schedules.schemas import ScheduleBody
from vintagestory_api.schedules.sentences import sentence_of

_WIDTH: Final = 120

_ABOUT: Final = {
    "server": "Which server it is: it is applied to the one with this id, or else that is made.",
    "world": "What its world was made with. Counts for a new world only; one that exists is left as it is.",
    "configuration": "Settings of the game that differ from its defaults, by the game's own names. Passwords, paths and the "
    "identity of the server are not among them.",
    "game_roles": "Roles of players in the game, and the one that newcomers get.",
    "mods": "Its mods, each down to the very file. What the mod database does not have has to be uploaded first.",
    "schedules": "What happens by itself.",
    "backups": "Which backups are kept, and what is in them. Places elsewhere go by their names.",
    "updates": "What is updated by itself.",
    "notifications": "Who is told of this server. Addresses are secret, so they are not here.",
    "remove_others": "What else the server has stays. Name mods or schedules here to have those removed that this file does not "
    "name.",
}


def write_definition(definition: Definition, left_out: Sequence[str] = ()) -> str:
    """Long ones take a while: not for the event loop. `left_out`: what is not in it, in words."""
    name = definition.server.name or definition.server.id or "a game server"
    head = [
        f"# {one_line(name)}: a game server, defined for the Vintage Story Server Manager.",
        "# See what applying it would change:  vsmanager apply --plan FILE",
        "# Apply it:                           vsmanager apply FILE",
    ]
    if missing := _to_fill_in(definition):
        head += ["#", "# Not in this file, because it is secret. Enter it where the file is applied:"]
        head += [f"# - {one}" for one in missing]
    if left_out:
        head += ["#", "# Left out:", *(f"# - {one_line(one)}" for one in left_out)]
    parts = ["\n".join(head), f"format: {definition.format}"]
    for part in _ABOUT:
        written = _values(definition, part)
        if written is not None:
            about = _comment(_ABOUT[part])
            parts.append("\n".join([*about, *_words_of(definition, part), _dump({part: written}, part)]))
    return "\n\n".join(parts) + "\n"


def _values(definition: Definition, part: str) -> Any:
    """None where there is nothing to write."""
    value = getattr(definition, part)
    if value is None:
        return None
    if part in _WRITTEN:
        return _WRITTEN[part](value)
    return value.model_dump(mode="json")


def _server(server: DefinedServer) -> dict[str, Any]:
    facts = server.model_dump(mode="json", exclude={"password"})
    return {name: value for name, value in facts.items() if value is not None}


def _world(world: DefinedWorld) -> dict[str, Any]:
    return world.model_dump(mode="json", exclude_none=True)


def _configuration(configuration: DefinedConfiguration) -> dict[str, Any] | None:
    return configuration.model_dump(mode="json", exclude_defaults=True) or None


def _roles(roles: DefinedRoles) -> dict[str, Any]:
    return roles.model_dump(mode="json", exclude_none=True)


def _mods(mods: Sequence[DefinedMod]) -> list[dict[str, Any]]:
    return [mod.model_dump(mode="json", exclude_defaults=True) for mod in mods]


def _schedules(bodies: Sequence[ScheduleBody]) -> list[dict[str, Any]]:
    return [_steps_first(body.model_dump(mode="json", exclude_defaults=True, by_alias=True)) for body in bodies]


def _target(target: DefinedTarget) -> dict[str, Any]:
    options = target.model_dump(mode="json", exclude_defaults=True, exclude={"name", "service", "address", "rules"})
    service = {"service": target.service} if target.service else {}
    return {"name": target.name, **service, **options, "rules": [rule.model_dump(mode="json") for rule in target.rules]}


def _steps_first(body: dict[str, Any]) -> dict[str, Any]:
    """What a step does comes first in it."""
    for name in ("steps", "finally"):
        if name in body:
            body[name] = [{"do": step["do"], **step} for step in body[name]]
    return body


_WRITTEN: Final[Mapping[str, Callable[[Any], Any]]] = {
    "server": _server,
    "world": _world,
    "configuration": _configuration,
    "game_roles": _roles,
    "mods": _mods,
    "schedules": _schedules,
    "notifications": lambda targets: [_target(target) for target in targets],
    "remove_others": list,
}


def _words_of(definition: Definition, part: str) -> list[str]:
    if part != "schedules":
        return []
    return [f"# - {one_line(body.name)}: {one_line(sentence_of(body))}" for body in definition.schedules or []]


def _to_fill_in(definition: Definition) -> list[str]:
    return [
        f"the address of {one_line(target.name)}{f' ({one_line(target.service)})' if target.service else ''}: as `address` in "
        "its notifications below, or in the browser"
        for target in definition.notifications or []
    ]


def _dump(document: dict[str, Any], part: str) -> str:
    import yaml  # noqa: PLC0415 - only who needs it pays for it

    # Roles would be hundreds of lines with one privilege each.
    flow = None if part == "game_roles" else False
    text: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=_WIDTH, default_flow_style=flow)
    return text.rstrip("\n")


def _comment(text: str) -> list[str]:
    lines, line = [], "#"
    for word in text.split():
        if len(line) + 1 + len(word) > _WIDTH:
            lines.append(line)
            line = "#"
        line += f" {word}"
    return [*lines, line]
