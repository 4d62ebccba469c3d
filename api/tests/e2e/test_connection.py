"""Pages stay in touch with the manager: over restarts and upgrades, in several tabs, with one stream."""

import re
import sys
from collections import Counter

import pytest
from playwright.sync_api import Page, Request, expect

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
A_LATER_MANAGER = (sys.executable, "-c", AS_LATER_VERSION, "serve")


def expect_live(page: Page) -> None:
    expect(page.get_by_role("status").filter(has_text=re.compile("^Live$"))).to_be_visible()


@pytest.mark.timeout(180)
def test_a_page_tells_that_the_manager_is_away_keeps_what_was_typed_and_recovers(
    open_page: OpenPage, house: House, noted: Watch
) -> None:
    noted.expect("ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE")
    page = open_page("/mods", role="operator")
    settle(page)
    expect_live(page)
    search = page.get_by_role("searchbox")
    banner = page.get_by_role("alert").filter(has_text="The manager does not answer")

    def look_while_it_is_away() -> None:
        expect(banner).to_be_visible()
        search.press_sequentially("copper")
        expect(search).to_have_value("copper")

    house.restart(between=look_while_it_is_away)

    expect(banner).to_be_hidden()
    expect_live(page)
    expect(search).to_have_value("copper")
    settle(page)


@pytest.mark.timeout(180)
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


def test_all_tabs_of_a_browser_share_one_stream(open_page: OpenPage, house: House) -> None:
    begun: Counter[Page] = Counter()

    def count(request: Request) -> None:
        if "/api/v1/events" in request.url:
            begun[request.frame.page] += 1

    first = open_page(None, role="operator")
    first.context.on("request", count)
    first.goto("/jobs")
    settle(first)
    expect_live(first)
    others = [open_page(path, context=first.context) for path in ("/jobs", "/runs", "/")]
    for page in others:
        settle(page)
        expect_live(page)
    assert begun == {first: 1}

    # What happens is told to those, too, that hold no stream.
    run = house.manager.run_job("history_cleanup")
    expect(others[1].locator(f'a[href="/runs/{run["id"]}"]').first).to_be_visible()

    first.close()
    house.manager.run_job("history_cleanup")
    for page in others:
        expect_live(page)
    newest = house.manager.runs(job_id="history_cleanup")[0]
    expect(others[1].locator(f'a[href="/runs/{newest["id"]}"]').first).to_be_visible()
    assert sum(begun.values()) == 2
