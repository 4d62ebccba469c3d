"""One HTTP service we depend on, asked gently: few at once, bounded in time and size, with retries and a circuit."""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar
from urllib.parse import quote, urlsplit

import orjson
import structlog

from vintagestory_api import __version__
from vintagestory_api.errors import Unavailable
from vintagestory_api.kit.circuit import Circuit
from vintagestory_api.kit.clock import Clock, to_ms
from vintagestory_api.kit.public_fetch import Resolve
from vintagestory_api.kit.redirects import LeadsInside, leads_inside

if TYPE_CHECKING:
    import httpx2
    from stamina.instrumentation import RetryDetails

T = TypeVar("T")
Consume = Callable[["httpx2.Response"], Awaitable[T]]
Exchange = Callable[["httpx2.AsyncClient", str], Awaitable[T]]

log = structlog.get_logger(__name__)

MEGABYTE = 1_000_000
MAX_REDIRECTS = 3
#: An answer with an error status is read only this far: enough for a reason, too little to hurt.
MAX_ERROR_BYTES = 64_000
#: Objects and lists in one answer that is parsed on the event loop: 60,000 take about 20 ms, and a hostile megabyte
#: could hold ten times as many.
MAX_JSON_CONTAINERS = 60_000
MAX_JSON_COMMAS = 500_000
WRITE_CHUNK_BYTES = 256 * 1024

#: The other side works; it only does not like this question.
_ANSWERED = frozenset({"not_found", "rejected", "too_long"})
_RETRIED = frozenset({"unreachable", "timeout", "truncated", "too_many_requests", "server_error", "html_error"})
_BLANKS = b"\xef\xbb\xbf \t\r\n"


class UpstreamError(Unavailable):
    """A service did not do its part.

    `reason` is stable: unreachable, tls, timeout, too_slow, truncated, too_large, empty, not_json, html_error, server_error,
    too_many_requests, redirected, not_found, rejected, too_long; callers add their own through `Upstream.error`.
    `permanent`: asking the same again won't help. `status`, `text` and `answer` (parsed JSON) of an HTTP error, where there
    are some.
    """

    code = "upstream_failed"

    def __init__(
        self,
        message: str,
        *,
        upstream: str,
        reason: str,
        permanent: bool = False,
        status: int | None = None,
        answer: Any = None,
        text: str = "",
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(message, retry_after_seconds=retry_after_seconds, upstream=upstream, reason=reason)
        self.upstream = upstream
        self.reason = reason
        self.permanent = permanent
        self.status = status
        self.answer = answer
        self.text = text


@dataclass(frozen=True)
class Arriving:
    """A file on its way. `size_bytes`: as promised, None where nothing is; `sent_to`: where a redirect led, as it was written."""

    blocks: AsyncIterator[bytes]
    size_bytes: int | None
    sent_to: str | None


class DownloadNotWritten(Unavailable):
    """The disk did not take what was downloaded (full, read-only, no permission)."""

    code = "download_not_written"


def user_agent(contact: str) -> str:
    """The User-Agent header that lets an upstream's operator reach ours. Whatever could break the header is dropped."""
    clean = "".join(char for char in contact if " " <= char <= "~" and char not in "()\\").strip()[:100]
    return f"vsmanager/{__version__} (Vintage Story Server Manager; contact: {clean or 'not given'})"


def encode_query(params: Mapping[str, str]) -> str:
    """`a=1&b=x@1.0.0,y`: `@` and `,` stay as they are, which keeps long lists of ids short."""
    return "&".join(f"{quote(key, safe='')}={quote(value, safe='@,')}" for key, value in params.items())


class Upstream:
    """Raises `UpstreamError`, `CircuitOpen` and `DownloadNotWritten`, nothing else.

    `name` is how messages call it, at the start of a sentence ("The file store"). A call counts towards the circuit once,
    retries included; answers such as 404 count as a success, a cancelled call counts as nothing.
    """

    def __init__(
        self,
        name: str,
        base_url: str,
        *,
        user_agent: str,
        circuit: Circuit,
        clock: Clock,
        max_concurrency: int = 4,
        connect_timeout_seconds: float = 10.0,
        read_timeout_seconds: float = 30.0,
        total_timeout_seconds: float = 60.0,
        download_timeout_seconds: float = 300.0,
        attempts: int = 3,
        retry_wait_seconds: float = 0.5,
        max_retry_wait_seconds: float = 10.0,
        transport: "httpx2.AsyncBaseTransport | None" = None,
        verify: ssl.SSLContext | bool = True,
        resolve: Resolve | None = None,
    ) -> None:
        self.name = name
        self.circuit = circuit
        #: HTTP requests sent since the start, with retries and redirects.
        self.requests_made = 0
        parts = urlsplit(base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("the address of an upstream starts with http:// or https:// and names a host")
        self._base_url = base_url.rstrip("/")
        self._host = parts.hostname
        #: Scheme, host and port without user name and password: fit for messages and for links.
        self.public_url = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"
        self._label = f"{name} ({parts.netloc.rpartition('@')[2]})"
        self._user_agent = user_agent
        self._clock = clock
        self._slots = asyncio.Semaphore(max_concurrency)
        self._file_slots = asyncio.Semaphore(max_concurrency)
        self._max_concurrency = max_concurrency
        self._connect_timeout_seconds = connect_timeout_seconds
        self._read_timeout_seconds = read_timeout_seconds
        self._total_timeout_seconds = total_timeout_seconds
        self._download_timeout_seconds = download_timeout_seconds
        self._attempts = attempts
        self._retry_wait_seconds = retry_wait_seconds
        self._max_retry_wait_seconds = max_retry_wait_seconds
        self._transport = transport
        self._verify = verify
        self._resolve = resolve
        self._client: httpx2.AsyncClient | None = None
        self._client_lock = asyncio.Lock()
        self._trial = asyncio.Lock()
        self._closed = False

    def use_user_agent(self, user_agent: str) -> None:
        """Name ourselves differently from the next request on."""
        self._user_agent = user_agent

    async def get_json(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        parse: Callable[[Any], T],
        max_bytes: int = MEGABYTE,
    ) -> T:
        """What `parse` makes of the answer's JSON; it raises `UpstreamError` for an answer that makes no sense.

        `path` is percent-encoded already. `max_bytes` limits the decoded body; keep it to a few megabytes, because they
        are parsed on the event loop.
        """

        async def consume(response: "httpx2.Response") -> T:
            body = bytearray()
            async for chunk in self._chunks(response, max_bytes):
                body += chunk
            return parse(self._load(bytes(body)))

        return await self._call(path, params, consume, self._total_timeout_seconds)

    async def download(
        self,
        path: str,
        target: Path,
        params: Mapping[str, str] | None = None,
        *,
        max_bytes: int,
        expect_json: bool = False,
        on_bytes: Callable[[int], None] | None = None,
    ) -> int:
        """Stream the answer into `target` and return its size; a target half written is removed.

        `on_bytes` gets the decoded bytes so far. `expect_json` refuses a body that does not begin and end as JSON does.
        """

        async def consume(response: "httpx2.Response") -> int:
            return await self._save(response, target, max_bytes=max_bytes, expect_json=expect_json, on_bytes=on_bytes)

        return await self._call(path, params, consume, self._download_timeout_seconds)

    async def fetch_file(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        take: Callable[[Arriving], Awaitable[T]],
        max_bytes: int,
        total_seconds: float,
    ) -> T:
        """What `take` makes of a file, which may lie on another host: redirects to the web are followed.

        `take` begins anew with each try, and may raise `error(…)`. Files have slots of their own, so that large ones hold
        up no question.
        """

        async def consume(response: "httpx2.Response", sent_to: str | None) -> T:
            size = _length(response.headers.get("content-length", ""))
            if size is not None and size > max_bytes:
                raise self._too_large(max_bytes)
            async with contextlib.aclosing(self._chunks(response, max_bytes)) as chunks:
                return await take(Arriving(_blocks(chunks), size, sent_to))

        async def exchange(client: "httpx2.AsyncClient", url: str) -> T:
            return await self._exchange_file(client, url, consume)

        return await self._guarded(self._file_slots, path, params, exchange, total_seconds)

    async def aclose(self) -> None:
        self._closed = True
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def error(self, reason: str, what: str, **details: Any) -> UpstreamError:
        """An error of this upstream for what its answer means; `what` follows the name and ends with a full stop."""
        return UpstreamError(f"{self._label} {what}", upstream=self.name, reason=reason, **details)

    # One call: slot, circuit, retries

    async def _call(self, path: str, params: Mapping[str, str] | None, consume: Consume[T], total_seconds: float) -> T:
        async def exchange(client: "httpx2.AsyncClient", url: str) -> T:
            return await self._exchange(client, url, consume)

        return await self._guarded(self._slots, path, params, exchange, total_seconds)

    async def _guarded(
        self,
        slots: asyncio.Semaphore,
        path: str,
        params: Mapping[str, str] | None,
        exchange: Exchange[T],
        total_seconds: float,
    ) -> T:
        url = self._base_url + path + (f"?{encode_query(params)}" if params else "")
        async with slots:
            if self.circuit.state == "half_open":
                # One of those that come together finds out whether it answers again; the others go on with what that finds.
                async with self._trial:
                    if self.circuit.state == "half_open":
                        return await self._counted(url, exchange, total_seconds)
            return await self._counted(url, exchange, total_seconds)

    async def _counted(self, url: str, exchange: Exchange[T], total_seconds: float) -> T:
        self.circuit.before()
        try:
            result = await self._with_retries(url, exchange, total_seconds)
        except UpstreamError as error:
            if error.reason in _ANSWERED:
                self.circuit.success()
            else:
                self.circuit.failure()
            raise
        except BaseException:
            self.circuit.release()
            raise
        self.circuit.success()
        return result

    async def _with_retries(self, url: str, exchange: Exchange[T], total_seconds: float) -> T:
        client = await self._ready_client()
        import stamina  # noqa: PLC0415 - loaded with the client, off the start-up path

        retries = stamina.retry_context(
            on=self._retry_after,
            attempts=1 if self.circuit.state == "half_open" else self._attempts,
            timeout=None,
            wait_initial=self._retry_wait_seconds,
            wait_max=self._max_retry_wait_seconds,
            wait_jitter=self._retry_wait_seconds,
        )
        async for attempt in retries:
            with attempt:
                return await self._attempt(client, url, exchange, total_seconds)
        raise AssertionError("the last attempt returns or raises")

    def _retry_after(self, error: Exception) -> bool | float:
        if not isinstance(error, UpstreamError) or error.reason not in _RETRIED:
            return False
        if error.reason == "html_error" and (error.status or 0) < 500:
            return False
        if error.retry_after_seconds is None:
            return True
        return error.retry_after_seconds if error.retry_after_seconds <= self._max_retry_wait_seconds else False

    async def _attempt(self, client: "httpx2.AsyncClient", url: str, exchange: Exchange[T], total_seconds: float) -> T:
        import httpx2  # noqa: PLC0415 - loaded with the client, off the start-up path

        try:
            # httpx limits each read; only this limit ends an answer that drips.
            async with asyncio.timeout(total_seconds):
                return await exchange(client, url)
        except LeadsInside:
            raise self._led_inside() from None
        except TimeoutError:
            raise self.error("too_slow", f"did not finish its answer within {total_seconds:.0f} s. Try again later.") from None
        except httpx2.TimeoutException:
            raise self.error("timeout", "did not answer in time. Try again later, or check the network.") from None
        except httpx2.ConnectError as error:
            raise self._unreachable(error) from None
        except (httpx2.NetworkError, httpx2.RemoteProtocolError, httpx2.DecodingError):
            raise self.error("truncated", "broke off its answer or sent a garbled one. Try again later.") from None
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, OSError, UnicodeError) as error:
            # Only the kind: the text of the error may hold the address with its password.
            raise self.error("unreachable", f"can't be asked ({type(error).__name__}). Check its address.") from None

    def _unreachable(self, error: Exception) -> UpstreamError:
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, ssl.SSLError):
                return self.error(
                    "tls",
                    "can't be trusted: its certificate was refused. Check its address, this machine's clock and CA certificates.",
                )
            cause = cause.__cause__ or cause.__context__
        return self.error("unreachable", "can't be reached. Check the network and the address, or try again later.")

    # One exchange: redirects, status, body

    async def _exchange(self, client: "httpx2.AsyncClient", url: str, consume: Consume[T]) -> T:
        for _ in range(MAX_REDIRECTS + 1):
            self.requests_made += 1
            async with client.stream("GET", url, headers={"User-Agent": self._user_agent}) as response:
                if not response.is_redirect:
                    if response.status_code != 200:
                        raise await self._status_error(response)
                    return await consume(response)
                url = self._redirect_target(response)
        raise self.error("redirected", "sends requests round in circles. Check its address.", permanent=True)

    async def _exchange_file(
        self, client: "httpx2.AsyncClient", url: str, consume: Callable[["httpx2.Response", str | None], Awaitable[T]]
    ) -> T:
        # Not packed once more, so that the promised length is the file's; and of any type, but see `_build_client`.
        headers = {"User-Agent": self._user_agent, "Accept": "*/*", "Accept-Encoding": "identity"}
        sent_to = None
        for _ in range(MAX_REDIRECTS + 1):
            self.requests_made += 1
            async with client.stream("GET", url, headers=headers) as response:
                if not response.is_redirect:
                    if response.status_code != 200:
                        raise await self._status_error(response)
                    return await consume(response, sent_to)
                sent_to = response.headers["location"]
                url = await self._file_target(response)
        raise self.error("redirected", "sends requests round in circles. Check its address.", permanent=True)

    async def _file_target(self, response: "httpx2.Response") -> str:
        """Only to the public web, never from a secured place to an open one, and to no other place with a password of ours."""
        import httpx2  # noqa: PLC0415 - loaded with the client, off the start-up path

        here = response.url
        try:
            there = here.join(response.headers["location"])
        except (httpx2.InvalidURL, UnicodeError, ValueError):
            there = httpx2.URL("")
        is_web = there.scheme == "https" or (there.scheme == "http" and here.scheme == "http")
        if not is_web or not there.host or there.userinfo not in {b"", here.userinfo}:
            raise self.error("redirected", "sends us to a place for a file that is not followed.", permanent=True)
        if await leads_inside(there.host, self._host, self._resolve):
            raise self._led_inside()
        is_same = (there.scheme, there.host, there.port) == (here.scheme, here.host, here.port)
        return str(there.copy_with(userinfo=here.userinfo if is_same else b""))

    def _led_inside(self) -> UpstreamError:
        what = "sends us for a file to an address that is not public, which is not followed."
        return self.error("redirected", what, permanent=True)

    def _redirect_target(self, response: "httpx2.Response") -> str:
        """Only within the same host: an upstream must not send us to the inside of our own network."""
        import httpx2  # noqa: PLC0415 - loaded with the client, off the start-up path

        here = response.url
        try:
            there = here.join(response.headers["location"])
        except (httpx2.InvalidURL, UnicodeError, ValueError):
            there = httpx2.URL("")
        same_origin = (there.scheme, there.host, there.port) == (here.scheme, here.host, here.port)
        upgrade = (here.scheme, here.port, there.scheme, there.port) == ("http", None, "https", None) and there.host == here.host
        if not (same_origin or upgrade) or there.userinfo not in {b"", here.userinfo}:
            raise self.error(
                "redirected", "sends requests to another place, which is not followed. Check its address.", permanent=True
            )
        return str(there.copy_with(userinfo=here.userinfo) if here.userinfo else there)

    async def _status_error(self, response: "httpx2.Response") -> UpstreamError:
        status = response.status_code
        body = bytearray()
        with contextlib.suppress(UpstreamError):
            async for chunk in self._chunks(response, MAX_ERROR_BYTES):
                body += chunk
        answer: Any = None
        if len(body) <= MAX_ERROR_BYTES:
            with contextlib.suppress(orjson.JSONDecodeError):
                answer = orjson.loads(bytes(body))
        said = _plain_reason(answer)
        known: dict[str, Any] = {"status": status, "answer": answer, "text": body[:MAX_ERROR_BYTES].decode("utf-8", "replace")}
        if status in {429, 503}:
            known["retry_after_seconds"] = self._retry_after_header(response.headers.get("retry-after", ""))
        if status >= 500:
            reason = "html_error" if _looks_like_html(bytes(body)) else "server_error"
            return self.error(reason, f"has trouble of its own (HTTP {status}{said}). Try again later.", **known)
        if status in {408, 429}:
            return self.error("too_many_requests", f"asks for fewer requests (HTTP {status}{said}). Try again later.", **known)
        if status in {404, 410}:
            return self.error("not_found", f"does not have this (HTTP {status}{said}).", permanent=True, **known)
        if status == 414:
            return self.error("too_long", "refused a request with too long an address (HTTP 414).", permanent=True, **known)
        return self.error("rejected", f"refused the request (HTTP {status}{said}).", permanent=True, **known)

    def _retry_after_header(self, text: str) -> float | None:
        """Seconds or an HTTP date, as RFC 9110 has it; None for anything else."""
        text = text.strip()
        if text.isascii() and text.isdigit():
            return float(text[:9])
        try:
            at_ms = to_ms(parsedate_to_datetime(text))
        except (ValueError, TypeError, OverflowError, OSError):
            return None
        return max(0.0, (at_ms - self._clock.now_ms()) / 1000)

    async def _chunks(self, response: "httpx2.Response", max_bytes: int) -> AsyncGenerator[bytes, None]:
        """The decoded body, at most `max_bytes` of it: a compressed bomb ends here, and so does an endless answer."""
        coding = response.headers.get("content-encoding", "identity").strip().lower()
        if coding not in {"identity", "gzip", "deflate", ""}:
            raise self.error("not_json", "packed its answer in a way that was not asked for.")
        received = 0
        async with contextlib.aclosing(response.aiter_bytes()) as chunks:
            async for chunk in chunks:
                received += len(chunk)
                if received > max_bytes:
                    raise self._too_large(max_bytes)
                yield chunk

    def _too_large(self, max_bytes: int) -> UpstreamError:
        return self.error("too_large", f"sent more than {max_bytes / MEGABYTE:g} MB, the limit for this answer.", permanent=True)

    def _load(self, body: bytes) -> Any:
        self._check_start(body)
        if body.count(b"{") + body.count(b"[") > MAX_JSON_CONTAINERS or body.count(b",") > MAX_JSON_COMMAS:
            raise self.error("too_large", "sent an answer of far more parts than expected.", permanent=True)
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError:
            self._check_end(body)
            raise self.error("not_json", "sent an answer that is no JSON. Try again later.") from None

    def _check_start(self, start: bytes) -> None:
        text = start.lstrip(_BLANKS)
        if not text:
            raise self.error("empty", "sent an empty answer. Try again later.")
        if text[:1] in b"{[":
            return
        if _looks_like_html(text):
            raise self.error("html_error", "sent a web page where data was expected. Try again later.")
        raise self.error("not_json", "sent an answer that is no JSON. Try again later.")

    def _check_end(self, end: bytes) -> None:
        if end.rstrip(_BLANKS)[-1:] not in {b"}", b"]"}:
            raise self.error("truncated", "sent only a part of its answer. Try again later.")

    async def _save(
        self,
        response: "httpx2.Response",
        target: Path,
        *,
        max_bytes: int,
        expect_json: bool,
        on_bytes: Callable[[int], None] | None,
    ) -> int:
        written = 0
        end = b""
        file: BinaryIO = await _on_disk(target.open, "wb")
        try:
            async for block in _blocks(self._chunks(response, max_bytes)):
                if expect_json and not written:
                    self._check_start(block)
                await _on_disk(file.write, block)
                written += len(block)
                end = block.rstrip(_BLANKS)[-1:] or end
                if on_bytes is not None:
                    on_bytes(written)
            if expect_json and not written:
                self._check_start(b"")
            if expect_json:
                self._check_end(end)
            await _on_disk(file.close)
        except BaseException:
            with contextlib.suppress(OSError):
                await asyncio.to_thread(file.close)
            with contextlib.suppress(OSError):
                await asyncio.to_thread(target.unlink, missing_ok=True)
            raise
        return written

    # The client, made at first use

    async def _ready_client(self) -> "httpx2.AsyncClient":
        async with self._client_lock:
            if self._closed:
                raise self.error("unreachable", "is not asked any more, because the manager is stopping.")
            if self._client is None:
                # Importing the library and reading the CA certificates take about 200 ms.
                self._client = await asyncio.to_thread(self._build_client)
            return self._client

    def _build_client(self) -> "httpx2.AsyncClient":
        from http.cookiejar import CookieJar, DefaultCookiePolicy  # noqa: PLC0415 - as below

        import httpx2  # noqa: PLC0415 - costs 120 ms, so not while the manager starts
        import stamina.instrumentation  # noqa: PLC0415 - as above

        from vintagestory_api.kit.guarded_connections import guard  # noqa: PLC0415 - as above

        stamina.instrumentation.set_on_retry_hooks([_log_retry])
        # It would log every address, with the password of one that has one.
        logging.getLogger("httpx2").setLevel(logging.WARNING)
        logging.getLogger("httpcore2").setLevel(logging.WARNING)
        client = httpx2.AsyncClient(
            # Exactly this type: there are services that take a longer list for the wish for a picture.
            headers={"Accept": "application/json", "Accept-Encoding": "gzip"},
            timeout=httpx2.Timeout(self._read_timeout_seconds, connect=self._connect_timeout_seconds, pool=None),
            limits=httpx2.Limits(max_connections=2 * self._max_concurrency, max_keepalive_connections=self._max_concurrency),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            transport=self._transport,
            verify=self._verify,
        )
        return client if self._transport is not None else guard(client, self._host, self._resolve)


def _length(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


async def _blocks(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same bytes in pieces worth a thread each."""
    block = bytearray()
    async for chunk in chunks:
        block += chunk
        if len(block) >= WRITE_CHUNK_BYTES:
            yield bytes(block)
            block.clear()
    if block:
        yield bytes(block)


async def _on_disk(work: Callable[..., Any], *args: Any) -> Any:
    try:
        return await asyncio.to_thread(work, *args)
    except OSError as error:
        raise DownloadNotWritten(
            f"The download can't be written: {error.strerror or 'the disk refused it'}. "
            "Make room on the disk and check that the data folder is writable."
        ) from error


def _log_retry(details: "RetryDetails") -> None:
    error = details.caused_by
    if isinstance(error, UpstreamError):
        log.info(
            "upstream_retry_scheduled",
            upstream=error.upstream,
            reason=error.reason,
            retry=details.retry_num,
            wait_seconds=round(details.wait_for, 2),
        )


def _looks_like_html(body: bytes) -> bool:
    return body.lstrip(_BLANKS)[:1] == b"<"


def _plain_reason(answer: Any) -> str:
    """`: Missing ids.` when the answer says why in plain words; markup and control characters never pass."""
    said = answer.get("reason") if isinstance(answer, dict) else None
    if not isinstance(said, str) or any(char in "<>" or not char.isprintable() for char in said):
        return ""
    return f": {said.strip().rstrip('.')[:200]}" if said.strip() else ""
