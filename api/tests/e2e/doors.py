"""Signing in and out, as people do it."""

import re

from playwright.sync_api import Browser, Page, StorageState, expect

from tests.e2e.house import House, Role, password_of


def sign_in(page: Page, name: str, password: str | None = None) -> None:
    """On the sign-in page, or in the dialog that asks to sign in again."""
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Password", exact=True).fill(password or password_of(name))
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_out(page: Page, name: str) -> None:
    page.get_by_role("button", name=re.compile(f"^{re.escape(name)}: ")).click()
    page.get_by_role("menuitem", name="Sign out").click()


def expect_signed_in(page: Page, heading: str = "Overview") -> None:
    expect(page.get_by_role("heading", level=1, name=heading)).to_be_visible()


def session_of(house: House, browser: Browser, role: Role) -> StorageState:
    """The cookie of a browser in which the user of this role has signed in; signed in once and shared."""
    if role not in house.sessions:
        with browser.new_context(base_url=house.url) as context:
            answer = context.request.post(
                "/api/v1/session", data={"name": role, "password": password_of(role)}, headers={"Origin": house.url}
            )
            assert answer.status == 200, answer.text()
            house.sessions[role] = context.storage_state()
    return house.sessions[role]
