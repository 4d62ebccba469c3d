"""A version of the game and its place in the order of versions."""

import re
from dataclasses import dataclass
from typing import Literal, Self

from vintagestory_api.errors import Invalid
from vintagestory_api.kit.release_version import STABLE, STAGES

Kind = Literal["stable", "rc", "pre", "dev"]

# Source: the mod database's published code (vsmoddb, lib/version.php).
_STRICT = re.compile(r"(\d{1,6})\.(\d{1,6})\.(\d{1,6})(?:-(dev|pre|rc)\.(\d{1,6}))?", re.ASCII)
# The game's own comparer takes a missing patch for 0 (source: vsapi, Config/GameVersion.cs).
# People and old answers put a v in front.
_LENIENT = re.compile(r"\s*v?(\d{1,6})\.(\d{1,6})(?:\.(\d{1,6}))?(?:-(dev|pre|rc)\.?(\d{1,6}))?\s*", re.ASCII | re.IGNORECASE)


class InvalidGameVersion(Invalid):
    code = "invalid_game_version"


@dataclass(frozen=True, order=True)
class GameVersion:
    """`1.22.0-pre.1` < `1.22.0-rc.1` < `1.22.0` < `1.22.1`. `build` is 0 for stable versions."""

    major: int
    minor_number: int
    patch: int
    stage: int = STABLE
    build: int = 0

    @classmethod
    def parse(cls, text: str, *, lenient: bool = False) -> Self:
        """Raises `InvalidGameVersion`. `lenient` also takes a leading v, a missing patch, capitals and blanks around it."""
        version = cls.try_parse(text, lenient=lenient)
        if version is None:
            raise InvalidGameVersion(f"{text[:50]!r} is no version of the game: write it like 1.22.7 or 1.22.0-rc.3")
        return version

    @classmethod
    def try_parse(cls, text: str, *, lenient: bool = False) -> Self | None:
        match = (_LENIENT if lenient else _STRICT).fullmatch(text)
        if match is None:
            return None
        major, minor, patch, stage, build = match.groups()
        rank = STABLE if stage is None else STAGES.index(stage.lower())
        return cls(int(major), int(minor), int(patch or 0), rank, int(build or 0))

    @property
    def kind(self) -> Kind:
        return STAGES[self.stage]

    @property
    def minor(self) -> str:
        """The line it belongs to, like `1.22`: mods fit a line rather than a patch."""
        return f"{self.major}.{self.minor_number}"

    def __str__(self) -> str:
        numbers = f"{self.major}.{self.minor_number}.{self.patch}"
        return numbers if self.stage == STABLE else f"{numbers}-{self.kind}.{self.build}"
