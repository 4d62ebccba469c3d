"""One browser, one manager on the stand-ins and a user of each role for all tests of a worker; own pages for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.e2e.browser import NOT_FOUND, find_browser, skipping_fails
from tests.e2e.doors import session_of
from tests.e2e.house import House, Role, open_house
from tests.e2e.pages import OpenPage
from tests.e2e.profiles import DESKTOP, Profile
from tests.e2e.watch import Watch, watch

#: Machines of others may be slow, and do more than this.
PATIENCE_MS = 45_000
BROWSER_START_MS = 120_000
TEST_SECONDS = 300
HERE = Path(__file__).resolve().parent
expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """These tests take many steps, and the first of a file makes its house."""
    for item in items:
        if item.path.parent == HERE and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(TEST_SECONDS))


@pytest.fixture(scope="session")
def browser_program() -> Path:
    path = find_browser()
    if path is None:
        if skipping_fails():
            pytest.fail(NOT_FOUND)
        pytest.skip(NOT_FOUND)
    return path


@pytest.fixture(scope="session")
def browser(browser_program: Path) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_program, timeout=BROWSER_START_MS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(tmp_path_factory.mktemp("house")) as house:
        house.add_server("Meadow")
        yield house


@pytest.fixture
def noted() -> Watch:
    """What the pages of this test complain about; the test fails if there is something that it does not expect."""
    return Watch()


@pytest.fixture
def open_page(browser: Browser, house: House, noted: Watch) -> Iterator[OpenPage]:
    """Opens pages: `open_page("/jobs", role="viewer", profile=PHONE)`; without a role, nobody is signed in.

    Each one is a browser of its own, unless `context` is given.
    """
    contexts: list[BrowserContext] = []

    def open_one(
        path: str | None, *, role: Role | None = None, profile: Profile = DESKTOP, context: BrowserContext | None = None
    ) -> Page:
        if context is None:
            context = browser.new_context(
                base_url=house.url,
                viewport=profile.viewport,
                color_scheme=profile.color_scheme,
                is_mobile=profile.is_phone,
                has_touch=profile.is_phone,
                locale="en-GB",
                timezone_id="Europe/Berlin",
                storage_state=None if role is None else session_of(house, browser, role),
            )
            context.set_default_timeout(PATIENCE_MS)
            contexts.append(context)
        page = context.new_page()
        watch(page, noted)
        if path is not None:
            page.goto(path)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert noted.unexpected() == []
