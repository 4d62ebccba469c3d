"""Paths in a configuration that lead to where the folder was before: in a container, under another tool, on another machine."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vintagestory_api.servers.configuration import FILE_NAME, ServerConfiguration


@dataclass(frozen=True)
class Mending:
    """`save` and `mod_paths`: what the configuration should name instead, None where it is right. `problem`: why nobody can tell
    which world is meant, in words."""

    save: str | None = None
    mod_paths: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()
    problem: str | None = None

    @property
    def is_needed(self) -> bool:
        return self.save is not None or self.mod_paths is not None


def look_for_lost_paths(configuration: ServerConfiguration, folder: Path, data_path: Path) -> Mending:
    """`folder`: where the files lie now; `data_path`: where they will, which may be the same. Blocking."""
    save, problem, notes = _save(configuration, folder, data_path)
    mod_paths = _mod_paths(configuration, folder, data_path)
    if mod_paths is not None and _lost(configuration):
        notes.append(f"Its mods were taken from {', '.join(_lost(configuration)[:3])}; it will take those of its folder Mods.")
    return Mending(save, tuple(mod_paths) if mod_paths is not None else None, tuple(notes), problem)


def mend(configuration: ServerConfiguration, mending: Mending) -> None:
    if mending.save is not None:
        configuration.set(mending.save, "WorldConfig", "SaveFileLocation")
    if mending.mod_paths is not None:
        configuration.set(list(mending.mod_paths), "ModPaths")


def _save(configuration: ServerConfiguration, folder: Path, data_path: Path) -> tuple[str | None, str | None, list[str]]:
    """A world that is named in the folder itself and is not there yet is one that somebody wants to be made."""
    told = configuration.save_file
    named = configuration.get("WorldConfig", "SaveFileLocation")
    is_relative = isinstance(named, str) and named.isprintable() and not named.startswith("/") and named != ""
    if is_relative:
        # From where a game was started decides what it means: nobody knows that any more.
        told = Path(named)
    elif told.is_relative_to(folder):
        target = data_path / told.relative_to(folder)
        return (None if target == told else str(target)), None, []
    elif _exists(told):
        return None, None, []  # the world of another place: whoever looks at the folder says so
    worlds = _worlds(folder)
    if worlds and told.name not in worlds and len(worlds) > 1:
        problem = (
            f"Its configuration names the world {told.name}, which is not in its folder Saves, and there are several others: "
            f"{', '.join(worlds[:5])}. Let SaveFileLocation name the one that is meant, else a new world would be made."
        )
        return None, problem, []
    name = told.name if told.name in worlds or not worlds else worlds[0]
    where = "which is no whole path" if is_relative else "where nothing is"
    note = f"{FILE_NAME} names a world at {told}, {where}. It will use {name} in its own folder."
    return str(data_path / "Saves" / name), None, [note]


def _worlds(folder: Path) -> Sequence[str]:
    try:
        saves = list((folder / "Saves").iterdir())
    except OSError:
        return []
    return sorted(path.name for path in saves if path.suffix == ".vcdbs" and path.is_file() and not path.is_symlink())[:50]


def _lost(configuration: ServerConfiguration) -> list[str]:
    """Absolute paths of mods where nothing is."""
    told = configuration.get("ModPaths")
    paths = [path for path in told if isinstance(path, str)] if isinstance(told, list) else []
    return [path for path in paths if path.startswith("/") and path.isprintable() and not _is_folder(Path(path))]


def _mod_paths(configuration: ServerConfiguration, folder: Path, data_path: Path) -> list[str] | None:
    told = configuration.get("ModPaths")
    own = str(data_path / "Mods")
    if not isinstance(told, list):
        # Some images take it out of the file; then the game makes it anew for the folder that it runs on.
        return None
    if folder == data_path and own in told:
        return None  # what else it names may be a disk that is not there at this moment
    lost = set(_lost(configuration))
    moved = {str(folder / "Mods")} if folder != data_path else set()
    if not lost and not moved & {path for path in told if isinstance(path, str)}:
        return None
    kept = [path for path in told if isinstance(path, str) and path not in lost | moved]
    return list(dict.fromkeys([*kept, own]))


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False
