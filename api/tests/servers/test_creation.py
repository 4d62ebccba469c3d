"""How servers come into being, change and go, and what is refused on the way."""

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.servers.games import VERSION, House, free_port
from vintagestory_sandbox.builds import small_archive, unpack_build


def configuration(house: House, server: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((house.data_path(server) / "serverconfig.json").read_bytes())
    return found


def test_a_new_server_is_configured_as_it_was_asked_for(house: House) -> None:
    port = free_port()
    server = house.create(
        "Grüne Wiese",
        port=port,
        max_players=7,
        password="hunter22",
        welcome_message="Hello {0}",
        whitelist=True,
        world={"world_name": "Meadow", "seed": "1234", "play_style": "exploration", "attributes": {"allowMap": "false"}},
    )
    assert (server["id"], server["name"], server["port"], server["is_adopted"]) == ("gr-ne-wiese", "Grüne Wiese", port, False)
    found = configuration(house, server["id"])
    assert (found["ServerName"], found["Port"], found["MaxClients"], found["Password"]) == ("Grüne Wiese", port, 7, "hunter22")
    world = found["WorldConfig"]
    assert (world["WorldName"], world["Seed"], world["PlayStyle"]) == ("Meadow", "1234", "exploration")
    assert world["WorldConfiguration"] == {"allowMap": "false"}
    assert not (house.data_path(server["id"]) / "Saves" / "default.vcdbs").exists(), "there is no world before the first start"
    assert "hunter22" not in json.dumps(house.app.get("/audit"))


def test_ids_and_ports_are_found_where_none_are_given(house: House) -> None:
    ids = []
    ports = set()
    for _ in range(3):
        made = house.app.ask("POST", "/servers", json={"name": "My World", "version": VERSION}).json()
        ids.append(made["id"])
        ports.add(made["port"])
        house.app.ended(made["operation"]["run_id"], 60)
    assert ids == ["my-world", "my-world-2", "my-world-3"]
    assert len(ports) == 3
    assert house.app.get("/new-server")["port"] not in ports
    odd = house.app.ask("POST", "/servers", json={"name": "!!!", "version": VERSION}).json()
    assert odd["id"] == "server"
    house.app.ended(odd["operation"]["run_id"], 60)


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"name": "a\nb"},
        {"id": "Not An Id"},
        {"id": "../escape"},
        {"port": 0},
        {"port": 70_000},
        {"max_players": 0},
        {"colour": "red"},
        {"world": {"attributes": {"a b": "c"}}},
    ],
)
def test_what_makes_no_sense_is_refused(house: House, fields: dict[str, Any]) -> None:
    house.app.refused("POST", "/servers", 422, "invalid_request", json={"name": "Alpha", "version": VERSION, **fields})
    assert house.app.get("/servers")["items"] == []


def test_an_id_that_is_taken_is_refused(house: House) -> None:
    house.create("Alpha")
    house.app.refused("POST", "/servers", 409, "server_exists", json={"name": "Other", "id": "alpha", "version": VERSION})


def test_a_port_is_checked_before_it_is_chosen(house: House) -> None:
    server = house.create("Alpha")
    taken = house.app.get(f"/ports/{server['port']}")
    assert (taken["is_free"], taken["used_by"]) == (False, "alpha")
    assert house.app.get(f"/ports/{server['port']}", server_id="alpha")["is_free"]
    assert house.app.get(f"/ports/{free_port()}")["is_free"]


def test_name_port_and_settings_can_be_changed(house: House) -> None:
    server = house.create("Alpha")["id"]
    port = free_port()
    settings = {"restart_after_crash": False, "extra_arguments": ["--maxclients", "3"]}
    change = {"name": "Beta", "port": port, "settings": settings}
    answer = house.app.ask("PATCH", f"/servers/{server}", json=change)
    assert answer.status_code == 200, answer.text
    found = house.get(server)
    assert (found["id"], found["name"], found["port"]) == ("alpha", "Beta", port)
    assert found["settings"]["extra_arguments"] == ["--maxclients", "3"]
    assert configuration(house, server)["Port"] == port
    assert house.entry(server, "settings_changed")["actor"] == "admin"
    house.does(server, "start")
    assert any(f"now running on Port {port}" in line for line in house.console(server))


@pytest.mark.parametrize("option", ["--dataPath", "--port=1", "--genconfig", "--SETCONFIG={}"])
def test_options_that_the_manager_sets_are_refused(house: House, option: str) -> None:
    server = house.create()["id"]
    body = {"settings": {"extra_arguments": [option]}}
    house.app.refused("PATCH", f"/servers/{server}", 422, "invalid_server", json=body)


def test_a_server_goes_and_leaves_its_folder(house: House) -> None:
    server = house.create()["id"]
    folder = house.data_path(server)
    run = house.app.ended(house.app.ask("DELETE", f"/servers/{server}").json()["id"], 60)
    assert (run["state"], run["report"]) == ("succeeded", {"deleted_files": False})
    assert (folder / "serverconfig.json").exists()
    house.app.refused("GET", f"/servers/{server}", 404, "server_not_found")
    again = house.create()
    assert again["id"] == server, "its name is free again"
    assert house.data_path(server) != folder, "and the folder of the first one stays untouched"
    assert house.kinds(server) == ["created"]


def test_a_server_goes_with_its_files(house: House) -> None:
    server = house.create(start=True)["id"]
    house.does(server, "stop")
    folder = house.data_path(server)
    run = house.app.ended(house.app.ask("DELETE", f"/servers/{server}?delete_files=true").json()["id"], 60)
    assert run["report"] == {"deleted_files": True}
    assert list(folder.parent.iterdir()) == []


def test_a_server_whose_folder_can_not_be_removed_stays_usable(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    server = house.create()["id"]
    folder = house.data_path(server)
    rename = Path.rename

    def refuse(path: Path, target: Path) -> Path:
        if path == folder:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        return rename(path, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", refuse)
        run = house.app.ended(house.app.ask("DELETE", f"/servers/{server}?delete_files=true").json()["id"], 60)
        assert run["state"] == "failed"
        assert "Nothing was deleted" in run["error"]["message"]
        assert (run["error"]["type"], run["error"]["traceback"]) == ("NotDeleted", "")
    assert house.until(server, operation=None)["state"] == "stopped"
    house.does(server, "start")
    house.does(server, "stop")
    run = house.app.ended(house.app.ask("DELETE", f"/servers/{server}?delete_files=true").json()["id"], 60)
    assert run["report"] == {"deleted_files": True}
    assert not folder.exists()


def test_an_adopted_folder_stays_where_it_is_whatever_happens(house: House, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = old_server(house, tmp_path_factory.mktemp("old"))
    made = adopt(house, folder, "Old")
    assert made["is_adopted"]
    server = made["id"]
    assert house.data_path(server) == folder
    house.does(server, "start")
    house.does(server, "stop")
    house.app.refused(
        "POST", "/adoptions", 409, "folder_not_adoptable", json={"path": str(folder), "name": "Again", "version": VERSION}
    )
    run = house.app.ended(house.app.ask("DELETE", f"/servers/{server}?delete_files=true").json()["id"], 60)
    assert run["report"] == {"deleted_files": False}
    assert (folder / "Saves" / "default.vcdbs").exists()


def test_an_adopted_folder_that_holds_the_game_gives_its_version(house: House, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = old_server(house, tmp_path_factory.mktemp("both"))
    # No service has this version, so it comes from the folder or not at all.
    unpack_build("1.19.7", folder)
    found = house.app.ask("POST", "/adoptions/inspect", json={"path": str(folder)}).json()
    assert (found["kind"], found["version"]) == ("both", "1.19.7")
    made = adopt(house, folder, "Old", "1.19.7")
    assert made["version"] == "1.19.7"
    installed = house.app.get("/installed-versions")["items"]
    assert [(item["source"], item["used_by"]) for item in installed if item["version"] == "1.19.7"] == [("data", [made["id"]])]
    program = house.app.manager.installs.get("1.19.7").path
    assert not (program / "Saves").exists()
    assert (folder / "VintagestoryServer").exists()


def test_an_install_that_can_not_be_copied_is_downloaded_instead(
    house: House, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = old_server(house, tmp_path_factory.mktemp("both"))
    unpack_build("1.19.7", folder)
    (folder / "assets" / "more").symlink_to("/etc")
    installs = house.app.manager.installs
    archive = folder.parent / "downloaded.tar.gz"
    archive.write_bytes(small_archive("1.19.7"))
    monkeypatch.setattr(installs, "install", lambda version: installs.install_archive(archive, version))
    made = adopt(house, folder, "Old", "1.19.7")
    assert made["version"] == "1.19.7"
    assert installs.get("1.19.7").source == "downloaded.tar.gz"


def old_server(house: House, folder: Path) -> Path:
    """A data folder that was made before the manager's time."""
    made = house.create("Maker", start=True)["id"]
    house.does(made, "stop")
    house.data_path(made).rename(folder / "data")
    house.app.ended(house.app.ask("DELETE", f"/servers/{made}").json()["id"], 60)
    return folder / "data"


def adopt(house: House, folder: Path, name: str, version: str = VERSION) -> dict[str, Any]:
    body = {"path": str(folder), "name": name, "version": version, "port": free_port()}
    answer = house.app.ask("POST", "/adoptions", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    assert house.app.ended(made["operation"]["run_id"], 60)["state"] == "succeeded"
    return house.get(made["id"])
