"""The command line of the real program."""

from pathlib import Path
from typing import NamedTuple

_WITH_VALUE = (
    "dataPath",
    "logPath",
    "ip",
    "port",
    "maxclients",
    "setconfig",
    "withconfig",
    "archiveLogFileCount",
    "archiveLogFileMaxSizeMb",
)
_WITH_VALUES = ("addModPath", "addOrigin")
_FLAGS = ("version", "help", "genconfig", "standby", "append", "tracelog")
_SHORT = {"-v": "--version", "-h": "--help", "-s": "--standby"}
_NUMBERS = ("port", "maxclients", "archiveLogFileCount", "archiveLogFileMaxSizeMb")

HELP = """
  --dataPath                   Where all data is kept
  --logPath                    Where the logs are kept, when not with the data
  --addModPath                 More folders with mods
  --addOrigin                  More folders with assets
  --ip                         Address to listen on, instead of the configured one
  --port                       Port to listen on, instead of the configured one
  --maxclients                 Most players, instead of the configured number
  --genconfig                  Write a new serverconfig.json and end
  --setconfig                  Merge values into serverconfig.json and end
  --withconfig                 Merge values into serverconfig.json and run
  -s, --standby                Load the world only when the first player connects
  --append                     Continue the log files of the last run
  --tracelog                   Write log lines as they happen
  --archiveLogFileCount        (Default: 5) How many archives of logs are kept
  --archiveLogFileMaxSizeMb    (Default: 1024) How large the kept archives may be together
  -h, --help                   Show this help
  -v, --version                Show the version
"""


class BadOptions(ValueError):
    """A command line that the program does not take."""


class Options(NamedTuple):
    """What the command line asks for."""

    data_path: Path
    log_path: Path | None = None
    mod_paths: tuple[str, ...] = ()
    ip: str | None = None
    port: int | None = None
    max_clients: int | None = None
    archives: int = 5
    archive_mb: int = 1024
    set_config: str | None = None
    with_config: str | None = None
    flags: frozenset[str] = frozenset()


def parse_options(arguments: list[str], home: Path) -> Options:
    """The options of a command line. Raises BadOptions."""
    flags: set[str] = set()
    values: dict[str, list[str]] = {}
    left = [_SHORT.get(argument, argument) for argument in arguments]
    while left:
        name, given, value = left.pop(0).partition("=")
        name = name.removeprefix("--")
        if name in values or name in flags:
            raise BadOptions(f"Option '{name}' is defined multiple times.")
        if name in _FLAGS:
            flags.add(name)
        elif name in _WITH_VALUE:
            if not given and (not left or left[0].startswith("--")):
                raise BadOptions(f"Option '{name}' has no value.")
            values[name] = [value if given else left.pop(0)]
        elif name in _WITH_VALUES:
            values[name] = [value] if given else []
            while left and not left[0].startswith("--"):
                values[name].append(left.pop(0))
        else:
            raise BadOptions(f"Option '{name}' is unknown.")
    for name in _NUMBERS:
        if name in values and not values[name][0].isdecimal():
            raise BadOptions(f"Option '{name}' is defined with a bad format.")

    def text(name: str) -> str | None:
        return values[name][0] if name in values else None

    def number(name: str) -> int | None:
        return int(values[name][0]) if name in values else None

    archives, archive_mb = number("archiveLogFileCount"), number("archiveLogFileMaxSizeMb")

    data_path = text("dataPath")
    log_path = text("logPath")
    return Options(
        data_path=Path(data_path).absolute() if data_path else home / ".config" / "VintagestoryData",
        log_path=Path(log_path).absolute() if log_path else None,
        mod_paths=tuple(values.get("addModPath", ())),
        ip=text("ip"),
        port=number("port"),
        max_clients=number("maxclients"),
        archives=5 if archives is None else archives,
        archive_mb=1024 if archive_mb is None else archive_mb,
        set_config=text("setconfig"),
        with_config=text("withconfig"),
        flags=frozenset(flags),
    )
