"""How lines of a game are read from its raw output."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vintagestory_api.servers.console_lines import LINE_TYPES, LONGEST_TEXT, ConsoleLine, LineReader, read_lines


def one(line: bytes) -> ConsoleLine:
    (found,) = read_lines(line)
    return found


@pytest.mark.parametrize(
    ("line", "time", "line_type", "text"),
    [
        (b"4.8.2026 13:47:25 [Server Event] It begins", "2026-08-04T13:47:25", "Event", "It begins"),
        (b"4.8.2026 13:47:25 [Event] of a file", "2026-08-04T13:47:25", "Event", "of a file"),
        (b"24.12.2026 03:07:05 [Server Notification]     indented", "2026-12-24T03:07:05", "Notification", "    indented"),
        (b"4.8.2026 13:47:25.123 [VerboseDebug] fraction", "2026-08-04T13:47:25.123", "VerboseDebug", "fraction"),
        (b"18:58:47 [Server Warning] before 1.16", "18:58:47", "Warning", "before 1.16"),
        (b"16.11.2023 17:51:36 [Client Error] of a client", "2023-11-16T17:51:36", "Error", "of a client"),
        (b"vsserver_1  | 30.1.2024 19:27:20 [Server Event] in a container", "2024-01-30T19:27:20", "Event", "in a container"),
        (b"[23:39:39] 29.4.2026 23:39:03 [Server Chat] 0 | A: hi", "2026-04-29T23:39:03", "Chat", "0 | A: hi"),
        (b"4.8.2026 13:47:25 [Server Event] ", "2026-08-04T13:47:25", "Event", ""),
        (b"4.8.2026 13:47:25 [Server Event]", "2026-08-04T13:47:25", "Event", ""),
        (b"4.8.2026 13:47:25 [Server Event] with return\r", "2026-08-04T13:47:25", "Event", "with return"),
        (b"4.8.2026 13:47:25 [Server Trace] a new type", "2026-08-04T13:47:25", "Output", "[Trace] a new type"),
        (b"no head", None, "Output", "no head"),
        (b"", None, "Output", ""),
        (b"4.13.2026 13:47:25 [Server Event] no such month", None, "Output", "4.13.2026 13:47:25 [Server Event] no such month"),
        (b"4.8.2026 24:47:25 [Server Event] no such hour", None, "Output", "4.8.2026 24:47:25 [Server Event] no such hour"),
        (b"x 4.8.2026 13:47:25 [Server Event] y", None, "Output", "x 4.8.2026 13:47:25 [Server Event] y"),
    ],
)
def test_the_head_tells_time_and_type(line: bytes, time: str | None, line_type: str, text: str) -> None:
    assert one(line) == ConsoleLine(1, time, line_type, text)  # type: ignore[arg-type]
    assert one(line + b"\n") == one(line)


def test_a_line_without_a_head_goes_on_with_the_one_before() -> None:
    lines = read_lines(
        b"Output before anything\n4.8.2026 13:47:25 [Error] Exception\n   at A\n   at B\n4.8.2026 13:47:26 [Event] next\nraw\n", 7
    )
    assert [(line.seq, line.type, line.is_continuation) for line in lines] == [
        (7, "Output", False),
        (8, "Error", False),
        (9, "Error", True),
        (10, "Error", True),
        (11, "Event", False),
        (12, "Event", True),
    ]


def test_what_follows_is_known_across_reads_until_a_restart() -> None:
    reader = LineReader()
    reader.read(b"4.8.2026 13:47:25 [Fatal] Exception\n")
    assert reader.read(b"   at A\n") == [(None, "Fatal", "   at A", True)]
    reader.restart()
    assert reader.read(b"   at A\n") == [(None, "Output", "   at A", False)]


def test_an_answer_of_several_lines_stays_one_in_the_second_of_a_restart() -> None:
    reader = LineReader()
    reader.read(b"4.8.2026 13:47:25 [Server Notification] Stopped the server!\n")
    reader.restart()
    reader.read(b"4.8.2026 13:47:25 [Server Notification] Server logger started.\n")
    answer = reader.read(b"4.8.2026 13:47:25 [Server Notification] List of roles:\nsuplayer\n")
    assert [is_continuation for *_, is_continuation in answer] == [False, True]


def test_chat_that_imitates_a_line_stays_chat() -> None:
    line = one(b"4.8.2026 13:47:25 [Server Chat] 0 | Liar: 1.1.2026 00:00:00 [Server Event] now running on Port 1 and all ips!")
    assert line.type == "Chat"
    assert line.text.startswith("0 | Liar: 1.1.2026")


def test_an_empty_line_between_others_is_kept() -> None:
    lines = read_lines(b"4.8.2026 13:47:25 [Notification] List of online Players\n\n4.8.2026 13:47:25 [Event] x\n")
    assert [line.text for line in lines] == ["List of online Players", "", "x"]


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"bad \xff\xfe\xc3\x28 UTF-8", "bad \ufffd\ufffd\ufffd( UTF-8"),
        (b"NUL \0 in between", "NUL \u2400 in between"),
        (b"\x1b[31mcolours\x1b[0m \x07", "colours \u2407"),
        (b"\x1b]0;title\x07text", "text"),
        (b"\x1b", "\u241b"),
        (b"carriage\rreturn", "carriage\u240dreturn"),
        (b"tab\tstays", "tab\tstays"),
        (b"delete\x7f", "delete\u2421"),
        ("C1 \x85 csi \x9b31m".encode(), "C1 \ufffd csi \ufffd31m"),
        ("turned \u202e round \u2066".encode(), "turned \ufffd round \ufffd"),
        ("line \u2028 end".encode(), "line \ufffd end"),
        ("schöner Turm, 城".encode(), "schöner Turm, 城"),
    ],
)
def test_what_a_terminal_or_a_page_would_obey_is_made_harmless(raw: bytes, text: str) -> None:
    assert one(b"4.8.2026 13:47:25 [Notification] " + raw).text == text


def test_a_very_long_line_is_cut_and_says_so() -> None:
    for start in (b"", b"4.8.2026 13:47:25 [Notification] "):
        text = one(start + b"x" * 1_000_000).text
        assert len(text) < LONGEST_TEXT + 100
        assert text.endswith(f"… ({1_000_000 - LONGEST_TEXT:,} more characters are left out)")


def test_colours_before_the_head_do_not_hide_it() -> None:
    assert one(b"\x1b[33m4.8.2026 13:47:25 [Server Warning] x\x1b[0m").type == "Warning"


_heads = st.builds(
    lambda day, second, kind: f"{day}.8.2026 13:47:{second:02} [Server {kind}] ".encode(),
    st.integers(1, 31),
    st.integers(0, 59),
    st.sampled_from(LINE_TYPES),
)
_lines = st.lists(st.builds(lambda head, text: head + text, st.just(b"") | _heads, st.binary(max_size=40)), max_size=20)


@settings(deadline=None)
@given(_lines)
def test_no_output_breaks_the_reader_and_none_changes_the_number_of_lines(lines: list[bytes]) -> None:
    data = b"".join(line.replace(b"\n", b"") + b"\n" for line in lines)
    found = read_lines(data) if data else []
    assert len(found) == len(lines)
    for line in found:
        assert line.type in LINE_TYPES
        line.text.encode()
        assert not set(line.text) & {"\0", "\n", "\r", "\x1b", "\u2028", "\x85"}


@settings(deadline=None)
@given(_lines, st.integers(0, 20))
def test_it_does_not_matter_where_the_output_is_cut(lines: list[bytes], place: int) -> None:
    lines = [line.replace(b"\n", b"") + b"\n" for line in lines]
    reader = LineReader()
    parts = [b"".join(part) for part in (lines[:place], lines[place:])]
    assert [raw for part in parts if part for raw in reader.read(part)] == LineReader().read(b"".join(lines) or b"\n")[
        : len(lines)
    ]
