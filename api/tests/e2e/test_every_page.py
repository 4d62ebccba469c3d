"""What holds for each page, on a desk and on a phone, in the light and in the dark."""

import pytest
from playwright.sync_api import Page

from tests.e2e.axe import expect_accessible
from tests.e2e.house import House
from tests.e2e.pages import EVERY_PAGE, OpenPage, address, role_for, settle
from tests.e2e.profiles import PROFILES, Profile
from tests.e2e.watch import layout_shift

MOST_SHIFT = 0.05


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
@pytest.mark.parametrize("name", EVERY_PAGE)
def test_a_page_loads_fits_stands_still_and_is_accessible(name: str, profile: Profile, house: House, open_page: OpenPage) -> None:
    page = open_page(address(name, house), role=role_for(name), profile=profile)
    settle(page)
    expect_accessible(page)
    assert sideways(page) <= 0
    shift, shifted = layout_shift(page)
    assert shift <= MOST_SHIFT, shifted


def sideways(page: Page) -> int:
    """By how many pixels the page is wider than the screen."""
    pixels: int = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return pixels
