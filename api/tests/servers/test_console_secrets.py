"""Passwords of games are not shown in what their consoles and log files say."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vintagestory_api.servers.commands import _Question
from vintagestory_api.servers.console_lines import read_lines
from vintagestory_api.servers.console_secrets import PasswordFilter
from vintagestory_api.servers.log_files import read_log_page

SECRET = "open sesame 7"
SAID = [
    f"Handling Console Command /serverconfig password {SECRET}",
    f"Handling Console Command /SC  Password {SECRET}",
    f"Current password is {SECRET}",
    f"password set to {SECRET}",
    f"Ärger: Anna changes server config password to {SECRET}.",
]


@pytest.mark.parametrize("text", SAID)
def test_a_password_is_hidden_however_the_game_says_it(text: str) -> None:
    (line,) = read_lines(f"4.8.2026 13:47:25 [Server Notification] {text}\r\n".encode())
    assert SECRET not in line.text
    assert line.text == text[: text.index(SECRET)] + "***"


@pytest.mark.parametrize(
    "text",
    ["password set to null", "nopassword set to off", "Handling Console Command /serverconfig password", "0 | A: the password"],
)
def test_what_holds_no_password_stays_as_it_is(text: str) -> None:
    assert read_lines(f"4.8.2026 13:47:25 [Server Chat] {text}\n".encode())[0].text == text


def test_the_echo_of_a_command_is_still_known_as_that() -> None:
    question = _Question(f"/serverconfig password {SECRET}", is_probe=False, starts_with="")
    question.see(*read_lines(f"4.8.2026 13:47:25 [Server Notification] {SAID[0]}".encode()))
    assert question.echo_seq == 1


def test_a_password_is_neither_on_a_page_of_a_log_file_nor_found_there(tmp_path: Path) -> None:
    (tmp_path / "Logs").mkdir()
    log = "".join(f"4.8.2026 13:47:25 [Notification] {text}\n" for text in SAID)
    (tmp_path / "Logs" / "server-main.log").write_text(log, encoding="utf-8")
    page = read_log_page(tmp_path, "server-main.log", limit=10)
    assert len(page.lines) == len(SAID)
    assert SECRET not in page.model_dump_json()
    assert read_log_page(tmp_path, "server-main.log", limit=10, q=SECRET).lines == []


@given(st.lists(st.integers(min_value=1, max_value=90), max_size=30), st.booleans())
def test_a_password_is_hidden_wherever_a_file_is_cut(sizes: list[int], has_end: bool) -> None:
    data = ("\n".join(["before", *SAID, "after \x00 it"]) + "\n" * has_end).encode()
    hidden, shown, at = PasswordFilter(), b"", 0
    for size in [*sizes, len(data)]:
        for part in hidden.pass_on(data[at : at + size]) if data[at : at + size] else ():
            shown += part
        at += size
    shown += b"".join(hidden.pass_on(b""))
    assert shown == data.replace(f"{SECRET}.".encode(), b"***").replace(SECRET.encode(), b"***")
