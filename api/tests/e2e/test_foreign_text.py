"""Text that others have chosen is shown as the text it is, wherever it turns up."""

from playwright.sync_api import Page, expect

from tests.e2e.house import MARKUP, House
from tests.e2e.pages import OpenPage, settle


def expect_only_text(page: Page) -> None:
    """Nothing of the markup has become an element or run."""
    assert page.locator("img[src=x]").count() == 0
    assert page.locator("main script, main [onerror], main [onclick]").count() == 0
    assert page.locator("a[href^='javascript:']").count() == 0
    assert page.title() != "broken-in"


def test_markup_in_the_name_author_and_summary_of_a_mod_is_text(open_page: OpenPage, house: House) -> None:
    page = open_page("/mods?sort=downloads", role="viewer")
    settle(page)
    expect(page.get_by_text(MARKUP).first).to_be_visible()
    expect_only_text(page)
    page.goto(f"/mods/{house.most_loaded_mod}")
    settle(page)
    expect(page.get_by_role("heading", level=1, name=MARKUP)).to_be_visible()
    expect_only_text(page)


def test_a_hostile_description_is_shown_without_what_is_dangerous_in_it(open_page: OpenPage, house: House) -> None:
    (alpha,) = house.manager.get("/catalog/mods?q=alpha+%C3%BCber")["items"]
    page = open_page(f"/mods/{alpha['id']}", role="viewer")
    settle(page)
    expect(page.get_by_text('Hello "world" / path \\ back & entity 🔥')).to_be_visible()
    expect_only_text(page)
    for link in page.get_by_role("main").locator("a[href^=http]").all():
        assert {"noopener", "noreferrer"} <= set((link.get_attribute("rel") or "").split())


def test_markup_in_the_name_of_a_user_is_text(open_page: OpenPage, house: House) -> None:
    user = house.add_user(MARKUP, "viewer")
    page = open_page("/access", role="admin")
    settle(page)
    expect(page.get_by_text(MARKUP).first).to_be_visible()
    expect_only_text(page)
    page.goto("/audit")
    settle(page)
    expect_only_text(page)
    house.remove_user(user)


def test_markup_in_the_log_and_the_error_of_a_run_is_text(open_page: OpenPage, house: House) -> None:
    with house.trouble("status", "/api", status=400, style="html"):
        run = house.manager.run_job("mod_cache_refresh")
    assert run["state"] == "failed"
    page = open_page(f"/runs/{run['id']}", role="viewer")
    settle(page)
    expect(page.get_by_text("Failed").first).to_be_visible()
    expect_only_text(page)
    house.manager.run_job("mod_cache_refresh")


def test_markup_in_the_name_of_a_server_is_text(open_page: OpenPage, house: House) -> None:
    server = house.add_server(MARKUP)
    page = open_page("/servers", role="admin")
    settle(page)
    expect(page.get_by_role("main").get_by_text(MARKUP)).to_be_visible()
    expect_only_text(page)
    page.goto(f"/servers/{server}")
    settle(page)
    expect(page.get_by_role("heading", level=1, name=MARKUP)).to_be_visible()
    expect_only_text(page)
    page.goto("/account")
    settle(page)
    removed = house.manager.request("DELETE", f"/api/v1/servers/{server}?delete_files=true")
    assert house.manager.wait_for_run(removed.json["id"])["state"] == "succeeded"
