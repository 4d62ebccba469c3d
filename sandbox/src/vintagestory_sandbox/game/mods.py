"""The mods that a server finds, and what the game says about them."""

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from vintagestory_sandbox.game.edition import Edition, order_of
from vintagestory_sandbox.game.relaxed_json import NotReadable, parse

_LARGEST_INFO = 256 * 1024
_GAME_FILES = ("VSEssentials.dll", "VSCreativeMod.dll", "VSSurvivalMod.dll")
_SYSTEMS_OF_GAME = 108

# What the log is told: type and text.
Told = tuple[str, str]


class Mod(NamedTuple):
    """A mod as its modinfo tells of it."""

    modid: str
    version: str
    file: str
    side: str
    dependencies: dict[str, str]
    # So many seconds after the start it throws an exception; modinfo.json says so as `sandboxError`.
    error_after: float | None = None

    @property
    def full_name(self) -> str:
        """How reports name it."""
        return f"{self.modid}@{self.version}"


class Loaded(NamedTuple):
    """The mods that run, in the order of their dependencies, and what was said while they were looked for."""

    mods: list[Mod]
    told: list[Told]


def load_mods(
    folders: Sequence[Path], edition: Edition, *, disabled: Iterable[str], black: Iterable[str], white: Sequence[str] | None
) -> Loaded:
    """Find, choose and sort the mods in these folders."""
    told: list[Told] = [("Notification", "Will search the following paths for mods:")]
    told += [("Notification", f"    {folder}") for folder in folders]
    found = [mod for folder in folders for mod in _mods_in(folder, told)]
    found = _newest_of_each(found, told)
    off = {name.lower() for name in disabled}
    disabled_mods = [mod for mod in found if mod.modid.lower() in off or mod.full_name.lower() in off]
    forbidden = {name.lower() for name in black}
    allowed = None if white is None else {name.lower() for name in white}
    enabled = [
        mod
        for mod in found
        if mod not in disabled_mods
        and mod.modid.lower() not in forbidden
        and (allowed is None or mod.modid.lower() in allowed)
        and mod.side != "client"
    ]
    names = zip(("game", "creative", "survival"), _GAME_FILES, strict=True)
    game = [Mod(name, edition.version, file, "universal", {}) for name, file in names]
    told.append(("Notification", f"Found {len(found) + len(game)} mods ({len(found) - len(enabled)} disabled)"))
    runnable = _without_missing(enabled, game, told)
    ordered = [*game, *_sorted(runnable)]
    told.append(("Notification", f"Mods, sorted by dependency: {', '.join(mod.modid for mod in ordered)}"))
    systems = _SYSTEMS_OF_GAME + len(runnable)
    told.append(("Notification", f"Instantiated {systems} mod systems from {len(ordered)} enabled mods"))
    return Loaded(ordered, told)


def systems_of(mods: Sequence[Mod]) -> list[str]:
    """The list of what the mods have started."""
    lines = [f"Started {_SYSTEMS_OF_GAME + len(mods) - 3} systems on Server:"]
    lines += ["    Mod 'VSEssentials.dll' (game):", "        Vintagestory.ServerMods.Core"]
    lines += ["    Mod 'VSSurvivalMod.dll' (survival):", "        Vintagestory.GameContent.SurvivalCoreSystem"]
    for mod in mods[3:]:
        lines += [f"    Mod '{mod.file}' ({mod.modid}):", f"        {mod.modid}.{mod.modid.title()}ModSystem"]
    return lines


def _mods_in(folder: Path, told: list[Told]) -> Iterator[Mod]:
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            yield from _mod_of(path, _info_of_folder(path), told)
        elif path.suffix.lower() == ".zip":
            yield from _mod_of(path, _info_of_zip(path), told)
        elif path.suffix.lower() in {".dll", ".cs"} and path.name not in _GAME_FILES:
            yield Mod(path.stem.lower(), "1.0.0", path.name, "universal", {})


def _mod_of(path: Path, info: Any, told: list[Told]) -> Iterator[Mod]:
    if isinstance(info, str):
        told.append(("Error", f"[{path.name}] {info}"))
        return
    fields = {str(name).lower(): value for name, value in info.items()}
    name = fields.get("name")
    modid = fields.get("modid") or re.sub("[^a-z0-9]", "", str(name or "").lower())
    if not modid:
        told.append(("Error", f"[{path.name}] Could not load mod: modinfo.json has no name"))
        return
    dependencies = fields.get("dependencies")
    yield Mod(
        str(modid),
        str(fields.get("version") or ""),
        path.name,
        str(fields.get("side") or "Universal").lower(),
        {str(key): str(value or "") for key, value in dependencies.items()} if isinstance(dependencies, dict) else {},
        float(fields["sandboxerror"]) if isinstance(fields.get("sandboxerror"), int | float) else None,
    )


def _info_of_folder(path: Path) -> Any:
    try:
        return _info_of((path / "modinfo.json").read_bytes()[: _LARGEST_INFO + 1])
    except OSError:
        return "Missing modinfo.json"


def _info_of_zip(path: Path) -> Any:
    try:
        with zipfile.ZipFile(path) as archive, archive.open("modinfo.json") as member:
            return _info_of(member.read(_LARGEST_INFO + 1))
    except KeyError:
        return "Missing modinfo.json"
    except (OSError, zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError, ValueError) as error:
        return f"Failed to load mod archive: {error}"


def _info_of(data: bytes) -> Any:
    try:
        info = parse(data.decode("utf-8-sig"))
    except (NotReadable, UnicodeDecodeError) as error:
        return f"An exception was thrown when trying to read modinfo.json: {error}"
    return info if isinstance(info, dict) else "An exception was thrown when trying to read modinfo.json: no object"


def _newest_of_each(found: list[Mod], told: list[Told]) -> list[Mod]:
    by_id: dict[str, list[Mod]] = {}
    for mod in found:
        by_id.setdefault(mod.modid.lower(), []).append(mod)
    chosen = []
    for mods in by_id.values():
        newest = max(mods, key=lambda mod: order_of(mod.version) or (0, 0, 0, 0, 0))
        chosen.append(newest)
        if len(mods) > 1:
            files = ", ".join(f"'{mod.file}'" for mod in mods)
            text = f"Multiple mods share the mod ID '{newest.modid}' ({files}). "
            told.append(("Warning", f"{text}Will only load the highest version one - v{newest.version}."))
    return chosen


def _without_missing(enabled: list[Mod], game: list[Mod], told: list[Told]) -> list[Mod]:
    """Those whose dependencies are there; the others are complained about and left out, with all that need them."""
    by_id = {mod.modid.lower(): mod for mod in [*game, *enabled]}
    broken: dict[str, list[str]] = {}
    for mod in enabled:
        missing = [text for text in (_missing(by_id, *need) for need in mod.dependencies.items()) if text]
        if missing:
            broken[mod.modid.lower()] = missing
    spreading = True
    while spreading:
        spreading = False
        for mod in enabled:
            if mod.modid.lower() in broken:
                continue
            for modid, version in mod.dependencies.items():
                if modid.lower() in broken:
                    other = by_id[modid.lower()]
                    text = f"{modid}@{version} - Dependency '{other.file}' ({other.modid}) has dependency errors itself."
                    broken.setdefault(mod.modid.lower(), []).append(text)
                    spreading = True
    for name, texts in broken.items():
        modid = by_id[name].modid
        told.append(("Error", f"[{modid}] Could not resolve some dependencies:"))
        told += [("Error", f"[{modid}]     {text}") for text in texts]
    return [mod for mod in enabled if mod.modid.lower() not in broken]


def _missing(by_id: dict[str, Mod], modid: str, version: str) -> str | None:
    other = by_id.get(modid.lower())
    if other is None:
        return f"{modid}@{version} - Missing"
    wanted, there = order_of(version), order_of(other.version)
    if version in {"", "*"} or wanted is None or (there is not None and there >= wanted):
        return None
    return f"{modid}@{version} - Version mismatch (has {other.version})"


def _sorted(mods: list[Mod]) -> list[Mod]:
    left = sorted(mods, key=lambda mod: mod.modid)
    ordered: list[Mod] = []
    while left:
        waiting = {mod.modid.lower() for mod in left}
        # A circle has no beginning: then the first goes first.
        ready = next((mod for mod in left if not waiting & {name.lower() for name in mod.dependencies}), left[0])
        ordered.append(ready)
        left.remove(ready)
    return ordered
