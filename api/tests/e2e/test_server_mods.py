"""Mods of a game server, from the catalogue to yesterday's set, as those who look after the server meet them."""

import io
import json
import re
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.axe import expect_accessible
from tests.e2e.house import GAME_VERSION, House, open_house
from tests.e2e.pages import OpenPage, settle
from tests.e2e.profiles import PHONE, PROFILES, Profile
from tests.e2e.test_every_page import sideways
from tests.e2e.watch import Watch
from tests.servers.games import free_port
from tests.waiting import wait_until

MANY = 300
PATIENCE_SECONDS = 60.0


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """With the server `meadow`, and the mod `windmills`, whose release 100.0.0 is for its version of the game."""
    with open_house(tmp_path_factory.mktemp("windmills"), mods=5) as house:
        (windmills,) = house.upstream.change_mods(add=[{"name": "Windmills", "modidstrs": ["windmills"]}])
        house.upstream.change_mods(release=[{"modid": windmills, "version": "100.0.0", "tags": [GAME_VERSION]}])
        house.manager.run_job("mod_cache_refresh")
        house.add_server("Meadow", port=free_port())
        house.tell_game("meadow", speed=20, players=0)
        yield house


def found(house: House, name: str) -> int:
    """The number of a mod in the catalogue."""
    return int(house.manager.get(f"/catalog/mods?q={name}")["items"][0]["id"])


def change(house: House, *changes: dict[str, str]) -> None:
    """Change the mods of `meadow` without a browser."""
    answer = house.manager.post("/servers/meadow/mods/changes", {"changes": list(changes)})
    assert answer.status == 202, answer.json
    run = house.manager.wait_for_run(answer.json["id"])
    assert run["state"] == "succeeded", run["error"]


def without_mods(house: House) -> None:
    """`meadow` is stopped and has no mods."""
    wait_until(lambda: house.manager.get("/servers/meadow")["operation"] is None, "what the test before has begun")
    stop = house.manager.post("/servers/meadow/stop", {})
    if stop.status == 202:
        assert house.manager.wait_for_run(stop.json["id"])["state"] == "succeeded"
    items = house.manager.get("/servers/meadow/mods")["items"]
    if items:
        change(house, *({"action": "remove", "mod": item["modid"] or item["file_name"]} for item in items))


def release(house: House, version: str) -> None:
    """A newer release of `windmills`, which the next check for updates finds."""
    house.upstream.change_mods(release=[{"modid": found(house, "windmills"), "version": version, "tags": [GAME_VERSION]}])
    house.manager.run_job("mod_cache_refresh")


def files_in_mods(house: House) -> list[str]:
    mods = house.manager.data_dir / "servers" / "meadow" / "Mods"
    return sorted(path.name for path in mods.iterdir()) if mods.exists() else []


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("table", name="Installed mods").get_by_role("row").filter(has_text=name)


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog")


def scroll_to(page: Page, last: Locator) -> None:
    """Down to the end of a list whose length is known only when all of it was in sight."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not last.is_visible():
        assert time.monotonic() < deadline, "the end of the list never came"
        page.evaluate("() => window.scrollTo(0, document.body.scrollHeight)")
        page.wait_for_timeout(100)


def test_a_mod_is_found_installed_updated_and_gone_back_from(house: House, open_page: OpenPage) -> None:
    without_mods(house)
    page = open_page("/servers/meadow/mods", role="operator")
    page.get_by_role("link", name="Find mods").click()
    settle(page)
    page.get_by_role("searchbox", name="Search the mods").fill("windmills")
    page.get_by_role("button", name="Install Windmills").click()
    expect(dialog(page).get_by_text("Fits 1.22.7", exact=True)).to_be_visible()
    expect_accessible(page)
    dialog(page).get_by_role("textbox", name="Why").fill("More power")
    dialog(page).get_by_role("button", name="Install 1 mod", exact=True).click()
    expect(dialog(page).get_by_text("1 mod installed.")).to_be_visible()
    dialog(page).get_by_role("button", name="Close").last.click()
    expect(page.get_by_text("Installed, 100.0.0")).to_be_visible()
    assert len(files_in_mods(house)) == 1

    release(house, "100.1.0")
    page.goto("/servers/meadow/mods")
    settle(page)
    expect(row(page, "Windmills").get_by_text("100.1.0")).to_be_visible()
    page.get_by_role("button", name="Update all (1)").click()
    expect(dialog(page).get_by_text("100.0.0 → 100.1.0")).to_be_visible()
    dialog(page).get_by_role("button", name="Update 1 mod").click()
    expect(dialog(page).get_by_text("1 mod updated.")).to_be_visible()
    dialog(page).get_by_role("button", name="Close").last.click()
    expect(row(page, "Windmills").get_by_text("100.1.0")).to_be_visible()

    page.get_by_role("link", name="History").click()
    settle(page)
    older = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="More power"))
    older.get_by_role("button", name=re.compile("^Go back")).click()
    expect(dialog(page).get_by_text("100.1.0 → 100.0.0")).to_be_visible()
    expect_accessible(page)
    dialog(page).get_by_role("button", name=re.compile("^Go back to set")).click()
    expect(dialog(page).get_by_text("1 mod set back.")).to_be_visible()
    dialog(page).get_by_role("button", name="Close").last.click()
    page.get_by_role("link", name="Installed").click()
    expect(row(page, "Windmills").get_by_text("100.0.0")).to_be_visible()
    assert house.manager.get("/servers/meadow/mods")["items"][0]["version"] == "100.0.0"


def test_on_a_running_server_a_change_waits_until_the_restart(house: House, open_page: OpenPage) -> None:
    without_mods(house)
    start = house.manager.post("/servers/meadow/start")
    assert house.manager.wait_for_run(start.json["id"])["state"] == "succeeded"
    page = open_page(f"/mods/{found(house, 'windmills')}", role="operator", profile=PHONE)
    settle(page)
    page.get_by_role("region", name="On this server").get_by_role("button", name="Install").tap()
    dialog(page).get_by_role("radio", name="At the next restart").tap()
    dialog(page).get_by_role("button", name="Install 1 mod at the next restart").tap()
    expect(dialog(page).get_by_text("It takes effect at the next start.")).to_be_visible()
    assert files_in_mods(house) == []

    page.goto("/servers/meadow")
    banner = page.get_by_role("region", name="Mods wait for the next start")
    expect(banner.get_by_role("listitem")).to_contain_text(["Mods changedby operator"])
    expect(banner.get_by_text(re.compile(r"^New: Windmills 100\.\d\.0$"))).to_be_visible()  # a newer one may have come
    expect_accessible(page)
    banner.get_by_role("button", name="Restart now").tap()
    expect(banner).to_have_count(0)
    page.goto("/servers/meadow/mods/history")
    expect(page.get_by_role("listitem").first.get_by_text("Loaded now")).to_be_visible()
    assert len(files_in_mods(house)) == 1


def test_what_a_mod_needs_comes_with_it_and_what_needs_it_goes_with_it(house: House, open_page: OpenPage) -> None:
    without_mods(house)
    page = open_page(f"/mods/{found(house, 'alpha')}", role="operator")
    settle(page)
    page.get_by_role("region", name="On this server").get_by_role("button", name="Install").click()
    expect(dialog(page).get_by_text("This can't be done as it is")).to_be_visible()
    dialog(page).get_by_role("checkbox", name="Also take what is made for another version of the game").check()
    expect(dialog(page).get_by_text(re.compile("^needed by"))).to_be_visible()
    dialog(page).get_by_role("button", name="Install 2 mods").click()
    expect(dialog(page).get_by_text("2 mods installed.")).to_be_visible()

    page.goto("/servers/meadow/mods")
    lib = row(page, "betalib")
    lib.get_by_role("button", name=re.compile("^More for")).click()
    page.get_by_role("menuitem", name="Remove").click()
    expect(dialog(page).get_by_text(re.compile("is needed by others"))).to_be_visible()
    dialog(page).get_by_role("button", name="Cancel").click()


def test_a_file_is_checked_and_installed(house: House, open_page: OpenPage, noted: Watch, tmp_path: Path) -> None:
    noted.expect("422")
    without_mods(house)
    page = open_page("/servers/meadow/mods", role="operator")
    settle(page)
    page.get_by_role("button", name="Upload a file").click()
    good, bad = tmp_path / "own.zip", tmp_path / "bad.zip"
    good.write_bytes(zipped("own", "Our own"))
    bad.write_bytes(b"this is no zip")
    page.locator("input[type=file]").set_input_files([good, bad])
    expect(dialog(page).get_by_text("Ready, 1.0.0")).to_be_visible()
    expect(dialog(page).get_by_role("alert")).to_be_visible()
    expect_accessible(page)
    dialog(page).get_by_role("button", name="Install 1 file").click()
    dialog(page).get_by_role("button", name="Install 1 mod").click()
    expect(dialog(page).get_by_text("1 mod installed.")).to_be_visible()
    dialog(page).get_by_role("button", name="Close").last.click()
    expect(row(page, "Our own")).to_be_visible()


def test_a_file_of_settings_is_mended_where_the_mistake_is(house: House, open_page: OpenPage, noted: Watch) -> None:
    noted.expect("409")
    folder = house.manager.data_dir / "servers" / "meadow" / "ModConfig"
    folder.mkdir(exist_ok=True)
    file = folder / "windmills.json"
    file.write_text('{\n  "power": \n}\n', encoding="utf-8")
    page = open_page("/servers/meadow/mods/config", role="operator")
    page.get_by_role("link", name=re.compile("windmills.json")).click()
    text = page.get_by_role("textbox", name="Text of windmills.json")
    expect(page.get_by_text("Line 3, column 1: a value is missing here")).to_be_visible()
    expect_accessible(page)
    text.fill('{\n  "power": 3\n}\n')
    expect(page.get_by_text("Good JSON", exact=True)).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("combobox", name="Earlier contents")).to_be_visible()
    assert json.loads(file.read_text(encoding="utf-8")) == {"power": 3}

    file.write_text('{"power": 4}', encoding="utf-8")
    text.fill('{"power": 5}')
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("The file is another than the one you opened")).to_be_visible()
    page.get_by_role("button", name="Show what is there now").click()
    expect(text).to_have_value('{"power": 4}')


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_of_hundreds_of_mods_only_those_in_sight_are_in_the_page(profile: Profile, house: House, open_page: OpenPage) -> None:
    without_mods(house)
    mods = house.manager.data_dir / "servers" / "meadow" / "Mods"
    mods.mkdir(exist_ok=True)
    for number in range(MANY):
        (mods / f"many{number:03}.zip").write_bytes(zipped(f"many{number:03}", f"Many {number:03}"))
    (mods / "zbroken.zip").write_bytes(b"PK\x03\x04 cut off")
    page = open_page("/servers/meadow/mods", role="operator", profile=profile)
    settle(page)
    rows = page.get_by_role("table", name="Installed mods").locator("tbody[data-index]")
    expect(rows.first).to_be_visible()
    assert rows.count() < MANY / 4
    assert sideways(page) <= 0
    expect_accessible(page)
    page.get_by_role("searchbox", name="Search the installed mods").fill("many 299")
    expect(rows).to_have_count(1)
    page.get_by_role("searchbox", name="Search the installed mods").fill("")
    expect(rows.nth(5)).to_be_visible()
    scroll_to(page, row(page, "zbroken.zip"))


def zipped(modid: str, name: str) -> bytes:
    """The smallest mod that the game would load."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        about = {"type": "content", "modid": modid, "name": name, "version": "1.0.0"}
        archive.writestr("modinfo.json", json.dumps(about))
    return file.getvalue()
