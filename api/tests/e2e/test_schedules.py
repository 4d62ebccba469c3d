"""Schedules, as those who look after a server make, read and run them."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.axe import expect_accessible
from tests.e2e.house import House, open_house
from tests.e2e.pages import OpenPage, settle
from tests.e2e.profiles import PHONE, PROFILES, Profile
from tests.e2e.test_every_page import sideways
from tests.e2e.watch import Watch
from tests.servers.games import free_port


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """With the server `meadow`, which does not run."""
    with open_house(tmp_path_factory.mktemp("schedules"), mods=1) as house:
        house.add_server("Meadow", port=free_port())
        house.tell_game("meadow", speed=20, players=0)
        yield house


def without_schedules(house: House) -> None:
    for schedule in house.manager.get("/schedules")["items"]:
        assert house.manager.request("DELETE", f"/api/v1/schedules/{schedule['id']}").status == 204


def sentence(page: Page) -> str:
    """What the editor says that the schedule reads, as soon as the manager has put it in words."""
    said = page.locator("[aria-live=polite]").filter(has_text="It reads")
    expect(said).to_contain_text("Every")
    return said.inner_text().removeprefix("It reads:").strip()


def test_a_template_becomes_a_schedule_that_runs_and_tells_its_steps(house: House, open_page: OpenPage, noted: Watch) -> None:
    # Its page may hear that it is gone before it is left.
    noted.expect("404")
    without_schedules(house)
    page = open_page("/schedules", role="operator")
    settle(page)
    page.get_by_role("link", name="Look at it: Back up every 2 hours, for Meadow").click()
    expect(page.get_by_role("textbox", name="Name")).to_have_value("Backups")
    expect_accessible(page)
    said = sentence(page)
    page.get_by_role("button", name="What would happen now?").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Nothing was done: this is only a look ahead.")).to_be_visible()
    expect(dialog.get_by_role("listitem").filter(has_text="Make a backup")).to_be_visible()
    expect_accessible(page)
    dialog.get_by_role("button", name="Close").last.click()
    page.get_by_role("button", name="Create the schedule").click()
    expect(page.get_by_role("heading", name="Backups", exact=True)).to_be_visible()
    assert house.manager.get("/schedules")["items"][0]["sentence"] == said

    page.get_by_role("button", name="Run now").click()
    page.get_by_role("dialog").get_by_role("button", name="Run it now").click()
    page.get_by_role("button", name=re.compile("^Show steps of the run")).click()
    expect(page.get_by_role("listitem").filter(has_text="Make a backup").last).to_contain_text("Done")
    expect_accessible(page)

    page.goto("/servers/meadow/schedules")
    row = page.get_by_role("listitem").filter(has_text="Backups")
    expect(row.get_by_text("Succeeded")).to_be_visible()
    row.get_by_role("switch", name="Backups is on").press("Space")
    expect(row.get_by_text("off", exact=True)).to_be_visible()
    row.get_by_role("link", name="Backups").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog").get_by_text(said)).to_be_visible()
    page.get_by_role("dialog").get_by_role("button", name="Delete the schedule").click()
    expect(page.get_by_text("Nothing happens by itself yet")).to_be_visible()


def test_a_schedule_is_put_together_with_a_thumb(house: House, open_page: OpenPage) -> None:
    without_schedules(house)
    page = open_page("/servers/meadow/schedules/new", role="operator", profile=PHONE)
    settle(page)
    page.get_by_role("textbox", name="Name").fill("Good night")
    page.get_by_role("combobox", name="When").select_option("weekly")
    page.get_by_role("checkbox", name="Friday").check()
    for step in ("Save the world", "Stop the server"):
        page.get_by_role("button", name="Add a step").tap()
        page.get_by_role("menuitem", name=step).tap()
        expect(page.get_by_role("menu")).to_have_count(0)
    page.get_by_role("button", name="Move step 2 up").tap()
    expect(page.get_by_role("button", name="Move step 1 down")).to_be_focused()
    assert sideways(page) <= 0
    expect_accessible(page)
    page.get_by_role("button", name="Create the schedule").tap()
    expect(page.get_by_role("heading", name="Good night", exact=True)).to_be_visible()
    (made,) = house.manager.get("/schedules")["items"]
    assert [step["do"] for step in made["steps"]] == ["stop", "save"]
    assert made["trigger"]["cron"] == "0 5 * * 1,5"
    assert made["trigger"]["zone"] == "Europe/Berlin"


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_many_schedules_fit_and_are_found(profile: Profile, house: House, open_page: OpenPage) -> None:
    without_schedules(house)
    for number in range(40):
        body = {
            "name": f"Sicherungsüberprüfungsbenachrichtigung {number:02}",
            "trigger": {"kind": "cron", "cron": f"{number} 4 * * *", "zone": "Europe/Berlin"},
            "steps": [{"do": "save"}, {"do": "backup"}],
        }
        assert house.manager.post("/servers/meadow/schedules", body).status == 201
    page = open_page("/schedules", role="operator", profile=profile)
    settle(page)
    rows = page.get_by_role("list", name="Schedules of Meadow").get_by_role("listitem")
    expect(rows).to_have_count(40)
    assert sideways(page) <= 0
    expect_accessible(page)
    page.get_by_role("searchbox", name="Search the schedules").fill("g 07")
    expect(rows).to_have_count(1)
