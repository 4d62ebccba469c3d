"""Configuration files of mods: listed, read and changed, with what was there kept."""

import os
from pathlib import Path

import pytest

from vintagestory_api.kit.text_files import NoText
from vintagestory_api.server_mods import mod_config as mod_config_module
from vintagestory_api.server_mods.mod_config import BrokenJson, ChangedMeanwhile, ConfigTooLarge, ModConfig, problem_of
from vintagestory_api.storage.guarded_paths import NoSuchFile, PathNotAllowed

NOW = 1_790_000_000_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "server" / "ModConfig"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def config(folder: Path) -> ModConfig:
    return ModConfig(folder.parent)


def write(config: ModConfig, path: str, text: str, *, allow_broken: bool = False, now_ms: int = NOW) -> list[str]:
    etag = config.read(path).etag
    return config.write(path, text, etag, allow_broken=allow_broken, now_ms=now_ms).versions


def test_files_are_listed_with_their_mod_and_their_trouble(config: ModConfig, folder: Path) -> None:
    (folder / "pots.json").write_text('{"size": 3, // in litres\n}')
    (folder / "PansConfig.json").write_text('{"size": \n  three}')
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "deep" / "er" / "a.yaml").write_text("a: 1")
    (folder / "cache.bin").write_bytes(b"\0\1\2")
    found = {file.path: file for file in config.files(["pots", "pans", "lids"])}
    assert set(found) == {"pots.json", "PansConfig.json", "deep/er/a.yaml", "cache.bin"}
    assert (found["pots.json"].modid, found["pots.json"].problem) == ("pots", None)
    assert found["PansConfig.json"].modid == "pans"
    assert found["PansConfig.json"].problem == "'three' is not expected in line 2, column 3"
    assert [found[path].is_text for path in ("deep/er/a.yaml", "cache.bin")] == [True, False]


def test_a_server_without_the_folder_has_no_files(tmp_path: Path) -> None:
    assert ModConfig(tmp_path).files([]) == []


def test_a_change_keeps_what_was_there(config: ModConfig, folder: Path) -> None:
    (folder / "pots.json").write_text('{"size": 1}')
    for size in range(2, 5):
        versions = write(config, "pots.json", f'{{"size": {size}}}', now_ms=NOW + size)
    assert (folder / "pots.json").read_text() == '{"size": 4}'
    assert [config.read("pots.json", version).text for version in versions] == ['{"size": 3}', '{"size": 2}', '{"size": 1}']
    assert config.read("pots.json", versions[-1]).etag == config.read("pots.json").etag
    with pytest.raises(NoSuchFile):
        config.read("pots.json", "2020-01-01T00:00:00.000Z")


def test_only_the_latest_contents_are_kept(config: ModConfig, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mod_config_module, "KEPT", 2)
    (folder / "pots.json").write_text("{}")
    for size in range(5):
        versions = write(config, "pots.json", f'{{"size": {size}}}')
    assert [config.read("pots.json", version).text for version in versions] == ['{"size": 3}', '{"size": 2}']


def test_nobodys_work_is_overwritten_unseen(config: ModConfig, folder: Path) -> None:
    (folder / "pots.json").write_text("{}")
    etag = config.read("pots.json").etag
    (folder / "pots.json").write_text('{"by": "the game"}')
    with pytest.raises(ChangedMeanwhile):
        config.write("pots.json", "{}", etag, allow_broken=False, now_ms=NOW)
    assert (folder / "pots.json").read_text() == '{"by": "the game"}'


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_mark_line_ends_and_rights_stay_as_they_were(config: ModConfig, folder: Path, mark: bytes) -> None:
    path = folder / "pots.json"
    path.write_bytes(mark + b'{\r\n  "size": 1\r\n}\r\n')
    path.chmod(0o640)
    assert config.read("pots.json").text == '{\n  "size": 1\n}\n'
    write(config, "pots.json", '{\n  "größe": 2\n}\n')
    assert path.read_bytes() == mark + '{\r\n  "größe": 2\r\n}\r\n'.encode()
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_text_in_utf16_stays_one(config: ModConfig, folder: Path) -> None:
    (folder / "pots.json").write_bytes("\ufeff{}".encode("utf-16-le"))
    write(config, "pots.json", '{"a": 1}')
    assert (folder / "pots.json").read_bytes() == '\ufeff{"a": 1}'.encode("utf-16-le")


def test_broken_json_is_saved_only_when_that_is_meant(config: ModConfig, folder: Path) -> None:
    (folder / "pots.json").write_text("{}")
    with pytest.raises(BrokenJson, match="line 2, column 8"):
        write(config, "pots.json", '{\n  "a": ]\n}')
    assert (folder / "pots.json").read_text() == "{}"
    write(config, "pots.json", '{\n  "a": ]\n}', allow_broken=True)
    assert config.read("pots.json").problem == "']' is not expected in line 2, column 8"


def test_what_the_game_reads_is_no_problem() -> None:
    for text in ("{a: 'b', /* c */ \"d\": [1, 2,],}", "\ufeff{}", "// nothing yet\n{}", "", "[1]"):
        assert problem_of("x.json", text.encode()) is None
    assert problem_of("x.yaml", b"}{") is None


@pytest.mark.parametrize("path", ["../serverconfig.json", "/etc/passwd", "a/../../x", "a\0b", "way/out.json", "out.json", "."])
def test_no_path_leads_out(config: ModConfig, folder: Path, path: str) -> None:
    secret = folder.parent / "serverconfig.json"
    secret.write_text('{"Password": "secret"}')
    (folder / "way").symlink_to(folder.parent)
    (folder.parent / "out.json").write_text("{}")
    (folder / "out.json").symlink_to(secret)
    with pytest.raises((NoSuchFile, PathNotAllowed)):
        config.read(path)
    with pytest.raises((NoSuchFile, PathNotAllowed)):
        config.write(path, "{}", "x", allow_broken=True, now_ms=NOW)
    assert secret.read_text() == '{"Password": "secret"}'


def test_what_is_no_text_or_too_large_is_not_shown(config: ModConfig, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "a.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(NoText):
        config.read("a.json")
    monkeypatch.setattr(mod_config_module, "MAX_BYTES", 10)
    (folder / "b.json").write_text("{}" * 10)
    with pytest.raises(ConfigTooLarge):
        config.read("b.json")
    (folder / "c.json").write_text("{}")
    with pytest.raises(ConfigTooLarge):
        write(config, "c.json", "{}" * 10)
    os.mkfifo(folder / "d.json")
    assert [file.path for file in config.files([])] == ["a.json", "b.json", "c.json"]


def test_not_more_than_so_many_files_are_listed(config: ModConfig, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mod_config_module, "MAX_FILES", 5)
    for number in range(9):
        (folder / f"{number}.json").write_text("{}")
    deep = folder.joinpath(*"abcdefghij")
    deep.mkdir(parents=True)
    (deep / "x.json").write_text("{}")
    assert len(config.files([])) == 5
