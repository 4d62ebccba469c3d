import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vintagestory_api.game_versions.version import GameVersion, InvalidGameVersion

ASCENDING = [
    "1.4.4-dev.2",
    "1.21.6",
    "1.22.0-dev.1",
    "1.22.0-pre.1",
    "1.22.0-pre.13",
    "1.22.0-rc.9",
    "1.22.0-rc.10",
    "1.22.0",
    "1.22.10",
]

versions = st.builds(
    GameVersion,
    st.integers(0, 99),
    st.integers(0, 99),
    st.integers(0, 99),
    st.just(3),
) | st.builds(GameVersion, st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.integers(0, 2), st.integers(0, 99))


def test_versions_sort_dev_pre_rc_stable_and_by_number() -> None:
    parsed = [GameVersion.parse(text) for text in ASCENDING]
    assert sorted(random.sample(parsed, len(parsed))) == parsed
    assert len(set(parsed)) == len(ASCENDING)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1.22",
        "v1.22.0",
        "1.22.0-rc1",
        "1.22.0-beta.1",
        "1.22.0-rc.1 ",
        "1.22.0\n",
        "1.22.0.0",
        "-1.2.3",
        "1.2.\u0663",
        "1" * 9 + ".0.0",
    ],
)
def test_strict_parsing_refuses(text: str) -> None:
    assert GameVersion.try_parse(text) is None
    with pytest.raises(InvalidGameVersion):
        GameVersion.parse(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [("v1.20.7", "1.20.7"), ("1.22", "1.22.0"), (" 1.22.0-RC.1 ", "1.22.0-rc.1"), ("1.22-pre3", "1.22.0-pre.3")],
)
def test_lenient_parsing_understands(text: str, meant: str) -> None:
    assert GameVersion.parse(text, lenient=True) == GameVersion.parse(meant)


@pytest.mark.parametrize("text", ["", "latest", "1", "1.22.0-beta.1", "1.22.0.0"])
def test_lenient_parsing_still_refuses_what_is_no_version(text: str) -> None:
    assert GameVersion.try_parse(text, lenient=True) is None


@pytest.mark.parametrize(
    ("text", "kind", "minor"), [("1.22.7", "stable", "1.22"), ("1.22.0-rc.1", "rc", "1.22"), ("1.4.4-dev.2", "dev", "1.4")]
)
def test_a_version_knows_its_kind_and_its_line(text: str, kind: Any, minor: Any) -> None:
    version = GameVersion.parse(text)
    assert (version.kind, version.minor) == (kind, minor)


@given(versions)
def test_text_and_version_are_two_forms_of_one_thing(version: GameVersion) -> None:
    assert GameVersion.parse(str(version)) == version
    assert hash(GameVersion.parse(str(version))) == hash(version)


@given(versions, versions, versions)
def test_the_order_is_total(a: Any, b: Any, c: Any) -> None:
    assert (a < b) + (a == b) + (a > b) == 1
    if a <= b <= c:
        assert a <= c


@given(st.text())
def test_any_text_parses_or_is_none(text: str) -> None:
    for lenient in (False, True):
        version = GameVersion.try_parse(text, lenient=lenient)
        assert version is None or str(version)
