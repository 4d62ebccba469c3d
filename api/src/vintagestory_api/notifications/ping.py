"""Tells an outside watchdog every few minutes that the manager lives: when nothing comes any more, the watchdog says so."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import structlog

from vintagestory_api.kit.addresses import names_our_network
from vintagestory_api.kit.clock import Clock
from vintagestory_api.kit.redirects import LeadsInside
from vintagestory_api.notifications.failures import LEADS_INSIDE

if TYPE_CHECKING:
    import httpx2

log = structlog.get_logger(__name__)

_REQUEST_SECONDS: Final = 10.0
_TOTAL_SECONDS: Final = 30.0
_MAX_REDIRECTS: Final = 3
#: After a failure it is tried again soon, so that a short fault of the network alarms nobody.
_AGAIN_SECONDS: Final = 60.0
_FIRST_SECONDS: Final = 5.0
_NO_ADDRESS: Final = "Its address makes no sense, or it sends us to one that does not. Check it."


class Ping:
    """`url` is the secret address, None where none is set; blocking. `is_well`: no critical alert is open."""

    def __init__(
        self,
        clock: Clock,
        *,
        url: Callable[[], str | None],
        every_minutes: Callable[[], int],
        is_well: Callable[[], bool],
        user_agent: Callable[[], str],
        changed: Callable[[], None],
        inside_hosts: Sequence[str] = (),
    ) -> None:
        self._clock = clock
        self._url = url
        self._every_minutes = every_minutes
        self._is_well = is_well
        self._user_agent = user_agent
        self._changed = changed
        self._inside_hosts = {name.lower() for name in inside_hosts}
        self.last_at: int | None = None
        self.last_problem: str | None = None
        self._told_well: bool | None = None
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._client: httpx2.AsyncClient | None = None
        self._client_host = ""

    def start(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._follow())

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        await self._end_client()

    def look_now(self) -> None:
        """The address is another, or whether all is well."""
        self._wake.set()

    def forget(self) -> None:
        """What is known belongs to another address."""
        self.last_at = self.last_problem = self._told_well = None
        self.look_now()

    def note_alerts(self) -> None:
        """A change from well to not well is told at once."""
        if self._told_well is not None and self._told_well != self._is_well():
            self.look_now()

    async def _follow(self) -> None:
        await asyncio.sleep(_FIRST_SECONDS)
        while True:
            self._wake.clear()
            try:
                pause = await self.ask()
            except Exception:
                log.exception("ping_broke")
                pause = _AGAIN_SECONDS
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()

    async def ask(self) -> float | None:
        """Ask the address once, where there is one. After how many seconds to do it again, None: when told to."""
        url = await asyncio.to_thread(self._url)
        if url is None:
            await self._end_client()
            return None
        is_well = self._is_well()
        problem = await self._request(url if is_well else _fail_address(url))
        if problem is None:
            self.last_at, self._told_well = self._clock.now_ms(), is_well
        else:
            log.warning("ping_failed", problem=problem)
        if problem != self.last_problem or problem is None:
            self.last_problem = problem
            self._changed()
        seconds = self._every_minutes() * 60.0
        return seconds if problem is None else min(seconds, _AGAIN_SECONDS)

    async def _request(self, url: str) -> str | None:  # noqa: PLR0911 - one for each thing that can be wrong
        """What is wrong, in words that don't hold the address."""
        client = await self._ready_client(_host_of(url))
        import httpx2  # noqa: PLC0415 - loaded with the client, off the start-up path

        try:
            async with asyncio.timeout(_TOTAL_SECONDS):
                async with client.stream("GET", url, headers={"User-Agent": self._user_agent()}) as response:
                    status = response.status_code
        except (TimeoutError, httpx2.TimeoutException):
            return "The watchdog did not answer in time."
        except httpx2.TooManyRedirects:
            return "The watchdog sends us round in circles."
        except httpx2.ConnectError:
            return "The watchdog can't be reached. Check the network and its address."
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol, UnicodeError, ValueError):
            return _NO_ADDRESS
        except LeadsInside:
            return LEADS_INSIDE
        except (httpx2.HTTPError, httpx2.StreamError, OSError) as error:
            return f"The watchdog broke off its answer ({type(error).__name__})."
        return None if status < 300 else f"The watchdog answered with HTTP {status}. Check its address."

    async def _ready_client(self, host: str) -> "httpx2.AsyncClient":
        """One that asks the internet, and inside only this host where it is written so."""
        if self._client is None or self._client_host != host:
            await self._end_client()
            may_be_inside = names_our_network(host) or host.lower() in self._inside_hosts
            self._client = await asyncio.to_thread(_build_client, host if may_be_inside else "")
            self._client_host = host
        return self._client

    async def _end_client(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _fail_address(url: str) -> str:
    """`…/fail` before a query: the way of healthchecks.io."""
    path, mark, query = url.partition("?")
    return f"{path.rstrip('/')}/fail{mark}{query}"


def _build_client(own_host: str) -> "httpx2.AsyncClient":
    from http.cookiejar import CookieJar, DefaultCookiePolicy  # noqa: PLC0415 - as below

    import httpx2  # noqa: PLC0415 - costs 120 ms, so not while the manager starts

    from vintagestory_api.kit.guarded_connections import guard  # noqa: PLC0415 - as above

    client = httpx2.AsyncClient(
        timeout=httpx2.Timeout(_REQUEST_SECONDS),
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        follow_redirects=True,
        max_redirects=_MAX_REDIRECTS,
    )
    return guard(client, own_host)
