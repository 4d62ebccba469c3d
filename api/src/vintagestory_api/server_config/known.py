"""What is known of a setting of the game, and how the tables of settings are written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from vintagestory_api.server_config.schemas import FieldType, TakesEffect

_MOST = 2_147_483_647


@dataclass(frozen=True)
class Known:
    """One setting. `command`: what `/serverconfig` calls it. `nullable`: the game takes null for it."""

    path: tuple[str, ...]
    title: str
    text: str
    group: str
    type: FieldType
    default: Any
    takes_effect: TakesEffect = "stop"
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    max_length: int | None = None
    choices: tuple[tuple[Any, str], ...] = ()
    allows_others: bool = False
    command: str | None = None
    is_advanced: bool = False
    since: str | None = None
    nullable: bool = False

    @property
    def key(self) -> tuple[str, ...]:
        return key_of(self.path)


def key_of(path: Sequence[str]) -> tuple[str, ...]:
    """The same for all ways to write the capitals of a path."""
    return tuple(name.lower() for name in path)


class Group:
    """Adds settings to a table under one heading. `below`: the object of the file that they are in."""

    def __init__(self, table: list[Known], title: str, below: tuple[str, ...] = ()) -> None:
        self._table = table
        self._title = title
        self._below = below

    def switch(self, name: str, default: bool | None, title: str, text: str, **more: Any) -> None:
        self._add(name, "bool", default, title, text, **more)

    def whole(self, name: str, default: int | None, title: str, text: str, *, limits: tuple[int, int], **more: Any) -> None:
        self._add(name, "int", default, title, text, minimum=limits[0], maximum=limits[1], **more)

    def number(self, name: str, default: float, title: str, text: str, *, limits: tuple[float, float], **more: Any) -> None:
        self._add(name, "float", default, title, text, minimum=limits[0], maximum=limits[1], **more)

    def words(self, name: str, default: str | None, title: str, text: str, *, most: int = 200, **more: Any) -> None:
        self._add(name, "text", default, title, text, max_length=most, nullable=True, **more)

    def lines(self, name: str, default: str | None, title: str, text: str, *, most: int = 4000, **more: Any) -> None:
        self._add(name, "long_text", default, title, text, max_length=most, nullable=True, **more)

    def choice(self, name: str, default: Any, title: str, text: str, *, choices: Mapping[Any, str], **more: Any) -> None:
        self._add(name, "choice", default, title, text, choices=tuple(choices.items()), **more)

    def names(self, name: str, default: list[str] | None, title: str, text: str, **more: Any) -> None:
        self._add(name, "list", default, title, text, nullable=True, **more)

    def secret(self, name: str, title: str, text: str, **more: Any) -> None:
        self._add(name, "secret", None, title, text, max_length=200, nullable=True, **more)

    def own(self, name: str, default: Any, title: str, text: str, **more: Any) -> None:
        """The game's own, which nobody changes here."""
        self._add(name, more.pop("type", "text"), default, title, text, takes_effect="never", is_advanced=True, nullable=True)

    def _add(self, name: str, kind: FieldType, default: Any, title: str, text: str, **more: Any) -> None:
        if more.get("command"):
            more.setdefault("takes_effect", "live")
        self._table.append(Known((*self._below, name), title, text, self._title, kind, default, **more))


#: As much as the game's own numbers hold.
ANY: Final = (0, _MOST)
