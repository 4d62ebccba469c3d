"""The mod database's answers, as pure functions."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vintagestory_api.kit.upstream import UpstreamError
from vintagestory_api.mods.moddb_answers import (
    checked,
    match_updates,
    parse_game_versions,
    parse_install_information,
    parse_mod,
    parse_tags,
    parse_time,
    parse_updates,
    safe_file_name,
)

SITE = "https://mods.example.org"
KEYS = [
    "statuscode", "mod", "mods", "tags", "gameversions", "updates", "data", "releases", "screenshots", "modid", "tagid", "name",
    "modversion", "filename", "fileid", "fileName", "fileUrl", "errorCode", "created", "mainfile", "homepageurl", "downloads",
]  # fmt: skip
values = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["200", "404", "", "0.0.0", "/download/"])
)
any_json = st.recursive(
    values,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), inner, max_size=6),
    max_leaves=30,
)
answers = any_json | st.builds(lambda more: {**more, "statuscode": "200"}, st.dictionaries(st.sampled_from(KEYS), any_json))


@pytest.mark.parametrize(
    "parse",
    [
        checked,
        parse_tags,
        parse_game_versions,
        parse_mod,
        parse_updates,
        lambda answer: match_updates([("a", "1"), ("B", "{version}")], parse_updates(answer)),
        lambda answer: parse_install_information(answer, ["a", "b"], SITE),
    ],
    ids=["checked", "tags", "game_versions", "mod", "updates", "match", "install_information"],
)
@given(answer=answers)
def test_any_json_gives_a_result_or_an_upstream_error(parse: Any, answer: Any) -> None:
    with contextlib.suppress(UpstreamError):
        assert parse(answer) is not None


@pytest.mark.parametrize("code", ["200", 200])
def test_the_status_may_be_text_or_number(code: Any) -> None:
    assert checked({"statuscode": code})


@pytest.mark.parametrize(
    ("code", "reason", "permanent"),
    [("404", "not_found", True), ("410", "not_found", True), ("400", "rejected", True), ("500", "server_error", False)],
)
def test_errors_inside_http_200_are_errors(code: Any, reason: str, permanent: Any) -> None:
    with pytest.raises(UpstreamError) as failed:
        checked({"statuscode": code})
    assert (failed.value.reason, failed.value.permanent) == (reason, permanent)


@pytest.mark.parametrize("answer", [{}, [], None, "200", {"statuscode": None}, {"statuscode": True}, {"statuscode": "<b>"}])
def test_an_answer_without_a_status_makes_no_sense(answer: Any) -> None:
    with pytest.raises(UpstreamError) as failed:
        checked(answer)
    assert failed.value.reason == "wrong_shape"


def mod(**fields: Any) -> Any:
    return parse_mod({"statuscode": "200", "mod": {"modid": 5, **fields}})


def test_numbers_may_come_as_text() -> None:
    details = mod(modid="7", assetid="10", downloads="45", follows=None, comments="many")
    assert (details.mod_id, details.asset_id, details.downloads, details.follows, details.comments) == (7, 10, 45, 0, 0)


def test_a_mod_of_nulls_is_still_a_mod() -> None:
    details = mod(**dict.fromkeys(["name", "text", "author", "tags", "releases", "screenshots", "side", "type", "created"]))
    assert details.name == "mod 5"
    assert (details.tags, details.releases, details.side, details.type, details.created_ms) == ((), (), "both", "mod", None)


def test_empty_tags_are_dropped_and_names_are_trimmed() -> None:
    details = mod(tags=[""], name="  Blanks  ")
    assert (details.tags, details.name) == ((), "Blanks")


def test_only_web_links_survive() -> None:
    details = mod(
        homepageurl="javascript:alert(1)",
        wikiurl="https://w.example",
        sourcecodeurl="//x",
        logofile="logo.png",
        logofilename=None,
    )
    assert details.homepage_url is None
    assert details.source_code_url is None
    assert details.logo_url is None
    assert details.wiki_url == "https://w.example"


def release(**fields: Any) -> Any:
    return mod(releases=[{"modversion": "1.0.0", "fileid": 9, "filename": "a.zip", **fields}]).releases[0]


@pytest.mark.parametrize(
    ("tags", "versions"),
    [(["0.0.0"], ()), (["v1.20.7", "1.21.0"], ("1.20.7", "1.21.0")), ([""], ()), (None, ()), (["1.21.0", "1.21.0"], ("1.21.0",))],
)
def test_game_versions_of_a_release(tags: Any, versions: Any) -> None:
    assert release(tags=tags).game_versions == versions


@pytest.mark.parametrize("missing", [{"fileid": None}, {"filename": ""}, {"fileid": 0}])
def test_a_release_without_a_file_has_no_way_to_one(missing: Any) -> None:
    found = release(**missing)
    assert found.file_id is found.download_path is None


def test_the_way_to_a_file_is_escaped_and_does_not_use_mainfile() -> None:
    found = release(filename="Alpha Mod + 100% & a#b.zip", mainfile="http://127.0.0.1/x y.zip?dl=x y.zip")
    assert found.download_path == "/download/9/Alpha%20Mod%20%2B%20100%25%20%26%20a%23b.zip"


def test_a_release_without_a_version_is_left_out() -> None:
    assert mod(releases=[{"modversion": None}, 5, {"modversion": "2.0"}]).releases[0].version == "2.0"


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("2025-01-06 14:47:43", 1_736_174_863_000),
        ("0000-00-00 00:00:00", None),
        ("2025-02-31 00:00:00", None),
        ("2025-01-06T14:47:43Z", None),
        ("", None),
        (None, None),
        (5, None),
    ],
)
def test_times_are_utc_or_none(text: str, ms: Any) -> None:
    assert parse_time(text) == ms


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a.zip", "a.zip"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("C:\\x\\a.zip", "C__x_a.zip"),
        ("a\x00b\n.zip", "ab.zip"),
        (" . ", None),
        ("", None),
        ("..", None),
        ("con.zip", "_con.zip"),
        ("\u98a4.zip", "\u98a4.zip"),
    ],
)
def test_file_names_are_made_safe(text: str, name: str) -> None:
    assert safe_file_name(text) == name


@given(st.text())
def test_no_text_makes_a_file_name_that_leaves_its_folder(text: str) -> None:
    name = safe_file_name(text)
    if name is not None:
        assert "/" not in name
        assert "\\" not in name
        assert name.isprintable()
        assert name not in {".", ".."}
        assert len(name.encode()) <= 200


def test_a_long_file_name_is_cut_and_keeps_its_ending() -> None:
    name = safe_file_name("\u98a4" * 500 + ".zip")
    assert name is not None
    assert name.endswith(".zip")
    assert len(name.encode()) <= 200


def updates(found: Any) -> Any:
    return parse_updates({"statuscode": "200", "updates": found})


def row(version: str, **more: Any) -> Any:
    return {"modversion": version, "filename": "a.zip", "fileid": 1, **more}


def test_nothing_newer_is_an_empty_list() -> None:
    assert updates([]) == {}


def test_a_map_that_became_a_list_is_read_by_the_ids_in_its_rows() -> None:
    assert list(updates([row("1.0", modidstr="0"), row("2.0", modidstr="1"), row("3.0")])) == ["0", "1"]


def matched(pairs: Any, found: Any) -> Any:
    return {asked: (update.release.version, update.certain) for asked, update in match_updates(pairs, updates(found)).items()}


def test_answers_are_found_under_the_id_that_was_asked() -> None:
    assert matched([("CAMELcase", "1.0")], {"CamelCase": row("1.5.0")}) == {"CAMELcase": ("1.5.0", True)}


def test_what_was_not_answered_is_absent() -> None:
    assert matched([("a", "1.0"), ("nope", "1.0")], {"a": row("2.0")}) == {"a": ("2.0", True)}


@pytest.mark.parametrize("installed", ["1.5.0", "1.5", "v1.5.0", "2.0", "1.6.0-rc1"])
def test_what_is_not_really_newer_is_no_update(installed: Any) -> None:
    assert matched([("camelcase", installed)], {"CamelCase": row("1.5.0")}) == {}


@pytest.mark.parametrize("installed", ["{version}", "vNext"])
def test_an_update_of_an_unreadable_version_is_uncertain(installed: Any) -> None:
    assert matched([("a", installed)], {"a": row("1.5.0")}) == {"a": ("1.5.0", False)}


def install(data: Any, *asked: Any) -> Any:
    return parse_install_information({"data": data}, asked, SITE)


def test_a_relative_file_address_becomes_whole() -> None:
    info = install({"a": {"fileName": "a b.zip", "fileUrl": "/download/1/a+b.zip"}}, "a")["a"]
    assert (info.file_name, info.file_url) == ("a b.zip", "https://mods.example.org/download/1/a+b.zip")


@pytest.mark.parametrize(
    "url", ["/download//", "https://evil.example/x.zip", "//evil.example/x", "/download/1/../../x", "/download/1/a?b", None]
)
def test_a_file_address_that_is_none_is_dropped(url: Any) -> None:
    info = install({"a": {"fileName": "a.zip", "fileUrl": url}}, "a")["a"]
    assert info.file_url is info.file_name is None


def test_an_id_in_other_capitals_gets_its_data_and_not_the_error_beside_it() -> None:
    data = {"ALPHA": {"errorCode": 4041}, "alpha": {"fileName": "a.zip", "fileUrl": "/download/1/a.zip"}}
    assert install(data, "ALPHA")["ALPHA"].error_code is None
    assert install(data, "ALPHA")["ALPHA"].file_name == "a.zip"


@pytest.mark.parametrize("code", [4001, 4002, 4031, 4032, 4041, 4101, 4102, "4101"])
def test_error_codes_come_with_their_id(code: Any) -> None:
    info = install({"a": {"errorCode": code, "retractionReason": "<p>x</p>"}}, "a")["a"]
    assert info.error_code == int(code)
    assert info.retraction_reason_html == "<p>x</p>"
    assert info.file_url is None


def test_no_data_for_anyone_may_be_an_empty_list() -> None:
    assert install([], "a") == {}
