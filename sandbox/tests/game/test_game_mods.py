"""Mods, and what is said about them."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.facts import facts_path
from tests.game.playing import Play, texts
from vintagestory_sandbox.game.edition import edition_of
from vintagestory_sandbox.game.mods import Loaded, load_mods
from vintagestory_sandbox.game.relaxed_json import NotReadable, parse


def put_mod(folder: Path, modid: str, version: str = "1.0.0", *, file: str | None = None, **fields: Any) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    info = {"type": "code", "modid": modid, "name": modid.title(), "version": version, **fields}
    with zipfile.ZipFile(folder / (file or f"{modid}.zip"), "w") as archive:
        archive.writestr("modinfo.json", json.dumps(info))


def load(folder: Path, **options: Any) -> Loaded:
    return load_mods([folder], edition_of("1.22.7"), **{"disabled": (), "black": (), "white": None, **options})


def ids(loaded: Loaded) -> list[str]:
    return [mod.modid for mod in loaded.mods]


def errors(loaded: Loaded) -> list[str]:
    return [text for kind, text in loaded.told if kind == "Error"]


def test_mods_come_in_the_order_of_their_dependencies(tmp_path: Path) -> None:
    put_mod(tmp_path, "alpha", dependencies={"game": "1.22.0", "zeta": "1.0.0"})
    put_mod(tmp_path, "zeta")
    loaded = load(tmp_path)
    assert ids(loaded) == ["game", "creative", "survival", "zeta", "alpha"]
    assert ("Notification", "Found 5 mods (0 disabled)") in loaded.told
    assert ("Notification", "Mods, sorted by dependency: game, creative, survival, zeta, alpha") in loaded.told


def test_a_missing_dependency_takes_those_along_that_need_it(tmp_path: Path) -> None:
    put_mod(tmp_path, "alpha", dependencies={"beta": "2.0.0"})
    put_mod(tmp_path, "beta", "2.1.0", dependencies={"gamma": "6.9.0"})
    put_mod(tmp_path, "delta")
    loaded = load(tmp_path)
    assert ids(loaded)[3:] == ["delta"]
    assert errors(loaded) == [
        "[beta] Could not resolve some dependencies:",
        "[beta]     gamma@6.9.0 - Missing",
        "[alpha] Could not resolve some dependencies:",
        "[alpha]     beta@2.0.0 - Dependency 'beta.zip' (beta) has dependency errors itself.",
    ]


@pytest.mark.parametrize(
    ("wanted", "there", "good"),
    [
        ("1.0.0", "1.0.0", True),
        ("1.0.0-rc.1", "1.0.0", True),
        ("1.1.0", "1.0.9", False),
        ("1.0.0", "1.0.0-pre.3", False),
        ("", "0.1.0", True),
        ("*", "0.1.0", True),
        ("1.0.0", "vNext", False),
    ],
)
def test_a_dependency_is_a_least_version(tmp_path: Path, wanted: str, there: str, good: bool) -> None:
    put_mod(tmp_path, "alpha", dependencies={"beta": wanted})
    put_mod(tmp_path, "beta", there)
    loaded = load(tmp_path)
    assert ("alpha" in ids(loaded)) == good
    assert errors(loaded)[1:] == ([] if good else [f"[alpha]     beta@{wanted} - Version mismatch (has {there})"])


def test_of_two_with_the_same_id_the_newest_is_loaded(tmp_path: Path) -> None:
    put_mod(tmp_path, "alpha", "1.9.0", file="a.zip")
    put_mod(tmp_path, "alpha", "1.10.0", file="b.zip")
    loaded = load(tmp_path)
    told = "Multiple mods share the mod ID 'alpha' ('a.zip', 'b.zip'). Will only load the highest version one - v1.10.0."
    assert ("Warning", told) in loaded.told
    assert [mod.version for mod in loaded.mods if mod.modid == "alpha"] == ["1.10.0"]


def test_mods_can_be_switched_off_in_several_ways(tmp_path: Path) -> None:
    for name in ("alpha", "beta", "gamma", "delta"):
        put_mod(tmp_path, name)
    put_mod(tmp_path, "epsilon", side="Client")
    put_mod(tmp_path, "off", file="off.zip.disabled")
    loaded = load(tmp_path, disabled=["alpha", "beta@1.0.0", "gamma@9.9.9"], black=["delta"])
    assert ids(loaded)[3:] == ["gamma"]
    assert ids(load(tmp_path, white=["beta"]))[3:] == ["beta"]


def test_what_can_not_be_read_is_said_and_left_out(tmp_path: Path) -> None:
    (tmp_path / "broken.zip").write_bytes(b"PK no")
    with zipfile.ZipFile(tmp_path / "nested.zip", "w") as archive:
        archive.writestr("top/modinfo.json", "{}")
    with zipfile.ZipFile(tmp_path / "array.zip", "w") as archive:
        archive.writestr("modinfo.json", "[]")
    (tmp_path / "folder").mkdir()
    loaded = load(tmp_path)
    assert ids(loaded)[3:] == []
    assert "[nested.zip] Missing modinfo.json" in errors(loaded)
    assert "[folder] Missing modinfo.json" in errors(loaded)
    assert {text.partition("]")[0] for text in errors(loaded)} == {"[broken.zip", "[nested.zip", "[array.zip", "[folder"}


def test_folders_and_names_in_any_case_are_mods(tmp_path: Path) -> None:
    (tmp_path / "unpacked").mkdir()
    (tmp_path / "unpacked" / "modinfo.json").write_text("\ufeff{ // mine\n 'Name': 'My Mod!', Version: '1.0.0', }")
    assert ids(load(tmp_path))[3:] == ["mymod"]


def test_a_server_says_what_it_loads_and_starts_without_the_rest(play: Play, tmp_path: Path) -> None:
    put_mod(tmp_path / "data" / "Mods", "alpha", dependencies={"missing": "1.0.0"})
    put_mod(tmp_path / "more", "gamma")
    game = play("1.22.7", "--addModPath", str(tmp_path / "more")).ready()
    said = texts(game.lines)
    assert "Mods, sorted by dependency: game, creative, survival, gamma" in said
    assert "[alpha]     missing@1.0.0 - Missing" in said
    assert "    Mod 'gamma.zip' (gamma):" in said


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{a: 1, 'b': [1, 2,], // x\n \"c\": null /* y */ }", {"a": 1, "b": [1, 2], "c": None}),
        ("'it\\'s \"so\"'", 'it\'s "so"'),
        ('"\\u00e4\\n"', "ä\n"),
        ("[-1.5e3, true, +2]", [-1500.0, True, 2]),
    ],
)
def test_relaxed_json_is_read(text: str, value: object) -> None:
    assert parse(text) == value


@pytest.mark.parametrize("text", ["", "{", "[1 2]", "{a: bare}", "{'a' 1}", "[" * 200, '"\\x"', "{} {}", "/"])
def test_what_even_the_game_does_not_read_is_refused(text: str) -> None:
    with pytest.raises(NotReadable):
        parse(text)


@pytest.mark.real_data
def test_every_recorded_modinfo_is_read_or_refused() -> None:
    for path in sorted(facts_path("data/modinfo").glob("*.json")):
        try:
            parse(path.read_text("utf-8-sig"))
        except NotReadable:
            assert "drkssling" in path.name, path.name


def test_a_game_may_crash_with_one_version_of_a_mod_alone(play: Play, tmp_path: Path) -> None:
    trouble = {"crash": "report", "crash_phase": "LoadGamePre", "crash_with": "alpha@2.0.0"}
    put_mod(tmp_path / "data" / "Mods", "alpha")
    play(**trouble).ready().end()
    put_mod(tmp_path / "data" / "Mods", "alpha", "2.0.0")
    game = play(**trouble)
    assert game.wait() == 0
    assert "in the following mod(s): alpha@2.0.0" in (game.data / "Logs" / "server-crash.log").read_text()
