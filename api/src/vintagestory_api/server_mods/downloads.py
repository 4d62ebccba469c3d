"""Brings the files of releases from the mod database into the store: each checked, and none that the store has already."""

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

from vintagestory_api.errors import Conflict, ManagerError, NotFound, Unavailable
from vintagestory_api.kit.circuit import CircuitOpen
from vintagestory_api.kit.upstream import Arriving, Upstream, UpstreamError
from vintagestory_api.mods.moddb_answers import InstallInfo, safe_file_name
from vintagestory_api.mods.version import compare_mod_versions
from vintagestory_api.server_mods.fetched_files import FetchedFiles
from vintagestory_api.server_mods.installed import StoreReader
from vintagestory_api.server_mods.mod_archive import ModFile, find_damage, inspect_file, kind_of
from vintagestory_api.server_mods.modinfo import ModInfo, Problem, mod_key
from vintagestory_api.server_mods.outside import Fetched, Told
from vintagestory_api.server_mods.plan import Pick, Retraction
from vintagestory_api.server_mods.store import ModStore, NotInStore, PartFile
from vintagestory_api.services.run_context import in_thread, should_stop

P = ParamSpec("P")
R = TypeVar("R")

MAX_MOD_BYTES: Final = 200_000_000
#: The largest takes so long over a line of one megabit.
TOTAL_SECONDS: Final = 1800.0
#: A file that is on its way is told of so often.
_STEP: Final = 0.05

_NAMED = re.compile(r"[?&]dl=(.+)", re.DOTALL)
_LAST_PART = re.compile(r"([^/?#]+)(?:[?#].*)?", re.DOTALL)
_WHY_RETRACTED = re.compile(r"retracted\.\s*reason:(.{1,4000}?)(?:go back|</main>|\Z)", re.IGNORECASE | re.DOTALL)


class ModNotDownloaded(Unavailable):
    """The file could not be had. `permanent`: asking again won't help."""

    code = "mod_not_downloaded"

    def __init__(self, message: str, *, permanent: bool = False, retry_after_seconds: float | None = None) -> None:
        super().__init__(message, retry_after_seconds=retry_after_seconds)
        self.permanent = permanent


class ModFileGone(NotFound):
    """The mod database does not have the file any more, or gives it to nobody."""

    code = "mod_file_gone"
    permanent = True


class ModFileUnusable(Conflict):
    """What came is no file of a mod that anybody should use, or that of another mod or version."""

    code = "mod_file_unusable"
    permanent = True


class ModDownloads:
    """Implements `outside.ModFiles`. Four files at once, which is up to `upstream`."""

    def __init__(
        self, upstream: Upstream, store: ModStore, reader: StoreReader, files: FetchedFiles, *, max_bytes: int = MAX_MOD_BYTES
    ) -> None:
        self._upstream = upstream
        self._store = store
        self._reader = reader
        self._files = files
        self._max_bytes = max_bytes

    async def fetch(self, picks: Sequence[Pick], told: Told) -> list[Fetched]:
        """Raises `ModNotDownloaded`, `ModFileGone`, `ModFileUnusable`, `DiskFull`; each but the last names the mod."""
        progress = _Progress(len(picks), told)
        tasks = [asyncio.create_task(self._one(pick, progress.of(place, pick))) for place, pick in enumerate(picks)]
        try:
            if tasks:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            for task in tasks:
                task.cancel()
            if tasks:
                await asyncio.wait(tasks)
            await in_thread(self._files.save)
        for task in tasks:
            if not task.cancelled() and (error := task.exception()) is not None:
                raise error
        return [task.result() for task in tasks]

    async def _one(self, pick: Pick, told: Callable[[float], None]) -> Fetched:
        if (kept := await in_thread(self._from_store, pick)) is not None:
            told(1.0)
            return kept
        fetched = await self._download(pick, told)
        told(1.0)
        return fetched

    # From the store

    def _from_store(self, pick: Pick) -> Fetched | None:
        release = pick.release
        known = self._files.of(release.file_id) if release.file_id is not None else None
        sha256 = release.sha256 or (known.sha256 if known is not None else None)
        if sha256 is None or not self._claim(sha256, release.size_bytes if release.sha256 else None):
            return None
        name = known.file_name if known is not None and known.sha256 == sha256 else self._made_up_name(sha256, pick)
        kind = kind_of(name)
        found = self._reader.read(sha256, kind, name) if kind is not None else None
        if not isinstance(found, ModFile) or _contradiction(pick, found.info) is not None:
            return None
        return Fetched(sha256, self._store.path(sha256).stat().st_size, name, found.info or _as_asked(pick))

    def _claim(self, sha256: str, size_bytes: int | None) -> bool:
        try:
            return self._store.claim(sha256, size_bytes)
        except NotInStore:
            return False

    def _made_up_name(self, sha256: str, pick: Pick) -> str:
        with self._store.path(sha256).open("rb") as file:
            return _plain_name(pick, _ending(file.read(2)))

    # From the mod database

    async def _download(self, pick: Pick, told: Callable[[float], None]) -> Fetched:
        file_id = pick.release.file_id
        if file_id is None:
            raise ModFileGone(f"{_label(pick)} has no file in the mod database, so it can't be downloaded.")

        async def take(arriving: Arriving) -> tuple[PartFile, str]:
            part = await _on_disk(pick, self._store.new_part)
            try:
                await self._write(part, arriving, pick, told)
            except BaseException:
                part.__exit__()
                raise
            return part, _file_name(arriving.sent_to, pick)

        try:
            part, name = await self._upstream.fetch_file(
                "/download", {"fileid": str(file_id)}, take=take, max_bytes=self._max_bytes, total_seconds=TOTAL_SECONDS
            )
        except (UpstreamError, CircuitOpen) as error:
            raise self._not_had(pick, error) from error
        try:
            fetched = await _on_disk(pick, _keep, part, name, pick)
        finally:
            await in_thread(part.__exit__)
        self._files.note(file_id, fetched.sha256, fetched.file_name)
        return fetched

    async def _write(self, part: PartFile, arriving: Arriving, pick: Pick, told: Callable[[float], None]) -> None:
        async for block in arriving.blocks:
            if not part.size and block.lstrip()[:1] == b"<":
                raise self._upstream.error("html_error", "sent a web page instead of the file.", permanent=True)
            await _on_disk(pick, part.write, block)
            if arriving.size_bytes:
                told(part.size / arriving.size_bytes)
        if not part.size:
            raise self._upstream.error("empty", "sent an empty file.")

    def _not_had(self, pick: Pick, error: UpstreamError | CircuitOpen) -> ManagerError:
        label = _label(pick)
        if isinstance(error, UpstreamError):
            if error.status == 410:
                why = _why_retracted(error.text)
                reason = f" (“{why}”)" if why else ""
                return ModFileGone(f"{label} was retracted{reason}, so it can't be downloaded. Choose another version.")
            if error.reason == "not_found":
                return ModFileGone(f"The file of {label} is not there any more: {error.message} Choose another version.")
            permanent = error.permanent
        else:
            permanent = False
        return ModNotDownloaded(
            f"{label} could not be downloaded: {error.message}",
            permanent=permanent,
            retry_after_seconds=error.retry_after_seconds,
        )


async def _on_disk(pick: Pick, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """In a thread. Raises `ModNotDownloaded` for what the disk refuses, and `DiskFull`."""
    try:
        return await in_thread(work, *args, **kwargs)
    except OSError as error:
        raise ModNotDownloaded(
            f"{_label(pick)} can't be written: {error.strerror or type(error).__name__}. Check that the data folder is writable."
        ) from error


def _keep(part: PartFile, name: str, pick: Pick) -> Fetched:
    """Look into what came, whole, before it belongs to the store."""
    part.flush()
    kind = kind_of(name)
    found = inspect_file(part.path, kind=kind, name=name)
    if not isinstance(found, Problem) and kind == "zip":
        found = find_damage(part.path, should_stop=should_stop) or found
    if isinstance(found, Problem):
        raise ModFileUnusable(
            f"The file that the mod database has for {_label(pick)} can't be used. {found.message} "
            "Choose another version, or ask its author.",
            reason=found.code,
        )
    if (contradiction := _contradiction(pick, found.info)) is not None:
        raise ModFileUnusable(contradiction, reason="other_mod")
    stored = part.keep()
    return Fetched(stored.sha256, stored.size_bytes, name, found.info or _as_asked(pick))


def _contradiction(pick: Pick, info: ModInfo | None) -> str | None:
    """In words, when a file is not what was asked for. A version without a place in the order of versions contradicts nothing."""
    if info is None:
        return None
    is_same_mod = not pick.modid or mod_key(pick.modid) == info.key
    asked, inside = pick.release.version, info.version
    is_same_version = asked.strip().casefold() == inside.strip().casefold() or compare_mod_versions(asked, inside) in {0, None}
    if is_same_mod and is_same_version:
        return None
    return (
        f"The file that the mod database has for {_label(pick)} says of itself that it is {info.modid} {info.version}. "
        "It was not used. Choose another version, or ask its author."
    )


def _as_asked(pick: Pick) -> ModInfo:
    """For a program that says nothing of itself."""
    return ModInfo(pick.modid, None, pick.release.version)


def _label(pick: Pick) -> str:
    return f"{pick.modid} {pick.release.version}".strip()


def _file_name(sent_to: str | None, pick: Pick) -> str:
    """What the file is called, fit for a folder. The site writes the name behind `dl=` as it is, whatever is in it."""
    named = _NAMED.search(sent_to or "")
    name = safe_file_name(named[1]) if named is not None else None
    if name is not None and kind_of(name) is not None:
        return name
    path = (sent_to or "").partition("?")[0]
    last = _LAST_PART.fullmatch(path.rpartition("/")[2])
    ending = Path(last[1]).suffix.lower() if last is not None else ""
    return _plain_name(pick, ending if kind_of(f"x{ending}") is not None else ".zip")


def _plain_name(pick: Pick, ending: str) -> str:
    return safe_file_name(f"{pick.modid or 'mod'}_{pick.release.version}{ending}") or f"mod{ending}"


def _ending(start: bytes) -> str:
    return {b"PK": ".zip", b"MZ": ".dll"}.get(start, ".cs")


def _why_retracted(page: str) -> str | None:
    """The reason on the page that comes instead of the file, as plain text."""
    found = _WHY_RETRACTED.search(page)
    return plain_text(found[1]) or None if found is not None else None


def retraction_of(info: InstallInfo) -> Retraction:
    return Retraction(plain_text(info.retraction_reason_html or "") or None, info.is_by_moderator)


def plain_text(html: str, longest: int = 300) -> str:
    """What strangers wrote in HTML, as one line without any."""
    text = unescape(re.sub(r"<[^>]*>", " ", html[:20_000]))
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


@dataclass
class _Progress:
    """How far several files are together, told in steps."""

    files: int
    told: Told

    def __post_init__(self) -> None:
        self._parts = [0.0] * self.files
        self._said = 0.0

    def of(self, place: int, pick: Pick) -> Callable[[float], None]:
        def tell(fraction: float) -> None:
            # A file that begins anew after a broken connection does not run backwards.
            self._parts[place] = max(self._parts[place], min(1.0, fraction))
            done = sum(self._parts) / self.files
            if done - self._said >= _STEP or done >= 1.0:
                self._said = done
                ready = sum(part >= 1.0 for part in self._parts)
                self.told(
                    done,
                    f"{ready} of {self.files} files are there, {_label(pick)} is coming in"
                    if ready < self.files
                    else f"All {self.files} files are there",
                )

        return tell
