"""GET /api/mod/{number or identifier}, and the smaller lists."""

import pytest

from tests.asking import Sandbox
from vintagestory_sandbox.handmade import MODIDS, VERSIONS


def test_a_mod_comes_before_its_statuscode(sandbox: Sandbox) -> None:
    assert list(sandbox.get("/api/mod/alpha").json) == ["mod", "statuscode"]


@pytest.mark.parametrize("wanted", ["alpha", "ALPHA", "alpha/extra", "900001", "900001.0", "00900001"])
def test_a_mod_is_found_by_number_and_identifier(sandbox: Sandbox, wanted: str) -> None:
    assert sandbox.get(f"/api/mod/{wanted}").json["mod"]["modid"] == MODIDS["alpha"]


@pytest.mark.parametrize(
    "wanted", ["nope", "alphatest", "-1", "900001x", "alldead", "draftmod", "900008", "sometool", "norelease", "al%20pha", "%E9"]
)
def test_what_is_not_published_under_that_name_is_not_found(sandbox: Sandbox, wanted: str) -> None:
    assert sandbox.get(f"/api/mod/{wanted}").body == b'{"statuscode":"404"}'


@pytest.mark.parametrize("path", ["/api/mod", "/api/mod/", "/api/mod/0", "/api/mod/.alpha", "/api/nosuch"])
def test_a_missing_argument_and_an_unknown_action_are_refused(sandbox: Sandbox, path: str) -> None:
    answer = sandbox.get(path)
    assert (answer.status, answer.body) == (200, b'{"statuscode":"400"}')


def test_releases_come_by_date_not_by_version_and_without_retracted_ones(sandbox: Sandbox) -> None:
    releases = sandbox.get("/api/mod/alpha").json["mod"]["releases"]
    assert [release["modversion"] for release in releases] == list(reversed(VERSIONS["alpha"]))
    assert releases[0]["modversion"] == "1.9.9"


def test_file_addresses_hold_blanks_and_foreign_letters_as_they_are(sandbox: Sandbox) -> None:
    assert "?dl=The Alpha Mod 1.9.9 (signed).zip" in sandbox.get("/api/mod/alpha").json["mod"]["releases"][0]["mainfile"]
    release = sandbox.get("/api/mod/unifile").json["mod"]["releases"][0]
    assert release["mainfile"].endswith(f"?dl={release['filename']}")
    assert not release["filename"].isascii()


def test_a_tool_has_no_identifier_and_no_game_version(sandbox: Sandbox) -> None:
    release = sandbox.get(f"/api/mod/{MODIDS['sometool']}").json["mod"]["releases"][0]
    assert (release["modidstr"], release["tags"]) == (None, ["0.0.0"])


def test_a_release_can_be_without_a_file(sandbox: Sandbox) -> None:
    release = sandbox.get("/api/mod/nofile").json["mod"]["releases"][0]
    assert (release["fileid"], release["mainfile"], release["filename"]) == (None, "", "")


def test_of_two_mods_with_one_identifier_the_older_answers(sandbox: Sandbox) -> None:
    assert sandbox.get("/api/mod/sharedid").json["mod"]["modid"] == MODIDS["sharedid"]


def test_an_identifier_that_looks_like_a_number_is_taken_for_one(sandbox: Sandbox) -> None:
    answer = sandbox.get("/api/mod/777")
    assert answer.statuscode == "404" or answer.json["mod"]["modid"] == 777


def test_every_listed_mod_has_a_page_that_agrees_with_its_row(sandbox: Sandbox) -> None:
    for row in sandbox.get("/api/mods").json["mods"][:80]:
        mod = sandbox.get(f"/api/mod/{row['modid']}").json["mod"]
        for key in set(row) & set(mod):
            assert mod[key] == row[key]
        assert set(row["modidstrs"]) == {release["modidstr"] for release in mod["releases"]} - {None}


def test_game_versions_have_large_negative_numbers_in_ascending_order_of_version(sandbox: Sandbox) -> None:
    versions = sandbox.get("/api/gameversions").json["gameversions"]
    assert versions[0]["name"] == "1.4.4-dev.2"
    assert all(version["tagid"] < -(2**48) for version in versions)
    assert {"name": "1.21.6", "tagid": -281565171482623, "color": "#CCCCCC"} in versions
    assert versions[-1]["name"] == "1.22.7"


def test_at_most_ten_authors_are_told_by_name_and_all_without(sandbox: Sandbox) -> None:
    assert len(sandbox.get("/api/authors?name=").json["authors"]) == 10
    assert len(sandbox.get("/api/authors").json["authors"]) > 100
    assert [author["name"] for author in sandbox.get("/api/authors?name=100%25_").json["authors"]] == ["100%_Wool"]


def test_comments_are_the_latest_hundred_or_all_of_one_mod(sandbox: Sandbox) -> None:
    latest = sandbox.get("/api/comments").json["comments"]
    assert len(latest) == 100
    assert [comment["lastmodified"] for comment in latest] == sorted(
        (comment["lastmodified"] for comment in latest), reverse=True
    )
    assert len(sandbox.get("/api/comments/1900001").json["comments"]) == 40
    assert sandbox.get("/api/comments/123456").json["comments"] == []


def test_changelogs_are_gone(sandbox: Sandbox) -> None:
    answer = sandbox.get("/api/changelogs")
    assert (answer.status, answer.statuscode) == (200, "410")


@pytest.mark.parametrize("accept", ["application/json", "*/*", "text/html", "application/json, text/plain, */*", ""])
def test_these_accept_headers_get_an_answer(sandbox: Sandbox, accept: str) -> None:
    assert sandbox.get("/api/tags", headers={"Accept": accept}).statuscode == "200"


@pytest.mark.parametrize("accept", ["*/*;q=0.8", "application/xml", "image/png", "application/octet-stream, */*"])
def test_with_these_the_site_thinks_of_an_image(sandbox: Sandbox, accept: str) -> None:
    answer = sandbox.get("/api/tags", headers={"Accept": accept})
    assert (answer.status, answer.body, answer.headers["content-type"]) == (200, b"not an image", "text/html; charset=UTF-8")


@pytest.mark.parametrize(("length", "status"), [(8177, 200), (8178, 414)])
def test_an_address_may_have_8177_bytes(sandbox: Sandbox, length: int, status: int) -> None:
    target = "/api/tags?x=".ljust(length, "a")
    assert sandbox.get(target).status == status


def test_a_head_has_the_headers_and_no_body(sandbox: Sandbox) -> None:
    answer = sandbox.get("/api/mods", method="HEAD")
    assert (answer.status, answer.body, answer.headers["content-type"]) == (200, b"", "application/json")


def test_unknown_pages_are_html(sandbox: Sandbox) -> None:
    for path in ("/nosuchpage", "//api/tags"):
        answer = sandbox.get(path)
        assert (answer.status, answer.heading) == (404, "404 - Requested page was not found.")
