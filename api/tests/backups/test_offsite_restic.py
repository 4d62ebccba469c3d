"""Copies of backups in a repository of restic: of a stand-in that speaks like it; see `test_offsite_real_restic`."""

import itertools
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.backups.going_away import (
    ONLY_THE_LAST,
    PASSWORD,
    Away,
    ask_restic,
    at_home,
    change_copies,
    in_repository,
    make_stand_in,
    processes_with,
    snapshots,
)
from tests.backups.kept import archive, folder
from tests.servers.games import LONG, House
from vintagestory_api.backups.offsite_restic import Access, check_environment, local_folder, shown
from vintagestory_api.backups.offsite_run import OffsiteRefused
from vintagestory_api.kit.redaction import redact

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Restic:
    """`calls`: where the stand-in notes its arguments."""

    house: House
    mounts: Path
    calls: Path

    def away(self) -> Away:
        return in_repository(self.house, self.mounts / f"repository-{next(_numbers)}")

    def behaves(self, away: Away, how: str) -> Path:
        """Until the file is removed."""
        switch = Path(away.made["where"]) / how
        switch.write_text("")
        return switch


@pytest.fixture(scope="module")
def restic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Restic]:
    programs = make_stand_in(tmp_path_factory.mktemp("bin"))
    with at_home(tmp_path_factory, PATH=f"{programs}:{os.environ['PATH']}") as (house, mounts):
        yield Restic(house, mounts, programs / "calls")


def number() -> int:
    return next(_numbers)


def command_lines() -> list[str]:
    """What `ps` shows to everybody."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            found.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return found


def test_a_repository_is_made_and_gets_each_backup_as_a_snapshot(restic: Restic) -> None:
    away = restic.away()
    assert (away.made["kind"], away.made["has_password"], away.made["environment"]) == ("restic", True, [])
    assert restic.house.app.get("/offsite-targets")["restic_version"][0].isdigit()
    server = away.server(f"Copied {number()}")
    backup = away.back_up(server)
    away.copy(backup, "copied")
    (snapshot,) = snapshots(away)
    assert {"vsmanager", f"backup:{backup}", f"server:{server}"} <= set(snapshot["tags"])
    assert away.state_of(server)["offsite_last_good_at"] == restic.house.app.get(f"/backups/{backup}")["made_at"]


def test_nothing_secret_is_an_argument_an_answer_or_in_the_database(restic: Restic) -> None:
    away = restic.away()
    server = away.server(f"Secret {number()}")
    away.copy(away.back_up(server), "copied")
    house = restic.house
    answers = [house.app.ask("GET", path).text for path in ("/offsite-targets", f"/servers/{server}/backups", "/runs", "/audit")]
    assert not any(PASSWORD in answer for answer in answers)
    assert PASSWORD.encode() not in b"".join(path.read_bytes() for path in house.data_dir.glob("vsmanager.db*"))
    secrets = house.data_dir / "secrets.json"
    assert PASSWORD in secrets.read_text()
    assert secrets.stat().st_mode & 0o077 == 0
    assert redact(f"it is {PASSWORD}") == "it is ***"
    assert PASSWORD not in restic.calls.read_text()


def test_a_backup_that_lies_only_there_is_read_back_first_and_comes_back_whole(restic: Restic) -> None:
    away, house = restic.away(), restic.house
    server = away.server(f"Only there {number()}", keep_local=False)
    world = house.data_path(server) / "Saves" / "default.vcdbs"
    before = world.read_bytes()
    backup = away.back_up(server)
    away.until_only_there(backup)
    world.unlink()
    answer = house.app.ask("POST", f"/backups/{backup}/restore", json={})
    assert answer.status_code == 202, answer.text
    run = house.app.ended(answer.json()["id"], LONG)
    assert run["state"] == "succeeded", run
    assert world.read_bytes() == before
    found = house.app.get(f"/backups/{backup}")
    assert found["size_bytes"] == archive(house, found).stat().st_size
    verified = house.app.ended(house.app.ask("POST", f"/backups/{backup}/verify").json()["id"], LONG)
    assert verified["state"] == "succeeded", verified
    assert not any(name.name.startswith(".work") for name in folder(house, server).iterdir())


def test_snapshots_go_with_their_backups_and_a_check_takes_their_room_back(restic: Restic) -> None:
    away = restic.away()
    server = away.server(f"Pruned {number()}")
    away.rules(server, retention=ONLY_THE_LAST)
    away.copy(away.back_up(server), "copied")
    second = away.back_up(server)
    away.copy(second, "copied")
    restic.house.app.until(lambda: snapshots(away), lambda found: len(found) == 1, LONG)
    assert f"backup:{second}" in snapshots(away)[0]["tags"]
    away.check()
    assert away.view()["problem"] is None


def test_a_copy_that_was_under_way_when_the_manager_was_killed_is_made_anew_and_only_once(restic: Restic) -> None:
    away, house = restic.away(), restic.house
    server = away.server(f"Twice {number()}")
    backup = away.back_up(server)
    away.copy(backup, "copied")
    # As the database is when the manager died between the end of restic and its own note of it.
    change_copies(house, backup, state="waiting", sha256="", snapshot=None)
    away.test()
    house.app.until(lambda: snapshots(away), lambda found: len(found) == 1 and away.copy_now(backup), LONG)
    away.copy(backup, "copied")
    assert len(snapshots(away)) == 1


def test_a_repository_that_is_not_there_any_more_is_not_made_again(restic: Restic) -> None:
    away = restic.away()
    server = away.server(f"Gone {number()}")
    repository = Path(away.made["where"])
    repository.rename(repository.with_name(f"{repository.name}-unplugged"))
    backup = away.back_up(server)
    assert "not there" in away.copy(backup, "failed")["error"]
    assert not repository.exists()
    assert away.state_of(server)["offsite_problem"] is not None
    repository.with_name(f"{repository.name}-unplugged").rename(repository)
    assert away.test()["ok"]
    away.copy(backup, "copied")


def test_another_repository_in_its_place_is_refused(restic: Restic) -> None:
    away, other = restic.away(), restic.away()
    Path(away.made["where"]).rename(f"{away.made['where']}-old")
    Path(other.made["where"]).rename(away.made["where"])
    assert "another repository" in away.test()["message"]


def test_a_wrong_password_is_said_and_nothing_is_kept_of_it(restic: Restic) -> None:
    away, house = restic.away(), restic.house
    place = {"kind": "restic", "repository": away.made["where"], "password": "another password"}
    house.app.refused("POST", "/offsite-targets", 422, "offsite_place_refused", json={"name": "Wrong", "place": place})
    house.app.refused("PATCH", f"/offsite-targets/{away.id}", 422, "offsite_place_refused", json={"place": place})
    assert away.test()["ok"]
    place = {"kind": "restic", "repository": away.made["where"]}
    assert house.app.ask("PATCH", f"/offsite-targets/{away.id}", json={"place": place}).status_code == 200, (
        "it knows the password"
    )
    house.app.refused("POST", "/offsite-targets", 422, "offsite_place_refused", json={"name": "None", "place": place})


def test_a_stale_lock_is_removed_and_one_of_somebody_who_works_is_told(restic: Restic) -> None:
    away = restic.away()
    server = away.server(f"Locked {number()}")
    restic.behaves(away, "stale")
    backup = away.back_up(server)
    away.copy(backup, "copied")
    lock = restic.behaves(away, "locked")
    later = away.back_up(server)
    error = away.copy(later, "failed")["error"]
    assert "locked by PID 7" in error
    assert "restic unlock" in error
    lock.unlink()
    away.test()
    away.copy(later, "copied")


def test_a_full_repository_is_told(restic: Restic) -> None:
    away = restic.away()
    server = away.server(f"Full {number()}")
    restic.behaves(away, "full")
    assert "no room" in away.copy(away.back_up(server), "failed")["error"]
    assert snapshots(away) == []


def test_a_cancelled_copy_ends_restic_and_is_not_begun_again_at_once(restic: Restic) -> None:
    away, house = restic.away(), restic.house
    server = away.server(f"Cancelled {number()}")
    restic.behaves(away, "hangs")
    backup = away.back_up(server)
    away.copy(backup, "copying")
    house.app.until(lambda: processes_with(away.made["where"]), bool, LONG)
    assert not any(PASSWORD in line for line in command_lines())
    (run,) = [
        run for run in house.app.get("/runs", server_id=server, state="running")["items"] if run["job_id"] == "offsite_copy"
    ]
    assert house.app.ask("POST", f"/runs/{run['id']}/cancel").status_code in {200, 202}
    assert house.app.ended(run["id"], LONG)["state"] == "cancelled"
    assert away.copy(backup, "failed")["error"] == "It was cancelled."
    assert not processes_with(away.made["where"])


def test_a_snapshot_that_somebody_else_forgot_is_missed_by_the_check(restic: Restic) -> None:
    away = restic.away()
    server = away.server(f"Forgotten {number()}")
    backup = away.back_up(server)
    away.copy(backup, "copied")
    (snapshot,) = snapshots(away)
    ask_restic(away, "forget", snapshot["id"])
    assert "not there any more" in away.check(state="failed")["error"]["message"]
    restic.house.app.until(lambda: snapshots(away), lambda found: len(found) == 1, LONG)
    away.copy(backup, "copied")
    away.check()


def test_a_repository_that_takes_nothing_any_more_is_told(restic: Restic, monkeypatch: pytest.MonkeyPatch) -> None:
    away = restic.away()
    server = away.server(f"Stuck {number()}")
    restic.behaves(away, "hangs")
    monkeypatch.setattr("vintagestory_api.backups.offsite_restic._QUIET_SECONDS", 0.5)
    monkeypatch.setattr("vintagestory_api.backups.offsite_restic._GRACE_SECONDS", 0.5)
    assert "does not answer" in away.copy(away.back_up(server), "failed")["error"]
    assert not processes_with(away.made["where"])


def test_rotten_data_is_found_by_the_check(restic: Restic) -> None:
    away = restic.away()
    server = away.server(f"Rotten {number()}")
    away.copy(away.back_up(server), "copied")
    for path in Path(away.made["where"], "snapshots").iterdir():
        if path.suffix != ".json":
            path.write_bytes(b"x" + path.read_bytes()[1:-1])
    assert "errors" in away.check(state="failed")["error"]["message"]
    assert away.view()["problem"] is not None
    assert "errors" in away.state_of(server)["offsite_problem"]
    away.copy(away.back_up(server), "copied")
    assert "errors" in away.view()["problem"], "one more that was copied mends no other"
    assert "errors" in away.state_of(server)["offsite_problem"]


@pytest.mark.parametrize(
    "repository",
    ["relative/path", "ssh:host:/x", "-x", "", "rest:file:///etc", "rest:https:///x", "rest:http://host:99999/", "s3://\n"],
)
def test_what_is_no_repository_is_refused(repository: str) -> None:
    with pytest.raises(OffsiteRefused):
        local_folder(repository)


@pytest.mark.parametrize(
    "name",
    [
        "PATH",
        "LD_PRELOAD",
        "RESTIC_PASSWORD_COMMAND",
        "RESTIC_PASSWORD",
        "AWS_X=1",
        "HOME",
        "RCLONE_CONFIG_PASSWORD_COMMAND",
        "RCLONE_CONFIG_X_SSH",
    ],
)
def test_what_would_change_which_programs_run_is_refused(name: str) -> None:
    with pytest.raises(OffsiteRefused):
        check_environment({name: "x"})


def test_what_backends_need_is_allowed_and_secrets_in_addresses_are_not_shown() -> None:
    check_environment({"AWS_ACCESS_KEY_ID": "x", "B2_ACCOUNT_KEY": "x", "RESTIC_REST_PASSWORD": "x", "HTTPS_PROXY": "http://x"})
    address = "rest:https://me:very-secret-word@host:8000/ours/"
    assert local_folder(address) is None
    assert shown(address) == "rest:https://host:8000/ours/"
    Access(address, "p", {}).remember()
    assert "very-secret-word" not in redact(f"could not open {address} at all")
    assert local_folder("sftp:user@host:/srv/ours") is None
    assert local_folder("local:/srv/ours") == Path("/srv/ours")
