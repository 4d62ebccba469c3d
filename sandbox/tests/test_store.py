"""Downloads and the file store."""

import io
import json
import struct
import zipfile
from typing import Any

import pytest

from tests.asking import Answer, Sandbox
from vintagestory_sandbox.handmade import MODIDS
from vintagestory_sandbox.pictures import picture_kind
from vintagestory_sandbox.releases import IDS_PER_MOD


def download(sandbox: Sandbox, identifier: str, release: int = 1) -> Answer:
    """Follow the redirect, as a client that quotes what it is given has to."""
    redirect = sandbox.get(f"/download/{MODIDS[identifier] * IDS_PER_MOD + release}/x.zip")
    assert redirect.status == 302
    location = redirect.headers["location"].removeprefix(sandbox.url)
    return sandbox.get(location.partition("?")[0] + "?dl=x.zip")


def members(answer: Answer) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(answer.body))


def test_an_archive_holds_the_modinfo_of_its_release(sandbox: Sandbox) -> None:
    answer = download(sandbox, "alpha", 3)
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-length"] == str(len(answer.body))
    with members(answer) as archive:
        info = json.loads(archive.read("modinfo.json"))
    assert (info["modid"], info["version"], info["dependencies"]["betalib"]) == ("alpha", "1.10.0", "1.0.0")


def test_a_file_is_the_same_every_time(sandbox: Sandbox) -> None:
    assert download(sandbox, "betalib").body == download(sandbox, "betalib").body


def test_files_of_made_up_mods_can_be_had(sandbox: Sandbox) -> None:
    rows = sandbox.get("/api/mods").json["mods"]
    row = next(row for row in rows if row["modid"] < 900_000 and len(row["modidstrs"]) == 1)
    release = sandbox.get(f"/api/mod/{row['modid']}").json["mod"]["releases"][0]
    path = release["mainfile"].removeprefix(sandbox.url).partition("?")[0]
    with members(sandbox.get(path)) as archive:
        assert json.loads(archive.read("modinfo.json"))["modid"] == release["modidstr"]


def test_a_broken_archive_is_broken(sandbox: Sandbox) -> None:
    with pytest.raises(zipfile.BadZipFile):
        members(download(sandbox, "brokenzip"))


def test_archives_can_lack_modinfo_climb_out_and_be_large(sandbox: Sandbox) -> None:
    with members(download(sandbox, "noinfo")) as archive:
        assert "modinfo.json" not in archive.namelist()
    with members(download(sandbox, "zipslip")) as archive:
        assert "../../outside.txt" in archive.namelist()
    assert len(download(sandbox, "bigmod").body) > 5_000_000


def test_a_sloppy_modinfo_is_no_json(sandbox: Sandbox) -> None:
    with members(download(sandbox, "lenientinfo")) as archive:
        text = archive.read("modinfo.json").decode()
    assert text.startswith("\ufeff")
    with pytest.raises(json.JSONDecodeError):
        json.loads(text.removeprefix("\ufeff"))


def modinfo(answer: Answer) -> dict[str, Any]:
    with members(answer) as archive:
        found: dict[str, Any] = json.loads(archive.read("modinfo.json"))
        return found


def test_an_archive_can_say_that_it_is_another_mod_or_version(sandbox: Sandbox) -> None:
    assert modinfo(download(sandbox, "liarmod"))["modid"] == "somebodyelse"
    assert modinfo(download(sandbox, "otherversion"))["version"] == "9.9.9"


def test_some_made_up_mods_need_older_libraries_that_can_be_had(sandbox: Sandbox) -> None:
    rows = [row for row in sandbox.get("/api/mods").json["mods"] if row["modid"] < 900_000 and len(row["modidstrs"]) == 1]
    numbers = {row["modidstrs"][0]: row["modid"] for row in rows}
    needed: dict[str, int] = {}
    for row in rows[:60]:
        release = sandbox.get(f"/api/mod/{row['modid']}").json["mod"]["releases"][0]
        info = modinfo(sandbox.get(release["mainfile"].removeprefix(sandbox.url).partition("?")[0]))
        others = {name: least for name, least in info["dependencies"].items() if name != "game"}
        assert all(numbers[name] < row["modid"] for name in others), "so there are no rings"
        needed |= {name: numbers[name] for name in others}
    assert needed
    assert all(sandbox.get(f"/api/mod/{number}").json["mod"]["releases"] for number in needed.values())


def test_a_source_file_is_no_archive(sandbox: Sandbox) -> None:
    assert download(sandbox, "singlecs").body.startswith(b"// one file.cs")


def test_a_file_that_the_store_lost_is_404(sandbox: Sandbox) -> None:
    answer = download(sandbox, "gone404")
    assert answer.status == 404
    assert b"<center>nginx" in answer.body


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/download", 400),
        ("/download/abc", 400),
        ("/download?fileid=", 400),
        ("/download/99999999/x.zip", 404),
        (f"/download/{MODIDS['alpha'] * IDS_PER_MOD + 6}/x.zip", 410),
        (f"/download?fileid={MODIDS['alpha'] * IDS_PER_MOD + 3}", 302),
    ],
)
def test_what_can_not_be_downloaded_is_a_page(sandbox: Sandbox, path: str, status: int) -> None:
    answer = sandbox.get(path)
    assert answer.status == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


def test_a_retracted_download_says_why(sandbox: Sandbox) -> None:
    assert b"<p>Eats saved worlds</p>" in sandbox.get(f"/download/{MODIDS['alpha'] * IDS_PER_MOD + 6}/x.zip").body


@pytest.mark.parametrize(
    ("wanted", "status", "first", "last"),
    [("bytes=0-99", 206, 0, 99), ("bytes=-10", 206, -10, -1), ("bytes=99999999-", 416, 0, 0), ("rows=1-2", 200, 0, -1)],
)
def test_parts_of_a_file_can_be_had(sandbox: Sandbox, wanted: str, status: int, first: int, last: int) -> None:
    whole = download(sandbox, "alpha")
    location = sandbox.get(f"/download/{MODIDS['alpha'] * IDS_PER_MOD + 1}/x.zip").headers["location"].removeprefix(sandbox.url)
    part = sandbox.get(location.partition("?")[0], headers={"Range": wanted})
    assert part.status == status
    if status != 416:
        assert part.body == whole.body[first : None if last == -1 else last + 1]


def digest_of(kind: str) -> str:
    """The digits of a name under which such a picture lies."""
    digests = (f"{number:032x}" for number in range(0xC0FFEE << 80, (0xC0FFEE << 80) + 0x10000))
    return next(digest for digest in digests if picture_kind(digest) == kind)


def logo(sandbox: Sandbox, kind: str) -> Answer:
    return sandbox.get(f"/cdn/logo_{digest_of(kind)}.png")


def test_the_logos_of_the_list_are_mostly_pictures_called_png(sandbox: Sandbox) -> None:
    logos = [row["logo"] for row in sandbox.get("/api/mods").json["mods"] if row["logo"]]
    answers = [sandbox.get(logo.removeprefix(sandbox.url)) for logo in logos[:100]]
    pictures = [answer for answer in answers if answer.status == 200 and answer.body.startswith(b"\x89PNG\r\n\x1a\n")]
    assert len(pictures) > len(answers) * 0.75
    assert {answer.headers["content-type"] for answer in pictures} == {"image/png"}


def test_a_picture_is_the_same_every_time(sandbox: Sandbox) -> None:
    for kind in ("png", "jpeg", "gif", "webp", "large"):
        assert logo(sandbox, kind).body == logo(sandbox, kind).body


@pytest.mark.parametrize(
    ("kind", "start", "at", "size"),
    [
        ("png", b"\x89PNG\r\n\x1a\n", 16, struct.pack(">II", 96, 96)),
        ("jpeg", b"\xff\xd8\xff\xe0", 94, struct.pack(">HH", 64, 64)),
        ("gif", b"GIF89a", 6, struct.pack("<HH", 64, 64)),
        ("webp", b"RIFF", 21, struct.pack("<I", 63 | 63 << 14)),
    ],
)
def test_some_logos_are_other_pictures_than_their_name_says(
    sandbox: Sandbox, kind: str, start: bytes, at: int, size: bytes
) -> None:
    body = logo(sandbox, kind).body
    assert body.startswith(start)
    assert body[at : at + len(size)] == size
    assert len(body) < 10_000


def test_a_few_logos_are_nothing_to_show(sandbox: Sandbox) -> None:
    assert logo(sandbox, "svg").body.startswith(b"<svg")
    assert logo(sandbox, "html").body.startswith(b"<!DOCTYPE html>")
    assert len(logo(sandbox, "large").body) > 2_000_000
    assert logo(sandbox, "wide").body[16:24] == struct.pack(">II", 20_000, 20_000)
    assert logo(sandbox, "missing").status == 404


@pytest.mark.parametrize(
    "path", ["/cdn/", "/cdn/x.zip", "/cdn/alpha_00000000000000000000000003470001.zip", "/gamefiles/stable/x.tar.gz"]
)
def test_what_is_not_in_the_store_is_404(sandbox: Sandbox, path: str) -> None:
    assert sandbox.get(path).status == 404
