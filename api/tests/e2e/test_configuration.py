"""The configuration of a game, as those who look after the server change it."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.axe import expect_accessible
from tests.e2e.house import House, open_house
from tests.e2e.pages import OpenPage, settle
from tests.e2e.profiles import PHONE
from tests.e2e.test_every_page import sideways
from tests.e2e.watch import Watch
from tests.servers.games import free_port
from tests.waiting import wait_until

CONFIG = "/servers/meadow/config"
WAITING = re.compile(r"waits? for the next stop$")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """With the server `meadow`, whose game runs, and a world that exists."""
    with open_house(tmp_path_factory.mktemp("configuration"), mods=5) as house:
        house.add_server("Meadow", port=free_port())
        house.tell_game("meadow", speed=20, players=0)
        running(house)
        yield house


def running(house: House) -> None:
    wait_until(lambda: house.manager.get("/servers/meadow")["operation"] is None, "what the test before has begun")
    if house.manager.get("/servers/meadow")["state"] != "running":
        start = house.manager.post("/servers/meadow/start")
        assert house.manager.wait_for_run(start.json["id"])["state"] == "succeeded"


def stopped(house: House) -> None:
    wait_until(lambda: house.manager.get("/servers/meadow")["operation"] is None, "what the test before has begun")
    if house.manager.get("/servers/meadow")["state"] == "running":
        stop = house.manager.post("/servers/meadow/stop", {})
        assert house.manager.wait_for_run(stop.json["id"])["state"] == "succeeded"


def in_file(house: House) -> dict[str, Any]:
    path = house.manager.data_dir / "servers" / "meadow" / "serverconfig.json"
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8-sig"))
    return content


def change(house: House, **values: Any) -> None:
    """By somebody else, without a browser."""
    etag = house.manager.get(f"{CONFIG}/serverconfig")["etag"]
    changes = [{"path": [name], "value": value} for name, value in values.items()]
    answer = house.manager.request("PATCH", f"/api/v1{CONFIG}/serverconfig", {"etag": etag, "changes": changes})
    assert answer.status == 200, answer.json


def setting(page: Page, title: str) -> Locator:
    return page.get_by_role("textbox", name=title, exact=True)


def save(page: Page) -> Locator:
    """Save what is unsaved; what became of it."""
    page.get_by_role("button", name="Save", exact=True).click()
    return page.get_by_role("list", name="What became of it")


def test_while_the_game_runs_one_setting_is_live_and_another_waits_for_the_restart(house: House, open_page: OpenPage) -> None:
    stopped(house)
    change(house, MaxClients=16, Password=None)
    running(house)
    page = open_page(CONFIG, role="operator")
    settle(page)
    setting(page, "Players at most").fill("21")
    page.get_by_label("New: Password").fill("under the moss")
    expect(page.get_by_role("region", name="2 unsaved changes")).to_contain_text("Players at most: 16 → 21")
    became = save(page)
    expect(became).to_contain_text("Players at most: in force now")
    expect(became).to_contain_text("Password: waits for the next stop")
    assert in_file(house)["Password"] in (None, "")
    expect_accessible(page)

    page.goto("/servers/meadow")
    banner = page.get_by_role("region", name=WAITING)
    banner.get_by_role("button", name="Restart now").click()
    expect(banner).to_have_count(0)
    wait_until(lambda: in_file(house)["Password"] == "under the moss", "the password is in the file")
    assert in_file(house)["MaxClients"] == 21


def test_two_people_change_one_setting_and_each_value_is_seen(house: House, open_page: OpenPage) -> None:
    stopped(house)
    page = open_page(CONFIG, role="operator")
    settle(page)
    setting(page, "Players at most").fill("30")
    setting(page, "Name").fill("Mine")
    change(house, MaxClients=40, ServerDescription="Theirs")
    expect(page.get_by_text("Theirs: 40.")).to_be_visible()
    expect(setting(page, "Players at most")).to_have_value("30")
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_disabled()
    expect_accessible(page)
    page.get_by_role("button", name="Keep mine: Players at most").click()
    expect(save(page)).to_contain_text("Players at most: written")
    content = in_file(house)
    assert (content["MaxClients"], content["ServerName"], content["ServerDescription"]) == (30, "Mine", "Theirs")


def test_on_a_phone_an_earlier_version_is_looked_at_and_brought_back_and_no_password_is_shown(
    house: House, open_page: OpenPage
) -> None:
    stopped(house)
    change(house, Password="long gone", MaxClients=11)
    change(house, MaxClients=12)
    change(house, MaxClients=13)
    page = open_page(f"{CONFIG}/versions", role="operator", profile=PHONE)
    settle(page)
    expect(page.get_by_role("list", name="Earlier versions").get_by_role("listitem").first).to_be_visible()
    page.get_by_role("button", name=re.compile("^Look at it:")).first.tap()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("list", name="What would change if it were brought back")).to_contain_text("12")
    dialog.get_by_role("button", name="Show its text").tap()
    expect(dialog.get_by_role("textbox")).to_contain_text("FileEditWarning")
    assert "long gone" not in page.content()
    expect_accessible(page)
    assert sideways(page) <= 0
    dialog.get_by_role("button", name="Bring it back").tap()
    expect(dialog).to_have_count(0)
    assert in_file(house)["MaxClients"] == 12
    assert in_file(house)["Password"] == "long gone"


def test_a_role_is_copied_and_what_is_dangerous_is_asked_about(house: House, open_page: OpenPage) -> None:
    stopped(house)
    page = open_page(f"{CONFIG}/roles", role="admin", profile=PHONE)
    settle(page)
    page.get_by_role("link", name=re.compile("^Survival Player")).tap()
    page.get_by_role("button", name="Copy as a new role").tap()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Name").fill("Builder")
    dialog.get_by_role("textbox", name="Code").fill("builder")
    dialog.get_by_role("button", name="Add the role").tap()
    page.get_by_role("textbox", name="Level").fill("7")
    page.get_by_role("textbox", name="Privilege of a mod").fill("worldmap.share")
    page.get_by_role("button", name="Add", exact=True).tap()
    expect_accessible(page)
    assert sideways(page) <= 0
    page.get_by_role("button", name="Remove worldmap.share").scroll_into_view_if_needed()
    expect(save(page)).to_contain_text("written")
    (builder,) = (role for role in in_file(house)["Roles"] if role["Code"] == "builder")
    assert (builder["Name"], builder["PrivilegeLevel"]) == ("Builder", 7)
    assert "worldmap.share" in builder["Privileges"]

    page.get_by_role("link", name="All roles").tap()
    page.get_by_role("combobox", name="Role of new players").select_option("admin")
    page.get_by_role("button", name="Save", exact=True).tap()
    expect(dialog.get_by_text(re.compile("Everybody who joins gets Admin"))).to_be_visible()
    dialog.get_by_role("button", name="Cancel").tap()
    page.get_by_role("button", name="Discard", exact=True).tap()
    assert in_file(house)["DefaultRoleCode"] == "suplayer"


def test_a_broken_file_is_told_of_and_mended_as_text(house: House, open_page: OpenPage) -> None:
    stopped(house)
    path = house.manager.data_dir / "servers" / "meadow" / "serverconfig.json"
    good = path.read_text(encoding="utf-8-sig")
    path.write_text(good.replace('"MaxClients":', '"MaxClients"', 1), encoding="utf-8")
    try:
        page = open_page(CONFIG, role="operator")
        expect(page.get_by_text("The file can't be read")).to_be_visible()
        expect_accessible(page)
        page.get_by_role("link", name="Mend it as text").click()
        expect(page.get_by_role("textbox", name="Text of serverconfig.json")).to_be_visible()
        expect(page.get_by_text(re.compile(r"^Line \d+, column \d+"))).to_be_visible()
        page.get_by_role("button", name="Go there").click()
        page.keyboard.type(":")
        expect(page.get_by_text("Good JSON")).to_be_visible()
        page.get_by_role("button", name="Save", exact=True).click()
        wait_until(lambda: parses(path.read_text(encoding="utf-8-sig")), "the file is good again")
    finally:
        if not parses(path.read_text(encoding="utf-8-sig")):
            path.write_text(good, encoding="utf-8")


def test_what_two_people_write_into_the_text_is_kept_and_the_same_setting_is_compared(
    house: House, open_page: OpenPage, noted: Watch
) -> None:
    noted.expect("409")
    stopped(house)
    change(house, MaxClients=16, ServerName="Before")
    page = open_page(f"{CONFIG}/text", role="operator")
    write_name(page, before="Before", after="After")
    change(house, MaxClients=17)
    expect(save(page)).to_contain_text("ServerName: written")
    content = in_file(house)
    assert (content["ServerName"], content["MaxClients"]) == ("After", 17)

    write_name(page, before="After", after="Mine")
    change(house, ServerName="Theirs")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("The file is another than the one you opened")).to_be_visible()
    expect(page.get_by_role("textbox", name="Theirs", exact=True)).to_contain_text('"ServerName": "Theirs"')
    expect_accessible(page)
    page.get_by_role("button", name="Save mine over it").click()
    expect(page.get_by_role("list", name="What became of it")).to_contain_text("ServerName: written")
    assert in_file(house)["ServerName"] == "Mine"


def write_name(page: Page, *, before: str, after: str) -> None:
    text = page.get_by_role("textbox", name="Text of serverconfig.json")
    text.get_by_text(f'"{before}"').dblclick()
    page.keyboard.type(after)
    expect(text).to_contain_text(f'"ServerName": "{after}"')
    expect(page.get_by_text("Not saved yet")).to_be_visible()


def parses(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
