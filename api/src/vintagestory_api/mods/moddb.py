"""The mod database's API. Its oddities end here: errors inside HTTP 200, empty lists for empty maps, limits on addresses.

Source of the facts: the mod database's published code (vsmoddb) and its recorded answers.
"""

import asyncio
import contextlib
import re
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import structlog

from vintagestory_api.errors import NotFound
from vintagestory_api.kit.children import run_child
from vintagestory_api.kit.upstream import MEGABYTE, DownloadNotWritten, Upstream, UpstreamError, encode_query
from vintagestory_api.mods.moddb_answers import (
    MOD_DATABASE,
    GameVersionInfo,
    InstallInfo,
    ModDetails,
    TagInfo,
    UpdateInfo,
    checked,
    match_updates,
    parse_game_versions,
    parse_install_information,
    parse_mod,
    parse_tags,
    parse_updates,
    wrong_shape,
)
from vintagestory_api.mods.version import ModVersion

log = structlog.get_logger(__name__)

#: The real list has about 2 MB.
MAX_LIST_BYTES = 64 * MEGABYTE
MAX_DETAILS_BYTES = 4 * MEGABYTE
#: The web server in front refuses addresses beyond 8,177 bytes (seen); the difference is for the host and a prefix.
MAX_URL_BYTES = 7_900
PARSE_TIMEOUT_SECONDS = 60.0

_MOD_KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}", re.ASCII)
#: What PHP takes for a number: it would find the mod with that number, and not the one with this id.
_ODD_NUMBER = re.compile(r"0+|\d*\.\d+|\d+\.|\d*\.?\d+e[+-]?\d+", re.ASCII | re.IGNORECASE)
_MINOR = re.compile(r"\d{1,4}\.\d{1,4}", re.ASCII)
_UPDATES_PATH = "/api/updates"
_INSTALL_PATH = "/api/v2/mods/install-information"


class ModNotFound(NotFound):
    code = "mod_not_found"


class ModDatabase:
    """Raises `UpstreamError`, `CircuitOpen` and `DownloadNotWritten`, and `ModNotFound` where it says so."""

    def __init__(self, upstream: Upstream, *, work_dir: Path | None = None) -> None:
        """`work_dir` takes temporary files; None means the system's folder for them."""
        self.upstream = upstream
        self._work_dir = work_dir

    async def download_list(
        self,
        target: Path,
        *,
        params: Mapping[str, str] | None = None,
        on_bytes: Callable[[int], None] | None = None,
    ) -> int:
        """Stream the list of all mods into `target`, unparsed; returns its size in bytes."""
        size = await self.upstream.download(
            "/api/mods", target, params, max_bytes=MAX_LIST_BYTES, expect_json=True, on_bytes=on_bytes
        )
        if size < 1_000:
            # Errors are short answers with HTTP 200; whoever asked for a list must not find one in the file.
            try:
                checked(_loaded(await asyncio.to_thread(target.read_bytes)))
            except UpstreamError:
                await asyncio.to_thread(target.unlink)
                raise
        return size

    async def tags(self) -> list[TagInfo]:
        return await self.upstream.get_json("/api/tags", parse=parse_tags)

    async def game_versions(self) -> list[GameVersionInfo]:
        """Versions that releases can be tagged with, in no order that could be relied on."""
        return await self.upstream.get_json("/api/gameversions", parse=parse_game_versions)

    async def mod_ids_fitting(self, minor: str) -> list[int]:
        """Numbers of the mods with a release for a line of game versions like `1.21`; for a full version the answer is empty."""
        if not _MINOR.fullmatch(minor):
            raise ValueError("mods are filtered by a line of versions, such as 1.21")
        async with _temporary_folder(self._work_dir) as folder:
            target = folder / "fitting.json"
            await self.download_list(target, params={"gameversion": minor})
            return await _mod_ids_in(target)

    async def mod(self, key: str | int) -> ModDetails:
        """A mod with its releases, by its number or by one of its ids (in any letter case). Raises `ModNotFound`."""
        text = str(key).strip()
        if not _MOD_KEY.fullmatch(text) or _ODD_NUMBER.fullmatch(text):
            raise _mod_not_found(text)
        try:
            return await self.upstream.get_json(f"/api/mod/{quote(text, safe='')}", parse=parse_mod, max_bytes=MAX_DETAILS_BYTES)
        except UpstreamError as error:
            if error.reason == "not_found":
                raise _mod_not_found(text) from None
            raise

    async def updates(self, pairs: Iterable[tuple[str, str]]) -> dict[str, UpdateInfo]:
        """Newer releases for (id, installed version), by the ids as given. What is current or unknown is absent.

        Pairs that the mod database can't take are left out and logged; `split_pairs` tells which.
        """
        good, refused = split_pairs(pairs)
        if refused:
            log.warning("mod_update_pairs_refused", count=len(refused), examples=[pair[0][:50] for pair in refused[:5]])
        found = {}
        for batch in batches(_one_for_each_id(good), len(self._url(_UPDATES_PATH, {"mods": ""}))):
            found.update(await self._updates_of(batch))
        return match_updates(good, found)

    async def install_information(
        self, ids: Iterable[tuple[str, str | None]], game_version: str | None = None
    ) -> dict[str, InstallInfo]:
        """Files, retractions and recommended upgrades, by the ids as given; without a version the best release for
        `game_version`. An id that nobody knows has the code 4041; what can't be asked is absent."""
        # The commonest spelling mistake is a blank at the end; the answer must still be found under what was asked.
        good = {
            mod_id: version for mod_id, version in ids if _can_be_asked(mod_id) and (version is None or _can_be_asked(version))
        }
        more = {"gv": game_version} if game_version else {}
        entries = [
            mod_id.strip() if version is None else f"{mod_id.strip()}@{version.strip()}" for mod_id, version in good.items()
        ]
        infos: dict[str, InstallInfo] = {}
        for batch in batches(entries, len(self._url(_INSTALL_PATH, {"ids": "", **more}))):
            infos.update(await self._install_information_of(batch, more))
        by_folded = {info.asked_id.casefold(): info for info in infos.values()}
        return {mod_id: by_folded[mod_id.strip().casefold()] for mod_id in good if mod_id.strip().casefold() in by_folded}

    def _url(self, path: str, params: Mapping[str, str]) -> str:
        return f"{self.upstream.public_url}{path}?{encode_query(params)}"

    async def _updates_of(self, batch: Sequence[str]) -> dict[str, Any]:
        try:
            return await self.upstream.get_json(
                _UPDATES_PATH, {"mods": ",".join(batch)}, parse=parse_updates, max_bytes=2 * MEGABYTE
            )
        except UpstreamError as error:
            first, second = _halves_after(error, batch)
        return {**await self._updates_of(first), **await self._updates_of(second)}

    async def _install_information_of(self, batch: Sequence[str], more: Mapping[str, str]) -> dict[str, InstallInfo]:
        ids = [entry.partition("@")[0] for entry in batch]

        def parse(answer: Any) -> dict[str, InstallInfo]:
            return parse_install_information(answer, ids, self.upstream.public_url)

        try:
            return await self.upstream.get_json(
                _INSTALL_PATH, {"ids": ",".join(batch), **more}, parse=parse, max_bytes=2 * MEGABYTE
            )
        except UpstreamError as error:
            if error.status == 400 and isinstance(error.answer, dict) and isinstance(error.answer.get("data"), dict):
                # Every single id was malformed: the call fails, but it still says why for each.
                return parse(error.answer)
            first, second = _halves_after(error, batch)
        return {**await self._install_information_of(first, more), **await self._install_information_of(second, more)}


def split_pairs(pairs: Iterable[tuple[str, str]]) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Pairs that can be asked, stripped of blanks, and those that can't: one of these would make the whole call fail."""
    good, refused = [], []
    for mod_id, version in pairs:
        if _can_be_asked(mod_id) and _can_be_asked(version):
            good.append((mod_id.strip(), version.strip()))
        else:
            refused.append((mod_id, version))
    return good, refused


def batches(entries: Iterable[str], fixed_bytes: int, max_bytes: int = MAX_URL_BYTES) -> list[list[str]]:
    """Entries in groups whose address stays within `max_bytes`; `fixed_bytes` is the length of the address without any."""
    groups: list[list[str]] = []
    size = 0
    for entry in entries:
        length = len(quote(entry, safe="@,")) + 1
        if not groups or size + length > max_bytes:
            groups.append([])
            size = fixed_bytes
        groups[-1].append(entry)
        size += length
    return groups


def _one_for_each_id(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """`id@version` once for each id: of two the mod database would heed only the last. The oldest finds the most."""
    oldest: dict[str, tuple[str, str]] = {}
    for mod_id, version in pairs:
        known = oldest.get(mod_id.casefold())
        if known is None or _is_older(version, known[1]):
            oldest[mod_id.casefold()] = (mod_id, version)
    return [f"{mod_id}@{version}" for mod_id, version in oldest.values()]


def _is_older(version: str, other: str) -> bool:
    """A version that can't be placed counts as the oldest: the mod database always has something newer for it."""
    left, right = ModVersion.parse(version), ModVersion.parse(other)
    return right is not None and (left is None or left < right)


def _can_be_asked(text: str) -> bool:
    text = text.strip()
    return 0 < len(text) <= 100 and text.isprintable() and not any(char in "@," for char in text)


def _halves_after(error: UpstreamError, batch: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """Two halves to try when the address was too long; any other error is raised again."""
    if error.reason != "too_long" or len(batch) < 2:
        raise error
    middle = len(batch) // 2
    return batch[:middle], batch[middle:]


def _mod_not_found(key: str) -> ModNotFound:
    return ModNotFound(f"{MOD_DATABASE} has no mod {key[:100]!r}. Check the id: it is the one in the mod's modinfo.json.")


def _loaded(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise wrong_shape("no JSON") from None


@contextlib.asynccontextmanager
async def _temporary_folder(parent: Path | None) -> AsyncIterator[Path]:
    try:
        folder = await asyncio.to_thread(tempfile.TemporaryDirectory, dir=parent, prefix="mod-list-")
    except OSError as error:
        raise DownloadNotWritten(
            f"There is no place for a temporary file: {error.strerror or 'the disk refused it'}. Make room on the disk."
        ) from error
    try:
        yield Path(folder.name)
    finally:
        with contextlib.suppress(OSError):
            await asyncio.to_thread(folder.cleanup)


async def _mod_ids_in(list_file: Path) -> list[int]:
    arguments = (sys.executable, "-I", "-m", "vintagestory_api.mods.fitting_child", str(list_file))
    try:
        ended = await run_child(arguments, timeout_seconds=PARSE_TIMEOUT_SECONDS)
    except TimeoutError:
        raise wrong_shape("a list that takes too long to read") from None
    if ended.code != 0:
        raise wrong_shape(
            ended.complaint.decode("utf-8", "replace").strip()[:40] if ended.code == 2 else "a list that can't be read"
        )
    ids: list[int] = orjson.loads(ended.output)
    return ids
