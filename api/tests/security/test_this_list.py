"""The list of attacks names tests that are there."""

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TESTS = HERE.parent
ROWS = [line for line in (HERE / "README.md").read_text("utf-8").splitlines() if line.startswith("| ")][1:]


def named(row: str) -> list[str]:
    return re.findall(r"`([\w/]+\.py(?:::\w+)?)`", row.split(" | ")[2])


def test_there_is_a_kind_in_each_row() -> None:
    kinds = [row.split(" | ")[0].removeprefix("| ") for row in ROWS]
    assert len(kinds) == len(set(kinds)) >= 20


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split(" | ")[0].removeprefix("| "))
def test_each_kind_of_attack_is_tried_by_tests_that_exist(row: str) -> None:
    tests = named(row)
    assert tests
    for test in tests:
        name, _, function = test.partition("::")
        text = (TESTS / name).read_text("utf-8")
        assert re.search(rf"^(?:async )?def {function or 'test_'}", text, re.MULTILINE), test


def test_every_file_of_this_folder_is_in_the_list() -> None:
    listed = {test.partition("::")[0] for row in ROWS for test in named(row)}
    there = {f"security/{path.name}" for path in HERE.glob("test_*.py")} - {f"security/{Path(__file__).name}"}
    assert there <= listed
