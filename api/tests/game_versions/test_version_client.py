import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.facts import facts_path
from tests.upstreams import answers, upstream_for
from vintagestory_api.game_versions.client import VersionApi, parse_build, parse_channel
from vintagestory_api.kit.upstream import UpstreamError

MD5 = "0C2841F5A7638BC26719993416CF44D9"


def row(**fields: Any) -> Any:
    return {
        "filename": "vs_server_linux-x64_1.21.6.tar.gz",
        "filesize": "40.2 MB",
        "md5": MD5,
        "urls": {"cdn": "https://cdn.example/a", "local": "https://local.example/a"},
        **fields,
    }


def build(**fields: Any) -> Any:
    return parse_build("linuxserver", row(**fields))


@pytest.mark.real_data
def test_the_recorded_shape_is_read() -> None:
    answer = json.loads((facts_path("data/api") / "stable.shape.json").read_bytes())
    found = parse_channel(answer)
    assert [str(version) for version in found.versions] == ["1.21.6", "1.21.5"]
    assert found.skipped == 0
    platforms = [[build.platform for build in builds] for builds in found.versions.values()]
    assert platforms == [["linuxserver", "windowsserver"], ["linuxserver"]]
    (old,) = list(found.versions.values())[1]
    assert (old.url or "").startswith("https://vintagestory.at/"), "without a CDN address the other one is taken"


def test_a_build_is_read() -> None:
    found = build()
    assert found is not None
    assert (found.size_text, found.md5, found.url) == ("40.2 MB", MD5.lower(), "https://cdn.example/a")


@pytest.mark.parametrize("latest", [1, "1", True, 0, None, "no"])
def test_the_mark_of_the_latest_version_makes_no_difference(latest: Any) -> None:
    assert build(latest=latest) == build()


@pytest.mark.parametrize("md5", [None, "", "xyz", MD5 + "00", 5])
def test_a_bad_checksum_is_none(md5: Any) -> None:
    found = build(md5=md5)
    assert found is not None
    assert found.md5 is None


@pytest.mark.parametrize("name", [None, "", "../x", "a/b.tar.gz", "a\\b", ".hidden", "a\nb", 5, "x" * 300])
def test_a_file_name_that_is_a_path_is_refused(name: str) -> None:
    assert build(filename=name) is None


@pytest.mark.parametrize(
    ("urls", "url"),
    [
        ({"cdn": None, "local": "https://l.example/a"}, "https://l.example/a"),
        ({"cdn": "file:///etc/passwd", "local": "https://l.example/a"}, "https://l.example/a"),
        ({"cdn": "https://joe:pw@c.example/a", "local": None}, None),
        ({"cdn": "http://[", "local": 5}, None),
        ([], None),
        (None, None),
    ],
)
def test_the_first_good_address_is_taken(urls: Any, url: Any) -> None:
    found = build(urls=urls)
    assert found is not None
    assert found.url == url


@pytest.mark.parametrize("size", [None, 42_000_000, "", "a\nb"])
def test_an_odd_size_is_none(size: Any) -> None:
    found = build(filesize=size)
    assert found is not None
    assert found.size_text is None


def test_what_can_not_be_read_is_skipped_and_counted() -> None:
    found = parse_channel(
        {
            "latest": {},
            "1.22.0": None,
            "1.21.0": {"linuxserver": row(), "mac": 5, "../x": row()},
            "1.20.0-rc.1": [],
            "v1.21.0": {},
        }
    )
    assert [str(version) for version in found.versions] == ["1.21.0", "1.20.0-rc.1"]
    assert found.skipped == 5


def test_an_empty_list_is_an_empty_map() -> None:
    assert parse_channel([]).versions == {}


any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("1.22.0"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["1.22.0", "1.21.0-rc.1", "linuxserver", "filename", "md5", "urls", "cdn"]) | st.text(), inner
        )
    ),
    max_leaves=20,
)


@given(any_json)
def test_any_json_gives_a_list_or_an_upstream_error(answer: Any) -> None:
    with contextlib.suppress(UpstreamError):
        assert parse_channel(answer).skipped >= 0


@pytest.mark.parametrize(
    ("body", "reason"),
    [("[1]", "wrong_shape"), ("null", "not_json"), ("<html>", "html_error"), ('"1.22.0"', "not_json"), ("", "empty")],
)
async def test_an_answer_that_is_no_list_is_refused(body: str, reason: str) -> None:
    async with upstream_for(answers(body)) as (upstream, _):
        with pytest.raises(UpstreamError) as failed:
            await VersionApi(upstream).channel("stable")
    assert failed.value.reason == reason


async def test_each_channel_has_its_file() -> None:
    async with upstream_for(answers(json.dumps({"1.22.0-rc.1": {"linuxserver": row()}}))) as (upstream, server):
        await VersionApi(upstream).channel("stable")
        found = await VersionApi(upstream).channel("unstable")
    assert [request.target for request in server.requests] == ["/stable.json", "/unstable.json"]
    assert [str(version) for version in found.versions] == ["1.22.0-rc.1"]
