"""Backups of a game server: made, looked at, put back and copied elsewhere, as those who look after the server meet them."""

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.axe import expect_accessible
from tests.e2e.house import House, open_house
from tests.e2e.pages import OpenPage, settle
from tests.e2e.profiles import PHONE, PROFILES, Profile
from tests.e2e.test_every_page import sideways
from tests.servers.games import free_port

A_WHILE_MS = 60_000


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the manager may use on this machine."""
    return tmp_path_factory.mktemp("roots").resolve()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, roots: Path) -> Iterator[House]:
    """With the server `meadow`, whose game has made its world and is stopped."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("VS_HOST_ROOTS", str(roots))
        with open_house(tmp_path_factory.mktemp("barn"), mods=5, with_markup=False) as house:
            house.add_server("Meadow", port=free_port())
            house.tell_game("meadow", speed=20, players=0)
            run(house, "/servers/meadow/start")
            run(house, "/servers/meadow/stop", {})
            yield house


@pytest.fixture(autouse=True)
def usual_rules(house: House) -> None:
    """Nothing is deleted that another test has made."""
    answer = house.manager.request("PUT", "/api/v1/servers/meadow/backup-settings", {})
    assert answer.status == 200, answer.json


def run(house: House, path: str, body: object = None) -> None:
    """Begin something without a browser, and wait until it has worked."""
    answer = house.manager.post(path, body)
    assert answer.status == 202, answer.json
    ended = house.manager.wait_for_run(answer.json["id"])
    assert ended["state"] == "succeeded", ended["error"]


def world_of(house: House) -> Path:
    (world,) = (house.manager.data_dir / "servers" / "meadow" / "Saves").glob("*.vcdbs")
    return world


def sign(house: House, text: str) -> None:
    """Something in the world that a restore takes away, or brings back."""
    with sqlite3.connect(world_of(house)) as world:
        world.execute("CREATE TABLE IF NOT EXISTS sign (text TEXT)")
        world.execute("DELETE FROM sign")
        world.execute("INSERT INTO sign VALUES (?)", [text])
    world.close()


def signed(house: House) -> str:
    world = sqlite3.connect(world_of(house))
    try:
        return str(world.execute("SELECT text FROM sign").fetchone()[0])
    finally:
        world.close()


def rows(page: Page) -> Locator:
    return page.get_by_role("region", name="Backups").get_by_role("row").filter(has=page.get_by_role("link"))


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog")


def close(page: Page) -> None:
    dialog(page).get_by_role("button", name="Close").last.click()
    expect(dialog(page)).to_have_count(0)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_a_world_is_backed_up_pinned_and_put_back(profile: Profile, house: House, open_page: OpenPage) -> None:
    sign(house, "the good old days")
    page = open_page("/servers/meadow/backups", role="operator", profile=profile)
    settle(page)
    known = rows(page).count()
    page.get_by_role("button", name="Back up now").click()
    expect(dialog(page).get_by_text(re.compile("that are free"))).to_be_visible()
    expect_accessible(page)
    dialog(page).get_by_role("textbox", name="Note").fill("Before the flood")
    dialog(page).get_by_role("button", name="Back up now").click()
    expect(dialog(page).get_by_text("The world in it is sound.")).to_be_visible(timeout=A_WHILE_MS)
    close(page)
    expect(rows(page)).to_have_count(known + 1)
    newest = rows(page).first
    expect(newest.get_by_text("Before the flood")).to_be_visible()

    newest.get_by_role("button", name=re.compile("^More for the backup of")).click()
    page.get_by_role("menuitem", name="Pin", exact=True).click()
    expect(newest.get_by_text("Pinned")).to_be_attached()
    expect_accessible(page)

    sign(house, "after the flood")
    newest.get_by_role("button", name=re.compile("^Restore the backup of")).click()
    expect(dialog(page).get_by_text(re.compile(r"This world of .* replaces that of"))).to_be_visible()
    expect(dialog(page).get_by_text(re.compile("A copy of today is kept"))).to_be_visible()
    expect_accessible(page)
    assert sideways(page) <= 0
    dialog(page).get_by_role("button", name="Restore", exact=True).click()
    expect(dialog(page).get_by_text(re.compile("^Meadow is as it was then"))).to_be_visible(timeout=A_WHILE_MS)
    assert signed(house) == "the good old days"
    close(page)
    # What was there is kept, and can be had back in the same way.
    expect(rows(page).first.get_by_role("cell", name=re.compile("^Before a restore"))).to_be_visible()

    page.get_by_role("link", name="Restores", exact=True).click()
    expect(page.get_by_role("listitem").filter(has_text="Put back").first).to_be_visible()
    page.get_by_role("navigation", name="Parts of the backups").get_by_role("link", name="Backups").click()
    rows(page).first.get_by_role("button", name=re.compile("^Restore the backup of")).click()
    dialog(page).get_by_role("button", name="Restore", exact=True).click()
    expect(dialog(page).get_by_text(re.compile("^Meadow is as it was then"))).to_be_visible(timeout=A_WHILE_MS)
    assert signed(house) == "after the flood"


def test_one_backup_is_looked_into_verified_and_downloaded(house: House, open_page: OpenPage) -> None:
    run(house, "/servers/meadow/backups", {"note": "to be looked into"})
    page = open_page("/backups?q=looked", role="operator")
    settle(page)
    rows(page).first.get_by_role("link").click()
    settle(page)
    expect(page.get_by_role("region", name="Files in this backup").get_by_text("serverconfig.json")).to_be_visible()
    page.get_by_role("searchbox", name="Search the files").fill("world")
    expect(page.get_by_text(re.compile(r"^1 of \d+ files$"))).to_be_visible()
    page.get_by_role("button", name="Verify now").click()
    expect(dialog(page).get_by_text(re.compile("^Verified: everything in it"))).to_be_visible(timeout=A_WHILE_MS)
    close(page)
    expect(page.get_by_text("Verified", exact=True)).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.path().read_bytes()[:4] == b"\x28\xb5\x2f\xfd"


def test_a_world_from_elsewhere_is_taken_over(house: House, open_page: OpenPage, tmp_path: Path) -> None:
    world = tmp_path / "old.vcdbs"
    world.write_bytes(world_of(house).read_bytes())
    page = open_page("/servers/meadow/backups", role="operator", profile=PHONE)
    settle(page)
    page.get_by_role("button", name="Take over a backup").tap()
    dialog(page).get_by_role("textbox", name="Note").fill("From the old machine")
    page.locator("input[type=file]").set_input_files(world)
    expect(dialog(page).get_by_text(re.compile("^Taken over: .* The world in it is sound"))).to_be_visible(timeout=A_WHILE_MS)
    expect_accessible(page)
    close(page)
    expect(rows(page).filter(has_text="From the old machine")).to_be_visible()


def test_rules_show_what_they_delete_before_they_are_saved(house: House, open_page: OpenPage) -> None:
    for _ in range(3):
        run(house, "/servers/meadow/backups", {})
    page = open_page("/servers/meadow/backups/rules", role="admin")
    settle(page)
    for rule in ("The last so many backups", "One for each of the last so many hours"):
        page.get_by_role("textbox", name=rule).fill("1")
    expect(page.get_by_text(re.compile(r"^\d+ backups? would be deleted"))).to_be_visible()
    expect_accessible(page)
    before = house.manager.get("/servers/meadow/backups")["total_count"]
    page.get_by_role("button", name="Save").click()
    expect(dialog(page).get_by_text(re.compile("would be deleted"))).to_be_visible()
    dialog(page).get_by_role("button", name="Save the rules").click()
    expect(dialog(page)).to_have_count(0)
    assert house.manager.get("/servers/meadow/backups")["total_count"] == before
    page.get_by_role("button", name="Delete these now").click()
    dialog(page).get_by_role("button", name=re.compile("^Delete .* backup")).click()
    expect(page.get_by_text(re.compile(r"^(The one backup stays|All \d+ backups stay)"))).to_be_visible(timeout=A_WHILE_MS)
    assert house.manager.get("/servers/meadow/backups")["total_count"] < before


def test_a_place_elsewhere_is_added_used_and_loud_when_it_is_gone(house: House, open_page: OpenPage, roots: Path) -> None:
    folder = roots / "nas"
    folder.mkdir()
    page = open_page("/backups/places", role="admin")
    settle(page)
    page.get_by_role("button", name="Add a place").click()
    dialog(page).get_by_role("textbox", name="Name").fill("NAS")
    dialog(page).get_by_role("textbox", name="Folder").fill(str(folder))
    expect_accessible(page)
    dialog(page).get_by_role("button", name="Add a place").click()
    expect(page.get_by_role("heading", name="NAS")).to_be_visible()

    page.goto("/servers/meadow/backups/rules")
    page.get_by_role("checkbox", name="NAS").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Discard")).to_have_count(0)
    run(house, "/servers/meadow/backups", {"note": "to be copied"})
    page.goto("/servers/meadow/backups")
    copied = rows(page).filter(has_text="to be copied")
    expect(copied.get_by_text("Also at NAS")).to_be_visible(timeout=A_WHILE_MS)

    next(folder.glob(".vsmanager-offsite*")).unlink()
    page.goto("/backups/places")
    page.get_by_role("button", name="Test: NAS").click()
    place = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="NAS"))
    expect(place.get_by_role("status")).to_contain_text("not there")
    expect(place.get_by_text("Copies fail")).to_be_visible()
    expect_accessible(page)
