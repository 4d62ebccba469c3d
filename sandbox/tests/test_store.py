"""Downloads and the file store."""

import io
import json
import zipfile

import pytest

from tests.asking import Answer, Sandbox
from vintagestory_sandbox.handmade import MODIDS
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


def test_logos_are_pictures(sandbox: Sandbox) -> None:
    logo = next(row["logo"] for row in sandbox.get("/api/mods").json["mods"] if row["logo"] and row["modid"] < 900_000)
    answer = sandbox.get(logo.removeprefix(sandbox.url))
    assert answer.headers["content-type"] == "image/png"
    assert answer.body.startswith(b"\x89PNG\r\n\x1a\n")


@pytest.mark.parametrize(
    "path", ["/cdn/", "/cdn/x.zip", "/cdn/alpha_00000000000000000000000003470001.zip", "/gamefiles/stable/x.tar.gz"]
)
def test_what_is_not_in_the_store_is_404(sandbox: Sandbox, path: str) -> None:
    assert sandbox.get(path).status == 404
