"""Times, durations and foreign text as people get to see them."""

from datetime import UTC, datetime

import pytest

from vintagestory_api.cli.output import duration, plain, print_json, print_table, size, took, when

NOW = datetime(2026, 11, 23, 14, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "relative"),
    [
        ("2026-11-23T13:55:00.000Z", "5 min ago"),
        ("2026-11-23T16:05:00.000Z", "in 2 h 5 min"),
        ("2026-11-23T14:00:00.400Z", "just now"),
        ("2026-11-20T10:00:00.000Z", "3 d 4 h ago"),
        ("2025-11-23T14:00:00.000Z", "365 d ago"),
    ],
)
def test_times_are_relative_with_the_exact_one(moment: str, relative: str) -> None:
    exact = datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    assert when(moment, now=NOW) == f"{relative} ({exact})"


def test_a_missing_time_is_a_dash_and_an_odd_one_stays_as_it_is() -> None:
    assert when(None) == "–"
    assert when("soon") == "soon"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.45, "450 ms"), (12.34, "12.3 s"), (45.9, "45 s"), (60, "1 min"), (3600, "1 h"), (7500, "2 h 5 min"),
        (86_400, "1 d"), (90_060, "1 d 1 h"), (86_460, "1 d"), (31_536_000, "365 d"),
    ],
)  # fmt: skip
def test_durations_name_their_largest_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_how_long_something_took_is_unknown_until_it_has_ended() -> None:
    assert took("2026-11-23T14:00:00.000Z", "2026-11-23T14:00:02.500Z") == "2.5 s"
    assert took("2026-11-23T14:00:00.000Z", None) == "–"


def test_sizes_have_decimal_units() -> None:
    assert [size(count) for count in (999, 1_400_000_000, 5e12)] == ["999 B", "1.4 GB", "5.0 TB"]


def test_text_of_others_can_not_steer_the_terminal() -> None:
    assert plain("a\x1b[2Jb\x07\u202ec\x9bd") == "a�[2Jb��c�d"
    assert plain("two\r\nlines\tand a tab") == "two lines and a tab"


def test_a_table_shows_brackets_and_colons_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("NAME", "TEXT"), [("[bold]x[/bold]", ":smile: \x1b[31mred"), ("y", None)])
    out = capsys.readouterr().out
    assert "[bold]x[/bold]" in out
    assert ":smile: �[31mred" in out
    assert "\x1b" not in out
    assert out.splitlines()[-1].split() == ["y", "–"]


def test_rows_in_a_pipe_are_never_broken(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("NAME", "TEXT"), [("x", "word " * 100)])
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_json_is_one_document_and_keeps_other_scripts(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"name": "Сервер"})
    assert capsys.readouterr().out == '{\n  "name": "Сервер"\n}\n'
