"""Servers as files, and servers from elsewhere, as admins meet them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.backups.worlds import make_world
from tests.e2e.axe import expect_accessible
from tests.e2e.house import GAME_VERSION, House, open_house
from tests.e2e.pages import OpenPage, settle
from tests.e2e.profiles import PHONE
from tests.e2e.test_every_page import sideways
from tests.servers.games import free_port


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """With the server `meadow`, which does not run, and a folder beside it that may be looked into."""
    folder = tmp_path_factory.mktemp("definitions")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VS_HOST_ROOTS", str(folder))
        with open_house(folder, mods=1) as house:
            house.add_server("Meadow", port=free_port())
            yield house


def test_an_exported_file_makes_another_server_after_its_plan(house: House, open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page("/servers/meadow/settings", role="admin")
    settle(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Export definition").click()
    text = download.value.path().read_text()
    assert download.value.suggested_filename == "meadow.yaml"
    file = tmp_path / "valley.yaml"
    port = house.manager.get("/servers/meadow")["port"]
    file.write_text(
        text.replace("id: meadow", "id: valley").replace("name: Meadow\n", "name: Valley\n", 1).replace(f"  port: {port}\n", "")
    )
    phone = open_page("/servers", role="admin", profile=PHONE)
    settle(phone)
    phone.get_by_role("link", name="From a file").tap()
    with phone.expect_file_chooser() as chooser:
        phone.get_by_role("button", name="Choose a file").tap()
    chooser.value.set_files(file)
    phone.get_by_role("button", name="Show the plan").tap()
    expect(phone.get_by_text("The server “Valley” (valley) is made.")).to_be_visible()
    expect_accessible(phone)
    assert sideways(phone) <= 0
    phone.get_by_role("button", name="Create the server").tap()
    expect(phone.get_by_text("of the file in", exact=False)).to_be_visible(timeout=60_000)
    assert house.manager.get("/servers/valley")["state"] == "stopped"


def test_a_volume_of_a_container_is_recognised_and_copied(house: House, open_page: OpenPage) -> None:
    volume = house.manager.data_dir.parent / "volume"
    make_world(volume / "Saves" / "default.vcdbs", chunks=20)
    config = {
        "ServerName": "Old Valley",
        "Port": free_port(),
        "WorldConfig": {"SaveFileLocation": "/data/server-file/Saves/default.vcdbs"},
    }
    (volume / "serverconfig.json").write_text(json.dumps(config))
    page = open_page("/adopt-server", role="admin", profile=PHONE)
    settle(page)
    page.get_by_role("textbox", name="Folder").fill(str(volume))
    page.get_by_role("button", name="Look into it").tap()
    expect(page.get_by_text("the Docker image of PepeCitron")).to_be_visible()
    page.get_by_role("radio", name="Copy it into the manager's folder").check()
    page.get_by_role("combobox", name="Game version").select_option(GAME_VERSION)
    expect_accessible(page)
    assert sideways(page) <= 0
    page.get_by_role("button", name="Copy it").tap()
    expect(page.get_by_text("and compared each", exact=False)).to_be_visible(timeout=60_000)
    assert house.manager.get("/servers/old-valley")["is_adopted"] is False
