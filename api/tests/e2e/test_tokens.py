"""A token is shown once, works, and is refused as soon as it is revoked."""

from playwright.sync_api import expect

from tests.e2e.house import House
from tests.e2e.pages import OpenPage, settle

NAME = "a token of the browser"


def test_a_token_is_shown_once_works_and_is_revoked(open_page: OpenPage, house: House) -> None:
    page = open_page("/access", role="admin")
    settle(page)
    page.get_by_role("button", name="Create a token").click()
    dialog = page.get_by_role("dialog", name="Create a token")
    dialog.get_by_label("Name", exact=True).fill(NAME)
    dialog.get_by_role("button", name="Create the token").click()

    shown = page.get_by_role("dialog", name=f"The token {NAME}")
    expect(shown).to_contain_text("you won't see it again")
    secret = shown.get_by_label("Token", exact=True).input_value()
    page.keyboard.press("Escape")
    expect(shown).to_be_visible()
    shown.get_by_role("button", name="I have kept it").click()
    expect(shown).to_be_hidden()
    assert house.manager.request("GET", "/api/v1/jobs", token=secret).status == 200

    kept = "() => document.documentElement.outerHTML + JSON.stringify([{...localStorage}, {...sessionStorage}])"
    assert secret not in page.evaluate(kept)
    page.reload()
    settle(page)
    assert secret not in page.evaluate(kept)

    page.get_by_role("button", name=f"Revoke {NAME}").click()
    confirm = page.get_by_role("dialog", name=f"Revoke the token {NAME}?")
    expect(confirm).to_contain_text("refused at once")
    confirm.get_by_role("button", name=f"Revoke {NAME}").click()
    expect(confirm).to_be_hidden()
    expect(page.get_by_role("button", name=f"Revoke {NAME}")).to_have_count(0)
    assert house.manager.request("GET", "/api/v1/jobs", token=secret).status == 401
