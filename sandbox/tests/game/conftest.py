"""Installs of several versions, made once; games that are gone when their test is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.game.playing import Game, Installs, Play
from vintagestory_sandbox.builds import unpack_build


@pytest.fixture(scope="session")
def installs(tmp_path_factory: pytest.TempPathFactory) -> Installs:
    """The program of a version, unpacked once."""
    programs: dict[str, Path] = {}

    def install(version: str) -> Path:
        if version not in programs:
            programs[version] = unpack_build(version, tmp_path_factory.mktemp(f"install-{version}"))
        return programs[version]

    return install


@pytest.fixture
def play(installs: Installs, tmp_path: Path) -> Iterator[Play]:
    """Start games: `play("1.21.6", "--append", crash="abort")`. The data path is the same for all of a test unless told."""
    games: list[Game] = []

    def start(version: str = "1.22.7", *options: str, data: Path | None = None, **more: object) -> Game:
        game = Game(installs(version), data or tmp_path / "data", *options, **more)  # type: ignore[arg-type] # stdin or a switch
        games.append(game)
        return game

    yield start
    for game in games:
        game.end()
