"""Who gets in, how, and what stays in the browser."""

import re
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.e2e.axe import expect_accessible
from tests.e2e.doors import expect_signed_in, sign_in, sign_out
from tests.e2e.house import House, password_of
from tests.e2e.pages import OpenPage
from tests.e2e.watch import Watch, watch
from tests.managers import running_manager


def test_signing_in_leads_to_the_overview_and_signing_out_leaves_nothing_behind(open_page: OpenPage, noted: Watch) -> None:
    noted.expect("401")  # what the page was still asking for when the session ended
    page = open_page("/")
    expect(page).to_have_url(re.compile("/sign-in$"))
    sign_in(page, "viewer")
    expect_signed_in(page)
    assert page.context.cookies()
    sign_out(page, "viewer")
    expect(page.get_by_role("heading", level=1, name="Sign in")).to_be_visible()
    assert page.context.cookies() == []
    page.go_back()
    expect(page.get_by_role("heading", level=1, name="Sign in")).to_be_visible()


def test_a_wrong_password_is_told_without_saying_which_part_is_wrong(open_page: OpenPage, noted: Watch) -> None:
    noted.expect("401")
    page = open_page("/sign-in")
    told = []
    for name in ("viewer", "nobody of this name"):
        sign_in(page, name, "not the right password")
        alert = page.get_by_role("alert")
        expect(alert).to_be_visible()
        expect(page.get_by_label("Name", exact=True)).to_have_value(name)
        told.append(alert.inner_text())
        page.reload()
    assert told[0] == told[1]
    assert page.context.cookies() == []


def test_a_deep_link_is_opened_after_signing_in(open_page: OpenPage) -> None:
    page = open_page("/runs?state=failed")
    expect(page).to_have_url(re.compile("/sign-in"))
    sign_in(page, "viewer")
    expect_signed_in(page, "Runs")
    expect(page).to_have_url(re.compile(r"/runs\?state=failed$"))


def test_no_page_of_another_site_is_opened_after_signing_in(open_page: OpenPage, house: House) -> None:
    page = open_page("/sign-in?to=https%3A%2F%2Fexample.org%2Fphishing")
    sign_in(page, "viewer")
    expect_signed_in(page)
    assert page.url.startswith(house.url)


def test_a_browser_keeps_no_secret_that_a_script_could_read(open_page: OpenPage) -> None:
    page = open_page("/")
    sign_in(page, "admin")
    expect_signed_in(page)
    (cookie,) = page.context.cookies()
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Strict"
    kept = page.evaluate("() => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href])")
    assert cookie["value"] not in kept
    assert "password" not in kept
    assert page.evaluate("() => document.cookie") == ""
    assert page.evaluate("async () => (await indexedDB.databases()).length") == 0


def test_someone_whose_sessions_are_ended_is_asked_to_sign_in_again_and_keeps_the_page(
    open_page: OpenPage, house: House, noted: Watch
) -> None:
    noted.expect("401")
    user = house.add_user("sent away", "viewer")
    page = open_page("/mods?q=copper")
    sign_in(page, "sent away")
    expect_signed_in(page, "Mods")
    search = page.get_by_role("searchbox")
    search.fill("iron")
    house.end_sessions(user)
    dialog = page.get_by_role("dialog", name="You were signed out")
    expect(dialog).to_be_visible()
    expect_accessible(page)
    dialog.get_by_label("Password", exact=True).fill(password_of("sent away"))
    dialog.get_by_role("button", name="Sign in", exact=True).click()
    expect(dialog).to_be_hidden()
    expect(page).to_have_url(re.compile(r"/mods\?q=iron$"))
    expect(search).to_have_value("iron")
    house.remove_user(user)


def test_someone_whose_user_is_removed_is_out_and_another_starts_afresh(open_page: OpenPage, house: House, noted: Watch) -> None:
    noted.expect("401|403")
    user = house.add_user("soon gone", "admin")
    page = open_page("/audit")
    sign_in(page, "soon gone")
    expect_signed_in(page, "Audit")
    house.remove_user(user)
    dialog = page.get_by_role("dialog", name="You were signed out")
    expect(dialog).to_be_visible()
    sign_in(page, "soon gone")
    expect(dialog.get_by_role("alert")).to_be_visible()
    sign_in(page, "viewer")
    expect(dialog).to_be_hidden()
    expect_signed_in(page)
    expect(page.get_by_role("link", name="Audit")).to_have_count(0)


def test_the_first_admin_is_made_with_the_link_that_the_manager_prints(browser: Browser, tmp_path: Path) -> None:
    noted = Watch()
    noted.expect("403|409")
    with running_manager(tmp_path / "data") as manager, browser.new_context(base_url=manager.url) as context:
        page = context.new_page()
        watch(page, noted)
        page.goto("/jobs")
        expect(page.get_by_role("heading", level=1, name="Make the first admin")).to_be_visible()

        (link,) = re.findall(r"http://\S+/setup#token=\S+", manager.log.read_text())
        page.goto(link)
        page.get_by_label("Your name").fill("Anna")
        page.get_by_label("Password", exact=True).fill("a long password of Anna")
        page.get_by_label("Password again").fill("a long password of Anna")
        page.get_by_role("button", name="Make the admin and sign in").click()
        page.get_by_role("button", name="Not now").click()
        expect_signed_in(page)
        assert "token" not in page.url
        assert manager.get("/users")["items"][0]["role"] == "admin"

    assert noted.unexpected() == []
