"""The log files of a game: which are listed, and how they are read from their end."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vintagestory_api.servers import log_files
from vintagestory_api.servers.console_lines import LineType, read_lines
from vintagestory_api.servers.log_files import NoLogFile, list_log_files, open_log_file, read_log_page
from vintagestory_api.servers.schemas import LogFileLine
from vintagestory_api.storage.guarded_paths import PathNotAllowed

MAIN = "server-main.log"


@pytest.fixture
def data_path(tmp_path: Path) -> Path:
    (tmp_path / "data" / "Logs").mkdir(parents=True)
    return tmp_path / "data"


def write(data_path: Path, name: str, text: str | bytes, modified: int = 1_000_000) -> Path:
    path = data_path / "Logs" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    os.utime(path, (modified, modified))
    return path


def line(number: int, kind: str = "Notification", text: str = "") -> str:
    return f"4.8.2026 13:{number // 60 % 60:02}:{number % 60:02} [{kind}] line {number}{text}\n"


def whole_file(
    data_path: Path, name: str = MAIN, *, limit: int, types: tuple[LineType, ...] = (), q: str = ""
) -> tuple[list[LogFileLine], int]:
    """All that pages show, from the last to the first, and how many pages those are."""
    found: list[LogFileLine] = []
    before, pages = 0, 0
    while True:
        page = read_log_page(data_path, name, limit=limit, before=before, types=types, q=q)
        found = page.lines + found
        pages += 1
        assert len(page.lines) <= limit
        if page.next_before is None:
            return found, pages
        assert page.next_before < (before or page.size_bytes)
        before = page.next_before


# The list


def test_the_newest_files_come_first_and_archives_are_among_them(data_path: Path) -> None:
    write(data_path, MAIN, "new", modified=3_000)
    write(data_path, "server-chat.log", "newer", modified=4_000)
    write(data_path, "server-main.txt", "of an old game", modified=1_000)
    write(data_path, f"Archive/2026-08-04_21_00_00/{MAIN}", "archived", modified=2_000)
    write(data_path, "notes.bin", "no log")
    found = list_log_files(data_path)
    assert [(file.name, file.size_bytes, file.is_archived) for file in found] == [
        ("server-chat.log", 5, False),
        (MAIN, 3, False),
        (f"Archive/2026-08-04_21_00_00/{MAIN}", 8, True),
        ("server-main.txt", 14, False),
    ]
    assert found[0].modified_at == "1970-01-01T01:06:40.000Z"


def test_a_server_that_never_ran_has_no_log_files(tmp_path: Path) -> None:
    assert list_log_files(tmp_path) == []


def test_no_more_than_so_many_files_are_listed(data_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_files, "MAX_FILES", 5)
    for number in range(10):
        write(data_path, f"Archive/2026-08-{number:02}_00_00_00/{MAIN}", "x", modified=number)
    assert [file.name[10:18] for file in list_log_files(data_path)] == [f"26-08-{number:02}" for number in (9, 8, 7, 6, 5)]


def test_links_are_neither_listed_nor_read(data_path: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.log").write_text("secret")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / MAIN).write_text("secret")
    (data_path / "Logs" / "link.log").symlink_to(tmp_path / "secret.log")
    (data_path / "Logs" / "Archive").symlink_to(tmp_path / "elsewhere")
    assert list_log_files(data_path) == []
    for name in ("link.log", f"Archive/{MAIN}", "../../secret.log", "/etc/hosts.log", "Archive/../../../secret.log"):
        with pytest.raises((NoLogFile, PathNotAllowed)):
            read_log_page(data_path, name, limit=10)


def test_a_log_folder_that_is_a_link_out_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.log").write_text("secret")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "Logs").symlink_to(tmp_path / "elsewhere")
    assert list_log_files(tmp_path / "data") == []
    with pytest.raises(PathNotAllowed):
        open_log_file(tmp_path / "data", "a.log")


@pytest.mark.parametrize("name", ["missing.log", "notes.bin", "", "Archive", "."])
def test_only_log_files_can_be_opened(data_path: Path, name: str) -> None:
    write(data_path, "notes.bin", "no log")
    with pytest.raises(NoLogFile):
        open_log_file(data_path, name)


# A page


def test_the_last_lines_come_oldest_first(data_path: Path) -> None:
    write(data_path, MAIN, "".join(map(line, range(100))))
    page = read_log_page(data_path, MAIN, limit=3)
    assert [found.text for found in page.lines] == ["line 97", "line 98", "line 99"]
    assert page.lines[0].time == "2026-08-04T13:01:37"
    assert (page.is_partial, page.size_bytes) == (False, sum(len(line(number)) for number in range(100)))
    assert page.next_before == page.lines[0].number


def test_pages_go_back_to_the_beginning_without_a_gap(data_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_files, "WINDOW_BYTES", 700)
    write(data_path, MAIN, "".join(map(line, range(200))))
    found, pages = whole_file(data_path, limit=7)
    assert [one.text for one in found] == [f"line {number}" for number in range(200)]
    assert pages >= 200 // 7


def test_lines_without_a_head_have_the_type_of_the_one_they_go_on_with(data_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_files, "WINDOW_BYTES", 300)
    stack = "".join(f"   at Somewhere.Deep({number})\n" for number in range(5))
    text = "".join(line(number, "Error") + stack + line(number) for number in range(20))
    write(data_path, MAIN, text)
    found, _ = whole_file(data_path, limit=1_000)
    assert [(one.type, one.text) for one in found] == [(one.type, one.text) for one in read_lines(text.encode())]
    errors, _ = whole_file(data_path, limit=1_000, types=("Error",))
    assert len(errors) == 20 * 6


def test_only_what_is_looked_for_is_shown(data_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_files, "WINDOW_BYTES", 2_000)
    kinds = ("Notification", "Event", "Warning")
    write(data_path, MAIN, "".join(line(number, kinds[number % 3], " ÄÖ" if number % 50 == 0 else "") for number in range(600)))
    assert [one.text for one in whole_file(data_path, limit=5, q="äö")[0]] == [f"line {n} ÄÖ" for n in range(0, 600, 50)]
    events, _ = whole_file(data_path, limit=9, types=("Event",))
    assert len(events) == 200
    assert {one.type for one in events} == {"Event"}
    both, _ = whole_file(data_path, limit=9, types=("Event",), q="line 1")
    assert both
    assert all("line 1" in one.text and one.type == "Event" for one in both)
    assert whole_file(data_path, limit=5, q="not there")[0] == []


def test_a_search_reads_no_more_than_so_much_and_says_so(data_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_files, "WINDOW_BYTES", 2_000)
    monkeypatch.setattr(log_files, "MAX_READ_BYTES", 6_000)
    write(data_path, MAIN, "".join(map(line, range(1_000))))
    page = read_log_page(data_path, MAIN, limit=5, q="line 0\n")
    assert page.lines == []
    assert page.is_partial
    assert page.next_before is not None
    assert page.size_bytes - page.next_before < 10_000
    assert whole_file(data_path, limit=5, q="line 77")[0][0].text == "line 77"


def test_a_page_has_no_more_text_than_so_much(data_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_files, "MAX_PAGE_CHARACTERS", 5_000)
    write(data_path, MAIN, "".join(line(number, text="x" * 1_000) for number in range(50)))
    page = read_log_page(data_path, MAIN, limit=1_000)
    assert 4 <= len(page.lines) <= 7
    assert len(whole_file(data_path, limit=1_000)[0]) == 50


def test_a_line_of_many_megabytes_is_read_in_parts(data_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_files, "WINDOW_BYTES", 1_000)
    monkeypatch.setattr(log_files, "MAX_LINE_BYTES", 4_000)
    write(data_path, MAIN, line(1) + line(2, text="y" * 30_000) + line(3))
    found, _ = whole_file(data_path, limit=100)
    assert found[0].text == "line 1"
    assert found[-1].text == "line 3"
    assert all(len(one.text) < 17_000 for one in found)


def test_what_is_still_being_written_is_shown(data_path: Path) -> None:
    write(data_path, MAIN, line(1) + "4.8.2026 13:00:02 [Event] half a li")
    assert [one.text for one in read_log_page(data_path, MAIN, limit=5).lines] == ["line 1", "half a li"]


@pytest.mark.parametrize("content", [b"", b"\n", b"\n\n\n", b"\xff\xfe\x00\n\x1b[31mred\n", b"no head at all", b"\r\n\r\n"])
def test_odd_files_are_read_without_complaint(data_path: Path, content: bytes) -> None:
    write(data_path, MAIN, content)
    found, _ = whole_file(data_path, limit=2)
    assert len(found) == len(read_lines(content)) if content else found == []


def test_a_file_that_was_moved_and_begun_anew_is_read_as_it_is(data_path: Path) -> None:
    path = write(data_path, MAIN, "".join(map(line, range(100))))
    page = read_log_page(data_path, MAIN, limit=5)
    path.rename(path.with_name("moved.log"))
    write(data_path, MAIN, line(1) + line(2))
    assert page.next_before is not None
    again = read_log_page(data_path, MAIN, limit=5, before=page.next_before)
    assert [one.text for one in again.lines] == ["line 1", "line 2"]
    assert again.next_before is None


def test_a_file_that_shrinks_while_it_is_open_ends_the_page(data_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(data_path, MAIN, "".join(map(line, range(500))))
    real_pread = os.pread

    def pread(handle: int, count: int, offset: int) -> bytes:
        os.truncate(path, 100)
        return real_pread(handle, count, offset)

    monkeypatch.setattr(log_files, "WINDOW_BYTES", 1_000)
    monkeypatch.setattr(os, "pread", pread)
    page = read_log_page(data_path, MAIN, limit=5_000)
    assert len(page.lines) < 10


_text = st.lists(
    st.sampled_from(["4.8.2026 13:00:00 [Event] a\n", "4.8.2026 13:00:00 [Error] b\n", "   at c\n", "\n", "x" * 90 + "\n"])
)


@settings(deadline=None, max_examples=60)
@given(_text, st.integers(1, 5), st.integers(40, 400))
def test_all_pages_together_are_the_file(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], limit: int, window: int
) -> None:
    data_path = tmp_path_factory.mktemp("logs")
    write(data_path, MAIN, "".join(lines))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log_files, "WINDOW_BYTES", window)
        found, _ = whole_file(data_path, limit=limit)
    assert [one.text for one in found] == [one.text for one in read_lines("".join(lines).encode()) if lines]
