"""Files of a server over HTTP, with and without a running game."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from tests.pictures import png
from tests.servers.games import House
from vintagestory_api.files import reading as reading_module


class Folder:
    """That of a server, spoken to through HTTP."""

    def __init__(self, house: House, server_id: str) -> None:
        self.app = house.app
        self.at = f"/servers/{server_id}/files"
        self.path = house.data_path(server_id)

    def list(self, path: str = "") -> dict[str, dict[str, Any]]:
        return {entry["name"]: entry for entry in self.see("", path)["entries"]}

    def see(self, what: str, path: str) -> dict[str, Any]:
        answer = self.app.ask("GET", f"{self.at}{what}", params={"path": path})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def save(self, path: str, text: str, etag: str = "") -> dict[str, Any]:
        answer = self.app.ask("PUT", f"{self.at}/content?path={quote(path)}&etag={etag}", content=text.encode())
        assert answer.status_code == 200, answer.text
        saved: dict[str, Any] = answer.json()
        return saved

    def refuses(self, method: str, path: str, status: int, code: str, **options: Any) -> dict[str, Any]:
        return self.app.refused(method, f"{self.at}{path}", status, code, **options)


@pytest.fixture(scope="module")
def server_id(house: House) -> str:
    """It does not run."""
    found: str = house.create(name="Still")["id"]
    return found


@pytest.fixture
def folder(house: House, server_id: str) -> Iterator[Folder]:
    folder = Folder(house, server_id)
    yield folder
    folder.app.ask("DELETE", f"{folder.at}/trash")


def test_a_folder_is_listed_with_what_the_files_are_to_the_game(folder: Folder) -> None:
    (folder.path / "odd\nname").write_text("x")
    (folder.path / "away").symlink_to("/etc")
    found = folder.list()
    assert found["serverconfig.json"]["mark"] == "config"
    assert found["serverconfig.json"]["is_locked"]
    assert (found["odd\\x0aname"]["kind"], found["away"]["kind"]) == ("file", "link")
    assert "mark" not in found["odd\\x0aname"]
    answer = folder.app.ask("POST", f"{folder.at}/delete", json={"paths": ["odd\\x0aname", "away", "serverconfig.json"]}).json()
    assert [item["path"] for item in answer["deleted"]] == ["odd\\x0aname", "away"]
    assert [problem["code"] for problem in answer["problems"]] == ["kept_by_manager"]
    assert not (folder.path / "odd\nname").exists()


def test_text_is_made_opened_saved_and_not_lost_to_somebody_else(folder: Folder) -> None:
    folder.app.ask("POST", f"{folder.at}/folder", json={"path": "ModData"})
    made = folder.save("ModData/a.json", '{"a": 1}')
    opened = folder.see("/content", "ModData/a.json")
    assert (opened["text"], opened["etag"], opened["mark"], opened["is_locked"]) == ('{"a": 1}', made["etag"], "mod_data", False)
    folder.save("ModData/a.json", '{"a": 2}', made["etag"])
    target = f"/content?path=ModData/a.json&etag={made['etag']}"
    folder.refuses("PUT", target, 409, "changed_meanwhile", content=b"{}")
    newest = folder.see("/content", "ModData/a.json")
    assert newest["text"] == '{"a": 2}'
    target = f"/content?path=ModData/a.json&etag={newest['etag']}"
    problem = folder.refuses("PUT", target, 422, "broken_json", content=b'{\n  "a" 1}')
    assert (problem["problem"]["line"], problem["problem"]["column"]) == (2, 7)
    saved = folder.app.ask("PUT", f"{folder.at}{target}&allow_broken=true", content=b'{\n  "a" 1}').json()
    assert saved["problem"]["line"] == 2


def test_a_file_is_brought_downloaded_moved_deleted_and_put_back(folder: Folder) -> None:
    data = bytes(range(256)) * 8_000
    target = f"{folder.at}/upload?path={quote('ü 1.bin')}"
    assert folder.app.ask("PUT", target, content=data).json() == {"path": "ü 1.bin"}
    folder.app.refused("PUT", target, 409, "name_taken", content=data)
    download = folder.app.ask("GET", f"{folder.at}/download", params={"path": "ü 1.bin"})
    assert download.content == data
    assert download.headers["content-disposition"] == "attachment; filename*=UTF-8''%C3%BC%201.bin"
    assert download.headers["x-content-type-options"] == "nosniff"
    moved = folder.app.ask("POST", f"{folder.at}/move", json={"from_path": "ü 1.bin", "to_path": "b.bin"})
    assert moved.json() == {"path": "b.bin"}
    (item,) = folder.app.ask("POST", f"{folder.at}/delete", json={"paths": ["b.bin"]}).json()["deleted"]
    assert (item["path"], item["size_bytes"], item["deleted_by"]) == ("b.bin", len(data), "admin")
    assert [one["id"] for one in folder.app.get(f"{folder.at}/trash")["items"]] == [item["id"]]
    (folder.path / "b.bin").write_bytes(b"new")
    folder.refuses("POST", f"/trash/{item['id']}/restore", 409, "name_taken", json={})
    back = folder.app.ask("POST", f"{folder.at}/trash/{item['id']}/restore", json={"keep_both": True})
    assert back.json() == {"path": "b (2).bin"}
    assert (folder.path / "b (2).bin").read_bytes() == data
    folder.app.ask("POST", f"{folder.at}/delete", json={"paths": ["b.bin", "b (2).bin"]})
    first = folder.app.get(f"{folder.at}/trash")["items"][0]
    assert folder.app.ask("DELETE", f"{folder.at}/trash/{first['id']}").json()["deleted"] == 1
    assert folder.app.ask("DELETE", f"{folder.at}/trash").json()["deleted"] == 1
    folder.refuses("DELETE", f"/trash/{first['id']}", 404, "not_in_trash")


def test_only_pictures_are_shown_as_pictures(folder: Folder) -> None:
    (folder.path / "map.txt").write_bytes(png(3, 2))
    (folder.path / "evil.png").write_bytes(b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>")
    shown = folder.app.ask("GET", f"{folder.at}/picture", params={"path": "map.txt"})
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/png")
    assert "sandbox" in shown.headers["content-security-policy"]
    folder.refuses("GET", "/picture?path=evil.png", 422, "not_a_picture")


def test_ways_out_are_refused_and_the_password_is_shown_to_nobody(folder: Folder, house: House) -> None:
    config = folder.path / "serverconfig.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "Password": "hunter2"}))
    (folder.path / "copy.txt").write_bytes(config.read_bytes())
    for path in ("serverconfig.json", "copy.txt"):
        for way in ("content", "download", "picture"):
            answer = folder.app.ask("GET", f"{folder.at}/{way}", params={"path": path})
            assert "hunter2" not in answer.text
            if (path, way) != ("copy.txt", "picture"):
                assert (answer.status_code, answer.json()["code"], answer.json()["where"]) == (403, "kept_by_manager", "config")
    (folder.path / "up").symlink_to(house.data_dir)
    for path in ("../../vsmanager.db", "up/vsmanager.db", "/etc/passwd"):
        for way in ("", "/content", "/download", "/picture"):
            folder.refuses("GET", f"{way}?path={quote(path, safe='')}", 403, "path_not_allowed")
    folder.refuses("GET", "/content?path=nothing", 404, "file_not_found")
    folder.app.refused("GET", "/servers/nothing/files", 404, "server_not_found")


def test_logs_are_shown_and_downloaded_without_the_password(folder: Folder) -> None:
    (folder.path / "Logs").mkdir(exist_ok=True)
    said = "4.8.2026 13:47:25 [Audit] Anna changes server config password to hunter2.\n4.8.2026 13:47:26 [Event] next\n"
    for path in ("Logs/server-audit.log", "copy.log"):
        (folder.path / path).write_text(said)
        for way in ("content", "download"):
            answer = folder.app.ask("GET", f"{folder.at}/{way}", params={"path": path})
            assert "password to ***" in answer.text
            assert "[Event] next" in answer.text
            assert "hunter2" not in answer.text


def test_an_upload_that_is_larger_than_allowed_leaves_nothing(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vintagestory_api.files.changing.MAX_UPLOAD_BYTES", 1_000)
    problem = folder.refuses("PUT", "/upload?path=large.bin", 422, "file_too_large", content=b"x" * 2_000)
    assert "not taken" in problem["detail"]
    assert not [path for path in folder.path.iterdir() if "large" in path.name or path.name.endswith(".part")]


def test_a_long_list_is_cut_and_says_so(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_module, "MAX_LISTED", 2)
    for name in ("one", "two", "three"):
        (folder.path / name).touch()
    assert not folder.app.get(folder.at)["is_whole"]


def test_what_a_running_game_writes_is_left_alone_until_it_is_stopped(house: House) -> None:
    server = house.create(name="Busy")
    folder = Folder(house, server["id"])
    (folder.path / "Playerdata").mkdir(exist_ok=True)
    (folder.path / "Playerdata" / "playerdata.json").write_text("[]")
    house.post(server["id"], "start")
    house.until(server["id"], state="running", operation=None)
    assert folder.list()["Playerdata"]["is_locked"]
    opened = folder.see("/content", "Playerdata/playerdata.json")
    assert (opened["is_locked"], opened["where"]) == (True, "players")
    assert "stop it first" in opened["note"]
    target = f"/content?path=Playerdata/playerdata.json&etag={opened['etag']}"
    assert folder.refuses("PUT", target, 409, "game_writes", content=b"[1]")["where"] == "players"
    (world,) = [path.name for path in (folder.path / "Saves").iterdir() if path.suffix == ".vcdbs"]
    told = folder.app.ask("POST", f"{folder.at}/delete", json={"paths": [f"Saves/{world}", "Saves"]}).json()
    assert [problem["code"] for problem in told["problems"]] == ["game_writes", "game_writes"]
    folder.refuses("GET", f"/download?path=Saves/{world}", 409, "game_writes")
    folder.save("free.txt", "may be changed")
    house.does(server["id"], "stop")
    folder.save("Playerdata/playerdata.json", "[1]", opened["etag"])
    assert folder.app.ask("GET", f"{folder.at}/download", params={"path": f"Saves/{world}"}).status_code == 200


def test_changes_are_in_the_audit_trail_without_the_text(folder: Folder) -> None:
    folder.save("diary.txt", "very private")
    entry = next(one for one in folder.app.get("/audit")["items"] if one["details"].get("path") == "diary.txt")
    assert entry["action"] == "save_file"
    assert "very private" not in json.dumps(entry)
