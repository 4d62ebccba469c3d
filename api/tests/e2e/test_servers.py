"""A game server from its creation to its end, as those who look after it meet it in the browser."""

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.e2e.axe import expect_accessible
from tests.e2e.house import House, open_house
from tests.e2e.pages import OpenPage, settle
from tests.e2e.profiles import PHONE, PROFILES, Profile
from tests.e2e.test_every_page import MOST_SHIFT, sideways
from tests.e2e.watch import layout_shift
from tests.servers.games import free_port

THUMB_PX = 44
#: What is downloaded, unpacked and started meanwhile takes its time.
SETUP_MS = 120_000


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """With the server `meadow`, whose game can be started."""
    with open_house(tmp_path_factory.mktemp("meadow"), mods=5, with_markup=False) as house:
        house.add_server("Meadow", port=free_port())
        house.tell_game("meadow", speed=20, players=0)
        yield house


def bring(house: House, action: str) -> None:
    """After what the manager itself may be about, such as a start after a crash."""
    while (answer := house.manager.post(f"/servers/meadow/{action}", {})).status == 409:
        if answer.json["code"] != "server_busy":
            return
        if run_id := answer.json.get("run_id"):
            house.manager.wait_for_run(run_id)
        else:
            time.sleep(0.1)
    assert house.manager.wait_for_run(answer.json["id"])["state"] == "succeeded"


def bring_up(house: House) -> None:
    bring(house, "start")


def bring_down(house: House) -> None:
    bring(house, "stop")


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
@pytest.mark.parametrize("path", ["/servers/meadow", "/servers", "/"])
def test_a_page_with_a_server_that_runs_fits_stands_still_and_is_accessible(
    path: str, profile: Profile, house: House, open_page: OpenPage
) -> None:
    bring_up(house)
    page = open_page(path, role="operator", profile=profile)
    settle(page)
    expect(page.get_by_role("main").get_by_text("Running").first).to_be_visible()
    expect_accessible(page)
    assert sideways(page) <= 0
    shift, shifted = layout_shift(page)
    assert shift <= MOST_SHIFT, shifted


def test_on_a_phone_a_server_is_started_and_stopped_with_a_thumb(house: House, open_page: OpenPage) -> None:
    bring_down(house)
    page = open_page("/servers", role="operator", profile=PHONE)
    settle(page)
    start = page.get_by_role("button", name="Start Meadow")
    assert (start.bounding_box() or {"height": 0})["height"] >= THUMB_PX
    start.tap()
    stop = page.get_by_role("button", name="Stop Meadow")
    expect(page.get_by_role("main").get_by_text("Running")).to_be_visible()
    assert (stop.bounding_box() or {"height": 0})["height"] >= THUMB_PX
    stop.tap()
    expect(page.get_by_role("button", name="Start Meadow")).to_be_enabled()


def test_a_server_is_created_step_by_step_and_then_runs(house: House, open_page: OpenPage) -> None:
    page = open_page("/servers", role="admin")
    settle(page)
    page.get_by_role("main").get_by_role("link", name="Create a server").click()
    page.get_by_role("textbox", name="Name").fill("Green valley")
    page.get_by_role("textbox", name="Port").fill(str(free_port()))
    expect(page.get_by_text("It is free.")).to_be_visible()
    page.get_by_role("button", name="Next").click()
    page.get_by_role("textbox", name="Players at most").fill("8")
    expect_accessible(page)
    page.get_by_role("button", name="Next").click()
    page.get_by_role("group").filter(has_text="Creatures").first.locator("summary").click()
    page.get_by_role("combobox", name="Hostility").select_option("off")
    expect_accessible(page)
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text(re.compile("^Hostility: Off"))).to_be_visible()
    expect_accessible(page)
    page.get_by_role("button", name="Create and start").click()
    expect(page.get_by_role("heading", level=1, name="Green valley")).to_be_visible()
    expect(page.get_by_text(re.compile("^Ready for players"))).to_be_visible(timeout=SETUP_MS)
    expect(page.get_by_text("0/8 players")).to_be_visible()


def test_a_crash_tells_which_mod_and_the_report_of_the_game(house: House, open_page: OpenPage) -> None:
    bring_down(house)
    house.tell_game("meadow", speed=20, players=0, crash="report", crash_mod="windmills@1.4.2")
    try:
        assert house.manager.post("/servers/meadow/start").status == 202
        page = open_page("/servers/meadow", role="operator")
        expect(page.get_by_text("Crashed: windmills@1.4.2 is named in the report").first).to_be_visible()
        expect(page.get_by_role("heading", name="What went wrong")).to_be_visible()
        expect_accessible(page)
        bring_down(house)
        expect(page.get_by_role("button", name="Start Meadow")).to_be_visible()
    finally:
        house.tell_game("meadow", speed=20, players=0)


def test_a_server_goes_to_another_version_after_a_question_that_says_what_happens(house: House, open_page: OpenPage) -> None:
    bring_down(house)
    page = open_page("/servers/meadow/versions", role="admin")
    settle(page)
    page.get_by_role("button", name=re.compile("^Show all")).click()
    page.get_by_role("button", name="Switch to 1.22.6").click()
    dialog = page.get_by_role("dialog", name="Switch Meadow to 1.22.6?")
    expect(dialog.get_by_text("This version is older", exact=False)).to_be_visible()
    expect_accessible(page)
    dialog.get_by_role("button", name="Switch to 1.22.6").click()
    expect(page.get_by_text("This server uses 1.22.6")).to_be_visible(timeout=SETUP_MS)
