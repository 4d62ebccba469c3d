"""The command palette: everything by its name, with the keyboard alone."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.axe import expect_accessible
from tests.e2e.house import House
from tests.e2e.pages import OpenPage, settle
from tests.e2e.profiles import DESKTOP, PHONE, Profile


def open_palette(page: Page) -> None:
    settle(page)
    page.keyboard.press("Control+k")
    expect(palette_of(page)).to_be_visible()


def palette_of(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Search", exact=True)


@pytest.mark.parametrize(
    ("typed", "address"), [("audit", "/audit$"), ("mod catalogue", "/jobs/mod_cache_refresh$"), ("alpha über", r"/mods/\d+$")]
)
def test_pages_jobs_and_mods_are_found_and_opened_by_the_keyboard(typed: str, address: str, open_page: OpenPage) -> None:
    page = open_page("/account", role="admin")
    open_palette(page)
    page.keyboard.type(typed)
    expect(palette_of(page).get_by_role("button").first).to_contain_text(re.compile(typed, re.IGNORECASE))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(address))
    expect(palette_of(page)).to_be_hidden()
    settle(page)


def test_an_action_is_done_from_the_palette(open_page: OpenPage, house: House) -> None:
    page = open_page("/", role="operator")
    open_palette(page)
    before = len(house.manager.runs(job_id="server_versions_check"))
    page.keyboard.type("run now game versions")
    expect(palette_of(page).get_by_role("button").first).to_contain_text("Run now")
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile("^Started: "))).to_be_visible()
    assert len(house.manager.runs(job_id="server_versions_check")) == before + 1


def test_a_viewer_is_offered_nothing_that_only_others_may_do(open_page: OpenPage) -> None:
    page = open_page("/", role="viewer")
    open_palette(page)
    page.keyboard.type("run now")
    expect(palette_of(page).get_by_role("button", name="Overview")).to_be_hidden()
    expect(palette_of(page).get_by_role("button", name=re.compile("^Run now"))).to_have_count(0)
    page.keyboard.press("Escape")
    expect(palette_of(page)).to_be_hidden()


@pytest.mark.parametrize("profile", [DESKTOP, PHONE], ids=lambda profile: profile.name)
def test_the_open_palette_is_accessible(profile: Profile, open_page: OpenPage) -> None:
    page = open_page("/", role="admin", profile=profile)
    open_palette(page)
    expect_accessible(page)
    page.keyboard.type("meadow")
    chosen = palette_of(page).locator("[data-selected]")
    expect(chosen).to_contain_text("Stopped")
    expect_accessible(page)
