"""A folder that might be a server is looked at and described; what keeps it from being adopted is said, and nothing changes."""

import ctypes
import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.facts import facts_path
from tests.waiting import until
from vintagestory_api.game_versions.installs import version_of_install
from vintagestory_api.servers.adoption import NotAdoptable, Surroundings, inspect, see_that_it_can_be_adopted
from vintagestory_api.servers.schemas import AdoptionReport
from vintagestory_sandbox.builds import unpack_build


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder as a game leaves it."""
    folder = tmp_path / "data"
    for name in ("Saves", "Mods", "Logs", "Playerdata"):
        (folder / name).mkdir(parents=True)
    (folder / "Saves" / "default.vcdbs").write_bytes(b"world")
    (folder / "Saves" / "other.vcdbs").write_bytes(b"other world")
    (folder / "Mods" / "one.zip").touch()
    (folder / "Mods" / "two").mkdir()
    (folder / "Mods" / "two" / "modinfo.json").write_text("{}")
    (folder / "Mods" / "readme.txt").touch()
    (folder / "Logs" / "server-main.log").write_text(
        "2.12.2024 09:24:14 [Notification] Server logger started.\n"
        "2.12.2024 09:24:14 [Notification] Game Version: v1.21.6 (Stable)\n"
    )
    (folder / "Playerdata" / "playerdata.json").write_text('[{"PlayerUID": "a"}, {"PlayerUID": "b"}]')
    save = str(folder / "Saves" / "default.vcdbs")
    config = {"ServerName": "Old friends", "Port": 42425, "WorldConfig": {"SaveFileLocation": save}, "ModPaths": ["Mods"]}
    (folder / "serverconfig.json").write_text(json.dumps(config))
    return folder


def look(
    folder: Path, *, manager_dir: Path | None = None, taken: dict[Path, str] | None = None, installed: bool = True
) -> AdoptionReport:
    around = Surroundings(
        manager_dir=manager_dir or folder.parent / "manager",
        taken=taken or {},
        version_of_install=version_of_install,
        is_installed=lambda _version: installed,
    )
    return inspect(folder, around)


def change_config(data: Path, **values: Any) -> None:
    path = data / "serverconfig.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def state_of(folder: Path) -> dict[str, Any]:
    return {str(path): (path.lstat().st_mtime_ns, path.lstat().st_mode, path.lstat().st_ino) for path in folder.rglob("*")}


def test_a_data_folder_is_described_and_left_as_it_is(data: Path) -> None:
    before = state_of(data)
    report = look(data)
    assert (report.kind, report.version, report.server_name, report.port) == ("data", "1.21.6", "Old friends", 42425)
    assert [(world.file, world.size_bytes) for world in report.worlds] == [("default.vcdbs", 5), ("other.vcdbs", 11)]
    assert (report.mods, report.players_known, report.is_running) == (2, 2, False)
    assert report.problems == report.notes == []
    see_that_it_can_be_adopted(report)
    assert state_of(data) == before


def test_an_install_beside_the_data_tells_the_version(data: Path) -> None:
    unpack_build("1.22.7", data)
    report = look(data, installed=False)
    assert (report.kind, report.version) == ("both", "1.22.7")
    assert report.notes == ["Version 1.22.7 is not installed yet; the manager copies it from this folder. Nothing is moved."]


def test_an_install_alone_is_no_server(tmp_path: Path) -> None:
    unpack_build("1.22.7", tmp_path)
    report = look(tmp_path, manager_dir=Path("/nonexistent"))
    assert (report.kind, report.version) == ("install", "1.22.7")
    assert report.notes == ["Version 1.22.7 is installed already."]
    report = look(tmp_path, manager_dir=Path("/nonexistent"), installed=False)
    assert report.notes == ["Version 1.22.7 can be installed from here: it is copied, nothing is moved."]
    with pytest.raises(NotAdoptable, match="without data"):
        see_that_it_can_be_adopted(report)


def test_a_folder_of_something_else_and_a_file_are_nothing(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "file").touch()
    for name in ("photos", "file"):
        report = look(tmp_path / name)
        assert report.kind == "nothing"
        assert report.problems


def test_the_version_comes_from_an_archived_log_when_the_latest_says_nothing(data: Path) -> None:
    (data / "Logs" / "server-main.log").write_text("nothing\n")
    for name, version in (("2026-01-01_00_00_00", "1.20.0"), ("2026-02-01_00_00_00", "1.20.1-rc.2")):
        (data / "Logs" / "Archive" / name).mkdir(parents=True)
        (data / "Logs" / "Archive" / name / "server-main.log").write_text(f"[Notification] Game Version: v{version} (Stable)\n")
    assert look(data).version == "1.20.1-rc.2"
    shutil.rmtree(data / "Logs")
    report = look(data)
    assert report.version is None
    assert "Choose the one" in report.notes[0]


@pytest.mark.real_data
def test_the_version_is_found_in_recorded_logs(data: Path) -> None:
    for name, version in (
        ("01-1.22.6-dedicated-startup-file-main.log", "1.22.6"),
        ("05-1.20.0-pre.13-file-startup.log", "1.20.0-pre.13"),
    ):
        shutil.copyfile(facts_path(f"logs/{name}"), data / "Logs" / "server-main.log")
        assert look(data).version == version


def test_without_logs_the_mods_of_the_last_start_name_the_version(data: Path) -> None:
    (data / "Logs" / "server-main.log").unlink()
    for told, version in (
        ('[{"id":"alpha","version":"3.0.0"},{"id":"game","version":"1.22.7"}]', "1.22.7"),
        ('[{"id":"game","version":"../../etc"}]', None),
        ('[{"id":"game","version":7}, 8]', None),
        ("[" * 5_000, None),
        ('{"id":"game"}', None),
        (None, None),
    ):
        change_config(data, LastLaunchMods=told)
        assert look(data).version == version, told


def test_the_managers_own_folder_and_those_of_its_servers_are_refused(data: Path) -> None:
    assert "manager's own" in look(data, manager_dir=data.parent).problems[0]
    assert "manager's own" in look(data, manager_dir=data / "Mods").problems[0]
    assert "'Home' already" in look(data, taken={data: "Home"}).problems[0]
    assert "inside the folder of the server 'Home'" in look(data, taken={data.parent: "Home"}).problems[0]


def test_an_unreadable_configuration_and_none_at_all_are_refused(data: Path) -> None:
    (data / "serverconfig.json").write_text("{")
    assert "can't be read" in look(data).problems[0]
    (data / "serverconfig.json").unlink()
    assert "has no serverconfig.json" in look(data).problems[0]


def test_a_world_outside_of_the_folder_is_refused_and_a_stale_path_is_not(data: Path, tmp_path: Path) -> None:
    change_config(data, WorldConfig={"SaveFileLocation": "/old/machine/Saves/default.vcdbs"})
    report = look(data)
    assert report.problems == []
    assert "where nothing is" in report.notes[0]
    outside = tmp_path / "outside.vcdbs"
    outside.touch()
    change_config(data, WorldConfig={"SaveFileLocation": str(outside)})
    assert "lies outside of it" in look(data).problems[0]


def test_a_world_that_is_a_link_out_is_refused_also_where_the_named_path_is_stale(data: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.vcdbs"
    outside.touch()
    for world in (data / "Saves").iterdir():
        world.unlink()
    (data / "Saves" / "default.vcdbs").symlink_to(outside)
    for named in ("/old/machine/Saves/default.vcdbs", "Saves/default.vcdbs", str(data / "Saves" / "default.vcdbs")):
        change_config(data, WorldConfig={"SaveFileLocation": named})
        assert f"lies outside of it, at {outside}" in look(data).problems[0], named
    (data / "Saves" / "default.vcdbs").unlink()
    (data / "Saves").rmdir()
    (data / "Saves").symlink_to(tmp_path)
    assert "lies outside of it" in look(data).problems[0]


def test_a_world_without_a_whole_path_is_the_one_of_that_name_in_the_folder(data: Path) -> None:
    change_config(data, WorldConfig={"SaveFileLocation": "../../elsewhere/other.vcdbs"})
    report = look(data)
    assert report.problems == []
    assert "no whole path. It will use other.vcdbs in its own folder" in report.notes[0]


def test_mods_from_elsewhere_are_mentioned(data: Path) -> None:
    change_config(data, ModPaths=["Mods", str(data / "Mods"), "/srv/shared-mods", 7])
    report = look(data)
    assert report.problems == []
    assert report.notes == ["It also takes mods from elsewhere, which the manager leaves alone: /srv/shared-mods"]


def test_links_in_it_do_not_lead_out(data: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("Game Version: v9.9.9")
    (data / "Logs" / "server-main.log").unlink()
    (data / "Logs" / "server-main.log").symlink_to(tmp_path / "secret")
    (data / "Saves" / "link.vcdbs").symlink_to(tmp_path / "secret")
    report = look(data)
    assert report.version is None
    assert "link.vcdbs" not in [world.file for world in report.worlds]


_CAPABILITY_VERSION = 0x20080522


def give_up_special_rights() -> None:
    """Of this thread alone, for good: then modes of files count for root, too."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    if ctypes.CDLL(None, use_errno=True).capset(header, (ctypes.c_uint32 * 6)()):
        raise OSError(ctypes.get_errno(), "capset")


def test_a_folder_that_can_not_be_written_is_refused(data: Path) -> None:
    (data / "Saves").chmod(0o555)
    try:
        with ThreadPoolExecutor(1, initializer=give_up_special_rights) as thread:
            assert "Saves in it can't be written" in thread.submit(look, data).result().problems[0]
    finally:
        (data / "Saves").chmod(0o755)


@pytest.fixture(params=["told", "default"])
def running(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """The data folder of a game that runs; named on its command line, or where it is without that."""
    program = unpack_build("1.22.7", tmp_path / "game", {"speed": 20, "boot_seconds": 1, "players": 0})
    home = tmp_path / "home"
    data = home / ".config" / "VintagestoryData"
    home.mkdir()
    options = ["--dataPath", str(data)] if request.param == "told" else []
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent" if options else str(home)}
    with subprocess.Popen(
        [program, *options, "--port", "0"],
        env=environment,
        cwd=tmp_path / "game",
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    ) as process:
        yield data
        process.kill()


async def test_a_folder_that_a_server_runs_on_is_refused(running: Path) -> None:
    await until((running / "serverconfig.json").exists, what="the game has begun")
    await until(lambda: look(running).is_running, what="it is seen to run")
    with pytest.raises(NotAdoptable, match="A server runs on it"):
        see_that_it_can_be_adopted(look(running))


def test_a_locked_world_counts_as_running(data: Path) -> None:
    with (data / "Saves" / "other.vcdbs").open("rb") as world:
        fcntl.flock(world, fcntl.LOCK_EX)
        assert look(data).is_running
    assert not look(data).is_running
