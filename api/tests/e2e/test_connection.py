"""Pages stay in touch with the manager: over restarts and upgrades, in several tabs, with one stream."""

import re
import sys
import time

from playwright.sync_api import BrowserContext, Page, Request, expect

from tests.e2e.house import House
from tests.e2e.pages import OpenPage, settle
from tests.e2e.watch import Watch

AS_LATER_VERSION = """
import sys
import vintagestory_api
vintagestory_api.__version__ = "99.0.0"
from vintagestory_api.cli import main
sys.exit(main())
"""
PATIENCE_SECONDS = 60.0
A_LATER_MANAGER = (sys.executable, "-c", AS_LATER_VERSION, "serve")


def expect_live(page: Page) -> None:
    expect(page.get_by_role("status").filter(has_text=re.compile("^Live$"))).to_be_visible()


def test_a_page_tells_that_the_manager_is_away_keeps_what_was_typed_and_recovers(
    open_page: OpenPage, house: House, noted: Watch
) -> None:
    noted.expect("ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE")
    page = open_page("/mods", role="operator")
    settle(page)
    expect_live(page)
    search = page.get_by_role("searchbox")
    banner = page.get_by_role("alert").filter(has=page.get_by_role("button", name="Try again now"))

    def look_while_it_is_away() -> None:
        expect(banner).to_be_visible()
        search.press_sequentially("copper")
        expect(search).to_have_value("copper")

    house.restart(between=look_while_it_is_away)

    expect(banner).to_be_hidden()
    expect_live(page)
    expect(search).to_have_value("copper")
    settle(page)


def test_a_page_of_an_older_version_asks_to_be_loaded_anew(open_page: OpenPage, house: House, noted: Watch) -> None:
    noted.expect("ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE")
    page = open_page("/jobs", role="viewer")
    settle(page)
    expect_live(page)
    try:
        house.restart(program=A_LATER_MANAGER)
        asks = page.get_by_role("alert").filter(has_text="99.0.0")
        expect(asks).to_be_visible()
        expect(asks.get_by_role("button", name="Load the page anew")).to_be_visible()
    finally:
        house.restart()
    expect(asks).to_be_hidden()


class Streams:
    """The streams of events that the tabs of one browser hold at the moment."""

    def __init__(self, context: BrowserContext) -> None:
        self._open: set[Request] = set()
        context.on("request", self._begin)
        context.on("requestfinished", self._end)
        context.on("requestfailed", self._end)

    def _begin(self, request: Request) -> None:
        if "/api/v1/events" in request.url:
            self._open.add(request)

    def _end(self, request: Request) -> None:
        self._open.discard(request)

    def holders(self) -> list[Page]:
        return [request.frame.page for request in self._open if not request.frame.page.is_closed()]

    def expect_one(self, tabs: list[Page]) -> Page:
        """Wait until exactly one tab holds one; two may have stepped forward at the same moment."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(holders := self.holders()) != 1:
            assert time.monotonic() < deadline, f"{len(holders)} tabs hold a stream"
            tabs[0].wait_for_timeout(100)
        return holders[0]


def test_all_tabs_of_a_browser_share_one_stream(open_page: OpenPage, house: House) -> None:
    first = open_page(None, role="operator")
    streams = Streams(first.context)
    first.goto("/jobs")
    expect_live(first)
    runs = open_page("/runs", context=first.context)
    overview = open_page("/", context=first.context)
    for page in (runs, overview):
        settle(page)
        expect_live(page)
    assert streams.expect_one([first, runs, overview]) is first

    # What happens is told to those, too, that hold no stream.
    run = house.manager.run_job("history_cleanup")
    expect(runs.locator(f'a[href="/runs/{run["id"]}"]').first).to_be_visible()

    first.close()
    assert streams.expect_one([runs, overview]) in {runs, overview}
    run = house.manager.run_job("history_cleanup")
    for page in (runs, overview):
        expect_live(page)
        expect(page.locator(f'a[href="/runs/{run["id"]}"]').first).to_be_visible()
