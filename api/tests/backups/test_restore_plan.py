"""What a restore would do, worked out from what the backup says and from what is there."""

from dataclasses import replace
from typing import Any, Literal

import pytest

from vintagestory_api.backups.manifest import Manifest, PackedFile
from vintagestory_api.backups.restore_plan import (
    Amount,
    ModThere,
    NotInBackup,
    Plan,
    Present,
    RestoreBlocked,
    RestoreChanged,
    make_plan,
)
from vintagestory_api.backups.schemas import BackupPart, BackupSummary

HOUR_MS = 3_600_000
MADE_MS = 1_800_000_000_000
ID = "0198c0de-0000-7000-8000-000000000001"

SUMMARY = BackupSummary(
    id=ID,
    server_id="alpha",
    server_name="Alpha",
    made_at="2027-01-15T08:00:00.000Z",
    kind="manual",
    file_name="a.tar.zst",
    size_bytes=1000,
    world="verified",
    game_version="1.22.7",
    mods=1,
    pinned=False,
    note=None,
    verified_at=None,
    problem=None,
    is_there=True,
    made_by="alice",
    copies=[],
)


def file(path: str, part: BackupPart, size: int = 100, change: Literal["changed", "vanished"] | None = None) -> PackedFile:
    return PackedFile(path, part, size, "" if change == "vanished" else "0" * 64, change)


def mod(modid: str, version: str, *, enabled: bool = True) -> dict[str, Any]:
    return {"modid": modid, "version": version, "file_name": f"{modid}.zip", "sha256": "1" * 64, "is_enabled": enabled}


MANIFEST = Manifest(
    id=ID,
    server_id="alpha",
    server_name="Alpha",
    made_at="2027-01-15T08:00:00.000Z",
    kind="manual",
    made_by="alice",
    manager_version="1",
    game_version="1.22.7",
    world="verified",
    world_file="Saves/default.vcdbs",
    lock={"mods": [mod("Carrots", "1.0.0")]},
    files=[
        file("Saves/default.vcdbs", "world", 50_000_000),
        file("Saves/leveling/one.json", "world"),
        file("Playerdata/playerdata.json", "players"),
        file("serverconfig.json", "config"),
        file("ModConfig/a/b.json", "mod_config"),
        file("ModData/carrots/data.bin", "mod_data"),
        file("Mods/byhand.zip", "mods"),
    ],
)
PRESENT = Present(
    server_id="alpha",
    name="Alpha",
    version="1.22.7",
    mods=(ModThere("carrots", "Carrots 1.0.0"),),
    amounts={"world": Amount(1, 60_000_000), "players": Amount(3, 300)},
    world_path="Saves/default.vcdbs",
    world_written_ms=MADE_MS + 2 * HOUR_MS,
    installed=frozenset({"1.22.7"}),
    bytes_free=10_000_000_000,
    mod_data=("ModData",),
)


def plan(
    manifest: Manifest = MANIFEST,
    present: Present = PRESENT,
    summary: BackupSummary = SUMMARY,
    now_ms: int = MADE_MS + 5 * HOUR_MS,
    **wanted: Any,
) -> Plan:
    return make_plan(summary, manifest, present, made_at_ms=MADE_MS, now_ms=now_ms, **wanted)


def of(found: Plan, part: BackupPart) -> Any:
    return next(change for change in found.changes if change.part == part)


def test_a_whole_backup_exchanges_what_belongs_together_and_nothing_else() -> None:
    found = plan()
    assert found.parts == ("world", "players", "config", "mod_config", "mod_data", "mods", "version")
    assert list(found.names) == [
        "Saves/default.vcdbs", "Saves/default.vcdbs-journal", "Saves/default.vcdbs-wal", "Saves/default.vcdbs-shm",
        "Saves/leveling", "Playerdata", "serverconfig.json", "ModConfig", "ModData",
    ]  # fmt: skip
    assert (found.problems, found.warnings, found.version, found.brings_mods) == ([], [], "1.22.7", True)


def test_the_world_alone_goes_where_the_game_looks_for_it() -> None:
    found = plan(present=replace(PRESENT, world_path="Saves/ours.vcdbs"), parts=["world"])
    assert found.world_to == "Saves/ours.vcdbs"
    assert "Saves/ours.vcdbs" in found.names
    assert "Saves/default.vcdbs" not in found.names
    with_configuration = plan(present=replace(PRESENT, world_path="Saves/ours.vcdbs"))
    assert with_configuration.world_to == "Saves/default.vcdbs"


def test_play_that_is_lost_is_from_the_backup_until_the_world_was_written_or_until_now_while_the_game_runs() -> None:
    assert plan().loses_seconds == 2 * 3600
    assert plan(present=replace(PRESENT, is_running=True)).loses_seconds == 5 * 3600
    assert plan(present=replace(PRESENT, world_written_ms=None)).loses_seconds is None
    assert plan(present=replace(PRESENT, world_written_ms=MADE_MS - HOUR_MS)).loses_seconds == 0
    assert plan(parts=["config"]).loses_seconds is None


@pytest.mark.parametrize(
    ("now", "detail"),
    [
        ((ModThere("carrots", "Carrots 1.0.0"),), "the same"),
        ((), "added: Carrots 1.0.0"),
        ((ModThere("carrots", "Carrots 0.9.0"),), "other: Carrots 0.9.0 → Carrots 1.0.0"),
        ((ModThere("carrots", "Carrots 1.0.0"), ModThere("leeks", "leeks 2")), "removed: leeks 2"),
    ],
)
def test_mods_are_told_by_what_becomes_of_them(now: tuple[ModThere, ...], detail: str) -> None:
    assert of(plan(present=replace(PRESENT, mods=now)), "mods").detail == detail


def test_a_mod_that_was_switched_off_is_another_one() -> None:
    manifest = replace(MANIFEST, lock={"mods": [mod("Carrots", "1.0.0", enabled=False)]})
    assert of(plan(manifest), "mods").detail != "the same"


def test_a_version_that_is_not_there_is_installed_first() -> None:
    change = of(plan(present=replace(PRESENT, version="1.21.6", installed=frozenset())), "version")
    assert (change.now, change.then, change.detail) == ("1.21.6", "1.22.7", "it is installed first")


@pytest.mark.parametrize(("now", "refused"), [("1.22.6", True), ("1.21.6", True), ("1.22.7", False), ("1.23.0-rc.1", False)])
def test_the_world_of_a_newer_game_is_refused_to_an_older_one_unless_that_comes_along(now: str, refused: bool) -> None:
    present = replace(PRESENT, version=now)
    assert any("older game" in problem for problem in plan(present=present, parts=["world"]).problems) == refused
    assert plan(present=present).problems == []
    assert plan(present=present, parts=["world", "version"]).problems == []
    assert plan(present=present, parts=["players"]).problems == []


def test_a_damaged_world_can_not_be_put_back_but_the_rest_can() -> None:
    summary = SUMMARY.model_copy(update={"world": "damaged", "problem": "Its world is damaged."})
    with pytest.raises(RestoreBlocked, match="damaged"):
        plan(summary=summary).check(None)
    plan(summary=summary, parts=["players", "config"]).check(None)
    rotten = SUMMARY.model_copy(update={"problem": "a.json is not what was packed"})
    with pytest.raises(RestoreBlocked, match="not what was packed"):
        plan(summary=rotten, parts=["players"]).check(None)


def test_room_for_the_copy_of_the_present_is_counted_too_where_it_lies_on_the_same_disk() -> None:
    found = plan(present=replace(PRESENT, copy_bytes=60_000_000))
    assert found.bytes_needed > 50_000_000 + 60_000_000
    with pytest.raises(RestoreBlocked, match=r"with the copy of the present.*Free some space"):
        plan(present=replace(PRESENT, copy_bytes=60_000_000, bytes_free=found.bytes_needed - 1)).check(None)
    plan(present=replace(PRESENT, bytes_free=found.bytes_needed - 60_000_000)).check(None)
    kept = replace(PRESENT, copy_bytes=60_000_000, bytes_kept_free=100, bytes_free=found.bytes_needed + 99)
    with pytest.raises(RestoreBlocked, match="of which 100 bytes stay free"):
        plan(present=kept).check(None)
    assert plan(present=kept).bytes_needed == found.bytes_needed


def test_places_that_nothing_can_be_put_into_are_told_of_only_where_something_would() -> None:
    present = replace(PRESENT, in_the_way={"Playerdata": "Playerdata is a link.", "Saves/default.vcdbs": "Another disk."})
    assert plan(present=present).problems == ["Playerdata is a link.", "Another disk."]
    assert plan(present=present, files=["Playerdata/playerdata.json"]).problems == ["Playerdata is a link."]
    assert plan(present=present, parts=["world"]).problems == ["Another disk."]
    assert plan(present=present, parts=["config"]).problems == []


@pytest.mark.parametrize(
    ("players", "told"),
    [
        (None, "The server runs. It is stopped for this."),
        (0, "The server runs. It is stopped for this."),
        (1, "The server runs. It is stopped for this, and the player on it is cut off."),
        (3, "The server runs. It is stopped for this, and the 3 players on it are cut off."),
    ],
)
def test_players_who_are_on_are_told_of(players: int | None, told: str) -> None:
    found = plan(present=replace(PRESENT, is_running=True, players=players))
    assert (found.stops_server, found.warnings) == (True, [told])
    assert not plan(present=replace(PRESENT, is_running=True), parts=["mod_config"]).stops_server


def test_what_changed_or_went_while_it_was_packed_is_told() -> None:
    files = [*MANIFEST.files, file("ModConfig/torn.json", "mod_config", change="changed"),
             file("ModConfig/gone.json", "mod_config", change="vanished")]  # fmt: skip
    warnings = " ".join(plan(replace(MANIFEST, files=files)).warnings)
    assert "torn.json" in warnings
    assert "gone.json" in warnings


@pytest.mark.parametrize("path", [".restore-x/new", "Logs/a", "ModGenerations/1.json", "Backups/x", "vss/../..", "mods/x.zip"])
def test_an_archive_from_elsewhere_can_not_name_what_is_ours_as_data_of_mods(path: str) -> None:
    manifest = replace(MANIFEST, files=[*MANIFEST.files, file(path, "mod_data")])
    tops = {name.partition("/")[0] for name in plan(manifest).names}
    if path.startswith("vss"):
        assert ".." not in {part for name in plan(manifest).names for part in name.split("/")}
    else:
        assert path.partition("/")[0] not in tops
        with pytest.raises(NotInBackup):
            plan(manifest, files=[path])


def test_data_of_mods_is_exchanged_by_the_folders_that_the_rules_name() -> None:
    manifest = replace(MANIFEST, files=[file("Other/inner/a.bin", "mod_data"), file("Other/inner/b.bin", "mod_data")])
    assert list(plan(manifest, replace(PRESENT, mod_data=("Other/inner",))).names) == ["Other/inner"]
    assert list(plan(manifest, replace(PRESENT, mod_data=())).names) == ["Other"]


def test_a_server_whose_world_lies_elsewhere_is_refused() -> None:
    present = replace(PRESENT, world_path=None)
    assert any("outside" in problem for problem in plan(present=present).problems)
    assert plan(present=present, parts=["players"]).problems == []


def test_a_digest_stands_for_what_somebody_has_agreed_to() -> None:
    first = plan()
    first.check(first.digest)
    assert plan(now_ms=MADE_MS + 9 * HOUR_MS, present=replace(PRESENT, bytes_free=9_000_000_000)).digest == first.digest
    for other in (
        plan(parts=["world"]),
        plan(present=replace(PRESENT, is_running=True)),
        plan(present=replace(PRESENT, version="1.21.6")),
        plan(present=replace(PRESENT, mods=())),
    ):
        with pytest.raises(RestoreChanged):
            other.check(first.digest)


def test_single_files_bring_nothing_else() -> None:
    found = plan(files=["Playerdata/playerdata.json", "Playerdata/playerdata.json"])
    assert list(found.names) == ["Playerdata/playerdata.json"]
    assert (found.parts, found.version, found.brings_mods, found.world_to) == (("players",), None, False, None)
    assert plan(files=["Saves/default.vcdbs"]).names[0] == "Saves/default.vcdbs"
    for files in ([], ["nothing"], ["Mods/byhand.zip"]):
        with pytest.raises(NotInBackup):
            plan(files=files)


def test_a_new_server_has_nothing_to_lose() -> None:
    present = Present(server_id="", name="New", version="1.22.7", is_new=True, installed=frozenset({"1.22.7"}), bytes_free=10**10)
    found = plan(present=present)
    assert (found.loses_seconds, found.stops_server, found.problems) == (0, False, [])
    preview = found.preview(SUMMARY, present)
    assert (preview.into, preview.is_new, preview.keeps_present) == ("New", True, False)
    without_version = replace(MANIFEST, game_version=None)
    assert plan(without_version, replace(present, version=None)).problems != []
