"""Addresses that lead nowhere, or where this user may not go: the page explains itself."""

import pytest
from playwright.sync_api import expect

from tests.e2e.axe import expect_accessible
from tests.e2e.pages import OpenPage
from tests.e2e.watch import Watch


@pytest.mark.parametrize("path", ["/access", "/audit"])
def test_a_page_for_another_role_says_who_may_see_it_and_what_role_one_has(path: str, open_page: OpenPage, noted: Watch) -> None:
    noted.expect("403")
    page = open_page(path, role="viewer")
    expect(page.get_by_role("heading", name="This needs another role")).to_be_visible()
    expect(page.get_by_text("You are signed in as viewer")).to_be_visible()
    expect_accessible(page)


@pytest.mark.parametrize(
    "path",
    ["/jobs/no_such_job", "/runs/01a210a7-4935-7001-86da-099b01a383ae", "/runs/rubbish", "/mods/99999999", "/servers/nowhere"],
)
def test_the_page_of_a_thing_that_is_gone_says_so_and_leads_on(path: str, open_page: OpenPage, noted: Watch) -> None:
    noted.expect("404|422")
    page = open_page(path, role="viewer")
    expect(page.get_by_role("heading", name="This is not here (any more)")).to_be_visible()
    expect(page.get_by_role("main").get_by_role("link").first).to_be_visible()
    expect_accessible(page)


def test_an_address_that_never_was_says_so(open_page: OpenPage) -> None:
    page = open_page("/no/such/page", role="viewer")
    expect(page.get_by_role("heading", level=1, name="No such page")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="Go to the overview").click()
    expect(page.get_by_role("heading", level=1, name="Overview")).to_be_visible()
