"""What differs from one version of the game to the next, as far as it shows."""

import re
from typing import NamedTuple

_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)(?:-(dev|pre|rc)\.(\d+))?")
_KINDS = {"dev": 0, "pre": 1, "rc": 2, None: 3}

# Minor line: .NET runtime, Zstd, ConfigVersion of serverconfig.json.
_LINES = {
    (1, 18): ("7.0.10", "1.4.8", "1.5"),
    (1, 19): ("7.0.15", "1.4.8", "1.6"),
    (1, 20): ("7.0.20", "1.5.4", "1.7"),
    (1, 21): ("8.0.19", "1.5.4", "1.8"),
    (1, 22): ("10.0.10", "1.5.7", "1.10"),
}
# Clients need the same network version; it moves on its own.
_NETWORKS = {"1.19.3": "1.19.5", "1.20.0-pre.13": "1.20.1", "1.21.0": "1.21.7", "1.22.7": "1.22.6"}


class Edition(NamedTuple):
    """One version of the game."""

    version: str
    line: tuple[int, int]
    network: str
    dotnet: str
    zstd: str
    config_version: str

    @property
    def api(self) -> str:
        """The version of its modding interface."""
        return f"{self.line[0]}.{self.line[1]}.0"

    @property
    def framework(self) -> str:
        """The .NET runtime that an install asks for."""
        return f"{self.dotnet.split('.')[0]}.0.0"

    @property
    def branch(self) -> str:
        """What the first lines of the log call it."""
        return "Unstable" if "-" in self.version else "Stable"

    @property
    def log_ending(self) -> str:
        """How the names of log files end."""
        return ".log" if self.line >= (1, 20) else ".txt"


def edition_of(version: str) -> Edition:
    """The edition of a version. Raises ValueError for what is no version."""
    found = _VERSION.fullmatch(version)
    if found is None:
        raise ValueError(f"{version} is no version of the game")
    line = (int(found[1]), int(found[2]))
    dotnet, zstd, config_version = _LINES[min(max(line, min(_LINES)), max(_LINES))]
    network = _NETWORKS.get(version, version.partition("-")[0])
    return Edition(version, line, network, dotnet, zstd, config_version)


def order_of(version: str) -> tuple[int, int, int, int, int] | None:
    """A key that sorts versions as the game does; None for text that is no version."""
    found = re.match(r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-(dev|pre|rc)\.(\d+))?$", version)
    if found is None:
        return None
    return int(found[1]), int(found[2] or 0), int(found[3] or 0), _KINDS[found[4]], int(found[5] or 0)
