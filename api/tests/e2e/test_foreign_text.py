"""Text that others have chosen is shown as the text it is, wherever it turns up."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
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


#: A file may be called so: there is no slash in it.
FILE = "<img src=x onerror=document.title='broken-in'>.json"
DEFINITION = """
format: vsmanager.server/1
server:
  id: foreign-text
  name: {name}
"""


@pytest.fixture(scope="module")
def foreign(house: House) -> Iterator[Path]:
    """The folder of a server in which everything that somebody can write is markup."""
    server = house.add_server("Foreign text")
    assert server == "foreign-text"
    folder = house.manager.data_dir / "servers" / server
    (folder / "ModConfig").mkdir(exist_ok=True)
    (folder / "ModConfig" / FILE).write_text(json.dumps({MARKUP: MARKUP}))
    (folder / "ModConfig" / FILE.replace(".json", "")).mkdir()
    path = folder / "serverconfig.json"
    config = json.loads(path.read_text(encoding="utf-8-sig"))
    config |= {"ServerName": MARKUP, "WelcomeMessage": MARKUP, MARKUP: MARKUP}
    config["Roles"][0] |= {"Name": MARKUP, "Description": MARKUP}
    path.write_text(json.dumps(config))
    yield folder
    removed = house.manager.request("DELETE", f"/api/v1/servers/{server}?delete_files=true")
    assert house.manager.wait_for_run(removed.json["id"])["state"] == "succeeded"


def test_markup_in_the_name_and_the_text_of_a_file_is_text(open_page: OpenPage, foreign: Path) -> None:
    page = open_page("/servers/foreign-text/files?path=ModConfig", role="operator")
    settle(page)
    expect(page.get_by_role("main").get_by_text(FILE).first).to_be_visible()
    expect_only_text(page)
    page.get_by_role("main").get_by_text(FILE).first.click()
    expect(page.get_by_role("textbox", name="Text of")).to_contain_text(MARKUP)
    expect_only_text(page)
    page.goto("/servers/foreign-text/mods")
    settle(page)
    expect_only_text(page)


def test_markup_in_the_configuration_of_a_game_is_text(open_page: OpenPage, foreign: Path) -> None:
    page = open_page("/servers/foreign-text/config", role="operator")
    settle(page)
    assert MARKUP in [field.input_value() for field in page.get_by_role("textbox").all()]
    expect_only_text(page)
    for part in ("roles", "text", "versions", "world"):
        page.goto(f"/servers/foreign-text/config/{part}")
        settle(page)
        if part == "roles":
            expect(page.get_by_role("link", name=MARKUP)).to_be_visible()
        expect_only_text(page)


def test_markup_in_the_definition_of_a_server_is_text(open_page: OpenPage, foreign: Path) -> None:
    page = open_page("/server-from-file", role="admin")
    settle(page)
    page.get_by_role("textbox").first.fill(DEFINITION.format(name=json.dumps(MARKUP)))
    with page.expect_response("**/definitions/plan") as answered:
        page.get_by_role("button", name="Show the plan").click()
    assert answered.value.status == 200, answered.value.text()
    expect(page.get_by_text("What would be done")).to_be_visible()
    expect_only_text(page)
