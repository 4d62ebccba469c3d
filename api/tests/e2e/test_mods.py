"""The mod catalogue: searched as one types, filtered by chips, and where one left it on the way back."""

import re
import time

from playwright.sync_api import Page, expect

from tests.e2e.house import House
from tests.e2e.pages import OpenPage, settle

PATIENCE_SECONDS = 60.0


def cards(page: Page) -> list[str]:
    """Addresses of the mods on the screen, from the first."""
    found: list[str] = (
        page.get_by_role("list", name="Mods found")
        .locator("a[data-card]")
        .evaluate_all("links => links.map((link) => link.getAttribute('href'))")
    )
    return found


def scroll_beyond(page: Page, pixels: int) -> None:
    """With the wheel; the list gets longer while one scrolls."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while page.evaluate("() => window.scrollY") <= pixels:
        assert time.monotonic() < deadline, "the list ended too early"
        page.mouse.wheel(0, 500)
        page.wait_for_timeout(100)


def test_what_is_found_follows_what_is_typed(open_page: OpenPage, house: House) -> None:
    page = open_page("/mods", role="viewer")
    settle(page)
    page.get_by_role("searchbox").press_sequentially("knife", delay=20)
    expect(page).to_have_url(re.compile(r"[?&]q=knife$"))
    wanted = [f"/mods/{mod['id']}" for mod in house.manager.get("/catalog/mods?q=knife")["items"]]
    assert wanted
    expect(page.locator("a[data-card]").first).to_have_attribute("href", wanted[0])
    expect(page.locator("a[data-card]")).to_have_count(len(wanted))
    assert cards(page) == wanted

    page.get_by_role("searchbox").fill("no mod is called like this")
    expect(page.get_by_text("No mod fits")).to_be_visible()
    page.get_by_role("button", name="Show all mods").click()
    expect(page.get_by_role("searchbox")).to_have_value("")
    expect(page.locator("a[data-card]").first).to_be_visible()


def test_a_filter_becomes_a_chip_that_takes_it_away_again(open_page: OpenPage) -> None:
    page = open_page("/mods", role="viewer")
    settle(page)
    page.get_by_role("button", name="Side", exact=True).click()
    page.get_by_role("option", name="Server", exact=True).click()
    expect(page).to_have_url(re.compile(r"[?&]side=server"))
    page.go_back()
    expect(page).to_have_url(re.compile(r"/mods$"))
    page.go_forward()
    chip = page.get_by_role("group").get_by_role("button", name=re.compile("Side: Server"))
    chip.click()
    expect(chip).to_have_count(0)
    expect(page).to_have_url(re.compile(r"/mods$"))


def test_the_way_back_from_a_mod_leads_to_where_one_was(open_page: OpenPage) -> None:
    page = open_page("/mods?sort=name", role="viewer")
    settle(page)
    page.mouse.move(700, 500)
    scroll_beyond(page, 1_500)
    settle(page)
    seen = page.locator("a[data-card]").nth(12)
    address = seen.get_attribute("href")
    seen.scroll_into_view_if_needed()
    seen.click()
    expect(page).to_have_url(re.compile(f"{address}$"))
    settle(page)
    page.go_back()
    again = page.locator(f'a[data-card][href="{address}"]')
    expect(again).to_be_in_viewport()
    assert page.evaluate("() => window.scrollY") > 1000


def test_the_catalogue_is_walked_with_the_arrow_keys(open_page: OpenPage) -> None:
    page = open_page("/mods", role="viewer")
    settle(page)
    page.get_by_role("heading", level=1).focus()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator("a[data-card]").first).to_be_focused()
    page.keyboard.press("ArrowRight")
    second = page.locator("[data-index='1'] a[data-card]")
    expect(second).to_be_focused()
    address = second.get_attribute("href")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"{address}$"))
