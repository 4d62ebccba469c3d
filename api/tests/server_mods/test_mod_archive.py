import io
import os
import stat
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.server_mods.programs import attribute, library, mod_library
from vintagestory_api.server_mods import mod_archive
from vintagestory_api.server_mods.mod_archive import ModFile, find_damage, inspect_file, kind_of
from vintagestory_api.server_mods.modinfo import Dependency, Problem

INFO = b'{"type": "content", "modid": "pots", "name": "Pots", "version": "1.2.0"}'
END_SIZE, ENTRY_SIZE = 22, 46


def zipped(files: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", method) as archive:
        for name, content in files.items():
            # As it is: writing by name would tidy it.
            info = zipfile.ZipInfo(name)
            info.filename = name
            info.compress_type = method
            archive.writestr(info, content)
    return data.getvalue()


def look(folder: Path, data: bytes, name: str = "mod.zip") -> ModFile | Problem:
    path = folder / name
    path.write_bytes(data)
    return inspect_file(path)


def code(found: object) -> str:
    assert isinstance(found, Problem), found
    return found.code


def list_start(data: bytes) -> int:
    (offset,) = struct.unpack_from("<I", data, len(data) - END_SIZE + 16)
    return int(offset)


def with_entry(data: bytes, form: str, offset: int, value: int, entry: int = 0) -> bytes:
    """Changed in the list: one number of its entry number `entry`."""
    changed = bytearray(data)
    place = list_start(data)
    for _number in range(entry):
        name, extra, comment = struct.unpack_from("<3H", data, place + 28)
        place += ENTRY_SIZE + name + extra + comment
    struct.pack_into(form, changed, place + offset, value)
    return bytes(changed)


def with_end(data: bytes, form: str, offset: int, value: int) -> bytes:
    changed = bytearray(data)
    struct.pack_into(form, changed, len(data) - END_SIZE + offset, value)
    return bytes(changed)


# Good ones


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_tells_what_its_modinfo_says(tmp_path: Path, method: int) -> None:
    data = zipped({"assets/": b"", "assets/a.json": b"{}" * 500, "modinfo.json": INFO}, method=method)
    found = look(tmp_path, data)
    assert isinstance(found, ModFile)
    assert found.info is not None
    assert (found.info.modid, found.info.version) == ("pots", "1.2.0")
    assert (found.kind, found.file_name, found.size_bytes) == ("zip", "mod.zip", len(data))
    assert (found.entries, found.unpacked_bytes) == (2, 1000 + len(INFO))
    assert find_damage(tmp_path / "mod.zip") is None


def test_a_zip_with_a_comment_and_one_in_the_large_format_are_good(tmp_path: Path) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.comment = b"PK\x05\x06 made by hand"
        with archive.open(zipfile.ZipInfo("modinfo.json"), "w", force_zip64=True) as member:
            member.write(INFO)
    assert isinstance(look(tmp_path, data.getvalue()), ModFile)


def test_names_with_backslashes_are_read_as_the_game_reads_them(tmp_path: Path) -> None:
    assert isinstance(look(tmp_path, zipped({"modinfo.json": INFO, "assets\\pots\\a.json": b"{}"})), ModFile)


def test_a_folder_tells_what_its_modinfo_says(tmp_path: Path) -> None:
    folder = tmp_path / "pots"
    (folder / "assets").mkdir(parents=True)
    (folder / "assets" / "a.json").write_bytes(b"{}")
    assert code(inspect_file(folder)) == "no_modinfo"
    (folder / "modinfo.json").write_bytes(INFO)
    found = inspect_file(folder)
    assert isinstance(found, ModFile)
    assert (found.kind, found.entries, found.size_bytes) == ("folder", 2, 2 + len(INFO))


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.zip", "zip"), ("A.ZIP", "zip"), ("b.Dll", "dll"), ("c.CS", "cs"), ("a.zip.disabled", None), ("zip", None)],
)
def test_the_name_tells_the_kind_as_for_the_game(name: str, kind: str | None) -> None:
    assert kind_of(name) == kind


# No mods


def test_a_zip_with_a_folder_on_top_is_refused_as_by_the_game(tmp_path: Path) -> None:
    found = look(tmp_path, zipped({"Pots/modinfo.json": INFO}))
    assert code(found) == "modinfo_in_folder"
    assert isinstance(found, Problem)
    assert "Pots/" in found.message
    assert "Missing modinfo.json" in found.message


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, "no_modinfo"),
        ({"readme.txt": b"hello"}, "no_modinfo"),
        ({"ModInfo.json": INFO}, "no_modinfo"),
        ({"modinfo.json": b"not json"}, "bad_modinfo"),
        ({"modinfo.json": b"{}"}, "no_modid"),
        ({"modinfo.json": b" " * 300_000}, "bad_modinfo"),
    ],
)
def test_a_zip_without_a_readable_modinfo_is_no_mod(tmp_path: Path, files: dict[str, bytes], expected: str) -> None:
    assert code(look(tmp_path, zipped(files))) == expected


@pytest.mark.parametrize("data", [b"", b"PK", b"x" * 1000, b"#!/bin/sh\n" + b"x" * 100, b"x" + zipped({"modinfo.json": INFO})])
def test_what_is_no_zip_is_refused(tmp_path: Path, data: bytes) -> None:
    assert code(look(tmp_path, data)) == "not_zip"


def test_a_web_page_that_was_saved_as_a_zip_is_recognized(tmp_path: Path) -> None:
    found = look(tmp_path, b"\n<!DOCTYPE html><html><body>410 Gone</body></html>")
    assert code(found) == "not_zip"
    assert isinstance(found, Problem)
    assert "web page" in found.message


@pytest.mark.parametrize("name", ["mod.exe", "mod.zip.disabled", "mod"])
def test_other_kinds_of_files_are_no_mods(tmp_path: Path, name: str) -> None:
    assert code(look(tmp_path, zipped({"modinfo.json": INFO}), name)) == "not_a_mod"
    assert isinstance(inspect_file(tmp_path / name, kind="zip"), ModFile)


def test_links_and_pipes_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "real.zip").write_bytes(zipped({"modinfo.json": INFO}))
    (tmp_path / "link.zip").symlink_to("real.zip")
    os.mkfifo(tmp_path / "pipe.zip")
    assert code(inspect_file(tmp_path / "link.zip")) == "link"
    assert code(inspect_file(tmp_path / "pipe.zip")) == "not_a_mod"
    assert code(inspect_file(tmp_path / "gone.zip")) == "not_readable"
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "modinfo.json").symlink_to("../real.zip")
    assert code(inspect_file(tmp_path / "folder")) == "link"


# Hostile ones


@pytest.mark.parametrize(
    "name",
    [
        "../../x.zip",
        "a/../../b",
        "/etc/passwd",
        "..\\..\\x",
        "\\\\host\\share",
        "C:\\x",
        "c:x",
        "a\nb",
        "",
        "..",
        "x" * 300,
        "a/" * 600,
    ],
)
def test_names_that_lead_out_of_the_folder_are_refused(tmp_path: Path, name: str) -> None:
    assert code(look(tmp_path, zipped({"modinfo.json": INFO, name: b"x"}))) == "unsafe_name"


def test_a_name_with_an_end_in_the_middle_is_refused(tmp_path: Path) -> None:
    data = zipped({"modinfo.json": INFO, "harmless.txt_": b"x"})
    assert code(look(tmp_path, data.replace(b"harmless.txt_", b"harmless\0.txt"))) == "unsafe_name"


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO, stat.S_IFSOCK])
def test_links_and_devices_inside_are_refused(tmp_path: Path, kind: int) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("modinfo.json", INFO)
        info = zipfile.ZipInfo("link")
        info.create_system, info.external_attr = 3, (kind | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    assert code(look(tmp_path, data.getvalue())) == "unsafe_name"


@pytest.mark.parametrize("flag", [0x1, 0x40, 0x2000])
def test_encrypted_files_are_refused(tmp_path: Path, flag: int) -> None:
    assert code(look(tmp_path, with_entry(zipped({"modinfo.json": INFO}), "<H", 8, flag))) == "encrypted"


def test_the_same_name_twice_is_refused(tmp_path: Path) -> None:
    data = zipped({"modinfo.json": INFO, "modinf0.json": INFO}).replace(b"modinf0.json", b"modinfo.json")
    assert code(look(tmp_path, data)) == "duplicate_names"
    assert code(look(tmp_path, zipped({"modinfo.json": INFO, "a/b": b"", "a\\b": b""}))) == "duplicate_names"


def test_three_gigabytes_inside_are_refused_without_unpacking_them(tmp_path: Path) -> None:
    small = zipped({"modinfo.json": INFO, "zeros.bin": b"0" * 100})
    found = look(tmp_path, with_entry(small, "<I", 24, 3_000_000_000, entry=1))
    assert code(found) == "bomb"
    assert isinstance(found, Problem)
    assert "3 000 MB" in found.message


def test_zeros_packed_a_thousandfold_are_refused(tmp_path: Path) -> None:
    packed = zipped({"modinfo.json": INFO, "zeros.bin": bytes(1_000_000)})
    assert code(look(tmp_path, with_entry(packed, "<I", 24, 101_000_000, entry=1))) == "bomb"


def test_files_that_lie_on_top_of_each_other_are_refused(tmp_path: Path) -> None:
    data = zipped({"modinfo.json": INFO, "a.bin": bytes(5000), "b.bin": bytes(5000)})
    start = list_start(data)
    (offset,) = struct.unpack_from("<I", data, start + ENTRY_SIZE + len("modinfo.json") + 42)
    assert code(look(tmp_path, with_entry(data, "<I", 42, offset, entry=2))) == "bomb"


def test_too_many_files_are_refused_before_their_list_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mod_archive, "MAX_ENTRIES", 3)
    assert code(look(tmp_path, zipped({"modinfo.json": INFO, "a": b"", "b": b"", "c": b""}))) == "too_big"


def test_a_huge_file_is_refused_by_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mod_archive, "MAX_FILE_BYTES", 50)
    assert code(look(tmp_path, zipped({"modinfo.json": INFO}))) == "too_big"


@pytest.mark.parametrize(
    ("form", "offset", "value"),
    [
        ("<H", 4, 1),  # on the second disk
        ("<H", 8, 2),  # other numbers of entries
        ("<H", 10, 7),
        ("<I", 12, 10_000),  # a longer list
        ("<I", 16, 5),  # that starts elsewhere
        ("<I", 16, 0xFFFFFFFF),  # in the large format, which is not there
        ("<H", 10, 0xFFFF),
    ],
)
def test_an_end_that_lies_is_refused(tmp_path: Path, form: str, offset: int, value: int) -> None:
    assert code(look(tmp_path, with_end(zipped({"modinfo.json": INFO}), form, offset, value))) == "damaged"


@pytest.mark.parametrize(
    ("form", "offset", "value"),
    [
        ("<I", 20, 5_000_000),  # packed to more than there is
        ("<I", 20, 0xFFFFFFFF),  # in the large format, which is not there
        ("<I", 24, 0xFFFFFFFF),
        ("<I", 42, 5_000_000),  # beyond the end
        ("<I", 16, 1234),  # another check sum
        ("<I", 24, 3),  # smaller than it is
        ("<H", 10, 12),  # packed in a way that nobody reads
        ("<H", 28, 60_000),  # a longer name
        ("<I", 0, 1),
    ],
)
def test_a_list_that_lies_about_the_modinfo_is_refused(tmp_path: Path, form: str, offset: int, value: int) -> None:
    assert code(look(tmp_path, with_entry(zipped({"modinfo.json": INFO}), form, offset, value))) == "damaged"


def test_sizes_in_the_large_format_that_lie_are_refused(tmp_path: Path) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("modinfo.json", INFO)
        info = zipfile.ZipInfo("large.bin")
        info.extra = struct.pack("<2HQQ", 1, 16, 1 << 60, 1 << 61)
        archive.writestr(info, b"x" * 50)
    lying = with_entry(with_entry(data.getvalue(), "<I", 20, 0xFFFFFFFF, entry=1), "<I", 24, 0xFFFFFFFF, entry=1)
    assert code(look(tmp_path, lying)) == "damaged"


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.99])
def test_a_download_that_was_cut_off_is_damaged(tmp_path: Path, kept: float) -> None:
    data = zipped({"modinfo.json": INFO, "a.bin": os.urandom(20_000)})
    assert code(look(tmp_path, data[: int(len(data) * kept)])) == "damaged"


def test_damage_inside_is_found_by_unpacking_everything(tmp_path: Path) -> None:
    path = tmp_path / "mod.zip"
    whole = zipped({"modinfo.json": INFO, "a.bin": os.urandom(200_000), "b.txt": b"hello " * 10_000})
    broken = bytearray(whole)
    broken[100_000] ^= 0xFF
    path.write_bytes(broken)
    assert isinstance(inspect_file(path), ModFile)
    assert code(find_damage(path)) == "damaged"
    assert find_damage(path, should_stop=lambda: True) is None


def test_unpacking_stops_at_the_size_that_the_list_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mod.zip"
    data = zipped({"modinfo.json": INFO, "zeros.bin": bytes(5_000_000)})
    path.write_bytes(with_entry(with_entry(data, "<I", 24, 1000, entry=1), "<I", 16, zlib.crc32(bytes(1000)), entry=1))
    unpacked = 0
    crc32 = zlib.crc32

    def counted(block: bytes, value: int = 0) -> int:
        nonlocal unpacked
        unpacked += len(block)
        return crc32(block, value)

    monkeypatch.setattr(zlib, "crc32", counted)
    assert code(find_damage(path)) == "damaged"
    assert unpacked < 2000


@given(st.binary(max_size=300), st.booleans())
@settings(max_examples=150, deadline=None)
def test_no_bytes_make_it_raise(tmp_path_factory: pytest.TempPathFactory, data: bytes, like_a_zip: bool) -> None:
    path = tmp_path_factory.getbasetemp() / "any.zip"
    path.write_bytes(b"PK\x03\x04" + data + b"PK\x05\x06" + data[:18] if like_a_zip else data)
    assert isinstance(inspect_file(path), ModFile | Problem)


@given(st.integers(0, 10_000), st.integers(1, 255))
@settings(max_examples=150, deadline=None)
def test_no_changed_byte_makes_it_raise(tmp_path_factory: pytest.TempPathFactory, place: int, change: int) -> None:
    path = tmp_path_factory.getbasetemp() / "changed.zip"
    data = bytearray(zipped({"modinfo.json": INFO, "assets/a.json": b"{}" * 100}))
    data[place % len(data)] ^= change
    path.write_bytes(data)
    assert isinstance(inspect_file(path), ModFile | Problem)
    assert isinstance(find_damage(path), Problem | None)


# Programs


def test_a_library_tells_what_its_attribute_says(tmp_path: Path) -> None:
    named = {
        "Version": "1.3.0",
        "Side": "Server",
        "Authors": ["Ann", "Bob"],
        "RequiredOnClient": False,
        "Description": "Pots " * 60,
    }
    found = look(tmp_path, mod_library("pots", "Pots", {"clay": "2.0.0", "game": "1.22.0"}, **named), "pots.dll")  # type: ignore[arg-type]
    assert isinstance(found, ModFile)
    info = found.info
    assert info is not None
    assert (info.modid, info.name, info.version, info.side, info.type) == ("pots", "Pots", "1.3.0", "server", "code")
    assert (info.authors, info.required_on_client) == (("Ann", "Bob"), False)
    assert info.dependencies == (Dependency("clay", "2.0.0"), Dependency("game", "1.22.0"))


@pytest.mark.parametrize(
    "data",
    [
        library(attribute("Pots", "pots", Version="1.0"), names=()),
        library(attribute("Pots", "pots", Version="1.0"), names=("ModInfoAttribute",))[:600],
        library(attribute("Pots", "no good id", Version="1.0")),
        library(attribute("Pots", "pots", Surprise="1.0")),
        library(b"\x01\x00\x05abc", b"\x01\x00" + b"\x03abc" * 2 + b"\xff\xff"),
        library(),
        library(*[b""] * 200_000, attribute("Pots", "pots", Version="1.0")),
        b"MZ ModInfoAttribute BSJB\x01\x00\x01\x00" + b"\xff" * 200,
    ],
)
def test_a_library_that_does_not_tell_is_listed_by_its_name(tmp_path: Path, data: bytes) -> None:
    found = look(tmp_path, data, "pots.dll")
    assert isinstance(found, ModFile)
    assert (found.info, found.file_name) == (None, "pots.dll")


def test_what_is_called_a_library_and_is_none_is_refused(tmp_path: Path) -> None:
    assert code(look(tmp_path, b"hello", "pots.dll")) == "not_a_mod"


def test_a_source_tells_what_its_attribute_says(tmp_path: Path) -> None:
    source = """using Vintagestory.API.Common;
    [assembly: ModInfo( "Pots", "pots",
        Version = "1.0.1", Side = "Client", Authors = new[] { "Ann", "Bob" } )]
    [assembly: ModDependency("clay", "2.0")]
    [assembly: ModDependency("game")]
    namespace Pots { class PotsMod : ModSystem { string Version = "no"; } }"""
    found = look(tmp_path, source.encode("utf-8-sig"), "pots.cs")
    assert isinstance(found, ModFile)
    info = found.info
    assert info is not None
    assert (info.modid, info.name, info.version, info.side, info.authors) == ("pots", "Pots", "1.0.1", "client", ("Ann", "Bob"))
    assert info.dependencies == (Dependency("clay", "2.0"), Dependency("game"))
    plain = look(tmp_path, b"class Nothing {}", "other.cs")
    assert isinstance(plain, ModFile)
    assert plain.info is None


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_no_library_makes_it_raise(tmp_path_factory: pytest.TempPathFactory, value: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.dll"
    path.write_bytes(library(b"\x01\x00" + value, attribute("Pots", "pots", Version="1.0")))
    found = inspect_file(path)
    assert isinstance(found, ModFile)
    path.write_bytes(b"MZModInfoAttributeBSJB\x01\x00\x01\x00" + value)
    assert isinstance(inspect_file(path), ModFile)
