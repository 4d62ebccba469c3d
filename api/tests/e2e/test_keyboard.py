"""Everything can be done without a mouse."""

from playwright.sync_api import Locator, Page, expect

from tests.e2e.doors import expect_signed_in
from tests.e2e.house import House, password_of
from tests.e2e.pages import OpenPage, settle

JOB = "Check for new game versions"
MOST_TABS = 80


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until `wanted` has the focus."""
    expect(wanted).to_be_visible()
    for _ in range(MOST_TABS):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{MOST_TABS} times Tab did not lead to {wanted}")


def test_from_signing_in_to_a_run_that_has_ended_by_the_keyboard_alone(open_page: OpenPage, house: House) -> None:
    page = open_page("/")
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    page.keyboard.type("operator")
    tab_to(page, page.get_by_label("Password", exact=True))
    page.keyboard.type(password_of("operator"))
    page.keyboard.press("Enter")
    expect_signed_in(page)

    tab_to(page, page.get_by_role("navigation").get_by_role("link", name="Jobs"))
    page.keyboard.press("Enter")
    expect_signed_in(page, "Jobs")
    settle(page)
    with house.trouble("latency", ms=25_000):
        tab_to(page, page.get_by_role("button", name=f"Run now: {JOB}"))
        page.keyboard.press("Enter")
        show = page.get_by_role("link", name=f"Show the run of: {JOB}")
        tab_to(page, show)
        page.keyboard.press("Enter")
        expect_signed_in(page, JOB)
    expect(page.get_by_text("Succeeded", exact=True).first).to_be_visible()


def test_the_first_tab_offers_to_skip_to_the_content(open_page: OpenPage) -> None:
    page = open_page("/jobs", role="viewer")
    settle(page)
    page.evaluate("() => document.activeElement?.blur()")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    for _ in range(2):
        if not skip.evaluate("element => element === document.activeElement"):
            page.keyboard.press("Shift+Tab")
    tab_to(page, skip)
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
