"""Downloads an archive of the game into a file, and goes on where an earlier try was cut off."""

import asyncio
import contextlib
import errno
import hashlib
import os
import re
import shutil
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, Literal, Protocol
from urllib.parse import urlsplit

import orjson
import structlog

from vintagestory_api.errors import NotFound, Unavailable
from vintagestory_api.game_versions.unpack import ArchiveBroken, DiskFull
from vintagestory_api.kit.public_fetch import Resolve
from vintagestory_api.kit.redirects import LeadsInside, leads_inside
from vintagestory_api.services.run_context import in_thread
from vintagestory_api.storage.atomic import write_atomically

if TYPE_CHECKING:
    import httpx2

log = structlog.get_logger(__name__)

#: The archives of today have about 50 MB.
MAX_ARCHIVE_BYTES: Final = 4_000_000_000
#: Never taken by a download: the manager's own database needs room, too.
RESERVED_BYTES: Final = 100_000_000
MAX_REDIRECTS: Final = 5
MAX_AT_ONCE: Final = 2
#: So many tries in a row may bring nothing new.
TRIES: Final = 4
_MOST_TRIES = 100
#: Pieces that do not fit together are thrown away so many times.
_MAX_RESTARTS = 2
_BLOCK_BYTES, _BLOCK_CHUNKS = 1 << 20, 64
_GZIP_START = b"\x1f\x8b"
_TOTAL_SECONDS = 4 * 3600.0
_CONNECT_SECONDS, _READ_SECONDS = 15.0, 60.0
_MAX_RETRY_WAIT_SECONDS = 10.0
_RANGE = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15})", re.ASCII)

Ended = Literal["complete", "start_again"]


class DownloadFailed(Unavailable):
    """The archive could not be had. `permanent`: asking again won't help."""

    code = "download_failed"

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent


class ArchiveNotThere(NotFound):
    code = "archive_not_there"
    permanent = True


class _Broken(Exception):
    """The connection broke; what came is kept, and the next try goes on from there."""


@dataclass(frozen=True)
class Wanted:
    """`name` is how messages call it; `times_needed` is how much room it takes in all, as a multiple of its own size."""

    name: str
    url: str
    md5: str | None
    times_needed: int = 1


@dataclass(frozen=True)
class _Note:
    """What a download that was begun is a part of; lies beside it."""

    url: str
    md5: str | None
    size: int | None
    validator: str | None


class Follower(Protocol):
    """Told in the event loop how far a download is. What it raises ends the download."""

    def grown(self, size: int, total: int | None) -> None:
        """So many bytes lie in the file, of so many in all where that is known."""
        ...

    async def restarted(self) -> None:
        """What lay in the file was not worth keeping; comes back when nobody reads it any more."""
        ...


class Downloads:
    """A few at a time. `user_agent` is asked before each request; `disk_free` tells the free bytes of a folder's disk."""

    def __init__(
        self,
        user_agent: Callable[[], str],
        *,
        max_bytes: int = MAX_ARCHIVE_BYTES,
        disk_free: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
        retry_wait_seconds: float = 0.5,
        read_seconds: float = _READ_SECONDS,
        resolve: Resolve | None = None,
    ) -> None:
        self._user_agent = user_agent
        self._max_bytes = max_bytes
        self._disk_free = disk_free
        self._retry_wait_seconds = retry_wait_seconds
        self._read_seconds = read_seconds
        self._resolve = resolve
        self._slots = asyncio.Semaphore(MAX_AT_ONCE)

    async def fetch(self, wanted: Wanted, part: Path, follower: Follower) -> int:
        """Have the whole archive in `part`, with the right checksum; returns its size.

        After a cancellation, or when the connection can't be had again, `part` and a note beside it stay for the next try.
        Raises `DownloadFailed`, `ArchiveNotThere`, `ArchiveBroken` and `DiskFull`.
        """
        async with self._slots, _client(self._read_seconds, wanted, self._resolve) as client:
            file = await in_thread(_open_part, part, wanted)
            try:
                if file.size:
                    follower.grown(file.size, file.note.size if file.note else None)
                async with asyncio.timeout(_TOTAL_SECONDS):
                    return await self._with_retries(client, wanted, file, follower)
            except TimeoutError:
                raise DownloadFailed(f"{wanted.name} did not arrive within {_TOTAL_SECONDS / 3600:g} hours.") from None
            except OSError as error:
                await in_thread(file.discard)
                raise _disk_error(error, wanted) from error
            except (DiskFull, ArchiveBroken):
                await in_thread(file.discard)
                raise
            finally:
                await in_thread(file.close)

    async def _with_retries(self, client: "httpx2.AsyncClient", wanted: Wanted, file: "_PartFile", follower: Follower) -> int:
        in_vain = restarts = 0
        for _ in range(_MOST_TRIES):
            before = file.size
            try:
                ended = await self._attempt(client, wanted, file, follower)
            except _Broken as broken:
                in_vain = 0 if file.size > before else in_vain + 1
                if in_vain >= TRIES:
                    raise DownloadFailed(
                        f"{wanted.name} can't be had from {_host(wanted.url)}: {broken}. What has arrived is kept; "
                        "check the network and try again later."
                    ) from None
                log.info("download_goes_on", archive=wanted.name, reason=str(broken), bytes=file.size)
                await asyncio.sleep(min(_MAX_RETRY_WAIT_SECONDS, self._retry_wait_seconds * 2**in_vain))
                continue
            except ArchiveBroken:
                if not file.is_pieced:
                    raise
                ended = "start_again"
            if ended == "complete" and wanted.md5 in {None, file.md5}:
                return file.size
            if ended == "complete" and not file.is_pieced:
                raise ArchiveBroken(
                    f"{wanted.name} from {_host(wanted.url)} is not what the version service promised: its checksum is "
                    f"{file.md5}, and should be {wanted.md5}. It was not used; try again later."
                )
            restarts += 1
            if restarts > _MAX_RESTARTS:
                raise ArchiveBroken(
                    f"{_host(wanted.url)} sends parts of {wanted.name} that do not fit together. Try again later."
                )
            log.warning("download_starts_again", archive=wanted.name, bytes=file.size)
            await _start_over(file, follower)
        raise DownloadFailed(f"{wanted.name} came in too many pieces from {_host(wanted.url)}. Try again later.")

    async def _attempt(self, client: "httpx2.AsyncClient", wanted: Wanted, file: "_PartFile", follower: Follower) -> Ended:
        import httpx2  # noqa: PLC0415 - costs 120 ms, so not while the manager starts

        if file.is_whole:
            return "complete"
        try:
            async with contextlib.AsyncExitStack() as stack:
                response = await self._ask(client, stack, wanted, file)
                return await self._take(response, wanted, file, follower)
        except LeadsInside:
            raise _led_inside(wanted) from None
        except httpx2.TimeoutException:
            raise _Broken("no answer came in time") from None
        except (httpx2.NetworkError, httpx2.RemoteProtocolError, httpx2.ProxyError):
            raise _Broken("the connection broke off, or there was none") from None
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, UnicodeError) as error:
            # Only the kind: the text of the error may hold the address with its password.
            raise DownloadFailed(f"{wanted.name} can't be asked for ({type(error).__name__}).") from None

    async def _ask(
        self, client: "httpx2.AsyncClient", stack: contextlib.AsyncExitStack, wanted: Wanted, file: "_PartFile"
    ) -> "httpx2.Response":
        url = wanted.url
        for _ in range(MAX_REDIRECTS + 1):
            # Not packed once more: the checksum is that of the file as it lies there.
            headers = {"User-Agent": self._user_agent(), "Accept": "*/*", "Accept-Encoding": "identity"}
            if file.size:
                headers["Range"] = f"bytes={file.size}-"
                if wanted.md5 is None and file.note is not None and file.note.validator:
                    headers["If-Range"] = file.note.validator
            response = await stack.enter_async_context(client.stream("GET", url, headers=headers))
            if not response.is_redirect:
                return response
            url = await _redirect_target(response, wanted, self._resolve)
        raise DownloadFailed(f"{_host(wanted.url)} sends us round in circles instead of giving {wanted.name}.", permanent=True)

    async def _take(
        self,
        response: "httpx2.Response",
        wanted: Wanted,
        file: "_PartFile",
        follower: Follower,
    ) -> Ended:
        status = response.status_code
        if status == 416:
            return "start_again"
        if status == 206:
            if (total := _same_file(response, file)) is None:
                return "start_again"
            file.is_pieced = True
        elif status == 200:
            total = _length(response)
            await _begin(response, wanted, file, follower, total)
        else:
            raise _status_error(status, wanted)
        await self._see_that_it_fits(wanted, file, total)
        async with contextlib.aclosing(_with_writes(file, response)) as blocks:
            async for chunks, whole in blocks:
                self._look_at(chunks, whole, wanted)
                follower.grown(file.size, total)
        if total is not None and file.size != total:
            raise _Broken("the answer ended early")
        if file.size == 0:
            raise _Broken("the answer was empty")
        return "complete"

    def _look_at(self, chunks: Sequence[bytes], whole: int, wanted: Wanted) -> None:
        if whole > self._max_bytes:
            raise ArchiveBroken(f"{wanted.name} does not end after {self._max_bytes / 1e6:,.0f} MB, which is not believed.")
        if whole == sum(map(len, chunks)) and not chunks[0].startswith(_GZIP_START[: len(chunks[0])]):
            what = _what_it_is(chunks[0])
            raise ArchiveBroken(f"{_host(wanted.url)} sent {what} instead of {wanted.name}. Try again later.")

    async def _see_that_it_fits(self, wanted: Wanted, file: "_PartFile", total: int | None) -> None:
        if total is None:
            return
        if total > self._max_bytes:
            raise DownloadFailed(
                f"{wanted.name} has {total / 1e6:,.0f} MB, which is not believed; at most {self._max_bytes / 1e6:,.0f} MB "
                "are taken.",
                permanent=True,
            )
        await see_that_there_is_room(
            file.path.parent, total * wanted.times_needed - file.size, wanted.name, disk_free=self._disk_free
        )


class _PartFile:
    """The file that grows, and the checksum of what it holds so far. Blocking; one caller at a time.

    `is_pieced`: it did not come in one answer, so that pieces of different files may have come together.
    """

    def __init__(self, path: Path, handle: BinaryIO, note: _Note | None) -> None:
        self.path = path
        self.note = note
        self.size = 0
        self.is_pieced = False
        self._handle = handle
        self._digest = hashlib.md5(usedforsecurity=False)

    @property
    def md5(self) -> str:
        return self._digest.hexdigest()

    @property
    def is_whole(self) -> bool:
        return self.note is not None and 0 < self.size == self.note.size

    def take_in(self) -> None:
        """Count what is there already."""
        self._handle.seek(0)
        while block := self._handle.read(_BLOCK_BYTES):
            self._digest.update(block)
            self.size += len(block)
        self.is_pieced = self.size > 0

    def append(self, chunks: Sequence[bytes]) -> None:
        for chunk in chunks:
            view = memoryview(chunk)
            while view:
                view = view[self._handle.write(view) :]
            self._digest.update(chunk)
        self.size += sum(map(len, chunks))

    def clear(self) -> None:
        self._handle.seek(0)
        self._handle.truncate()
        self._digest = hashlib.md5(usedforsecurity=False)
        self.size = 0
        self.is_pieced = False

    def write_note(self, note: _Note) -> None:
        write_atomically(note_path(self.path), orjson.dumps(asdict(note)), durable=False)
        self.note = note

    def discard(self) -> None:
        for path in (self.path, note_path(self.path)):
            with contextlib.suppress(OSError):
                path.unlink()

    def close(self) -> None:
        self._handle.close()


def note_path(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


async def see_that_there_is_room(
    folder: Path,
    needed_bytes: int,
    name: str,
    *,
    disk_free: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
) -> None:
    """Raises `DiskFull` with the numbers."""
    free = await asyncio.to_thread(disk_free, folder)
    if needed_bytes + RESERVED_BYTES > free:
        raise DiskFull(
            f"There is not enough room for {name}: it needs {needed_bytes / 1e6:,.0f} MB, and {free / 1e6:,.0f} MB are free, of "
            f"which {RESERVED_BYTES / 1e6:,.0f} MB are kept for the manager. Make room on the disk of the manager's data folder."
        )


async def _begin(response: "httpx2.Response", wanted: Wanted, file: _PartFile, follower: Follower, total: int | None) -> None:
    """From the start, also when a part was asked for: not every server gives parts."""
    etag = response.headers.get("etag", "")
    strong = etag if etag.startswith('"') and etag.isprintable() and len(etag) < 200 else None
    await _start_over(file, follower)
    await in_thread(file.write_note, _Note(wanted.url, wanted.md5, total, strong))


async def _start_over(file: _PartFile, follower: Follower) -> None:
    if file.size:
        await follower.restarted()
        await in_thread(file.clear)


def _open_part(path: Path, wanted: Wanted) -> _PartFile:
    """The file of an earlier try when it is a part of the same archive, else an empty one."""
    note = _read_note(note_path(path))
    is_same = note is not None and (
        note.md5 == wanted.md5 if wanted.md5 is not None else note.validator is not None and note.url == wanted.url
    )
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | (0 if is_same else os.O_TRUNC)
    handle = os.open(path, flags, 0o600)
    file = _PartFile(path, os.fdopen(handle, "r+b", buffering=0), note if is_same else None)
    file.take_in()
    return file


def _read_note(path: Path) -> _Note | None:
    try:
        return _Note(**orjson.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


@contextlib.asynccontextmanager
async def _client(read_seconds: float, wanted: Wanted, resolve: Resolve | None) -> "AsyncIterator[httpx2.AsyncClient]":
    client = await asyncio.to_thread(_build_client, read_seconds, urlsplit(wanted.url).hostname or "", resolve)
    try:
        yield client
    finally:
        await client.aclose()


def _build_client(read_seconds: float, own_host: str, resolve: Resolve | None) -> "httpx2.AsyncClient":
    """In a thread: importing the library and reading the CA certificates take about 200 ms."""
    import logging  # noqa: PLC0415 - as below
    from http.cookiejar import CookieJar, DefaultCookiePolicy  # noqa: PLC0415 - as below

    import httpx2  # noqa: PLC0415 - off the start-up path

    from vintagestory_api.kit.guarded_connections import guard  # noqa: PLC0415 - off the start-up path

    # It would log every address, with the password of one that has one.
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    logging.getLogger("httpcore2").setLevel(logging.WARNING)
    client = httpx2.AsyncClient(
        timeout=httpx2.Timeout(read_seconds, connect=_CONNECT_SECONDS), cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    )
    return guard(client, own_host, resolve)


async def _blocks(response: "httpx2.Response") -> AsyncGenerator[list[bytes], None]:
    """The bytes as they were sent, so many at a time as are worth a thread."""
    block: list[bytes] = []
    size = 0
    async with contextlib.aclosing(response.aiter_raw()) as chunks:
        try:
            async for chunk in chunks:
                block.append(chunk)
                size += len(chunk)
                if size >= _BLOCK_BYTES or len(block) >= _BLOCK_CHUNKS:
                    yield block
                    block, size = [], 0
        except Exception:
            # What came before the break is worth keeping.
            if size:
                yield block
            raise
    if size:
        yield block


async def _with_writes(file: _PartFile, response: "httpx2.Response") -> AsyncGenerator[tuple[list[bytes], int], None]:
    """Each block before it is written, and how much there is with it; the next one is received while it is written."""
    writing: asyncio.Future[None] | None = None
    received = file.size
    try:
        async with contextlib.aclosing(_blocks(response)) as blocks:
            async for block in blocks:
                if writing is not None:
                    await asyncio.shield(writing)
                received += sum(map(len, block))
                yield block, received
                writing = asyncio.ensure_future(in_thread(file.append, block))
    finally:
        await _finished(writing)


async def _finished(writing: "asyncio.Future[None] | None") -> None:
    """Wait for the write, whoever cancels meanwhile: the file must not be closed under it. Raises what the write raised."""
    cancelled = False
    while writing is not None and not writing.done():
        try:
            await asyncio.wait({writing})
        except asyncio.CancelledError:
            cancelled = True
    if writing is not None:
        writing.result()
    if cancelled:
        raise asyncio.CancelledError


def _same_file(response: "httpx2.Response", file: _PartFile) -> int | None:
    """The size of the whole when the answer goes on just where the file ends; None when it does not."""
    found = _RANGE.fullmatch(response.headers.get("content-range", ""))
    if found is None or file.size == 0:
        return None
    first, last, total = (int(number) for number in found.groups())
    known = file.note.size if file.note is not None else None
    fits = first == file.size and last == total - 1 and known in {None, total}
    return total if fits else None


def _length(response: "httpx2.Response") -> int | None:
    text = response.headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


async def _redirect_target(response: "httpx2.Response", wanted: Wanted, resolve: Resolve | None) -> str:
    """File stores send to other hosts; but only to the public web, and never from a secured place to an open one."""
    import httpx2  # noqa: PLC0415 - off the start-up path

    here = response.url
    try:
        there = here.join(response.headers["location"])
    except (httpx2.InvalidURL, UnicodeError, ValueError, KeyError):
        there = httpx2.URL("")
    is_web = there.scheme == "https" or (there.scheme == "http" and here.scheme == "http")
    if not is_web or not there.host or there.userinfo:
        raise DownloadFailed(f"{_host(wanted.url)} sends us to a place for {wanted.name} that is not followed.", permanent=True)
    if await leads_inside(there.host, urlsplit(wanted.url).hostname or "", resolve):
        raise _led_inside(wanted)
    return str(there)


def _led_inside(wanted: Wanted) -> DownloadFailed:
    return DownloadFailed(
        f"{_host(wanted.url)} sends us for {wanted.name} to an address that is not public, which is not followed.",
        permanent=True,
    )


def _status_error(status: int, wanted: Wanted) -> Exception:
    if status in {404, 410}:
        return ArchiveNotThere(f"{_host(wanted.url)} does not have {wanted.name} (HTTP {status}).")
    if status in {408, 425, 429} or status >= 500:
        return _Broken(f"it has trouble of its own (HTTP {status})")
    return DownloadFailed(f"{_host(wanted.url)} refuses to give {wanted.name} (HTTP {status}).", permanent=True)


def _disk_error(error: OSError, wanted: Wanted) -> Exception:
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return DiskFull(f"The disk became full while {wanted.name} was downloaded; it was removed. Make room and try again.")
    return DownloadFailed(
        f"{wanted.name} can't be written: {error.strerror or type(error).__name__}. Check that the data folder is writable."
    )


def _what_it_is(start: bytes) -> str:
    return "a web page" if start.lstrip()[:1] == b"<" else "something else"


def _host(url: str) -> str:
    """Fit for messages: without user name and password."""
    return urlsplit(url).netloc.rpartition("@")[2] or "the file store"
