"""GET /api/mods: filters, order, and the ways in which it breaks."""

import pytest

from tests.asking import Sandbox
from vintagestory_sandbox.handmade import AUTHOR, MODIDS
from vintagestory_sandbox.packed_version import pack

EMPTY = b'{"statuscode":"200","mods":[]}'


def rows(sandbox: Sandbox, query: str = "") -> list[dict[str, object]]:
    answer = sandbox.get(f"/api/mods{query}")
    assert (answer.status, answer.statuscode) == (200, "200")
    mods: list[dict[str, object]] = answer.json["mods"]
    return mods


def modids(sandbox: Sandbox, query: str = "") -> list[object]:
    return [row["modid"] for row in rows(sandbox, query)]


def test_the_whole_list_comes_at_once_without_anything_to_cache_by(sandbox: Sandbox) -> None:
    answer = sandbox.get("/api/mods", headers={"If-None-Match": '"x"', "If-Modified-Since": "Mon, 23 Nov 2026 20:40:13 GMT"})
    assert answer.status == 200
    assert len(answer.json["mods"]) == sandbox.upstream.mods == 500 + 26
    assert answer.headers["transfer-encoding"] == "chunked"
    assert not {"etag", "last-modified", "cache-control", "content-length"} & set(answer.headers)


def test_drafts_locked_mods_and_those_with_only_retracted_releases_are_not_listed(sandbox: Sandbox) -> None:
    listed = modids(sandbox)
    assert not {MODIDS[name] for name in ("draftmod", "lockedmod", "alldead")} & set(listed)
    assert MODIDS["norelease"] in listed


@pytest.mark.parametrize("text", ["alpha", "ALPHA", "%C3%A1lpha", "by%20hand"])
def test_text_is_searched_in_names_and_pages_whatever_the_case(sandbox: Sandbox, text: str) -> None:
    found = modids(sandbox, f"?text={text}")
    assert (MODIDS["alpha"] in found) == (text != "by%20hand")
    assert len(found) < 40


@pytest.mark.parametrize("query", ["?text=zzzzzznope", "?text=%27%22%5C%25_", "?tagids[]=999", "?author=abc", "?gv=1.99.0"])
def test_what_is_not_there_is_an_empty_list(sandbox: Sandbox, query: str) -> None:
    assert sandbox.get(f"/api/mods{query}").body == EMPTY


def test_every_tag_has_to_fit(sandbox: Sandbox) -> None:
    tags = {row["name"]: row["tagid"] for row in sandbox.get("/api/tags").json["tags"]}
    found = rows(sandbox, f"?tagids[]={tags['QoL']}&tagids[]={tags['Tweak']}")
    assert found
    assert all({"QoL", "Tweak"} <= set(row["tags"]) for row in found)  # type: ignore[call-overload] # rows hold anything


def test_tags_that_are_no_list_are_ignored(sandbox: Sandbox) -> None:
    assert sandbox.get("/api/mods?tagids=9").body == sandbox.get("/api/mods").body


def test_an_author_is_asked_for_by_number(sandbox: Sandbox) -> None:
    number = sandbox.get("/api/authors?name=sandbox%20author").json["authors"][0]["userid"]
    assert {row["author"] for row in rows(sandbox, f"?author={number}")} == {AUTHOR}


def test_a_line_of_the_game_is_asked_for_by_its_primary_version(sandbox: Sandbox) -> None:
    found = modids(sandbox, "?gameversion=1.21")
    assert MODIDS["alpha"] in found
    assert MODIDS["sometool"] not in found
    assert len(found) < sandbox.upstream.mods / 2
    assert sandbox.get("/api/mods?gameversion=1.21.6").body == EMPTY


@pytest.mark.parametrize("query", ["?gv=1.21.7-rc.1", "?gameversions[]=1.21.7-rc.1", f"?gv=-{pack('1.21.7-rc.1')}"])
def test_an_exact_version_is_asked_for_by_name_or_number(sandbox: Sandbox, query: str) -> None:
    assert modids(sandbox, query) == [MODIDS["alpha"]]


def test_several_versions_are_alternatives(sandbox: Sandbox) -> None:
    found = modids(sandbox, "?gameversions[]=1.21.7-rc.1&gameversions[]=1.20.0")
    assert {MODIDS["alpha"], MODIDS["betalib"]} <= set(found)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("?gv=1.21", 1064),
        ("?gv=v1.21.6", 1064),
        ("?gameversions[]=1.21.6&gameversions[]=x", 1064),
        ("?gameversions=1.21.6", 0),
        ("?text[]=a", 0),
    ],
)
def test_what_php_can_not_take_is_an_error_page_called_json(sandbox: Sandbox, query: str, code: int) -> None:
    answer = sandbox.get(f"/api/mods{query}")
    assert answer.status == 500
    assert answer.headers["content-type"] == "application/json"
    assert f"<b>Code:</b> {code}<br />".encode() in answer.body


@pytest.mark.parametrize(
    ("query", "key"), [("downloads", "downloads"), ("lastreleased", "lastreleased"), ("comments", "comments")]
)
def test_the_list_can_be_ordered_both_ways(sandbox: Sandbox, query: str, key: str) -> None:
    down = [row[key] for row in rows(sandbox, f"?orderby={query}")]
    up = [row[key] for row in rows(sandbox, f"?orderby={query}&orderdirection=asc")]
    assert down == up[::-1] == sorted(down, reverse=True)  # type: ignore[type-var] # numbers or texts, never both


def test_an_unknown_order_is_the_usual_one(sandbox: Sandbox) -> None:
    assert modids(sandbox, "?orderby=bogus") == modids(sandbox)
