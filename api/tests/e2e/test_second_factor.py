"""A second factor: set up with an app, used, replaced by a recovery code, and taken away."""

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from pyotp import TOTP

from tests.e2e.axe import expect_accessible
from tests.e2e.doors import expect_signed_in, sign_in, sign_out
from tests.e2e.house import House, password_of
from tests.e2e.pages import OpenPage, settle
from tests.e2e.profiles import PROFILES, Profile
from tests.e2e.watch import Watch
from vintagestory_api.access.second_factor import RECOVERY_CODES, STEP_SECONDS

NAME = "someone careful"


@pytest.fixture(autouse=True)
def _user(house: House, noted: Watch) -> Iterator[None]:
    noted.expect("401|403")
    user = house.add_user(NAME, "viewer")
    yield
    house.remove_user(user)


def set_up(page: Page) -> tuple[TOTP, list[str]]:
    """On the page of the account, from the button to the recovery codes; the app, and those codes."""
    page.get_by_role("button", name="Set up a second factor").click()
    dialog = page.get_by_role("dialog", name="Set up a second factor")
    dialog.get_by_label("Your password", exact=True).fill(password_of(NAME))
    dialog.get_by_role("button", name="Go on").click()
    dialog = page.get_by_role("dialog", name="Add it to your authenticator app")
    picture = dialog.get_by_role("img", name="QR code")
    expect(picture).to_be_visible()
    page.wait_for_function("img => img.complete && img.naturalWidth > 0", arg=picture.element_handle())
    expect_accessible(page)
    app = TOTP(dialog.get_by_role("button", name="Copy the secret").inner_text().replace(" ", "").strip())
    code = dialog.get_by_label("Code of the app")
    code.fill("000000" if app.now() != "000000" else "111111")
    dialog.get_by_role("button", name="Turn it on").click()
    expect(dialog.get_by_role("alert")).to_contain_text("code is wrong")
    code.fill(app.now())
    dialog.get_by_role("button", name="Turn it on").click()
    dialog = page.get_by_role("dialog", name="Your recovery codes")
    items = dialog.get_by_role("list", name="Recovery codes").get_by_role("listitem")
    expect(items).to_have_count(RECOVERY_CODES)
    expect_accessible(page)
    codes = items.all_inner_texts()
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="I have kept them").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_text(f"{RECOVERY_CODES} recovery codes are left.")).to_be_visible()
    return app, codes


def next_code(app: TOTP) -> str:
    """Of the step after this one, whose code may be used up; it counts already."""
    return app.at(int(time.time()) + STEP_SECONDS)


@pytest.mark.parametrize("profile", [PROFILES[0], PROFILES[-1]], ids=lambda profile: profile.name)
def test_from_setting_it_up_to_signing_in_with_the_app(open_page: OpenPage, profile: Profile) -> None:
    page = open_page("/account", profile=profile)
    sign_in(page, NAME)
    expect_signed_in(page, "Your account")
    settle(page)
    app, codes = set_up(page)
    kept = "() => document.documentElement.outerHTML + JSON.stringify([{...localStorage}, {...sessionStorage}])"
    assert not [secret for secret in (app.secret, *codes) if secret in page.evaluate(kept)]

    page.context.clear_cookies()
    page.goto("/account")
    sign_in(page, NAME)
    field = page.get_by_label("Code of your authenticator app")
    expect(field).to_be_focused()
    expect_accessible(page)
    field.fill(next_code(app))
    page.keyboard.press("Enter")
    expect_signed_in(page, "Your account")
    page.get_by_role("button", name="Turn off").click()
    dialog = page.get_by_role("dialog", name="Turn the second factor off?")
    dialog.get_by_label("Your password", exact=True).fill(password_of(NAME))
    dialog.get_by_label("Code", exact=True).fill(codes[0])
    expect_accessible(page)
    dialog.get_by_role("button", name="Turn off").click()
    expect(page.get_by_role("button", name="Set up a second factor")).to_be_visible()


def test_a_recovery_code_lets_in_once_and_an_admin_helps_who_has_none(open_page: OpenPage) -> None:
    page = open_page("/account")
    sign_in(page, NAME)
    expect_signed_in(page, "Your account")
    _, codes = set_up(page)
    sign_out(page, NAME)
    for times in range(2):
        sign_in(page, NAME)
        page.get_by_role("button", name="Use a recovery code").click()
        page.get_by_label("Recovery code", exact=True).fill(codes[3].upper())
        page.keyboard.press("Enter")
        if times == 0:
            expect_signed_in(page)
            sign_out(page, NAME)
    expect(page.get_by_role("alert")).to_contain_text("was used already")

    admin = open_page("/access", role="admin")
    settle(admin)
    expect(admin.get_by_role("row", name=re.compile(NAME))).to_contain_text("Second factor")
    admin.get_by_role("button", name=f"What to do with {NAME}").click()
    admin.get_by_role("menuitem", name="Take second factor away").click()
    confirm = admin.get_by_role("dialog", name=f"Take the second factor of {NAME} away?")
    confirm.get_by_role("button", name="Take it away").click()
    expect(confirm).to_be_hidden()
    expect(admin.get_by_role("row", name=re.compile(NAME))).not_to_contain_text("Second factor")

    page.get_by_role("button", name="Back").click()
    sign_in(page, NAME)
    expect_signed_in(page)
