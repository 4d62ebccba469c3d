"""How commands get in: one read is one command."""

import pytest

from tests.game.playing import Play, texts


def test_one_line_in_one_write_is_one_command(play: Play) -> None:
    game = play().ready()
    assert game.answer("/time").startswith("Server time: 1. May, Year 0, 0")
    assert game.answer("/list roles") == "List of roles:"


def test_two_lines_in_one_write_are_one_broken_command(play: Play) -> None:
    game = play().ready()
    game.write(b"/announce one\n/stop\n")
    game.wait_for(r"announced: one$")
    assert game.lines.count("/stop") >= 1
    # It still runs: the second line was never a command.
    assert game.answer("/time").startswith("Server time")


@pytest.mark.parametrize("data", [b"/sto", b"/announce " + b"x" * 1100 + b"\n"])
def test_a_read_without_a_newline_at_its_end_is_the_end_of_the_console(play: Play, data: bytes) -> None:
    game = play(script="20 join Late").ready()
    game.write(data)
    game.wait_for("Late")
    game.write(b"/time\n")
    game.process.terminate()
    assert game.wait() == 0
    assert not [text for text in texts(game.lines) if text.startswith("Handling Console Command")]


def test_commands_given_while_it_loads_are_done_once_it_runs(play: Play) -> None:
    game = play(boot_seconds=20)
    game.wait_for("Entering runphase Configuration")
    game.write(b"/time\n")
    game.ready()
    game.wait_for("Handling Console Command /time$")


def test_text_without_a_slash_goes_to_everybody(play: Play) -> None:
    game = play().ready()
    game.write("grüß Gott\n".encode())
    game.wait_for(r"\[Server Notification\] Message to all in group 0: <strong>Admin:</strong>grüß Gott$")


def test_lines_with_a_dot_are_ignored(play: Play) -> None:
    game = play().ready()
    game.write(b".debug\n")
    game.ask("/time")
    assert ".debug" not in game.raw.decode()


def test_an_unknown_command_is_said(play: Play) -> None:
    assert play().ready().answer("/nextautosave") == "No such command exists: nextautosave"


def test_start_up_commands_are_done(play: Play) -> None:
    game = play("1.22.7", "--withconfig={ StartupCommands: '/announce here we go\\n/time' }").ready()
    game.wait_for(r"announced: here we go\.$")
    game.wait_for("Server time:")
