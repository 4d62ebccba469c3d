"""What was printed is kept: in memory, then in a file, and beyond that it is counted."""

from pathlib import Path

import pytest

from vintagestory_api.servers.backlog import MAX_LINE_BYTES, Backlog, Cursor, Portion

KILOBYTE = 1 << 10


def backlog(folder: Path, *, ring: int = 256 * KILOBYTE, spool: int = 1 << 20) -> Backlog:
    return Backlog(1, str(folder / "spool"), ring_bytes=ring, spool_bytes=spool)


def numbered(first: int, count: int, width: int = 100) -> bytes:
    return b"".join(b"%d %s\n" % (number, b"x" * (width - len(str(number)) - 2)) for number in range(first, first + count))


def read_all(log: Backlog, cursor: Cursor) -> list[Portion]:
    portions = []
    while (portion := log.read(cursor)) is not None:
        portions.append(portion)
    return portions


def check(portions: list[Portion], first: int = 1) -> int:
    """Every line has its number, gaps are told exactly. How many were lost."""
    expected, lost = first, 0
    for portion in portions:
        expected += portion.lost_lines
        lost += portion.lost_lines
        assert portion.first_seq == expected
        for line in portion.data.splitlines():
            assert int(line.split()[0]) == expected
            expected += 1
        assert expected == portion.first_seq + portion.lines
    return lost


def test_lines_are_numbered_wherever_reads_cut_them(tmp_path: Path) -> None:
    log, data = backlog(tmp_path), numbered(1, 500)
    for start in range(0, len(data), 37):
        log.feed(data[start : start + 37])
    assert log.next_seq == 501
    assert check(read_all(log, Cursor(1))) == 0


def test_a_line_without_its_end_waits_for_it_or_for_the_end_of_all(tmp_path: Path) -> None:
    log = backlog(tmp_path)
    log.feed(b"one\ntw")
    cursor = Cursor(1)
    assert [portion.data for portion in read_all(log, cursor)] == [b"one\n"]
    log.feed(b"o")
    assert read_all(log, cursor) == []
    log.finish()
    assert [portion.data for portion in read_all(log, cursor)] == [b"two\n"]


def test_an_endless_line_comes_in_pieces(tmp_path: Path) -> None:
    log = backlog(tmp_path, ring=8 << 20)
    for _ in range(5):
        log.feed(b"x" * (MAX_LINE_BYTES // 2))
    log.feed(b"\nafter\n")
    lines = b"".join(portion.data for portion in read_all(log, Cursor(1))).splitlines()
    assert [len(line) for line in lines] == [MAX_LINE_BYTES, MAX_LINE_BYTES, MAX_LINE_BYTES // 2, len("after")]


def test_the_last_lines_stay_for_whoever_comes_later(tmp_path: Path) -> None:
    log = backlog(tmp_path)
    for first in range(1, 100_001, 1000):
        log.feed(numbered(first, 1000))
        log.acknowledge(log.next_seq)
    portions = read_all(log, Cursor(log.oldest_seq))
    assert check(portions, log.oldest_seq) == 0
    assert all(portion.is_replay for portion in portions)
    assert 128 * KILOBYTE < sum(len(portion.data) for portion in portions) <= 256 * KILOBYTE
    assert not (tmp_path / "spool").exists()


def test_what_was_acknowledged_is_told_apart_at_the_very_line(tmp_path: Path) -> None:
    log = backlog(tmp_path)
    log.feed(numbered(1, 100))
    log.acknowledge(43)
    portions = read_all(log, Cursor(1))
    assert [(portion.first_seq, portion.lines, portion.is_replay) for portion in portions] == [(1, 42, True), (43, 58, False)]
    assert check(portions) == 0


def test_what_nobody_took_goes_to_the_file(tmp_path: Path) -> None:
    log = backlog(tmp_path)
    log.feed(numbered(1, 10_000))
    assert (tmp_path / "spool").stat().st_size > 500 * KILOBYTE
    assert check(read_all(log, Cursor(1))) == 0


def test_beyond_the_file_lines_are_lost_and_counted(tmp_path: Path) -> None:
    log = backlog(tmp_path, spool=300 * KILOBYTE)
    for first in range(1, 50_001, 500):
        log.feed(numbered(first, 500))
    portions = read_all(log, Cursor(1))
    lost = check(portions)
    kept = sum(portion.lines for portion in portions)
    assert lost > 30_000
    assert kept + lost == 50_000
    assert (tmp_path / "spool").stat().st_size <= 300 * KILOBYTE
    assert sum(portion.lost_lines > 0 for portion in portions) == 1


def test_the_file_is_used_round_and_round(tmp_path: Path) -> None:
    log, cursor, portions = backlog(tmp_path, spool=600 * KILOBYTE), Cursor(1), []
    first = 1
    for _ in range(400):  # 200 kB in, 200 kB out, 500 kB behind
        log.feed(numbered(first, 300))
        first += 300
        while log.next_seq - cursor.seq > 6000 and (portion := log.read(cursor)) is not None:
            portions.append(portion)
            log.acknowledge(cursor.seq)
    portions += read_all(log, cursor)
    assert check(portions) == 0
    assert sum(portion.lines for portion in portions) == 120_000
    assert (tmp_path / "spool").stat().st_size <= 600 * KILOBYTE


def test_a_full_disk_loses_lines_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.pwrite", full)
    log = backlog(tmp_path)
    log.feed(numbered(1, 10_000))
    portions = read_all(log, Cursor(1))
    assert check(portions) + sum(portion.lines for portion in portions) == 10_000


def test_a_reader_who_stops_half_way_goes_on_where_it_was(tmp_path: Path) -> None:
    log, cursor = backlog(tmp_path), Cursor(1)
    log.feed(numbered(1, 10))
    portions = read_all(log, cursor)
    log.feed(numbered(11, 9_000))  # what it has read and not acknowledged is in the file now
    portions += read_all(log, cursor)
    assert check(portions) == 0
    assert sum(portion.lines for portion in portions) == 9_010


def test_marks_come_again_with_the_lines_that_were_marked(tmp_path: Path) -> None:
    log = backlog(tmp_path)
    log.feed(numbered(1, 2000))
    log.acknowledge(1801)
    log.mark([(3, 3), (4, 5), (1790, 1800)])
    log.mark([(600, 700)])
    portions = read_all(log, Cursor(1))
    assert len(portions) > 3
    marked = {number for portion in portions for first, last in portion.marked for number in range(first, last + 1)}
    assert marked == {3, 4, 5, *range(600, 701), *range(1790, 1801)}
    assert (3, 5) in portions[0].marked
    for portion in portions:
        inside = range(portion.first_seq, portion.first_seq + portion.lines)
        assert all(first in inside and last in inside for first, last in portion.marked)


def test_marks_go_with_their_lines(tmp_path: Path) -> None:
    log = backlog(tmp_path)
    for first in range(1, 100_001, 1000):
        log.feed(numbered(first, 1000))
        log.acknowledge(log.next_seq)
        log.mark([(number, number) for number in range(first, first + 1000, 10)])
    assert len(log._marks) <= (log.next_seq - log.oldest_seq) / 10 + 1
    marked = [first for portion in read_all(log, Cursor(log.oldest_seq)) for first, _ in portion.marked]
    assert marked == [number for number in range(1, 100_001, 10) if number >= log.oldest_seq]
