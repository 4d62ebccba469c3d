"""The versions of the game that are installed: one folder each, shared by all servers, never changed once it is there.

Everything that is being made or taken away lies beside them in folders whose names begin with a dot, on the same disk: a version
appears and disappears by one rename, so it is whole or it is not there, whenever the manager is killed.
"""

import asyncio
import contextlib
import errno
import os
import secrets
import shutil
import stat
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Self

import orjson
import structlog

from vintagestory_api.errors import Conflict, Invalid, ManagerError, NotFound, Unavailable
from vintagestory_api.events import EventBus, InstalledVersionsChanged
from vintagestory_api.game_versions.catalog import GameVersionCatalog, VersionEntry
from vintagestory_api.game_versions.client import Build
from vintagestory_api.game_versions.download import MAX_AT_ONCE, Downloads, Wanted, note_path, see_that_there_is_room
from vintagestory_api.game_versions.folder_copy import FolderRefused, copy_install, size_of_install
from vintagestory_api.game_versions.runtime import Runtime, Runtimes
from vintagestory_api.game_versions.unpack import (
    UNPACKED_TIMES,
    ArchiveBroken,
    ArchiveRefused,
    Contents,
    DiskFull,
    NotUnpacked,
    Unpacking,
)
from vintagestory_api.game_versions.unpack_child import PROGRAMS, VERSION_FILE
from vintagestory_api.game_versions.version import GameVersion
from vintagestory_api.kit.clock import Clock, SystemClock
from vintagestory_api.kit.single_flight import SingleFlight
from vintagestory_api.services.run_context import RunContext, current_run, in_thread
from vintagestory_api.storage.atomic import sync_file_system, sync_folder, write_atomically

log = structlog.get_logger(__name__)

Progress = Callable[[float | None, str], None]

PLATFORM: Final = "linuxserver"
#: Older ones run on Mono.
OLDEST: Final = GameVersion(1, 18, 8)
MARKER: Final = ".vsmanager.json"
_DOWNLOAD, _UNPACK, _TRASH = ".download-", ".unpack-", ".trash-"
#: A download that nobody went on with for so long is given up.
_KEEP_DOWNLOADS_SECONDS = 7 * 86_400
#: The version service is asked again for a version that is not known, but not all the time.
_ASK_AGAIN_SECONDS = 60.0
_DOWNLOAD_SHARE = 0.9
_MAX_MARKER_BYTES = 10_000


class VersionNotFound(NotFound):
    code = "game_version_not_found"
    permanent = True


class VersionNotInstalled(NotFound):
    code = "game_version_not_installed"


class VersionInUse(Conflict):
    code = "game_version_in_use"


class VersionIsThere(Conflict):
    code = "game_version_is_installed"
    permanent = True


class VersionTooOld(Invalid):
    code = "game_version_too_old"
    permanent = True


@dataclass(frozen=True)
class Installed:
    """`source` is the name of the archive that it came from; `installed_ms` in UTC milliseconds."""

    version: str
    path: Path
    size_bytes: int
    installed_ms: int
    source: str


class Installs:
    """Belongs to one event loop. `used_by` names the servers that use a version; whoever knows the servers sets it.

    `durable`: an install counts as done when the disk has it. `environment` is the manager's own.
    """

    def __init__(
        self,
        versions_dir: Path,
        api: GameVersionCatalog,
        *,
        bus: EventBus,
        user_agent: Callable[[], str],
        clock: Clock | None = None,
        environment: Mapping[str, str] | None = None,
        downloads: Downloads | None = None,
        durable: bool = True,
    ) -> None:
        self.used_by: Callable[[str], Sequence[str]] = lambda _version: ()
        self._dir = versions_dir
        self._api = api
        self._bus = bus
        self._clock = clock or SystemClock()
        self._environment = os.environ if environment is None else environment
        self._downloads = downloads or Downloads(user_agent)
        self._durable = durable
        self._runtimes = Runtimes(self._environment, clock=self._clock)
        self._flights = SingleFlight()
        self._followers: dict[str, list[Progress]] = {}
        self._slots = asyncio.Semaphore(MAX_AT_ONCE)
        self._seen: dict[str, tuple[int, Installed]] = {}
        self._asking = asyncio.Lock()
        self._asked_api_at: float | None = None

    async def open(self) -> None:
        """Remove what an earlier life left half done; downloads are kept for the next try."""
        await asyncio.to_thread(self._clean_up)

    async def close(self) -> None:
        """End all installs; what they downloaded stays."""
        await self._flights.close()

    # What there is

    async def list(self) -> list[Installed]:
        """Newest version first."""
        found = await asyncio.to_thread(self._look_around)
        return sorted(found, key=lambda installed: GameVersion.parse(installed.version), reverse=True)

    def find(self, version: str) -> Installed | None:
        """A few system calls."""
        parsed = GameVersion.try_parse(version, lenient=True)
        return None if parsed is None else self._read_marker(self._dir / str(parsed))

    def get(self, version: str) -> Installed:
        """Raises `VersionNotInstalled`."""
        installed = self.find(version)
        if installed is None:
            raise VersionNotInstalled(f"Version {version[:40]} of the game is not installed.")
        return installed

    async def free_bytes(self) -> int:
        return (await asyncio.to_thread(shutil.disk_usage, self._dir)).free

    async def runtime_of(self, version: str) -> Runtime:
        """Raises `VersionNotInstalled`."""
        return await self._runtimes.of(self.get(version).path)

    def command_line(self, installed: Installed) -> tuple[str, ...]:
        """What starts the server of this version, without options; its working directory is `installed.path`."""
        program = installed.path / PROGRAMS[0]
        if os.access(program, os.X_OK) and program.is_file():
            return (str(program),)
        root = self._runtimes.root()
        dotnet = "dotnet" if root is None else str(root / "dotnet")
        return (dotnet, str(installed.path / PROGRAMS[1]))

    def game_environment(self, runtime: Runtime | None = None) -> dict[str, str]:
        """What a game gets to see of the manager's environment: nothing of ours, and no secrets that lie there."""
        kept = {name: value for name, value in self._environment.items() if name in {"PATH", "HOME", "LANG", "TZ"}}
        kept |= {name: value for name, value in self._environment.items() if name.startswith("DOTNET_")}
        kept.setdefault("PATH", os.defpath)
        kept.setdefault("LANG", "C.UTF-8")
        if "DOTNET_ROOT" not in kept and (root := self._runtimes.root(runtime)) is not None:
            kept["DOTNET_ROOT"] = str(root)
        return kept

    # Installing

    async def check(self, version: str) -> None:
        """Raises what an install would soon fail with: `VersionIsThere`, `InvalidGameVersion`, `VersionNotFound`,
        `VersionTooOld`, and what the version service raises when nothing is known yet."""
        wanted = GameVersion.parse(version, lenient=True)
        if self.find(str(wanted)) is not None:
            raise VersionIsThere(f"Version {wanted} is installed already.")
        await self._build_of(wanted)

    async def install(self, version: str, progress: Progress | None = None) -> Installed:
        """Have this version, downloaded if it is not there. Several who ask at once get the same install.

        `progress`: the current run's, if left out. Raises `InvalidGameVersion`, `VersionNotFound`, `VersionTooOld`, `Unavailable`
        and what downloading and unpacking raise.
        """
        wanted = GameVersion.parse(version, lenient=True)
        if (there := self.find(str(wanted))) is not None:
            return there
        with self._followed(str(wanted), progress) as tell:
            return await self._flights.join(str(wanted), lambda: self._install(wanted, tell))

    async def install_archive(self, archive: Path, version: str | None = None, progress: Progress | None = None) -> Installed:
        """Install from an archive on this machine; `version`, where it is given, must be the one inside.

        Raises `VersionIsThere` and what unpacking raises.
        """
        wanted = None if version is None else GameVersion.parse(version, lenient=True)
        if wanted is not None and self.find(str(wanted)) is not None:
            raise VersionIsThere(f"Version {wanted} is installed already.")
        with self._followed(str(archive), progress) as tell:
            return await self._flights.join(str(archive), lambda: self._install_archive(archive, wanted, tell))

    async def check_folder(self, folder: Path, version: str | None = None) -> GameVersion:
        """The version of the game in a folder of this machine. Raises what copying it would soon fail with: `FolderRefused`,
        `VersionIsThere`, `VersionTooOld`; `version`, where it is given, must be the one inside."""
        wanted = None if version is None else GameVersion.parse(version, lenient=True)
        told = await asyncio.to_thread(version_of_install, folder)
        inside = None if told is None else GameVersion.try_parse(told)
        if inside is None:
            raise FolderRefused(
                f"{folder} is no clean install of a server of the game: that has VintagestoryServer at its top and exactly one "
                "assets/version-….txt."
            )
        if wanted is not None and inside != wanted:
            raise FolderRefused(f"{folder} holds version {inside}, and not {wanted}. It was not installed.")
        own = self._dir.resolve()
        if folder.is_relative_to(own) or own.is_relative_to(folder):
            raise FolderRefused(f"{folder} belongs to the manager's own folders. Name an install that lies elsewhere.")
        if inside < OLDEST:
            raise _too_old(inside)
        if self.find(str(inside)) is not None:
            raise VersionIsThere(f"Version {inside} is installed already.")
        return inside

    async def install_folder(self, folder: Path, version: str | None = None, progress: Progress | None = None) -> Installed:
        """Install by copying an install that lies on this machine, which stays as it is; `folder` is a real path.

        Raises what `check_folder` raises, `DiskFull` and `NotUnpacked`.
        """
        inside = await self.check_folder(folder, version)
        with self._followed(str(folder), progress) as tell:
            return await self._flights.join(str(folder), lambda: self._install_folder(folder, inside, tell))

    async def remove(self, version: str) -> Installed:
        """Take a version away that no server uses. Raises `VersionNotInstalled`, `VersionInUse` and `Unavailable`."""
        installed = self.see_that_it_is_unused(version)
        trash = self._dir / f"{_TRASH}{secrets.token_hex(8)}"
        try:
            # Without a pause since the look at who uses it, so that nobody begins to in between.
            installed.path.rename(trash)
        except OSError as error:
            raise Unavailable(f"Version {installed.version} can't be removed: {error.strerror}.") from error
        self._seen.pop(installed.version, None)
        self._bus.publish(InstalledVersionsChanged())
        log.info("game_version_removed", version=installed.version)
        await in_thread(shutil.rmtree, trash, ignore_errors=True)
        return installed

    def see_that_it_is_unused(self, version: str) -> Installed:
        """Raises `VersionNotInstalled` and `VersionInUse`."""
        installed = self.get(version)
        if users := self.used_by(installed.version):
            raise VersionInUse(f"Version {installed.version} is used by {', '.join(users)}. Let them use another version first.")
        return installed

    async def _install(self, version: GameVersion, progress: Progress) -> Installed:
        _leave_the_run()
        progress(None, f"Looking for version {version}")
        build = await self._build_of(version)
        part = self._dir / f"{_DOWNLOAD}{version}"
        wanted = Wanted(build.file_name, build.url or "", build.md5, times_needed=1 + UNPACKED_TIMES)
        async with self._slots, _Alongside(self._dir, part, wanted.name, version, progress) as work:
            try:
                size = await self._downloads.fetch(wanted, part, work)
                contents = await work.finish(size)
            except (ArchiveRefused, ArchiveBroken, DiskFull, NotUnpacked):
                await in_thread(_discard, part)
                raise
            # Before the disk is waited for: it need not write what nobody wants any more.
            await in_thread(_discard, part)
            installed = await in_thread(self._appear, work.folder, contents, version, wanted.name, wanted.md5)
        self._tell(installed, progress)
        return installed

    async def _install_archive(self, path: Path, version: GameVersion | None, progress: Progress) -> Installed:
        _leave_the_run()
        with await in_thread(_open_archive, path) as archive:
            size = os.fstat(archive.fileno()).st_size
            async with self._slots, _Unpacked(self._dir, archive, path.name) as work:
                await see_that_there_is_room(self._dir, size * UNPACKED_TIMES, path.name)
                contents = await work.unpacking.finish(size, lambda share: progress(share, f"Unpacking {path.name}"))
                installed = await in_thread(self._appear, work.folder, contents, version, path.name, None)
        self._tell(installed, progress)
        return installed

    async def _install_folder(self, folder: Path, version: GameVersion, progress: Progress) -> Installed:
        _leave_the_run()
        async with self._slots, _Making(self._dir) as target:
            progress(None, f"Looking into {folder.name}")
            size = await in_thread(size_of_install, folder)
            await see_that_there_is_room(self._dir, size, folder.name)
            contents = await in_thread(
                copy_install, folder, target, size, lambda share: progress(share, f"Copying version {version} from {folder.name}")
            )
            installed = await in_thread(self._appear, target, contents, version, folder.name, None)
        self._tell(installed, progress)
        return installed

    def _tell(self, installed: Installed, progress: Progress) -> None:
        self._bus.publish(InstalledVersionsChanged())
        log.info("game_version_installed", version=installed.version, source=installed.source, size_bytes=installed.size_bytes)
        progress(1.0, f"{installed.version} is installed")

    def _appear(self, folder: Path, contents: Contents, wanted: GameVersion | None, source: str, md5: str | None) -> Installed:
        inside = GameVersion.try_parse(contents.version)
        if inside is None:
            raise ArchiveRefused(f"{source} says that it is version {contents.version}, which is no version of the game.")
        if wanted is not None and inside != wanted:
            raise ArchiveRefused(f"{source} holds version {inside}, and not {wanted}. It was not installed.")
        if inside < OLDEST:
            raise _too_old(inside)
        final = self._dir / str(inside)
        try:
            self._write_marker(folder, str(inside), contents.size_bytes, source, md5)
            if self._durable:
                sync_file_system(folder)
            folder.rename(final)
            sync_folder(self._dir)
        except OSError as error:
            raise _not_placed(error, inside, final) from error
        installed = self._read_marker(final)
        if installed is None:
            raise NotUnpacked(f"Version {inside} was installed and is gone again. Look at the disk of the manager's data folder.")
        return installed

    async def _build_of(self, version: GameVersion) -> Build:
        if version < OLDEST:
            raise _too_old(version)
        entries = await self._api.list_versions()
        if _entry(entries, version) is None:
            await self._ask_api_again()
            entries = await self._api.list_versions()
        entry = _entry(entries, version)
        if entry is None:
            newest = next((str(known.version) for known in entries if known.kind == "stable"), None)
            hint = f" The newest stable version is {newest}." if newest else ""
            raise VersionNotFound(f"There is no version {version} of the game.{hint}")
        build = next((build for build in entry.builds if build.platform == PLATFORM and build.url), None)
        if build is None:
            raise VersionNotFound(f"There is no server for Linux of version {version}. Take another version.")
        if build.md5 is None:
            log.warning("game_version_without_checksum", version=str(version))
        return build

    async def _ask_api_again(self) -> None:
        """Read the list anew, unless that was just done. Raises what the check raises when there is no list at all."""
        async with self._asking:
            now = self._clock.monotonic()
            if self._asked_api_at is not None and now - self._asked_api_at < _ASK_AGAIN_SECONDS:
                return
            try:
                await self._api.check()
            except ManagerError:
                if await self._api.state() != "ready":
                    raise
            self._asked_api_at = now

    @contextlib.contextmanager
    def _followed(self, key: str, progress: Progress | None) -> Iterator[Progress]:
        """What tells everybody who waits for this install how far it is."""
        run = current_run.get()
        mine = progress or (run.report_progress if run is not None else _tell_nobody)
        followers = self._followers.setdefault(key, [])
        followers.append(mine)

        def tell(fraction: float | None, message: str) -> None:
            for follower in tuple(followers):
                follower(fraction, message)

        try:
            yield tell
        finally:
            followers.remove(mine)
            if not followers:
                self._followers.pop(key, None)

    # Files

    def _clean_up(self) -> None:
        there = {installed.version for installed in self._look_around()}
        for entry in sorted(self._dir.iterdir()):
            if entry.name.startswith((_UNPACK, _TRASH)):
                log.info("half_done_install_removed", folder=entry.name)
                shutil.rmtree(entry, ignore_errors=True)
            elif entry.name.startswith((_DOWNLOAD, f".{_DOWNLOAD}")) and _is_of_no_use(entry, there):
                with contextlib.suppress(OSError):
                    entry.unlink()

    def _look_around(self) -> tuple[Installed, ...]:
        """Also takes note of versions that somebody put there by hand."""
        found = []
        for folder in self._dir.iterdir():
            if folder.name.startswith(".") or GameVersion.try_parse(folder.name) is None or not folder.is_dir():
                continue
            installed = self._read_marker(folder)
            if installed is None and version_of_install(folder) == folder.name:
                with contextlib.suppress(OSError):
                    self._write_marker(folder, folder.name, _size_of(folder), "put there by hand", None)
                installed = self._read_marker(folder)
            if installed is not None:
                found.append(installed)
        return tuple(found)

    def _write_marker(self, folder: Path, version: str, size_bytes: int, source: str, md5: str | None) -> None:
        said = {"version": version, "source": source, "md5": md5, "size_bytes": size_bytes, "installed_ms": self._clock.now_ms()}
        write_atomically(folder / MARKER, orjson.dumps(said), mode=0o644, durable=False)

    def _read_marker(self, folder: Path) -> Installed | None:
        path = folder / MARKER
        try:
            changed = path.stat().st_mtime_ns
            known = self._seen.get(folder.name)
            if known is not None and known[0] == changed:
                return known[1]
            with path.open("rb") as file:
                said = orjson.loads(file.read(_MAX_MARKER_BYTES))
            if said["version"] != folder.name:
                return None
            installed = Installed(folder.name, folder, int(said["size_bytes"]), int(said["installed_ms"]), str(said["source"]))
        except (OSError, ValueError, LookupError, TypeError):
            self._seen.pop(folder.name, None)
            return None
        self._seen[folder.name] = (changed, installed)
        return installed


def _tell_nobody(_fraction: float | None, _message: str) -> None:
    pass


def _leave_the_run() -> None:
    """An install goes on as long as anybody waits for it, so the end of the run that began it must not stop its threads."""
    current_run.set(RunContext("", "version_install"))


class _Making:
    """A folder beside the versions; gone in the end, unless it got a name."""

    def __init__(self, versions_dir: Path) -> None:
        self._folder = _new_folder(versions_dir)

    async def __aenter__(self) -> Path:
        return self._folder

    async def __aexit__(self, *_: object) -> None:
        await in_thread(shutil.rmtree, self._folder, ignore_errors=True)


class _Unpacked:
    """A folder beside the versions, and what unpacks an archive into it; gone in the end, unless it got a name."""

    def __init__(self, versions_dir: Path, archive: BinaryIO, name: str) -> None:
        self.folder = _new_folder(versions_dir)
        self.unpacking = Unpacking(archive, self.folder, name=name)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        try:
            await self.unpacking.cancel()
        finally:
            await in_thread(shutil.rmtree, self.folder, ignore_errors=True)


class _Alongside:
    """Unpacks an archive while it is being downloaded. Nothing comes of it before the whole of it was found good."""

    def __init__(self, versions_dir: Path, part: Path, name: str, version: GameVersion, progress: Progress) -> None:
        self._versions_dir = versions_dir
        self._part = part
        self._name = name
        self._version = version
        self._progress = progress
        self._archive: BinaryIO | None = None
        self._work: _Unpacked | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.restarted()

    @property
    def folder(self) -> Path:
        return self._begun().folder

    def grown(self, size: int, total: int | None) -> None:
        share = None if total is None else _DOWNLOAD_SHARE * size / max(1, total)
        of = "" if total is None else f" of {total / 1e6:,.0f}"
        self._progress(share, f"Downloading {self._version}: {size / 1e6:,.0f}{of} MB")
        self._begun().unpacking.grown(size)

    async def restarted(self) -> None:
        work, self._work = self._work, None
        archive, self._archive = self._archive, None
        try:
            if work is not None:
                await work.close()
        finally:
            if archive is not None:
                archive.close()

    async def finish(self, size: int) -> Contents:
        def tell(share: float) -> None:
            self._progress(_DOWNLOAD_SHARE + share * (1 - _DOWNLOAD_SHARE), f"Unpacking {self._version}")

        contents = await self._begun().unpacking.finish(size, tell)
        if self._archive is not None:
            self._archive.close()
        return contents

    def _begun(self) -> _Unpacked:
        if self._work is None:
            self._archive = _open_archive(self._part)
            self._work = _Unpacked(self._versions_dir, self._archive, self._name)
        return self._work


def _new_folder(versions_dir: Path) -> Path:
    """Raises `NotUnpacked`."""
    folder = versions_dir / f"{_UNPACK}{secrets.token_hex(8)}"
    try:
        folder.mkdir(mode=0o755)
    except OSError as error:
        raise NotUnpacked(f"The manager's folder of versions can't be written: {error.strerror}.") from error
    return folder


def version_of_install(folder: Path) -> str | None:
    """The version of the game in a folder; None when that is no clean install of a server. Blocking."""
    try:
        if not any((folder / program).is_file() for program in PROGRAMS):
            return None
        names = [f"assets/{entry.name}" for entry in os.scandir(folder / "assets") if entry.name.startswith("version-")]
    except OSError:
        return None
    versions = [found[1] for name in names if (found := VERSION_FILE.fullmatch(name))]
    return versions[0] if len(versions) == 1 else None


def _entry(entries: Sequence[VersionEntry], version: GameVersion) -> VersionEntry | None:
    """A version may be in two channels; the one with a build for servers is wanted."""
    found = [entry for entry in entries if entry.version == version]
    return max(found, key=lambda entry: any(build.platform == PLATFORM for build in entry.builds), default=None)


def _open_archive(path: Path) -> BinaryIO:
    """A plain file, whatever may have been put in its place since it was named. Raises `ArchiveRefused`."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise ArchiveRefused(f"{path.name} can't be read: {error.strerror}.") from error
    file = os.fdopen(handle, "rb", buffering=0) if stat.S_ISREG(os.fstat(handle).st_mode) else None
    if file is None:
        os.close(handle)
        raise ArchiveRefused(f"{path.name} is no file. Name an archive of a server for Linux (.tar.gz).")
    return file


def _is_of_no_use(entry: Path, installed: set[str]) -> bool:
    """Whether a download, or the note beside it, serves no next try. What begins with two dots was never finished."""
    version = entry.name.removeprefix(_DOWNLOAD).removesuffix(".json")
    try:
        age_seconds = time.time() - entry.stat().st_mtime
    except OSError:
        return False
    return entry.name.startswith("..") or version in installed or age_seconds > _KEEP_DOWNLOADS_SECONDS


def _discard(part: Path) -> None:
    for path in (part, note_path(part)):
        path.unlink(missing_ok=True)


def _not_placed(error: OSError, version: GameVersion, final: Path) -> ManagerError:
    if error.errno in {errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR}:
        return VersionIsThere(f"Version {version} is installed already, or something else lies at {final}. Remove it first.")
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DiskFull(f"The disk became full while version {version} was installed; nothing of it was left. Make room first.")
    return NotUnpacked(f"Version {version} could not be put in its place: {error.strerror or type(error).__name__}.")


def _too_old(version: GameVersion) -> VersionTooOld:
    return VersionTooOld(f"Version {version} runs on Mono, which the manager does not start. Take {OLDEST} or a later version.")


def _size_of(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())
