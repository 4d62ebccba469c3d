"""Updates that go back, as those who look after a server meet them."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.e2e.axe import expect_accessible
from tests.e2e.house import House, open_house
from tests.e2e.pages import OpenPage, settle
from tests.e2e.profiles import PHONE
from tests.e2e.test_every_page import sideways
from tests.servers.games import free_port

OLD, NEW = "1.22.5", "1.22.7"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """With the server `meadow`, which does not run and has an older version of the game."""
    with open_house(tmp_path_factory.mktemp("updates"), mods=1) as house:
        house.add_server("Meadow", version=OLD, port=free_port())
        house.tell_game("meadow", speed=20, players=0)
        yield house


def test_an_update_is_planned_made_and_stands_in_the_history(house: House, open_page: OpenPage) -> None:
    policy = house.manager.get("/servers/meadow/update")["policy"]
    assert house.manager.request("PUT", "/api/v1/servers/meadow/update-policy", {**policy, "watch_seconds": 0}).status == 200
    page = open_page("/updates", role="operator", profile=PHONE)
    settle(page)
    expect(page.get_by_text(f"New: version {NEW} of the game.")).to_be_visible()
    expect_accessible(page)
    page.get_by_role("link", name="Updates of Meadow").tap()
    expect(page.get_by_role("heading", name="History")).to_be_visible()
    page.get_by_role("button", name="Look at the plan").tap()
    dialog = page.get_by_role("dialog", name="Update Meadow")
    expect(dialog.get_by_text(f"Switch from {OLD} to {NEW}")).to_be_visible()
    expect_accessible(page)
    assert sideways(page) <= 0
    dialog.get_by_role("button", name=f"Update to {NEW}").tap()
    expect(dialog.get_by_text(f"It works: the server has version {NEW}.")).to_be_visible()
    dialog.get_by_role("button", name="Close").last.tap()
    expect(page.get_by_text("Game and mods are the newest.")).to_be_visible()
    expect(page.get_by_text(f"{OLD} → {NEW}")).to_be_visible()
    expect_accessible(page)
    assert house.manager.get("/servers/meadow")["version"] == NEW


def test_what_is_done_by_itself_is_set_and_kept(house: House, open_page: OpenPage) -> None:
    page = open_page("/servers/meadow/updates", role="operator")
    settle(page)
    page.get_by_role("combobox", name="New versions of the game").select_option("patch")
    page.get_by_role("checkbox", name="Only at certain hours").check()
    expect_accessible(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved: this is what is done by itself now.")).to_be_visible()
    policy = house.manager.get("/servers/meadow/update")["policy"]
    assert (policy["game"], policy["window"], policy["zone"]) == ("patch", {"begin": "03:00", "end": "05:00"}, "Europe/Berlin")
