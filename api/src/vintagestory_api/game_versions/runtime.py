"""Which .NET runtime an install needs, whether this machine has it, and how to get it where it has not."""

import asyncio
import json
import os
import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from vintagestory_api.kit.children import run_child
from vintagestory_api.kit.clock import Clock, SystemClock

CONFIG_NAME: Final = "VintagestoryServer.runtimeconfig.json"
_MAX_CONFIG_BYTES = 64_000
_ASK_SECONDS = 10.0
_REMEMBERED_SECONDS = 3.0
_MAX_VERSIONS = 200

#: Where packages and Microsoft's script put it.
_PLACES = ("/usr/share/dotnet", "/usr/lib/dotnet", "/usr/lib64/dotnet", "/usr/local/share/dotnet")
_INSTALL_LOCATION = Path("/etc/dotnet/install_location")
_OS_RELEASE = Path("/etc/os-release")

_VERSION = re.compile(r"(\d{1,5})\.(\d{1,5})\.(\d{1,9})(-[0-9A-Za-z.-]{1,60})?", re.ASCII)
_LISTED = re.compile(r"(\S{1,100}) (\S{1,80}) \[(/.{1,900})\]")
_NAME = re.compile(r"[A-Za-z][A-Za-z.]{0,79}", re.ASCII)


@dataclass(frozen=True)
class Runtime:
    """`is_there` is None when nobody could find out, and True for an install that brings its own. `found` has the versions of
    this framework that are on the machine, highest first. `root`: the folder of .NET to run the game with."""

    framework: str | None
    needed: str | None
    found: tuple[str, ...]
    is_there: bool | None
    message: str | None
    root: Path | None = None


@dataclass(frozen=True)
class _Need:
    framework: str
    version: str


@dataclass(frozen=True)
class _Found:
    framework: str
    version: str
    root: Path


class Runtimes:
    """Looks anew each time, so that a runtime counts as soon as it is there. `environment`: that of the manager."""

    def __init__(self, environment: Mapping[str, str] | None = None, *, clock: Clock | None = None) -> None:
        self._environment = os.environ if environment is None else environment
        self._clock = clock or SystemClock()
        self._told: tuple[Path | None, float, list[_Found]] | None = None

    async def of(self, install: Path) -> Runtime:
        """What the install in this folder needs, and whether it is there. Never raises."""
        needs = await asyncio.to_thread(_read_needs, install)
        if needs is None:
            return Runtime(None, None, (), None, _unreadable(install))
        if not needs:
            return Runtime(None, None, (), True, None)
        roots = self._roots()
        listed = await asyncio.to_thread(_list_folders, roots)
        found = self._judge(needs, listed)
        if found.is_there:
            return found
        return self._judge(needs, list(dict.fromkeys([*listed, *await self._ask(self._program(roots))])))

    def root(self, needed: Runtime | None = None) -> Path | None:
        """The folder of .NET that a game is told to use: the one that its runtime was found in, else the first one there is."""
        if needed is not None and needed.root is not None:
            return needed.root
        return next(iter(self._roots()), None)

    def _judge(self, needs: list[_Need], found: list[_Found]) -> Runtime:
        need = needs[0]
        same = [one for one in found if one.framework == need.framework]
        versions = tuple(dict.fromkeys(one.version for one in sorted(same, key=lambda one: _order(one.version), reverse=True)))
        for root in dict.fromkeys(one.root for one in found):
            in_root = [one for one in found if one.root == root]
            if all(any(_fits(one, wanted) for one in in_root) for wanted in needs):
                return Runtime(need.framework, need.version, versions, True, None, root)
        missing = next((wanted for wanted in needs if not any(_fits(one, wanted) for one in found)), need)
        return Runtime(need.framework, need.version, versions, False, _how_to_get(missing, versions))

    async def _ask(self, program: Path | None) -> list[_Found]:
        """What `dotnet` itself lists: it may know of further places. Remembered for a moment, for lists of versions."""
        now = self._clock.monotonic()
        if self._told is None or self._told[0] != program or now - self._told[1] > _REMEMBERED_SECONDS:
            self._told = (program, now, [] if program is None else await _list_runtimes(program))
        return self._told[2]

    def _roots(self) -> list[Path]:
        """As the game looks for it: what DOTNET_ROOT says counts alone."""
        if told := self._environment.get("DOTNET_ROOT", "").strip():
            return [Path(told)]
        places = [Path(place) for place in _PLACES]
        if program := shutil.which("dotnet", path=self._environment.get("PATH", os.defpath)):
            places.insert(0, Path(program).resolve().parent)
        if location := _first_line(_INSTALL_LOCATION):
            places.append(Path(location))
        if home := self._environment.get("HOME"):
            places.append(Path(home) / ".dotnet")
        return [place for place in dict.fromkeys(places) if (place / "shared").is_dir()]

    def _program(self, roots: list[Path]) -> Path | None:
        program = next((root / "dotnet" for root in roots if os.access(root / "dotnet", os.X_OK)), None)
        if program is None and not self._environment.get("DOTNET_ROOT", "").strip():
            on_path = shutil.which("dotnet", path=self._environment.get("PATH", os.defpath))
            program = Path(on_path) if on_path else None
        return program


def _read_needs(install: Path) -> list[_Need] | None:
    """Empty for an install that brings its own runtime; None for a file that makes no sense."""
    try:
        with (install / CONFIG_NAME).open("rb") as file:
            text = file.read(_MAX_CONFIG_BYTES + 1)
        if len(text) > _MAX_CONFIG_BYTES:
            return None
        options = json.loads(text.decode("utf-8-sig"))["runtimeOptions"]
        if options.get("includedFrameworks"):
            return []
        named = options.get("frameworks") or [options["framework"]]
        needs = [_need(entry) for entry in named]
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    return needs or None


def _need(entry: Any) -> _Need:
    name, version = entry["name"], entry["version"]
    if not _NAME.fullmatch(name) or not _VERSION.fullmatch(version):
        raise ValueError
    return _Need(name, version)


def _list_folders(roots: Iterable[Path]) -> list[_Found]:
    found = []
    for root in roots:
        try:
            frameworks = sorted((root / "shared").iterdir())[:_MAX_VERSIONS]
            found += [
                _Found(framework.name, folder.name, root)
                for framework in frameworks
                if _NAME.fullmatch(framework.name)
                for folder in sorted(framework.iterdir())[:_MAX_VERSIONS]
                if _VERSION.fullmatch(folder.name)
            ]
        except OSError:
            continue
    return found


async def _list_runtimes(program: Path) -> list[_Found]:
    try:
        ended = await run_child([str(program), "--list-runtimes"], timeout_seconds=_ASK_SECONDS)
    except (OSError, TimeoutError):
        return []
    found = []
    for line in ended.output.decode(errors="replace").splitlines()[:_MAX_VERSIONS]:
        listed = _LISTED.fullmatch(line.strip())
        if listed and _NAME.fullmatch(listed[1]) and _VERSION.fullmatch(listed[2]):
            # `/usr/share/dotnet/shared/Microsoft.NETCore.App`
            found.append(_Found(listed[1], listed[2], Path(listed[3]).parent.parent))
    return found


def _fits(one: _Found, need: _Need) -> bool:
    """.NET rolls forward within a major version: to the same or a later one, never to the next major."""
    have, want = _order(one.version), _order(need.version)
    return one.framework == need.framework and have[0] == want[0] and have >= want


def _order(version: str) -> tuple[int, int, int, bool]:
    """A preview comes before what it is a preview of."""
    found = _VERSION.fullmatch(version)
    if found is None:
        return (0, 0, 0, False)
    return (int(found[1]), int(found[2]), int(found[3]), found[4] is None)


def _unreadable(install: Path) -> str:
    if (install / CONFIG_NAME).exists():
        return f"{CONFIG_NAME} of this version can't be read, so nobody knows which .NET it needs. Install the version anew."
    return f"This version has no {CONFIG_NAME}, so nobody knows which .NET it needs."


def _how_to_get(need: _Need, found: tuple[str, ...]) -> str:
    major, minor, *_ = need.version.split(".")
    channel = f"{major}.{minor}"
    has = f"it has {', '.join(found)}" if found else "it has none"
    script = f"curl -sSL https://dot.net/v1/dotnet-install.sh | bash -s -- --runtime dotnet --channel {channel}"
    package = _package_command(channel, int(major))
    way = f"Install it with: {package}" if package else f"Run as the user of the manager: {script}"
    other = f" Or without a package, as the user of the manager: {script}" if package else ""
    needed = f".NET {need.version} or a later {major}.x ({need.framework})"
    return f"This version needs {needed}, and this machine lacks it ({has}). {way}{other}"


def _package_command(channel: str, major: int) -> str | None:
    """Of the distribution that this is; None where there is none, as for versions of .NET that are not maintained any more."""
    if major < 8:
        return None
    kinds = _distribution()
    package = f"dotnet-runtime-{channel}"
    if "ubuntu" in kinds:
        return f"sudo apt-get update && sudo apt-get install -y {package}"
    if "debian" in kinds:
        release = next((word.removeprefix("version:") for word in kinds if word.startswith("version:")), "12")
        return (
            f"curl -sSLO https://packages.microsoft.com/config/debian/{release}/packages-microsoft-prod.deb && "
            f"sudo dpkg -i packages-microsoft-prod.deb && sudo apt-get update && sudo apt-get install -y {package}"
        )
    if kinds & {"fedora", "rhel", "centos"}:
        return f"sudo dnf install -y {package}"
    if "arch" in kinds:
        return f"sudo pacman -S {package}"
    return None


def _distribution() -> frozenset[str]:
    """What /etc/os-release says that this is and is like, and `version:12`."""
    words: set[str] = set()
    try:
        text = _OS_RELEASE.read_text(encoding="utf-8", errors="replace")[:10_000]
    except OSError:
        return frozenset()
    for line in text.splitlines():
        name, _, value = line.partition("=")
        value = value.strip().strip("\"'").lower()
        if name in {"ID", "ID_LIKE"}:
            words.update(value.split())
        elif name == "VERSION_ID" and re.fullmatch(r"[0-9.]{1,10}", value):
            words.add(f"version:{value}")
    return frozenset(words)


def _first_line(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")[:1_000].partition("\n")[0].strip()
    except OSError:
        return ""
