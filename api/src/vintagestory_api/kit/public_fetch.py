"""Fetches something small from an address that a stranger chose, without becoming the stranger's way into our own network.

The name is resolved here, every address it has must be public, and the connection goes to the address that was looked at:
a name that answers differently a moment later changes nothing.
"""

import asyncio
import contextlib
import ipaddress
import socket
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from vintagestory_api.errors import Unavailable
from vintagestory_api.kit.addresses import Address, is_public
from vintagestory_api.kit.circuit import Circuit
from vintagestory_api.kit.clock import Clock

if TYPE_CHECKING:
    import httpx2

#: Host → its addresses as text. Raises `OSError` when there are none.
Resolve = Callable[[str], Awaitable[Sequence[str]]]

MAX_REDIRECTS: Final = 3
#: So many addresses of one host are tried.
MAX_ADDRESSES: Final = 4
CONNECT_TIMEOUT_SECONDS: Final = 5.0
READ_TIMEOUT_SECONDS: Final = 10.0
TOTAL_TIMEOUT_SECONDS: Final = 20.0

_WEB_PORTS = frozenset({80, 443})
_KEPT_CIRCUITS = 64
#: Answers that may be another one later; every other error status is final.
_PASSING_STATUSES = frozenset({408, 425, 429})


class FetchRefused(Exception):
    """There is nothing to be had at this address, or nothing that may be fetched; asking again won't help.

    `reason` is stable: bad_address, not_public, redirected, status, too_large, packed.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class FetchFailed(Unavailable):
    """Not now: the host can't be reached, is too slow, or has trouble of its own."""

    code = "fetch_failed"


def loopback_port(url: str) -> int | None:
    """The port of `url` when its host is this machine, by name or by number; None otherwise."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        is_here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_here = host == "localhost" or host.endswith(".localhost")
    return (parts.port or (443 if parts.scheme == "https" else 80)) if is_here else None


class PublicFetcher:
    """Raises `FetchRefused`, `FetchFailed` and `CircuitOpen`, nothing else. `aclose` it before the event loop ends.

    A host that fails several times in a row is left alone for a while. `own_port`: this port on loopback is allowed, too.
    """

    def __init__(
        self,
        *,
        accept: str,
        max_bytes: int,
        user_agent: Callable[[], str],
        clock: Clock,
        own_port: int | None = None,
        max_concurrency: int = 4,
        total_timeout_seconds: float = TOTAL_TIMEOUT_SECONDS,
        resolve: Resolve | None = None,
    ) -> None:
        self._accept = accept
        self._max_bytes = max_bytes
        self._user_agent = user_agent
        self._clock = clock
        self._own_port = own_port
        self._total_timeout_seconds = total_timeout_seconds
        self._resolve = resolve or self._look_up
        self._slots = asyncio.Semaphore(max_concurrency)
        self._circuits: OrderedDict[str, Circuit] = OrderedDict()
        # Threads of its own: names that nobody answers for must not keep others waiting.
        self._resolvers = ThreadPoolExecutor(2, thread_name_prefix="public-fetch-dns")
        self._client: httpx2.AsyncClient | None = None
        self._client_lock = asyncio.Lock()
        self._closed = False

    async def fetch(self, url: str) -> bytes:
        """The body of what lies at `url`, as it was sent."""
        async with self._slots:
            client = await self._ready_client()
            circuit = self._circuit(url)
            circuit.before()
            try:
                async with asyncio.timeout(self._total_timeout_seconds):
                    body = await self._follow(client, url)
            except TimeoutError:
                circuit.failure()
                raise FetchFailed(f"The host did not finish within {self._total_timeout_seconds:.0f} s.") from None
            except FetchFailed:
                circuit.failure()
                raise
            except FetchRefused:
                circuit.success()
                raise
            except BaseException:
                circuit.release()
                raise
            circuit.success()
            return body

    async def aclose(self) -> None:
        self._closed = True
        self._resolvers.shutdown(wait=False, cancel_futures=True)
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def _circuit(self, url: str) -> Circuit:
        host = _host(url)
        circuit = self._circuits.get(host)
        if circuit is None:
            circuit = self._circuits[host] = Circuit(f"The host {host[:100]}", clock=self._clock)
            if len(self._circuits) > _KEPT_CIRCUITS:
                self._circuits.popitem(last=False)
        self._circuits.move_to_end(host)
        return circuit

    async def _follow(self, client: "httpx2.AsyncClient", url: str) -> bytes:
        import httpx2  # noqa: PLC0415 - loaded with the client, off the start-up path

        try:
            target = httpx2.URL(url)
            for _ in range(MAX_REDIRECTS + 1):
                found = await self._ask(client, target)
                if isinstance(found, bytes):
                    return found
                there = target.join(found)
                if target.scheme == "https" and there.scheme != "https":
                    raise FetchRefused("redirected", "The host sends us from https to http.")
                target = there
        except (httpx2.InvalidURL, UnicodeError, ValueError):
            raise FetchRefused("bad_address", "The address makes no sense.") from None
        raise FetchRefused("redirected", "The host sends us round in circles.")

    async def _ask(self, client: "httpx2.AsyncClient", url: "httpx2.URL") -> bytes | str:
        """The body, or the address that we are sent to."""
        import httpx2  # noqa: PLC0415 - as above

        addresses = await self._checked_addresses(url)
        headers = {"Host": url.netloc.decode("ascii"), "User-Agent": self._user_agent()}
        extensions = {"sni_hostname": url.host} if url.scheme == "https" and not _is_address(url.host) else {}
        for number, address in enumerate(addresses, start=1):
            pinned = url.copy_with(host=str(address))
            try:
                async with client.stream("GET", pinned, headers=headers, extensions=extensions) as response:
                    return await self._take(response)
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                if number == len(addresses):
                    raise FetchFailed("The host can't be reached.") from None
            except httpx2.TimeoutException:
                raise FetchFailed("The host did not answer in time.") from None
            except (httpx2.HTTPError, httpx2.StreamError, OSError):
                raise FetchFailed("The host broke off its answer or sent a garbled one.") from None
        raise FetchFailed("The host has no address.")

    async def _checked_addresses(self, url: "httpx2.URL") -> list[Address]:
        if url.scheme not in {"http", "https"} or not url.host or url.userinfo:
            raise FetchRefused("bad_address", "Only plain http and https addresses are fetched.")
        port = url.port if url.port is not None else 443 if url.scheme == "https" else 80
        if port not in _WEB_PORTS and port != self._own_port:
            raise _not_public()
        try:
            texts = [url.host] if _is_address(url.host) else await self._resolve(url.raw_host.decode("ascii"))
        except OSError:
            raise FetchFailed("The name of the host is not known.") from None
        addresses = [ipaddress.ip_address(text.partition("%")[0]) for text in texts]
        for address in addresses:
            is_own = address.is_loopback and port == self._own_port
            if not is_own and not (is_public(address) and port in _WEB_PORTS):
                raise _not_public()
        return addresses[:MAX_ADDRESSES]

    async def _take(self, response: "httpx2.Response") -> bytes | str:
        status = response.status_code
        if response.has_redirect_location:
            return response.headers["location"]
        if status >= 500 or status in _PASSING_STATUSES:
            raise FetchFailed(f"The host has trouble of its own (HTTP {status}).")
        if status != 200:
            raise FetchRefused("status", f"The host answered with HTTP {status}.")
        if response.headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
            raise FetchRefused("packed", "The host packed its answer in a way that was not asked for.")
        length = response.headers.get("content-length", "")
        if length.isdigit() and int(length[:20]) > self._max_bytes:
            raise self._too_large()
        body = bytearray()
        async with contextlib.aclosing(response.aiter_raw()) as chunks:
            async for chunk in chunks:
                body += chunk
                if len(body) > self._max_bytes:
                    raise self._too_large()
        return bytes(body)

    def _too_large(self) -> FetchRefused:
        return FetchRefused("too_large", f"It is larger than {self._max_bytes} bytes.")

    async def _look_up(self, host: str) -> list[str]:
        def ask() -> list[str]:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            return list(dict.fromkeys(str(entry[4][0]) for entry in found))

        return await asyncio.get_running_loop().run_in_executor(self._resolvers, ask)

    async def _ready_client(self) -> "httpx2.AsyncClient":
        async with self._client_lock:
            if self._closed:
                raise FetchFailed("Nothing is fetched any more, because the manager is stopping.")
            if self._client is None:
                self._client = await asyncio.to_thread(self._build_client)
            return self._client

    def _build_client(self) -> "httpx2.AsyncClient":
        from http.cookiejar import CookieJar, DefaultCookiePolicy  # noqa: PLC0415 - as below

        import httpx2  # noqa: PLC0415 - costs 120 ms, so not while the manager starts

        return httpx2.AsyncClient(
            headers={"Accept": self._accept, "Accept-Encoding": "identity"},
            timeout=httpx2.Timeout(READ_TIMEOUT_SECONDS, connect=CONNECT_TIMEOUT_SECONDS, pool=None),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            follow_redirects=False,
            trust_env=False,
            # No connection is used twice: it was opened, and its certificate looked at, for one host name. No proxy: it
            # would look names up for itself.
            transport=httpx2.AsyncHTTPTransport(limits=httpx2.Limits(max_keepalive_connections=0)),
        )


def _not_public() -> FetchRefused:
    return FetchRefused("not_public", "The address leads to no public web server.")


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
