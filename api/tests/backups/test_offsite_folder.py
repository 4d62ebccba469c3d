"""Copies of backups in a mounted folder: made, told, tried again, removed, and fetched back."""

import hashlib
import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.backups.going_away import Away, change_copies
from tests.backups.kept import archive, folder
from tests.servers.games import LONG, House, install_version, running_house
from vintagestory_api.backups import offsite_child
from vintagestory_api.backups.offsite_run import OffsiteUnreachable, _hanging, run_offsite
from vintagestory_api.notifications.alert_rules import BackupFacts
from vintagestory_sandbox.dotnet_root import make_dotnet_root

MARKER = ".vsmanager-offsite"
HOURS_MS = 3_600_000

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def mounts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mnt")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, mounts: Path) -> Iterator[House]:
    data_dir = tmp_path_factory.mktemp("data")
    install_version(data_dir)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOTNET_ROOT", str(make_dotnet_root(tmp_path_factory.mktemp("dotnet"))))
        with running_house(data_dir, host_roots=(mounts,)) as house:
            yield house


@pytest.fixture
def nas(mounts: Path) -> Path:
    place = mounts / f"nas-{next(_numbers)}"
    place.mkdir()
    return place


@pytest.fixture
def away(house: House, nas: Path) -> Away:
    return Away(house, nas.name, {"kind": "folder", "path": str(nas)})


def number() -> int:
    return next(_numbers)


def copy_of(nas: Path, house: House, backup_id: str) -> Path:
    backup = house.app.get(f"/backups/{backup_id}")
    return nas / str(backup["server_id"]) / str(backup["file_name"])


def names_in(place: Path) -> list[str]:
    return sorted(path.name for path in place.iterdir())


def facts_of(house: House, server_id: str) -> BackupFacts:
    sources: Any = house.app.manager.alerts
    found: list[BackupFacts] = house.app.in_loop(sources._around.backups)
    return next(facts for facts in found if facts.server_id == server_id)


def test_a_new_backup_is_copied_whole_with_a_check_sum_that_others_can_read(house: House, away: Away, nas: Path) -> None:
    server = away.server(f"Copied {number()}")
    backup = away.back_up(server)
    assert away.copy(backup, "copied")["error"] is None
    copy = copy_of(nas, house, backup)
    assert copy.read_bytes() == archive(house, house.app.get(f"/backups/{backup}")).read_bytes()
    sums = copy.with_name(copy.name + ".sha256").read_text()
    assert sums == f"{hashlib.sha256(copy.read_bytes()).hexdigest()}  {copy.name}\n"
    assert names_in(copy.parent) == sorted([copy.name, f"{copy.name}.sha256"])
    view = away.view()
    assert (view["servers"], view["problem"], view["is_reachable"]) == ([server], None, True)
    assert view["last_good_at"] == house.app.get(f"/backups/{backup}")["made_at"]
    state = away.state_of(server)
    assert (state["offsite_last_good_at"], state["offsite_problem"]) == (view["last_good_at"], None)
    (run,) = [run for run in house.app.get("/runs", server_id=server)["items"] if run["job_id"] == "offsite_copy"]
    assert (run["state"], run["report"]["backup_id"], run["report"]["verified"]) == ("succeeded", backup, True)


def test_a_server_that_gets_a_place_has_its_newest_backup_copied_and_none_that_is_older(house: House, away: Away) -> None:
    server = away.server(f"Late {number()}", targets=[])
    older, newest = away.back_up(server), away.back_up(server)
    away.rules(server, targets=[away.id])
    away.copy(newest, "copied")
    assert away.copy_now(older) is None


def test_a_folder_that_vanishes_is_loud_and_gets_what_it_missed_when_it_is_back(house: House, away: Away, nas: Path) -> None:
    server = away.server(f"Vanishing {number()}")
    first = away.back_up(server)
    away.copy(first, "copied")
    aside = nas.with_name(f"{nas.name}-unplugged")
    nas.rename(aside)
    nas.mkdir()  # as a mount point looks without its disk
    second = away.back_up(server)
    failed = away.copy(second, "failed")
    assert MARKER in failed["error"]
    assert "mount" in failed["error"].lower()
    assert names_in(nas) == []
    assert away.test()["ok"] is False
    view = away.view()
    assert (view["is_reachable"], view["problem"] is not None) == (False, True)
    state = away.state_of(server)
    assert nas.name in state["offsite_problem"]
    assert state["offsite_last_good_at"] == house.app.get(f"/backups/{first}")["made_at"]
    assert facts_of(house, server).offsite_problem == state["offsite_problem"]
    nas.rmdir()
    aside.rename(nas)
    assert away.test()["ok"] is True
    away.copy(second, "copied")
    house.app.until(lambda: away.state_of(server), lambda state: state["offsite_problem"] is None, LONG)
    assert away.view()["problem"] is None


def test_what_failed_is_tried_again_by_itself(house: House, away: Away, nas: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house.app.manager.offsite.queue, "_first_wait_seconds", 0.1)
    server = away.server(f"Again {number()}")
    (nas / MARKER).rename(nas / "aside")
    backup = away.back_up(server)
    away.copy(backup, "failed")
    (nas / "aside").rename(nas / MARKER)
    away.copy(backup, "copied")
    states = [run["state"] for run in house.app.get("/runs", server_id=server)["items"] if run["job_id"] == "offsite_copy"]
    assert states[0] == "succeeded"
    assert "failed" in states


def test_a_full_disk_there_leaves_nothing_half(house: House, away: Away, nas: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = away.server(f"Full {number()}")
    limited = [sys.executable, "-c", _LIMITED]
    monkeypatch.setattr("vintagestory_api.backups.offsite_folder.run_offsite", _with_program(limited))
    backup = away.back_up(server)
    assert "full" in away.copy(backup, "failed")["error"]
    assert names_in(nas / server) == []
    monkeypatch.undo()
    assert away.test()["ok"]
    away.copy(backup, "copied")


#: The program, which may write no file of more than 10 kB; it does not look how much is free.
_LIMITED = """
import resource, signal
from vintagestory_api.backups import child_talk, offsite_child
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
child_talk.run(offsite_child.main)
"""
_FULL = """
import collections
from vintagestory_api.backups import child_talk, offsite_child
offsite_child.shutil.disk_usage = lambda _folder: collections.namedtuple("Usage", "total used free")(10**12, 10**12, 10**8)
child_talk.run(offsite_child.main)
"""


def _with_program(program: list[str]) -> Any:
    async def run(task: dict[str, Any], **options: Any) -> dict[str, Any]:
        return await run_offsite(task, **options, program=program)

    return run


def test_free_space_is_looked_at_before_anything_is_written(
    house: House, away: Away, nas: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = away.server(f"Tight {number()}")
    monkeypatch.setattr("vintagestory_api.backups.offsite_folder.run_offsite", _with_program([sys.executable, "-c", _FULL]))
    backup = away.back_up(server)
    assert "100 MB are free" in away.copy(backup, "failed")["error"]
    assert names_in(nas / server) == []


async def test_a_place_that_hangs_is_given_up() -> None:
    sleeper = [sys.executable, "-c", "import sys; sys.stdin.readline(); sys.stdin.read()"]
    with pytest.raises(OffsiteUnreachable, match="does not answer"):
        await run_offsite({"do": "look"}, quiet_seconds=0.3, program=sleeper)


async def test_a_place_that_goes_on_hanging_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vintagestory_api.backups.offsite_run._END_SECONDS", 0.2)
    pid = tmp_path / "pid"
    stubborn = f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    with pytest.raises(OffsiteUnreachable, match="does not answer"):
        await run_offsite({"do": "look"}, quiet_seconds=2.0, program=[sys.executable, "-c", stubborn])
    assert not is_alive(pid)


@pytest.fixture
def stuck() -> "Iterator[subprocess.Popen[bytes]]":
    """A process that nobody has ended."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as process:
        yield process
        process.kill()


async def test_nothing_else_goes_where_the_last_try_still_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stuck: "subprocess.Popen[bytes]"
) -> None:
    """As in a network folder whose server is gone: every try would leave one more process that nobody can end."""
    (tmp_path / MARKER).write_text("ours")
    task = {"do": "look", "path": str(tmp_path), "mark": "ours"}
    monkeypatch.setitem(_hanging, str(tmp_path), stuck)
    with pytest.raises(OffsiteUnreachable, match="still hangs"):
        await run_offsite(task, quiet_seconds=LONG)
    stuck.kill()
    stuck.wait()
    assert (await run_offsite(task, quiet_seconds=LONG))["free"] > 0


async def test_what_a_kill_left_there_is_removed_when_it_is_old(tmp_path: Path) -> None:
    (tmp_path / MARKER).write_text("ours")
    (tmp_path / "source").write_bytes(b"archive")
    there = tmp_path / "alpha"
    there.mkdir()
    name = "2026-11-26T10-54-21Z-manual-1f3a9c2b.tar.zst"
    old = [there / f".{name}.part", there / f".{name}.sha256.abc_1234.part", tmp_path / f".probe-{uuid4()}"]
    others = [there / ".other.part", there / f".{name.replace('2026', '2025')}.part", tmp_path / f".probe-{uuid4()}"]
    for path in (*old, *others):
        path.write_bytes(b"half")
    for path in old:
        os.utime(path, (1, 1))
    os.utime(others[0], (1, 1))
    place = {"path": str(tmp_path), "mark": "ours"}
    await run_offsite({"do": "look", **place}, quiet_seconds=LONG)
    task = {"do": "put", **place, "server": "alpha", "name": f"2024{name[4:]}", "source": str(tmp_path / "source"), "size": 7}
    await run_offsite(task, quiet_seconds=LONG)
    assert [path.exists() for path in old] == [False] * 3
    assert [path.exists() for path in others] == [True] * 3


def test_a_folder_that_knows_no_rights_is_a_place_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a share that belongs to another user as a whole."""

    def refuse(*_arguments: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "fchmod", refuse)
    (tmp_path / "source").write_bytes(b"archive")
    nas = tmp_path / "nas"
    nas.mkdir()
    chosen = offsite_child.choose({"path": str(nas), "roots": [str(tmp_path)], "never": []})
    place = {"path": str(nas), "mark": chosen["mark"], "server": "alpha", "name": "a.tar.zst"}
    done = offsite_child.put({**place, "source": str(tmp_path / "source"), "size": 7})
    assert offsite_child.verify({**place, "sha256": done["sha256"]}) == {"bytes": 7}
    capsys.readouterr()


def test_a_copy_that_nobody_makes_any_more_is_begun_anew(house: House, away: Away, nas: Path) -> None:
    """As after a disk that was full when its end was to be noted."""
    server = away.server(f"Left {number()}")
    backup = away.back_up(server)
    away.copy(backup, "copied")
    copy_of(nas, house, backup).unlink()
    change_copies(house, backup, state="copying", sha256="")
    away.test()
    away.copy(backup, "copied")
    assert copy_of(nas, house, backup).exists()


def test_one_that_is_not_whole_here_is_fetched_from_elsewhere(house: House, away: Away) -> None:
    server = away.server(f"Mended {number()}")
    backup = away.back_up(server)
    away.copy(backup, "copied")
    here = archive(house, house.app.get(f"/backups/{backup}"))
    data = here.read_bytes()
    here.write_bytes(data[:-4])
    assert away.state_of(server)["last_good"]["id"] == backup
    assert house.app.ended(house.app.ask("POST", f"/backups/{backup}/verify").json()["id"], LONG)["state"] == "succeeded"
    assert here.read_bytes() == data


def is_alive(pid: Path) -> bool:
    return Path(f"/proc/{pid.read_text()}").exists()


def test_copies_go_with_their_backups_but_never_the_last_one(house: House, away: Away, nas: Path) -> None:
    server = away.server(f"Pruned {number()}")
    rules = {"last": 1, "hourly": 0, "daily": 0, "weekly": 0, "monthly": 0}
    away.rules(server, retention=rules)
    first = away.back_up(server)
    away.copy(first, "copied")
    kept = copy_of(nas, house, first)
    (nas / server / "mine.txt").write_text("left by somebody")
    second = away.back_up(server)  # and the first one is deleted
    away.copy(second, "copied")
    house.app.until(kept.exists, lambda there: not there, LONG)
    newest = copy_of(nas, house, second)
    assert names_in(nas / server) == sorted([newest.name, f"{newest.name}.sha256", "mine.txt"])
    assert house.app.ask("DELETE", f"/backups/{second}").status_code == 204
    third = away.back_up(server)
    away.copy(third, "copied")
    house.app.until(newest.exists, lambda there: not there, LONG)


def test_a_backup_that_lies_only_elsewhere_is_fetched_for_a_restore(house: House, away: Away, nas: Path) -> None:
    server = away.server(f"Only there {number()}", keep_local=False)
    world = house.data_path(server) / "Saves" / "default.vcdbs"
    before = world.read_bytes()
    backup = away.back_up(server)
    away.until_only_there(backup)
    assert copy_of(nas, house, backup).exists()
    assert not any(name.endswith(".zst") for name in names_in(folder(house, server)))
    assert away.state_of(server)["last_good"]["id"] == backup
    assert away.state_of(server)["last_good"]["problem"] is None
    world.unlink()
    preview = house.app.ask("POST", f"/backups/{backup}/restore-preview", json={}).json()
    assert preview["problems"] == []
    assert any("only elsewhere" in warning for warning in preview["warnings"])
    answer = house.app.ask("POST", f"/backups/{backup}/restore", json={"digest": preview["digest"]})
    assert answer.status_code == 202, answer.text
    run = house.app.ended(answer.json()["id"], LONG)
    assert run["state"] == "succeeded", run
    assert world.read_bytes() == before
    assert house.app.get(f"/backups/{backup}")["is_there"] is True


def test_what_can_not_be_copied_stays_here(house: House, away: Away, nas: Path) -> None:
    server = away.server(f"Stays {number()}", keep_local=False)
    (nas / MARKER).rename(nas / "aside")
    backup = away.back_up(server)
    away.copy(backup, "failed")
    assert house.app.get(f"/backups/{backup}")["is_there"] is True
    (nas / "aside").rename(nas / MARKER)
    away.test()
    away.until_only_there(backup)
    house.app.refused("DELETE", f"/offsite-targets/{away.id}", 409, "only_copies_there")


def test_one_that_is_only_elsewhere_can_be_verified_drilled_and_downloaded(house: House, away: Away) -> None:
    server = away.server(f"Used {number()}", keep_local=False)
    backup = away.back_up(server)
    away.until_only_there(backup)
    house.app.refused("GET", f"/backups/{backup}/download", 404, "backup_file_gone")
    run = house.app.ended(house.app.ask("POST", f"/backups/{backup}/fetch").json()["id"], LONG)
    assert run["state"] == "succeeded", run
    assert house.app.ask("GET", f"/backups/{backup}/download").status_code == 200
    assert house.app.ended(house.app.ask("POST", f"/backups/{backup}/verify").json()["id"], LONG)["state"] == "succeeded"
    house.does(server, "backups/drill")


def test_a_copy_that_has_rotted_is_not_put_back(house: House, away: Away, nas: Path) -> None:
    server = away.server(f"Rotten {number()}", keep_local=False)
    backup = away.back_up(server)
    away.until_only_there(backup)
    spoil(copy_of(nas, house, backup))
    run = house.app.ended(house.app.ask("POST", f"/backups/{backup}/fetch").json()["id"], LONG)
    assert (run["state"], "not what was copied" in run["error"]["message"]) == ("failed", True)
    assert not any(name.endswith((".zst", ".part")) or name.startswith(".work") for name in names_in(folder(house, server)))


def spoil(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)


def test_a_check_finds_a_rotten_copy_and_has_it_copied_anew(house: House, away: Away, nas: Path) -> None:
    server = away.server(f"Checked {number()}")
    backup = away.back_up(server)
    away.copy(backup, "copied")
    assert away.check()["report"]["copies_read"] == 1
    assert away.view()["last_check_at"] is not None
    good = copy_of(nas, house, backup).read_bytes()
    spoil(copy_of(nas, house, backup))
    assert "can't be relied on" in away.check(state="failed")["error"]["message"]
    house.app.until(lambda: copy_of(nas, house, backup).read_bytes() == good, bool, LONG)
    away.copy(backup, "copied")


def test_a_check_finds_a_copy_that_is_gone_although_nobody_would_read_it(house: House, away: Away, nas: Path) -> None:
    server = away.server(f"Emptied {number()}")
    first, middle, last = (away.back_up(server) for _ in range(3))
    for backup in (first, middle, last):
        away.copy(backup, "copied")
    copy_of(nas, house, middle).unlink()
    assert "not there any more" in away.check(state="failed")["error"]["message"]
    house.app.until(copy_of(nas, house, middle).exists, bool, LONG)
    away.copy(middle, "copied")
    assert away.check()["report"]["copies_read"] >= 1


def test_the_weekly_job_checks_all_places(house: House, away: Away, nas: Path) -> None:
    (nas / MARKER).unlink()
    run = house.app.ended(house.app.run("offsite_check")["id"], LONG)
    assert run["state"] == "failed"
    assert nas.name in run["error"]["message"]
    assert house.app.ask("DELETE", f"/offsite-targets/{away.id}").status_code == 204


def test_the_age_of_the_last_good_copy_is_watched(house: House, away: Away, nas: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = away.server(f"Old {number()}")
    backup = away.back_up(server)
    away.copy(backup, "copied")
    (nas / MARKER).rename(nas / "aside")
    later = away.back_up(server)
    away.copy(later, "failed")
    assert facts_of(house, server).offsite_is_overdue is False
    offsite = house.app.manager.offsite
    now_ms = offsite._clock.now_ms
    with monkeypatch.context() as patch:
        patch.setattr(offsite, "_clock", _Ahead(now_ms, 49 * HOURS_MS))
        assert facts_of(house, server).offsite_is_overdue is True
    (nas / "aside").rename(nas / MARKER)
    away.test()
    away.copy(later, "copied")
    with monkeypatch.context() as patch:
        patch.setattr(offsite, "_clock", _Ahead(now_ms, 49 * HOURS_MS))
        assert facts_of(house, server).offsite_is_overdue is False, "it did not run since, so there is nothing newer to copy"


class _Ahead:
    def __init__(self, now_ms: Any, by_ms: int) -> None:
        self._now_ms = now_ms
        self._by_ms = by_ms

    def now_ms(self) -> int:
        return int(self._now_ms()) + self._by_ms


def test_places_outside_of_the_allowed_folders_are_refused(house: House, mounts: Path, tmp_path: Path) -> None:
    for path in (str(tmp_path), "/", "relative", str(mounts / "nothing"), str(mounts / ".." / "x")):
        body = {"name": f"Bad {number()}", "place": {"kind": "folder", "path": path}}
        house.app.refused("POST", "/offsite-targets", 422, "offsite_place_refused", json=body)
    plain = mounts / "file"
    plain.write_text("")
    body = {"name": "File", "place": {"kind": "folder", "path": str(plain)}}
    house.app.refused("POST", "/offsite-targets", 422, "offsite_place_refused", json=body)
    (mounts / "out").symlink_to(tmp_path)
    body = {"name": "Link", "place": {"kind": "folder", "path": str(mounts / "out")}}
    house.app.refused("POST", "/offsite-targets", 422, "offsite_place_refused", json=body)
    assert not (tmp_path / MARKER).exists()


def test_names_are_unique_and_unknown_places_are_refused(house: House, away: Away, nas: Path) -> None:
    body = {"name": away.made["name"].upper(), "place": {"kind": "folder", "path": str(nas)}}
    house.app.refused("POST", "/offsite-targets", 409, "offsite_name_taken", json=body)
    server = house.create(f"Unknown {number()}")["id"]
    rules = house.app.get(f"/servers/{server}/backup-settings")
    body = {**rules, "targets": ["nobody"]}
    house.app.refused("PUT", f"/servers/{server}/backup-settings", 422, "unknown_offsite_target", json=body)
    house.app.refused("POST", "/offsite-targets/nobody/test", 404, "offsite_target_not_found")


def test_a_place_that_is_moved_keeps_its_copies_and_another_one_gets_new_ones(house: House, away: Away, nas: Path) -> None:
    server = away.server(f"Moved {number()}")
    backup = away.back_up(server)
    away.copy(backup, "copied")
    moved = nas.with_name(f"{nas.name}-moved")
    shutil.copytree(nas, moved)
    path = f"/offsite-targets/{away.id}"
    change: dict[str, Any] = {"place": {"kind": "folder", "path": str(moved)}, "name": f"Moved {nas.name}"}
    answer = house.app.ask("PATCH", path, json=change)
    assert (answer.status_code, answer.json()["where"]) == (200, str(moved))
    assert away.copy(backup, "copied")["target_name"] == f"Moved {nas.name}"
    other = nas.with_name(f"{nas.name}-other")
    other.mkdir()
    assert house.app.ask("PATCH", path, json={"place": {"kind": "folder", "path": str(other)}}).status_code == 200
    house.app.until(copy_of(other, house, backup).exists, bool, LONG)
    away.copy(backup, "copied")


def test_a_removed_place_leaves_its_files_and_the_rules_of_servers(house: House, away: Away, nas: Path) -> None:
    server = away.server(f"Removed {number()}")
    backup = away.back_up(server)
    away.copy(backup, "copied")
    copy = copy_of(nas, house, backup)
    assert house.app.ask("DELETE", f"/offsite-targets/{away.id}").status_code == 204
    assert copy.exists()
    assert house.app.get(f"/servers/{server}/backup-settings")["targets"] == []
    assert house.app.get(f"/backups/{backup}")["copies"] == []
    assert away.state_of(server)["offsite_last_good_at"] is None
