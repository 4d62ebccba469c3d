"""What a console keeps of a game's output, and what those who follow it get."""

import asyncio
import tracemalloc
from time import monotonic
from typing import Any

import orjson
import pytest

from vintagestory_api.servers.console import FRAME_BYTES, Console, Viewer
from vintagestory_api.servers.console_lines import ConsoleLine
from vintagestory_api.servers.host import Output
from vintagestory_api.servers.line_events import BecameReady, ChatSaid, PlayerJoined

HEAD = "4.8.2026 13:47:25 [Server {}] "


def lines(first: int, count: int, *, kind: str = "Notification", filler: str = "") -> Output:
    head = HEAD.format(kind)
    return Output(first, "".join(f"{head}line {number} {filler}\n" for number in range(first, first + count)).encode())


def seqs(found: list[dict[str, Any]]) -> list[int]:
    return [line["seq"] for line in found]


def taken(viewer: Viewer) -> tuple[list[int], int]:
    """The numbers of all lines that the viewer gets at this moment, and how many it missed."""
    numbers: list[int] = []
    dropped = 0
    while frame := viewer.take():
        told = orjson.loads(frame)
        assert set(told) == {"lines", "dropped"}
        numbers += seqs(told["lines"])
        dropped += told["dropped"]
    return numbers, dropped


@pytest.fixture
def console() -> Console:
    return Console("home")


def test_lines_are_kept_with_their_numbers_times_and_types(console: Console) -> None:
    console.feed(Output(100, (HEAD.format("Error") + "Exception\n   at A\nanother\n").encode()))
    page = console.page()
    assert page.lines == [
        {"seq": 100, "time": "2026-08-04T13:47:25", "type": "Error", "text": "Exception"},
        {"seq": 101, "time": None, "type": "Error", "text": "   at A", "is_continuation": True},
        {"seq": 102, "time": None, "type": "Error", "text": "another", "is_continuation": True},
    ]
    assert (page.next_after, page.is_end, page.dropped, console.last_seq) == (102, True, 0, 102)


def test_what_the_lines_tell_is_told_in_order(console: Console) -> None:
    said = [
        HEAD.format("Notification") + "nothing",
        HEAD.format("Event") + "Dedicated Server now running on Port 42420 and all ips!",
        HEAD.format("Chat") + "0 | A: Priya joins.",
        HEAD.format("Event") + "Priya [::1]:1 joins.",
    ]
    told = console.feed(Output(1, ("\n".join(said) + "\n").encode()))
    assert [(line.seq, event) for line, event in told] == [
        (2, BecameReady(42420)),
        (3, ChatSaid("A", "Priya joins.", 0)),
        (4, PlayerJoined("Priya")),
    ]


def test_lines_that_come_again_are_neither_kept_nor_told_twice(console: Console) -> None:
    first = Output(1, (HEAD.format("Event") + "A joins.\n" + HEAD.format("Event") + "B joins.\n").encode())
    assert len(console.feed(first)) == 2
    more = Output(1, first.data + (HEAD.format("Event") + "C joins.\n").encode(), is_replay=True)
    assert [event for _, event in console.feed(more)] == [PlayerJoined("C")]
    assert console.feed(more) == []
    assert seqs(console.page().lines) == [1, 2, 3]


def test_a_page_goes_on_where_the_one_before_ended(console: Console) -> None:
    console.feed(lines(1, 10))
    first = console.page(limit=4)
    assert (seqs(first.lines), first.next_after, first.is_end) == ([1, 2, 3, 4], 4, False)
    second = console.page(after=first.next_after, limit=100)
    assert (seqs(second.lines), second.next_after, second.is_end) == ([5, 6, 7, 8, 9, 10], 10, True)
    assert console.page(after=10).lines == []
    assert console.page(after=99).next_after == 99


def test_the_last_lines_come_in_their_order(console: Console) -> None:
    for first in range(1, 100, 3):
        console.feed(lines(first, 3))
    assert seqs(console.page(last=7).lines) == list(range(93, 100))


def test_a_page_holds_only_what_is_asked_for(console: Console) -> None:
    console.feed(lines(1, 3))
    console.feed(lines(4, 2, kind="Warning"))
    console.feed(Output(6, (HEAD.format("Chat") + "0 | A: STRASSE, straße\n").encode()))
    assert seqs(console.page(types=["Warning", "Chat"]).lines) == [4, 5, 6]
    assert seqs(console.page(q="LINE 4").lines) == [4]
    assert seqs(console.page(q="Straße", last=5).lines) == [6]
    page = console.page(types=["Chat"], limit=1)
    assert (seqs(page.lines), page.next_after, page.is_end) == ([6], 6, True)


def test_lines_of_a_question_of_the_manager_are_marked_and_hidden(console: Console) -> None:
    seen: list[ConsoleLine] = []

    def witness(line: ConsoleLine) -> bool:
        seen.append(line)
        return line.seq == 2

    console.witness = witness
    console.feed(lines(1, 3))
    assert [line.seq for line in seen] == [1, 2, 3]
    assert seqs(console.page().lines) == [1, 3]
    assert seqs(console.page(last=3).lines) == [1, 3]
    assert [line.get("is_probe") for line in console.page(probes=True).lines] == [None, True, None]
    assert seqs(orjson.loads(console.view().take())["lines"]) == [1, 2, 3]


def test_what_the_manager_caused_is_told_once_and_known_when_it_comes_again(console: Console) -> None:
    console.witness = lambda line: line.seq in {2, 3, 5}
    console.feed(lines(1, 3))
    console.feed(lines(4, 3))
    probes = console.take_new_probes()
    assert probes == ((2, 3), (5, 5))
    assert console.take_new_probes() == ()

    later, seen = Console("home"), list[int]()

    def witness(line: ConsoleLine) -> bool:
        seen.append(line.seq)
        return True

    later.witness = witness
    later.feed(Output(1, lines(1, 6).data, is_replay=True, probes=probes))
    assert seqs(later.page().lines) == [1, 4, 6]
    assert (seen, later.take_new_probes()) == ([], ()), "no question is answered by what was printed before it"
    later.feed(lines(7, 1))
    assert (seen, later.take_new_probes()) == ([7], ((7, 7),))


def test_old_lines_fall_out_and_it_is_told_how_many(console: Console) -> None:
    for first in range(1, 100_001, 500):
        console.feed(lines(first, 500, filler="x" * 60))
    page = console.page(limit=5)
    oldest = page.lines[0]["seq"]
    assert oldest > 50_000
    assert page.dropped == 0, "who asks for the oldest misses none"
    assert console.page(after=10, limit=5).dropped == oldest - 11
    assert seqs(console.page(after=10, limit=2).lines) == [oldest, oldest + 1]


def test_lines_that_nobody_kept_count_as_dropped(console: Console) -> None:
    console.feed(lines(1, 10))
    viewer = console.view()
    assert taken(viewer) == (list(range(1, 11)), 0)
    console.feed(Output(31, lines(31, 5).data, lost_lines=20))
    assert taken(viewer) == (list(range(31, 36)), 20)
    page = console.page(after=10)
    assert (seqs(page.lines), page.dropped) == (list(range(31, 36)), 20)
    assert console.page(after=20).dropped == 10


def test_a_later_start_has_higher_numbers_and_nothing_is_missing_between(console: Console) -> None:
    console.feed(lines(1_000, 10))
    viewer = console.view()
    console.feed(lines(5_000_000, 3))
    assert taken(viewer) == ([*range(1_000, 1_010), 5_000_000, 5_000_001, 5_000_002], 0)
    assert console.page(after=1_009).dropped == 0
    assert seqs(console.page(after=2_000).lines) == [5_000_000, 5_000_001, 5_000_002]
    assert seqs(console.page(after=5_000_001).lines) == [5_000_002]


def test_a_later_start_does_not_go_on_with_the_last_line_of_the_one_before(console: Console) -> None:
    console.feed(Output(1, (HEAD.format("Fatal") + "it ends\n").encode()))
    console.feed(Output(1_000, b"You must install .NET\n"))
    assert console.page(after=1).lines == [{"seq": 1_000, "time": None, "type": "Output", "text": "You must install .NET"}]


async def test_a_viewer_gets_what_comes_and_waits_for_the_rest(console: Console) -> None:
    console.feed(lines(1, 3))
    viewer = console.view(after=2)
    assert taken(viewer) == ([3], 0)
    waiting = asyncio.create_task(viewer.wait_for_news())
    await asyncio.sleep(0)
    assert not waiting.done()
    console.feed(lines(4, 2))
    await waiting
    assert taken(viewer) == ([4, 5], 0)
    assert viewer.take() == ""


async def test_a_viewer_waits_also_after_lines_that_nobody_kept(console: Console) -> None:
    viewer = console.view()
    console.feed(Output(11, b"", lost_lines=10))
    waiting = asyncio.create_task(viewer.wait_for_news())
    await asyncio.sleep(0)
    assert not waiting.done()
    viewer.wake()
    await waiting


def test_several_viewers_share_the_same_frames(console: Console) -> None:
    first, second = console.view(), console.view()
    console.feed(lines(1, 200))
    assert first.take() is second.take()
    console.feed(lines(201, 1))
    assert first.take() is second.take()
    first.close()
    second.close()
    assert console.viewer_count == 0


def test_a_slow_viewer_loses_only_its_own_lines_and_hears_how_many(console: Console) -> None:
    slow, quick = console.view(), console.view()
    console.feed(lines(1, 10))
    assert taken(slow) == (list(range(1, 11)), 0)
    got: list[int] = []
    for first in range(11, 60_011, 1_000):
        console.feed(lines(first, 1_000, filler="x" * 60))
        numbers, dropped = taken(quick)
        assert dropped == 0
        got += numbers
    assert got == list(range(1, 60_011))
    numbers, dropped = taken(slow)
    assert dropped > 10_000
    assert numbers == list(range(11 + dropped, 60_011))


def test_frames_are_of_moderate_size_however_the_output_comes(console: Console) -> None:
    viewer = console.view()
    sizes = []
    console.feed(lines(1, 5_000, filler="y" * 100))
    for first in range(5_001, 6_001):
        console.feed(lines(first, 1))
    while frame := viewer.take():
        sizes.append(len(frame))
    assert max(sizes) <= 2 * FRAME_BYTES
    assert len(sizes) < 30


def test_what_is_kept_takes_no_more_memory_than_it_may() -> None:
    console = Console("home", kept_bytes=500_000)
    viewer = console.view()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        seq = 1
        for _ in range(200):
            console.feed(lines(seq, 500, filler="z" * 100))
            console.feed(lines(seq + 500, 1))
            seq += 501
        while viewer.take():
            pass
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 500_000 + 10 * FRAME_BYTES


def test_single_lines_take_no_more_memory_than_they_may() -> None:
    console = Console("home", kept_bytes=300_000)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for seq in range(1, 5_000):
            console.feed(lines(seq, 1))
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 400_000


def test_lines_of_a_megabyte_do_not_break_it(console: Console) -> None:
    console.feed(Output(1, b"a" * 1_000_000 + b"\n" + b"b" * 1_000_000 + b"\nc\n"))
    found = console.page().lines
    assert [line["text"][0] for line in found] == ["a", "b", "c"]
    assert all(len(line["text"]) < 17_000 for line in found)


def test_lines_without_a_head_at_the_beginning_are_plain_output(console: Console) -> None:
    console.feed(Output(1, b"\xff\0\n\n"))
    assert [(line["type"], line["text"]) for line in console.page().lines] == [("Output", "\ufffd\u2400"), ("Output", "")]


# A game that is taken up by another manager


def test_lines_of_a_game_that_is_taken_up_count_as_dropped_where_nobody_has_them(console: Console) -> None:
    console.take_up(1_000)
    viewer, behind = console.view(after=1_004), console.view(after=990)
    console.feed(lines(1_010, 5))
    assert taken(viewer) == (list(range(1_010, 1_015)), 5)
    assert taken(behind) == (list(range(1_010, 1_015)), 10)
    assert console.page(after=1_009).dropped == 0
    assert console.page(after=1_002).dropped == 7


async def test_whoever_comes_back_before_the_game_is_taken_up_gets_nothing_twice(console: Console) -> None:
    viewer = console.view(after=1_006)
    assert viewer.take() == ""
    console.take_up(1_000)
    console.feed(lines(1_000, 4))
    assert viewer.take() == ""
    waiting = asyncio.create_task(viewer.wait_for_news())
    await asyncio.sleep(0)
    assert not waiting.done()
    console.feed(lines(1_004, 6))
    await waiting
    assert taken(viewer) == ([1_007, 1_008, 1_009], 0)
    console.feed(lines(5_000_000, 2))
    assert taken(viewer) == ([5_000_000, 5_000_001], 0)


def test_a_number_that_can_not_be_means_only_what_comes(console: Console) -> None:
    console.feed(lines(1_000, 4))
    viewer = console.view(after=2**53 - 1)
    assert viewer.take() == ""
    console.feed(lines(1_004, 2))
    assert taken(viewer) == ([1_004, 1_005], 0)
    assert console.page(after=2**53 - 1).next_after == 1_005


def test_a_number_that_nobody_knows_is_not_waited_for_for_ever(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    console.feed(lines(1_000, 4))
    viewer = console.view(after=50_000)
    console.feed(lines(1_004, 2))
    assert viewer.take() == ""
    monkeypatch.setattr(console, "_takes_up_until", 0.0)
    assert viewer.take() == ""
    console.feed(lines(1_006, 2))
    assert taken(viewer) == ([1_006, 1_007], 0)


def test_a_game_whose_lines_are_all_there_misses_none(console: Console) -> None:
    console.take_up(1_000)
    console.feed(lines(1_000, 5))
    assert console.page(after=500).dropped == 0
    assert console.page(after=1_002).dropped == 0


def test_another_game_than_the_one_that_was_to_be_taken_up_is_a_start_of_its_own(console: Console) -> None:
    console.take_up(1_000)
    console.feed(lines(1_790_000_000_000_000, 5))
    assert console.page(after=1_002).dropped == 0


# Waiting for viewers


def flood(console: Console, first: int, bytes_ahead: int) -> int:
    """Feed so much and return the number of the next line."""
    while bytes_ahead > 0:
        console.feed(output := lines(first, 500, filler="w" * 60))
        first, bytes_ahead = first + 500, bytes_ahead - len(output.data)
    return first


def test_nobody_is_waited_for_while_viewers_keep_up(console: Console) -> None:
    assert console.pause_seconds() == 0
    viewer = console.view()
    seq = 1
    for _ in range(20):
        seq = flood(console, seq, 300_000)
        assert console.pause_seconds() == 0
        taken(viewer)


def test_a_viewer_that_is_behind_but_moves_is_waited_for_only_so_long(console: Console) -> None:
    viewer = console.view()
    flood(console, 1, 1_500_000)
    waited = 0.0
    for _ in range(1_000):
        viewer.moved_at = monotonic()
        waited += console.pause_seconds()
    assert 0.4 < waited < 0.7


def test_a_viewer_that_does_not_move_is_not_waited_for(console: Console) -> None:
    viewer = console.view()
    viewer.take()
    flood(console, 1, 1_500_000)
    viewer.moved_at -= 10
    assert console.pause_seconds() == 0
    viewer.moved_at = monotonic()
    viewer.close()
    assert console.pause_seconds() == 0
