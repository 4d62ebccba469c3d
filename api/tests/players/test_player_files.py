"""The game's files about players, as they are, broken, huge and hostile."""

import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.facts import facts_path
from vintagestory_api.kit.clock import to_ms
from vintagestory_api.players.files import EntryList, GameFiles, PlayerFiles, read_date

NOW = to_ms(datetime(2026, 11, 26, tzinfo=UTC))


def write(folder: Path, name: str, content: object) -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def entry(name: str, until: str | None = "2075-01-11T16:59:54.4917519+00:00", **more: Any) -> dict[str, Any]:
    return {"PlayerUID": f"uid-of-{name}", "PlayerName": name, "UntilDate": until, "Reason": None, **more}


def test_a_folder_without_files_has_nobody(tmp_path: Path) -> None:
    assert PlayerFiles().read(tmp_path) == GameFiles()
    assert PlayerFiles().read(tmp_path / "not there") == GameFiles()


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2075-01-11T16:59:54.4917519+00:00", datetime(2075, 1, 11, 16, 59, 54, 491751, tzinfo=UTC)),
        ("2026-11-26T23:10:00.5+02:00", datetime(2026, 11, 26, 21, 10, 0, 500000, tzinfo=UTC)),
        ("2026-11-26T21:10:00Z", datetime(2026, 11, 26, 21, 10, tzinfo=UTC)),
        ("3026-07-01T00:00:00.0000000+00:00", datetime(3026, 7, 1, tzinfo=UTC)),
        ("11/25/2025 21:10", datetime(2025, 11, 25, 21, 10, tzinfo=UTC)),
        ("11/25/2025 9:10:05 PM", datetime(2025, 11, 25, 21, 10, 5, tzinfo=UTC)),
        ("25/11/2025 21:10", datetime(2025, 11, 25, 21, 10, tzinfo=UTC)),
        ("25.11.2025 21:10:05", datetime(2025, 11, 25, 21, 10, 5, tzinfo=UTC)),
        ("2025-11-25 21:10", datetime(2025, 11, 25, 21, 10, tzinfo=UTC)),
        ("2025/11/25 21:10", datetime(2025, 11, 25, 21, 10, tzinfo=UTC)),
    ],
)
def test_dates_are_read_in_every_form_the_game_writes(text: str, moment: datetime) -> None:
    assert read_date(text) == to_ms(moment)


@pytest.mark.parametrize("text", [None, 5, "", "soon", "31.02.2025 10:00", "99/99/9999 99:99", "1" * 5000, "٣/٤/٢٠٢٥ 10:00x"])
def test_what_is_no_date_is_none(text: object) -> None:
    assert read_date(text) is None


def test_an_entry_holds_until_its_date_and_for_ever_means_decades(tmp_path: Path) -> None:
    entries = [entry("Past", "2026-11-25T00:00:00+00:00"), entry("Soon", "2026-12-01T00:00:00+00:00"), entry("Ever")]
    entries.append(entry("Odd", "whenever"))
    write(tmp_path, "Playerdata/playersbanned.json", entries)
    banned = PlayerFiles().read(tmp_path).banned
    holding = {found.name: found.is_for_ever(NOW) for found in banned.entries if found.holds_at(NOW)}
    assert holding == {"Soon": False, "Ever": True, "Odd": False}


def test_somebody_is_found_by_identifier_first_and_by_name_whatever_its_capitals(tmp_path: Path) -> None:
    write(tmp_path, "Playerdata/playerswhitelisted.json", [entry("Anna"), entry("Bob", PlayerUID=None)])
    white = PlayerFiles().read(tmp_path).whitelisted
    assert white.find("Renamed", "uid-of-Anna", NOW) is white.entries[0]
    assert white.find("BOB", None, NOW) is white.entries[1]
    assert white.find("Cleo", "uid-of-Cleo", NOW) is None


def test_a_file_that_was_cut_off_gives_what_comes_before(tmp_path: Path) -> None:
    text = json.dumps([entry("Anna"), entry("Bob")], indent=2)
    write(tmp_path, "Playerdata/playerswhitelisted.json", text[:-30])
    white = PlayerFiles().read(tmp_path).whitelisted
    assert [found.name for found in white.entries] == ["Anna"]
    assert not white.is_whole


@pytest.mark.parametrize(
    "text", ["", "null", "{}", "[[[[", "[" * 100_000, '["x", 5, null]', "\ufeff[]", "[{}]", '[{"PlayerName": 5}]', "\0"]
)
def test_rubbish_is_nobody(tmp_path: Path, text: str) -> None:
    for name in ("playerdata", "playerswhitelisted", "playersbanned"):
        write(tmp_path, f"Playerdata/{name}.json", text)
    write(tmp_path, "serverconfig.json", text)
    files = PlayerFiles().read(tmp_path)
    assert files.records.players == ()
    assert all(found.name is None for found in (*files.whitelisted.entries, *files.banned.entries))
    assert files.rules.roles == ()


def test_names_that_nobody_can_have_are_left_out_and_reasons_are_one_line(tmp_path: Path) -> None:
    records = [{"LastKnownPlayername": name, "PlayerUID": "u"} for name in ("Anna", "a b", "<b>", "x" * 17, "", None, "A\nB")]
    write(tmp_path, "Playerdata/playerdata.json", records)
    write(tmp_path, "Playerdata/playersbanned.json", [entry("Anna", Reason="bad\n\x1b[31mmanners" + "x" * 900)])
    files = PlayerFiles().read(tmp_path)
    assert [player.name for player in files.records.players] == ["Anna"]
    reason = files.banned.entries[0].reason
    assert reason is not None
    assert reason.startswith("bad [31mmanners")
    assert len(reason) == 500


def test_links_out_of_the_folder_and_pipes_are_not_read(tmp_path: Path) -> None:
    elsewhere = write(tmp_path, "secret.json", [entry("Secret")])
    folder = tmp_path / "server"
    (folder / "Playerdata").mkdir(parents=True)
    (folder / "Playerdata" / "playersbanned.json").symlink_to(elsewhere)
    os.mkfifo(folder / "Playerdata" / "playerswhitelisted.json")
    files = PlayerFiles().read(folder)
    assert (files.banned.entries, files.whitelisted.entries) == ((), ())
    assert not files.banned.is_whole


def test_a_file_is_read_again_when_it_is_another(tmp_path: Path) -> None:
    files = PlayerFiles()
    path = write(tmp_path, "Playerdata/playerswhitelisted.json", [entry("Anna")])
    first = files.read(tmp_path).whitelisted
    assert files.read(tmp_path).whitelisted is first
    write(tmp_path, "Playerdata/playerswhitelisted.json", [entry("Anna"), entry("Bob")])
    assert len(files.read(tmp_path).whitelisted.entries) == 2
    path.unlink()
    assert files.read(tmp_path).whitelisted == EntryList()


@pytest.mark.parametrize(
    ("config", "mode"),
    [
        ({"WhitelistMode": 0}, "on"),
        ({"WhitelistMode": 1}, "off"),
        ({"WhitelistMode": 2}, "on"),
        ({"WhitelistMode": 7}, "unknown"),
        ({"WhitelistMode": 0, "OnlyWhitelisted": False}, "on"),
        ({"OnlyWhitelisted": True}, "on"),
        ({"OnlyWhitelisted": False}, "off"),
        ({}, "unknown"),
    ],
)
def test_the_mode_of_the_whitelist_is_read_as_the_game_means_it(tmp_path: Path, config: dict[str, Any], mode: str) -> None:
    write(tmp_path, "serverconfig.json", config)
    assert PlayerFiles().read(tmp_path).rules.whitelist == mode


@pytest.mark.real_data
def test_the_recorded_files_are_understood(tmp_path: Path) -> None:
    recorded = facts_path("data/playerdata")
    (tmp_path / "Playerdata").mkdir()
    for name in ("playerdata", "playersbanned", "playerswhitelisted"):
        shutil.copyfile(recorded / f"devidian.{name}.json", tmp_path / "Playerdata" / f"{name}.json")
    files = PlayerFiles().read(tmp_path)
    (player,) = files.records.players
    assert (player.name, player.uid, player.role) == ("Devidian", "Mo9k7zpajYd5tnelISSR6BDl", "admin")
    assert files.banned.is_whole
    assert files.whitelisted.is_whole
    shutil.copyfile(recorded / "whitelist-entry.devidian-readme.json", tmp_path / "Playerdata" / "playerswhitelisted.json")
    (white,) = PlayerFiles().read(tmp_path).whitelisted.entries
    assert white.uid == "<UID>"
    assert white.is_for_ever(NOW)


@pytest.mark.real_data
def test_the_recorded_configurations_name_their_roles_and_their_whitelist(tmp_path: Path) -> None:
    found = {}
    for path in sorted(facts_path("data/configs").glob("*.serverconfig.json")):
        shutil.copyfile(path, tmp_path / "serverconfig.json")
        found[path.name.split(".")[0]] = PlayerFiles().read(tmp_path).rules
        (tmp_path / "serverconfig.json").unlink()
    assert all("admin" in {role.code for role in rules.roles} for rules in found.values())
    assert all(rules.max_players for rules in found.values())
    assert found["evistool-1"].whitelist in {"on", "off"}
