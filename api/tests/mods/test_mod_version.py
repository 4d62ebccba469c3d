import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vintagestory_api.mods.version import ModVersion, compare_mod_versions

ASCENDING = ["0.9", "1.0.0-dev.1", "1.0.0-pre.2", "1.0.0-rc.9", "1.0.0-rc.10", "1.0.0", "1.0.0.1", "1.0.1", "1.2", "1.10.0"]


@pytest.mark.parametrize(("older", "newer"), list(itertools.pairwise(ASCENDING)))
def test_mod_versions_are_ordered_by_number_and_stage(older: str, newer: str) -> None:
    assert compare_mod_versions(older, newer) == -1
    assert compare_mod_versions(newer, older) == 1


@pytest.mark.parametrize("same", ["1.2.0", "v1.2.0", "1.2", " 1.2 ", "V1.2.0.0", "1.2.0+build.5"])
def test_spellings_of_one_version_are_equal(same: str) -> None:
    assert compare_mod_versions("1.2.0", same) == 0


@pytest.mark.parametrize(
    ("loose", "meant"), [("1.2.0-rc1", "1.2.0-rc.1"), ("1.2.0-rc", "1.2.0-rc.0"), ("1.0-beta.2", "1.0.0-pre.2")]
)
def test_loose_pre_releases_are_understood(loose: str, meant: str) -> None:
    assert compare_mod_versions(loose, meant) == 0


@pytest.mark.parametrize("text", ["", "vNext", "{version}", "1.0-hotfix", "1.2.3.4.5", "1..2", "-1.0", "\u0661.0", "9" * 5_000])
def test_what_has_no_place_in_the_order_is_none(text: str) -> None:
    assert ModVersion.parse(text) is None
    assert compare_mod_versions(text, "1.0.0") is None


def test_the_same_text_is_the_same_version_even_without_a_place() -> None:
    assert compare_mod_versions("vNext", " vNext") == 0


@given(st.text(), st.text())
def test_comparing_any_two_texts_never_raises_and_is_antisymmetric(left: str, right: str) -> None:
    order = compare_mod_versions(left, right)
    mirrored = compare_mod_versions(right, left)
    assert (order is None) == (mirrored is None)
    if order is not None and mirrored is not None:
        assert order == -mirrored
