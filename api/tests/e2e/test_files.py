"""Files of a game server, as those who look after it meet them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.axe import expect_accessible
from tests.e2e.house import House, open_house
from tests.e2e.pages import OpenPage, settle
from tests.e2e.profiles import DESKTOP, PHONE, PROFILES, Profile
from tests.e2e.test_every_page import sideways
from tests.e2e.watch import Watch
from tests.servers.games import free_port
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """With the server `meadow`, which does not run."""
    with open_house(tmp_path_factory.mktemp("files"), mods=3) as house:
        house.add_server("Meadow", port=free_port())
        yield house


@pytest.fixture
def folder(house: House) -> Path:
    """Of the server, with settings of a mod."""
    folder = house.manager.data_dir / "servers" / "meadow"
    (folder / "ModConfig").mkdir(exist_ok=True)
    (folder / "ModConfig" / "pots.json").write_text('{\n  "size": 3, // in litres\n  "name": "pot"\n}\n')
    return folder


def open_file(open_page: OpenPage, path: str, profile: Profile = DESKTOP) -> Page:
    page = open_page(f"/servers/meadow/files?file={path}", role="operator", profile=profile)
    expect(page.get_by_role("textbox", name=f"Text of {path}")).to_be_visible()
    return page


def write_at_the_end(page: Page, text: str) -> None:
    page.get_by_role("textbox", name="Text of").click()
    page.keyboard.press("Control+End")
    page.keyboard.type(text)


def test_a_text_is_written_checked_and_saved_with_the_keyboard(open_page: OpenPage, folder: Path) -> None:
    page = open_file(open_page, "ModConfig/pots.json")
    expect(page.get_by_text("Good JSON")).to_be_visible()
    write_at_the_end(page, "broken")
    expect(page.get_by_role("button", name="Go there")).to_be_visible()
    for _letter in "broken":
        page.keyboard.press("Backspace")
    page.keyboard.type("// mine")
    page.keyboard.press("Control+s")
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert (folder / "ModConfig" / "pots.json").read_text().endswith("}\n// mine")


def test_the_second_of_two_sees_what_the_first_has_written(open_page: OpenPage, folder: Path, noted: Watch) -> None:
    noted.expect("409")
    page = open_file(open_page, "ModConfig/pots.json")
    write_at_the_end(page, "// mine")
    file = folder / "ModConfig" / "pots.json"
    file.write_text('{\n  "size": 4\n}\n')
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("has changed this file meanwhile")
    expect(page.get_by_role("textbox", name="What is there now")).to_contain_text('"size": 4')
    expect(page.get_by_role("textbox", name="Yours")).to_contain_text("// mine")
    expect_accessible(page)
    page.get_by_role("button", name="Save yours").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert file.read_text().endswith("// mine")


def test_files_are_brought_deleted_and_put_back(open_page: OpenPage, folder: Path) -> None:
    page = open_page("/servers/meadow/files", role="operator")
    page.get_by_role("button", name="New folder").click()
    page.get_by_label("Name of the folder").fill("maps")
    page.get_by_role("button", name="Make the folder").click()
    expect(page.get_by_text("This folder is empty")).to_be_visible()
    chosen = {"name": "north.txt", "mimeType": "text/plain", "buffer": b"snow"}
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Upload").click()
    chooser.value.set_files(chosen)  # type: ignore[arg-type] # a file that is made up
    expect(page.get_by_role("link", name="north.txt")).to_be_visible()
    assert (folder / "maps" / "north.txt").read_bytes() == b"snow"
    page.get_by_role("button", name="Actions for north.txt").click()
    page.get_by_role("menuitem", name="Delete").click()
    wait_until(lambda: not (folder / "maps" / "north.txt").exists(), "the file being deleted")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="north.txt")).to_be_visible()
    assert (folder / "maps" / "north.txt").read_bytes() == b"snow"


def test_the_same_file_is_brought_again_on_a_phone(open_page: OpenPage, folder: Path, tmp_path: Path, noted: Watch) -> None:
    noted.expect("409")
    mine = tmp_path / ("a-long-name" * 5 + ".txt")
    mine.write_text("first")
    page = open_page("/servers/meadow/files?path=ModConfig", role="operator", profile=PHONE)
    for text in ("first", "second"):
        mine.write_text(text)
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Upload").click()
        chooser.value.set_files(mine)
        done = page.get_by_text("Done", exact=True) if text == "first" else page.get_by_role("button", name="Replace it")
        expect(done).to_be_visible()
    assert not sideways(page)
    page.get_by_role("button", name="Replace it").click()
    expect(page.get_by_text("Done", exact=True)).to_have_count(2)
    assert (folder / "ModConfig" / mine.name).read_text() == "second"
    (folder / "ModConfig" / mine.name).unlink()


def test_a_hostile_name_stays_text_and_the_password_stays_hidden(open_page: OpenPage, folder: Path, noted: Watch) -> None:
    noted.expect("403")
    (folder / "<img src=x onerror=alert(1)>.txt").write_text("<script>alert(1)</script>")
    (folder / "line\nbreak").touch()
    config = folder / "serverconfig.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "Password": "hunter2"}))
    page = open_page("/servers/meadow/files", role="operator")
    expect(page.get_by_role("link", name="line\\x0abreak")).to_be_visible()
    page.get_by_role("link", name="<img src=x onerror=alert(1)>.txt").click()
    expect(page.get_by_role("textbox")).to_contain_text("<script>alert(1)</script>")
    page.goto("/servers/meadow/files?file=serverconfig.json")
    expect(page.get_by_role("link", name="Open Config")).to_be_visible()
    assert "hunter2" not in page.content()


@pytest.mark.parametrize("profile", PROFILES, ids=str)
def test_files_look_right(open_page: OpenPage, folder: Path, profile: Profile) -> None:
    page = open_page("/servers/meadow/files", role="operator", profile=profile)
    expect(page.get_by_role("link", name="ModConfig")).to_be_visible()
    settle(page)
    expect_accessible(page)
    assert sideways(page) == 0
    page = open_file(open_page, "ModConfig/pots.json", profile)
    settle(page)
    expect_accessible(page)
    assert sideways(page) == 0
