"""What the stand-in can be told to do, by environment variables, a file in the data path and a file in the install."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

# In the data path (looked at again and again while it runs), and in the install (for every server that uses it).
FILE: Final = "vss.json"
PREFIX: Final = "VSS_"

Value = bool | int | float | str


class Switch(NamedTuple):
    """One thing to be told; its values have the type of its default."""

    name: str
    default: Value
    meaning: str
    choices: tuple[str, ...] = ()

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return PREFIX + self.name.upper()


SWITCHES: Final = (
    Switch("speed", 1.0, "how many times faster everything happens; all seconds below are divided by it"),
    Switch("seed", 1, "the same seed makes the same players, visits, words and world"),
    Switch("boot_seconds", 3.0, "how long it takes to be ready"),
    Switch("shutdown_seconds", 0.4, "how long it takes to end"),
    Switch("players", 4, "how many people come, chat and go by themselves"),
    Switch("visit_seconds", 60.0, "how long they stay, and how long they stay away, on average"),
    Switch("chat_seconds", 20.0, "how long each of them is silent, on average"),
    Switch("whitelisted", True, "whether those people are on the whitelist of a new data folder"),
    Switch("script", "", "visits to play out once ready: `seconds join|chat|leave NAME [text]`, separated by `;`"),
    Switch("world_mb", 0, "how large a new world is at least"),
    Switch("refuses_newer_world", False, "whether it does not load a world that a later version has converted"),
    Switch("backup_seconds", 0.5, "how long `/genbackup` takes"),
    Switch(
        "backup_trouble",
        "",
        "what goes wrong with `/genbackup`: it is `ignored`, `never` ends, tells nothing that is known (`mute`), or leaves the "
        "file `torn` and says that it is complete",
        ("", "ignored", "never", "mute", "torn"),
    ),
    Switch("autosave_fails", False, "whether the world can't be paused for an autosave"),
    Switch("slow_tick_ms", 0, "how long every tick takes, with the complaint about it when it is more than 500"),
    Switch(
        "crash",
        "",
        "how to crash: with a `report`, by an exception in a `thread`, or by `abort` without a word",
        ("", "report", "thread", "abort"),
    ),
    Switch("crash_phase", "RunGame", "the phase in which it crashes"),
    Switch("crash_after", 0.0, "how many seconds into that phase it crashes"),
    Switch("crash_mod", "", "the mod that the report names, as `id@version`"),
    Switch("crash_with", "", "the mod with which alone it crashes, as `id@version`; the report names it, too"),
    Switch("exit_code", 0, "the exit code after a crash with a report"),
    Switch("hang", False, "whether it stops doing anything: no tick, no console, and no end on SIGTERM"),
    Switch("hang_after", 0.0, "how many seconds after being ready it hangs"),
    Switch("deaf", "", "what does not end it: `/stop`, or SIGTERM as well (`all`)", ("", "stop", "all")),
    Switch("flood_lines", 0, "how many numbered lines to print once ready; -1 never ends"),
    Switch("flood_rate", 0, "how many of them per real second; 0 is as fast as they are taken"),
    Switch("flood_bytes", 100, "how long each of them is"),
    Switch("odd_output", False, "whether to print what no log should hold: bad UTF-8, control characters, a line of 1 MB"),
    Switch("memory_mb_per_second", 0.0, "how fast its memory grows"),
    Switch("children", 0, "how many child processes it starts that keep its output open and outlive it (10 minutes at most)"),
    Switch(
        "fail",
        "",
        "why it does not start: `port` in use, unreadable `config`, damaged `world`",
        ("", "port", "config", "world"),
    ),
    Switch(
        "dotnet",
        "ignore",
        "whether .NET is there: it does not look (`ignore`), it looks in the usual places (`check`), it is `missing`",
        ("ignore", "check", "missing"),
    ),
)
_BY_NAME = {switch.name: switch for switch in SWITCHES}


class BadSwitch(ValueError):
    """A switch that does not exist, or that can't have this value."""


class Switches:
    """The values in force."""

    def __init__(self, values: Mapping[str, Value]) -> None:
        self._values = {switch.name: values.get(switch.name, switch.default) for switch in SWITCHES}

    def on(self, name: str) -> bool:
        """A switch that is on or off."""
        return bool(self._values[name])

    def number(self, name: str) -> float:
        """A number of seconds, milliseconds or megabytes."""
        return float(self._values[name])

    def count(self, name: str) -> int:
        """A whole number."""
        return int(self._values[name])

    def text(self, name: str) -> str:
        """A word or a text."""
        return str(self._values[name])

    def differing(self, other: "Switches") -> set[str]:
        """The names of those that have another value there."""
        return {name for name, value in self._values.items() if other.value(name) != value}

    def value(self, name: str) -> Value:
        """Any of them."""
        return self._values[name]


class SwitchSources:
    """Where switches come from: the environment goes before the data path, and that before the install."""

    def __init__(self, install: Path, data_path: Path, environment: Mapping[str, str]) -> None:
        self._base = _from_file(install / FILE)
        self._path = data_path / FILE
        self._environment = _from_environment(environment)
        self._seen = self._mark()

    def read(self) -> Switches:
        """What holds now. Raises BadSwitch."""
        self._seen = self._mark()
        return Switches({**self._base, **_from_file(self._path), **self._environment})

    def changed(self) -> bool:
        """Whether the file in the data path is another one since it was last read."""
        return self._mark() != self._seen

    def _mark(self) -> tuple[int, int, int] | None:
        try:
            found = os.stat(self._path)  # noqa: PTH116 - several times a second
        except OSError:
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns


def check_switches(values: Any) -> dict[str, Value]:
    """Values as they may be used. Raises BadSwitch."""
    if not isinstance(values, dict):
        raise BadSwitch("switches are an object")
    return {name: _checked(name, value) for name, value in values.items()}


def _from_file(path: Path) -> dict[str, Value]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise BadSwitch(f"{path} can't be read: {error}") from None
    return check_switches(values)


def _from_environment(environment: Mapping[str, str]) -> dict[str, Value]:
    return {
        switch.name: _checked(switch.name, _from_text(switch, environment[switch.variable]))
        for switch in SWITCHES
        if switch.variable in environment
    }


def _from_text(switch: Switch, text: str) -> Any:
    if isinstance(switch.default, str):
        return text
    try:
        return {"true": True, "false": False, "1": True, "0": False}[text] if isinstance(switch.default, bool) else float(text)
    except (KeyError, ValueError):
        return text


def _checked(name: str, value: Any) -> Value:
    switch = _BY_NAME.get(name)
    if switch is None:
        raise BadSwitch(f"there is no switch {name}")
    if isinstance(switch.default, bool):
        good = isinstance(value, bool)
    elif isinstance(switch.default, str):
        good = isinstance(value, str) and (not switch.choices or value in switch.choices)
    else:
        good = isinstance(value, int | float) and not isinstance(value, bool)
        good = good and (isinstance(switch.default, float) or value == int(value))
        good = good and (value > 0 if name == "speed" else value >= (-1 if name == "flood_lines" else 0))
    if not good:
        raise BadSwitch(f"{name} can't be {value!r}")
    return type(switch.default)(value)
