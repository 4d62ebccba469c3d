"""Logos of mods, from a cache of our own: browsers never ask a foreign host, and see nothing but small raster pictures."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, ParamSpec, Protocol, TypeVar

import structlog

from vintagestory_api.errors import NotFound, Unavailable
from vintagestory_api.kit.clock import Clock
from vintagestory_api.kit.public_fetch import FetchRefused
from vintagestory_api.kit.raster import RASTER_TYPES, read_raster
from vintagestory_api.kit.single_flight import SingleFlight
from vintagestory_api.mods.logo_cache import MAX_CACHE_BYTES, CachedLogo, LogoCache

P = ParamSpec("P")
R = TypeVar("R")

log = structlog.get_logger(__name__)

MAX_LOGO_BYTES: Final = 2_000_000
MAX_LOGO_SIDE: Final = 4096
ACCEPTED: Final = ", ".join(RASTER_TYPES)

DAY_MS: Final = 24 * 3600 * 1000
#: An address usually keeps its picture for ever; one that does not is noticed after this time.
KEPT_MS: Final = 7 * DAY_MS
NONE_KEPT_MS: Final = DAY_MS
#: How long a page waits for a picture that is being fetched.
PATIENCE_SECONDS: Final = 25.0


class NoLogo(NotFound):
    code = "no_logo"

    def __init__(self, key: str) -> None:
        super().__init__(f"The mod {key[:100]!r} has no logo that can be shown.")


class NotShowable(NoLogo):
    """There is a file, but it is no picture that browsers are given."""


class LogoUnavailable(Unavailable):
    code = "logo_unavailable"


class LogoSources(Protocol):
    async def logo_source(self, key: str) -> str | None:
        """The address of a mod's logo, by the mod's number or one of its ids; None when there is none."""
        ...


class Fetcher(Protocol):
    """Raises `FetchRefused` for what can't be had, and `Unavailable`."""

    async def fetch(self, url: str) -> bytes: ...
    async def aclose(self) -> None: ...


@dataclass(frozen=True)
class Logo:
    content_type: str
    body: bytes
    etag: str


class ModLogos:
    """Close it before the event loop ends; that closes the fetcher, too."""

    def __init__(
        self, sources: LogoSources, fetcher: Fetcher, folder: Path, clock: Clock, *, max_cache_bytes: int = MAX_CACHE_BYTES
    ) -> None:
        self._sources = sources
        self._fetcher = fetcher
        self._cache = LogoCache(folder, max_cache_bytes)
        self._clock = clock
        self._flights = SingleFlight()
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="logo-cache")

    async def logo(self, key: str) -> Logo:
        """The logo of the mod with this number or id, fetched when it is first asked for.

        Raises `NoLogo`, `NotShowable` (both remembered for a day) and `LogoUnavailable`.
        """
        url = await self._sources.logo_source(key)
        if url is None:
            raise NoLogo(key)
        cached = await self._on_disk(self._cache.read, url)
        if cached is None or not self._is_fresh(cached):
            cached = await self._renewed(url, cached)
        # Looked at again: limits may have changed since the file was written.
        content_type = _shown_type(cached.body)
        if content_type is None:
            raise NotShowable(key)
        return Logo(content_type, cached.body, f'"{cached.digest[:32]}"')

    async def close(self) -> None:
        await self._flights.close()
        await self._fetcher.aclose()
        await asyncio.to_thread(self._disk.shutdown, cancel_futures=True)

    def _is_fresh(self, cached: CachedLogo) -> bool:
        # What was fetched in the future was fetched while the clock was wrong.
        return 0 <= self._clock.now_ms() - cached.fetched_at < (KEPT_MS if cached.body else NONE_KEPT_MS)

    async def _renewed(self, url: str, old: CachedLogo | None) -> CachedLogo:
        try:
            return await self._flights.join(url, lambda: self._fetch(url), wait_seconds=PATIENCE_SECONDS)
        except (TimeoutError, Unavailable) as error:
            if old is not None and old.body:
                return old
            raise LogoUnavailable("The logo can't be fetched right now. Try again later.", retry_after_seconds=60) from error

    async def _fetch(self, url: str) -> CachedLogo:
        try:
            body = await self._fetcher.fetch(url)
            if _shown_type(body) is None:
                log.info("logo_refused", reason="no_raster", url=url)
                body = b""
        except FetchRefused as error:
            log.info("logo_refused", reason=error.reason, url=url)
            body = b""
        return await self._on_disk(self._cache.write, url, body, self._clock.now_ms())

    async def _on_disk(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._disk, lambda: work(*args, **kwargs))


def _shown_type(body: bytes) -> str | None:
    """The type of a picture that browsers may have; None for everything else."""
    image = read_raster(body)
    return image.content_type if image is not None and max(image.width, image.height) <= MAX_LOGO_SIDE else None
