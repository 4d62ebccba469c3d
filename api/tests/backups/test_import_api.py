"""Backups and worlds from elsewhere: taken over when they are in order, and refused with what is wrong."""

import io
import itertools
import json
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import zstandard

from tests.backups.kept import archive, backups, folder
from tests.backups.putting_back import Played, restored
from tests.backups.worlds import chunks_of, damage_world, health, make_world
from tests.servers.games import House, install_version, running_house
from vintagestory_sandbox.dotnet_root import make_dotnet_root

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an admin may name on the machine."""
    return tmp_path_factory.mktemp("roots")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, roots: Path) -> Iterator[House]:
    data_dir = tmp_path_factory.mktemp("data")
    install_version(data_dir)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOTNET_ROOT", str(make_dotnet_root(tmp_path_factory.mktemp("dotnet"))))
        with running_house(data_dir, host_roots=(roots,)) as house:
            yield house


@pytest.fixture(scope="module")
def source(house: House) -> dict[str, Any]:
    """A backup of some server."""
    return Played(house, "Source").back_up(note="from the source")


@pytest.fixture
def played(house: House) -> Played:
    return Played(house, f"Target {next(_numbers)}")


def upload(house: House, server_id: str, name: str, content: bytes, **query: str) -> dict[str, Any]:
    answer = house.app.ask("PUT", f"/servers/{server_id}/backups/import/{name}", content=content, params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def refused(house: House, server_id: str, name: str, content: bytes, code: str = "backup_refused", status: int = 422) -> str:
    """Why; nothing of it stays."""
    before = sorted(path.name for path in folder(house, server_id).iterdir()) if folder(house, server_id).is_dir() else []
    problem = house.app.refused("PUT", f"/servers/{server_id}/backups/import/{name}", status, code, content=content)
    after = sorted(path.name for path in folder(house, server_id).iterdir()) if folder(house, server_id).is_dir() else []
    assert after == before
    return str(problem["detail"])


def renamed(content: bytes, backup_id: str) -> bytes:
    """As if another manager had made it: an id that nobody has here."""

    def change(manifest: dict[str, Any]) -> None:
        manifest["id"] = backup_id

    return remade(content, manifest=change)


def remade(
    content: bytes,
    *,
    manifest: Callable[[dict[str, Any]], None] = lambda _manifest: None,
    add: Callable[[tarfile.TarFile], None] = lambda _tar: None,
) -> bytes:
    """The archive packed anew, with another list of contents, and further members before that."""
    plain = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(content), read_across_frames=True).read()
    made = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(plain)) as old, tarfile.open(fileobj=made, mode="w") as new:
        for member in old:
            data = file.read() if (file := old.extractfile(member)) is not None else b""
            if member.name == "manifest.json":
                add(new)
                told = json.loads(data)
                manifest(told)
                data = json.dumps(told).encode()
                member.size = len(data)
            new.addfile(member, io.BytesIO(data))
    return zstandard.ZstdCompressor().compress(made.getvalue())


def test_a_backup_of_another_manager_is_taken_over_and_can_be_restored(
    house: House, source: dict[str, Any], played: Played
) -> None:
    content = renamed(archive(house, source).read_bytes(), "0198c0de-0000-7000-8000-000000000001")
    found = upload(house, played.id, "from-elsewhere.tar.zst", content, note="of the old machine")
    assert (found["kind"], found["world"], found["server_id"]) == ("imported", "verified", played.id)
    assert (found["note"], found["verified_at"] is not None, found["problem"]) == ("of the old machine", True, None)
    assert found["pinned"], "no rule deletes what somebody brought"
    assert played.preview(found)["loses_seconds"] is None
    played.play_on()
    played.restore(found, parts=["world", "mod_config"])
    assert (played.data_path / "ModConfig/carrots/carrots.json").read_text() == '{"size": 1}'
    assert [path.name for path in folder(house, played.id).iterdir() if path.name.startswith(".")] == []


def test_the_same_backup_is_not_taken_twice(house: House, source: dict[str, Any], played: Played) -> None:
    content = archive(house, source).read_bytes()
    assert source["file_name"] in refused(house, played.id, "again.tar.zst", content, "backup_is_there", 409)


def test_a_bare_world_becomes_a_backup_of_the_world_alone(house: House, played: Played, tmp_path: Path) -> None:
    world = make_world(tmp_path / "our world.vcdbs", chunks=33)
    found = upload(house, played.id, "our world.vcdbs", world.read_bytes())
    assert (found["kind"], found["world"], found["game_version"], found["mods"]) == ("imported", "verified", None, 0)
    details = house.app.get(f"/backups/{found['id']}")
    assert [file["path"] for file in details["files"]] == ["Saves/our world.vcdbs"]
    players = played.state()["Playerdata/playerdata.json"]
    preview = played.preview(found)
    assert preview["problems"] == []
    assert any("which version" in warning for warning in preview["warnings"])
    played.restore(found)
    assert played.world.read_bytes() == world.read_bytes()
    assert health(played.world) == "ok"
    assert played.state()["Playerdata/playerdata.json"] == players
    run = restored(house, found, new_server={"name": f"Of a world {next(_numbers)}"}, start=True)
    copy = house.data_path(run["server_id"])
    config = json.loads((copy / "serverconfig.json").read_bytes())
    assert config["WorldConfig"]["SaveFileLocation"] == str(copy / "Saves" / "our world.vcdbs")
    house.does(run["server_id"], "stop")
    assert health(copy / "Saves" / "our world.vcdbs") == "ok"


def test_what_was_taken_over_makes_nothing_safe_that_this_server_has_played(house: House, played: Played, tmp_path: Path) -> None:
    own = played.back_up()
    world = make_world(tmp_path / "theirs.vcdbs")
    taken = upload(house, played.id, "theirs.vcdbs", world.read_bytes())
    assert taken["made_at"] > own["made_at"]
    states = house.app.get("/backup-states")["items"]
    (state,) = [state for state in states if state["server_id"] == played.id]
    assert state["last_good"]["id"] == own["id"]
    rules = {"last": 0, "hourly": 0, "daily": 0, "weekly": 0, "monthly": 0}
    answer = house.app.ask("POST", f"/servers/{played.id}/backups/retention-preview", json={"retention": rules})
    kept = {item["backup"]["id"]: item["kept_by"] for item in answer.json()["items"]}
    assert kept == {own["id"]: ["newest_verified"], taken["id"]: ["pinned"]}, answer.text


def test_a_damaged_world_is_refused(house: House, played: Played, tmp_path: Path) -> None:
    world = make_world(tmp_path / "w.vcdbs", chunks=200)
    damage_world(world)
    assert "Nothing was taken over" in refused(house, played.id, "w.vcdbs", world.read_bytes())


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("text.tar.zst", b"this is no archive"),
        ("empty.vcdbs", b""),
        ("other.tar.zst", zstandard.ZstdCompressor().compress(b"no tar in here" * 100)),
        ("world.vcdbs", b"SQLite format 3\x00" + b"\0" * 5000),
        ("plain.zip", b"PK\x03\x04"),
    ],
)
def test_what_is_neither_a_backup_nor_a_world_is_refused(house: House, played: Played, name: str, content: bytes) -> None:
    answer = house.app.ask("PUT", f"/servers/{played.id}/backups/import/{name}", content=content)
    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] in {"backup_refused", "backup_broken"}
    assert backups(house, played.id) == []
    assert not folder(house, played.id).is_dir() or list(folder(house, played.id).iterdir()) == []


def test_a_truncated_archive_is_refused_wherever_it_ends(house: House, source: dict[str, Any], played: Played) -> None:
    content = archive(house, source).read_bytes()
    for size in (5, 100, len(content) // 2, len(content) - 5):
        answer = house.app.ask("PUT", f"/servers/{played.id}/backups/import/cut.tar.zst", content=content[:size])
        assert answer.status_code == 422, (size, answer.text)
    assert backups(house, played.id) == []


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> Callable[[tarfile.TarFile], None]:
    def add(tar: tarfile.TarFile) -> None:
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, link
        tar.addfile(info, io.BytesIO(b""))

    return add


@pytest.mark.parametrize(
    "add",
    [
        member("../escaped"),
        member("/etc/absolute"),
        member("Saves/../../escaped"),
        member("link", tarfile.SYMTYPE, "/etc/passwd"),
        member("hard", tarfile.LNKTYPE, "serverconfig.json"),
        member("device", tarfile.CHRTYPE),
        member("pipe", tarfile.FIFOTYPE),
        member("serverconfig.json"),
        member("not told of"),
    ],
)
def test_a_hostile_archive_is_refused(
    house: House, source: dict[str, Any], played: Played, add: Callable[[tarfile.TarFile], None]
) -> None:
    content = remade(archive(house, source).read_bytes(), add=add)
    refused(house, played.id, "hostile.tar.zst", content)
    assert not (house.data_dir / "backups" / "escaped").exists()


def test_what_is_not_as_its_list_says_is_refused(house: House, source: dict[str, Any], played: Played) -> None:
    def change(manifest: dict[str, Any]) -> None:
        manifest["files"][0]["sha256"] = "0" * 64

    content = remade(archive(house, source).read_bytes(), manifest=change)
    assert "not as it was made" in refused(house, played.id, "changed.tar.zst", content)


def test_what_an_archive_says_of_itself_counts_for_nothing(house: House, source: dict[str, Any], played: Played) -> None:
    def boast(manifest: dict[str, Any]) -> None:
        manifest.update(
            id="0198c0de-0000-7000-8000-000000000002", made_at="2099-01-01T00:00:00Z", world_file=None, world="verified"
        )

    found = upload(house, played.id, "boast.tar.zst", remade(archive(house, source).read_bytes(), manifest=boast))
    assert (found["world"], found["made_at"] < "2099") == ("none", True)

    def confuse(manifest: dict[str, Any]) -> None:
        next(file for file in manifest["files"] if file["part"] == "players")["part"] = "mod_config"

    content = remade(archive(house, source).read_bytes(), manifest=confuse)
    assert "something else" in refused(house, played.id, "confused.tar.zst", content)


def test_a_backup_of_a_later_format_asks_for_a_later_manager(house: House, source: dict[str, Any], played: Played) -> None:
    content = remade(archive(house, source).read_bytes(), manifest=lambda manifest: manifest.update(format="vsmanager-backup/9"))
    assert "Update the manager" in refused(house, played.id, "later.tar.zst", content)


# From the machine


def test_a_file_of_the_machine_is_copied_and_stays(house: House, played: Played, roots: Path) -> None:
    world = make_world(roots / "here.vcdbs")
    answer = house.app.ask("POST", f"/servers/{played.id}/backups/import", json={"path": str(world), "note": "found here"})
    assert answer.status_code == 202, answer.text
    run = house.app.ended(answer.json()["id"], 60)
    assert run["state"] == "succeeded", run
    (found,) = backups(house, played.id)
    assert (found["id"], found["note"]) == (run["report"]["backup_id"], "found here")
    assert world.exists()


def test_a_world_that_was_not_closed_properly_comes_with_what_lies_beside_it(house: House, played: Played, roots: Path) -> None:
    open_world = make_world(roots / "open.vcdbs", chunks=20, wal=True)
    with closing(sqlite3.connect(open_world)) as connection:
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        with connection:
            connection.execute("INSERT INTO chunk VALUES (1000, x'00')")
        left = make_world(roots / "left.vcdbs")
        for ending in ("", "-wal"):
            shutil.copy(f"{open_world}{ending}", f"{left}{ending}")
    os.utime(left, (1_700_000_000, 1_700_000_000))
    answer = house.app.ask("POST", f"/servers/{played.id}/backups/import", json={"path": str(left)})
    assert house.app.ended(answer.json()["id"], 60)["state"] == "succeeded"
    (found,) = backups(house, played.id)
    assert found["made_at"].startswith("2023-11-14"), "when it was written, not when it was brought"
    played.restore(found)
    assert chunks_of(played.world) == 21


def test_only_files_below_allowed_roots_are_looked_at(house: House, played: Played, tmp_path: Path, roots: Path) -> None:
    outside = make_world(tmp_path / "outside.vcdbs")
    path = f"/servers/{played.id}/backups/import"
    house.app.refused("POST", path, 403, "path_not_allowed", json={"path": str(outside)})
    (roots / "link.vcdbs").symlink_to(outside)
    house.app.refused("POST", path, 403, "path_not_allowed", json={"path": str(roots / "link.vcdbs")})
    house.app.refused("POST", path, 404, "file_not_found", json={"path": str(roots / "nothing.vcdbs")})
    pipe = roots / "pipe.vcdbs"
    os.mkfifo(pipe)
    answer = house.app.ask("POST", path, json={"path": str(pipe)})
    assert answer.status_code == 202
    run = house.app.ended(answer.json()["id"], 60)
    assert "no plain file" in run["error"]["message"]
