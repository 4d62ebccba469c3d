"""PHP's habits and packed versions, as tables."""

import pytest

from vintagestory_sandbox.packed_version import is_stable, pack, pack_primary, unpack
from vintagestory_sandbox.php import collate, encode_json, intval, is_empty, parse_query, whole_number


def test_json_escapes_slashes_and_everything_outside_ascii() -> None:
    assert encode_json({"a": "</p> é 🔥 \"'\\"}) == b'{"a":"<\\/p> \\u00e9 \\ud83d\\udd25 \\"\'\\\\"}'


@pytest.mark.parametrize(
    ("raw", "query"),
    [
        (b"", {}),
        (b"a=1&a=2", {"a": "2"}),
        (b"a[]=1&a[]=2", {"a": ["1", "2"]}),
        (b"a%5B%5D=1", {"a": ["1"]}),
        (b"a=", {"a": ""}),
        (b"a=%C3%A9+b", {"a": "é b"}),
        (b"a=%E9", {"a": "�"}),
    ],
)
def test_queries_are_read_as_php_does(raw: bytes, query: dict[str, str | list[str]]) -> None:
    assert parse_query(raw) == query


@pytest.mark.parametrize(("text", "number"), [("7", 7), ("007", 7), ("7.0", 7), ("1e3", 1000), ("-1", -1), (" 7", 7)])
def test_numeric_texts_are_numbers(text: str, number: int) -> None:
    assert whole_number(text) == number


@pytest.mark.parametrize("text", ["", "7x", "7.5", "1_000", "inf", "nan", "9" * 400])
def test_other_texts_are_no_numbers(text: str) -> None:
    assert whole_number(text) is None


@pytest.mark.parametrize(("text", "number"), [("12abc", 12), ("abc", 0), ("", 0), ("-5", -5)])
def test_intval_takes_the_number_at_the_start(text: str, number: int) -> None:
    assert intval(text) == number


def test_nothing_and_zero_are_empty() -> None:
    assert is_empty([])
    assert all(is_empty(value) for value in (None, "", "0"))
    assert not any(is_empty(value) for value in ("a", "00", " "))
    assert not is_empty(["0"])


def test_the_database_ignores_case_accents_and_blanks_at_the_end() -> None:
    assert collate("Álpha ") == collate("alpha")
    assert collate(" alpha") != collate("alpha")


@pytest.mark.parametrize("version", ["1.4.4-dev.2", "1.14.0-pre.1", "1.21.7-rc.1", "1.22.7"])
def test_versions_survive_packing(version: str) -> None:
    assert unpack(pack(version) or 0) == version


def test_packed_versions_sort_as_the_game_does() -> None:
    versions = ["1.2.0-dev.9", "1.2.0-pre.2", "1.2.0-rc.1", "1.2.0-rc.10", "1.2.0", "1.10.0"]
    numbers = [pack(version) or 0 for version in versions]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize(
    "version", ["", "1.2", "v1.2.3", "1.2.3.4", "1.2.3-beta.1", "1.2.3-rc1", "vNext", "{version}", "1.2.3\n", "１.2.3"]
)
def test_other_texts_are_no_versions(version: str) -> None:
    assert pack(version) is None


def test_large_numbers_wrap_around() -> None:
    assert unpack(pack("70000.1.0") or 0) == "4464.1.0"


def test_only_a_line_is_a_primary_version() -> None:
    assert pack_primary("1.21") == (pack("1.21.6-rc.1") or 0) >> 32 << 32
    assert pack_primary("1.21.6") is None


def test_pre_releases_are_not_stable() -> None:
    assert is_stable(pack("1.0.0") or 0)
    assert not is_stable(pack("1.0.0-rc.4095") or 0)
