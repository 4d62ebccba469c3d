"""A keeper and its game: output, the end, the console, the ladder."""

import os
import signal
import socket
import stat
from contextlib import suppress
from pathlib import Path

import pytest

from tests.servers.games import free_port
from tests.servers.keeping import FIRST_SEQ, SERVER, Keeping, Listener, ended, is_running, python, said
from tests.waiting import until
from vintagestory_api.errors import Invalid
from vintagestory_api.servers.host import ConsoleBusy, ConsoleClosed, GameNotStarted, GameStillRuns, KeeperGone
from vintagestory_api.servers.keeper_files import MAX_COMMAND_BYTES
from vintagestory_sandbox.builds import unpack_build

ECHO = python("for line in iter(lambda: os.read(0, 1024), b''): print('read', line, flush=True)")


async def test_a_game_is_heard_to_its_end(keeping: Keeping) -> None:
    listener = Listener()
    game = await keeping.start(["/bin/sh", "-c", "echo one; echo two >&2; printf three; exit 7"], listener)
    status = await ended(listener)
    assert listener.lines == ["one", "two", "three"]
    assert listener.outputs[0].first_seq == FIRST_SEQ
    assert (status.exit_code, status.is_running, status.stop_signals) == (7, False, ())
    assert game.status == status
    await game.release()
    assert list(keeping.keepers.iterdir()) == []
    assert not is_running(status.keeper_pid)
    with pytest.raises(KeeperGone):
        await game.signal("SIGTERM")


async def test_a_signal_that_ended_it_is_told_as_python_does(keeping: Keeping) -> None:
    listener = Listener()
    await keeping.start(python("os.kill(os.getpid(), signal.SIGSEGV)"), listener)
    assert (await ended(listener)).exit_code == -signal.SIGSEGV


async def test_the_game_gets_the_environment_that_it_was_given_and_nothing_else(
    keeping: Keeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VS_SECRET", "of the manager")
    listener = Listener()
    await keeping.start(["env"], listener, env={"HOME": "/tmp"})
    await ended(listener)
    assert sorted(line.split("=")[0] for line in listener.lines) == ["HOME", "PATH", "VSMANAGER_INSTANCE"]


async def test_a_program_that_does_not_exist_is_told(keeping: Keeping) -> None:
    with pytest.raises(GameNotStarted, match=r"/nothing/here can't be started in .*: No such file or directory"):
        await keeping.start(["/nothing/here"])
    assert list(keeping.keepers.iterdir()) == []


async def test_an_account_that_does_not_exist_is_told(keeping: Keeping) -> None:
    with pytest.raises(GameNotStarted, match="There is no account nobody-by-this-name"):
        await keeping.start(ECHO, user="nobody-by-this-name")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may start programs as another account")
async def test_a_game_runs_as_another_account(keeping: Keeping) -> None:
    for folder in [keeping.folder, *keeping.folder.parents]:
        with suppress(OSError):
            folder.chmod(folder.stat().st_mode | stat.S_IXOTH)
    listener = Listener()
    await keeping.start(["/bin/sh", "-c", "id -un; id -G; umask"], listener, user="daemon")
    assert (await ended(listener)).exit_code == 0
    assert listener.lines[0] == "daemon"
    assert "0" not in listener.lines[1].split()


async def test_two_keepers_of_one_server_are_refused(keeping: Keeping) -> None:
    game = await keeping.start(ECHO)
    with pytest.raises(GameNotStarted, match="still runs"):
        await keeping.start(ECHO)
    keeping.state_file.rename(keeping.folder / "state")  # only the lock is left to tell
    with pytest.raises(GameNotStarted, match="Another keeper holds this server"):
        await keeping.start(ECHO)
    (keeping.folder / "state").rename(keeping.state_file)
    await game.write_line("still there")


async def test_the_socket_is_for_its_owner_only(keeping: Keeping) -> None:
    await keeping.start(ECHO)
    assert stat.S_IMODE(keeping.socket.stat().st_mode) == 0o600
    assert stat.S_IMODE(keeping.socket.parent.stat().st_mode) == 0o700
    assert len(str(keeping.socket)) < 100


async def test_a_socket_that_was_cleaned_away_comes_back(keeping: Keeping) -> None:
    game = await keeping.start(ECHO)
    await game.detach()
    keeping.socket.unlink()
    keeping.socket.parent.rmdir()
    listener = Listener()
    again = await keeping.host.attach(SERVER, listener)
    assert again is not None
    await again.write_line("hello")
    await said(listener, "hello")


async def test_bad_utf8_control_characters_and_long_lines_come_as_they_are(keeping: Keeping) -> None:
    listener = Listener()
    await keeping.start(
        python(r"os.write(1, b'bad \xff\xfe\n\0 \x1b[31m\r\n'); sys.stdout.write('x' * 1_000_000 + '\nend'); sys.stdout.flush()"),
        listener,
    )
    await ended(listener)
    assert listener.data == b"bad \xff\xfe\n\0 \x1b[31m\r\n" + b"x" * 1_000_000 + b"\nend\n"


# The console


async def test_each_line_is_one_read_of_the_game(keeping: Keeping) -> None:
    listener = Listener()
    game = await keeping.start(ECHO, listener)
    for number in range(5):
        await game.write_line(f"/say {number} ä")
    await said(listener, "/say 4")
    assert listener.lines == [f"read {line!r}" for line in (f"/say {number} ä\n".encode() for number in range(5))]


@pytest.mark.parametrize(
    "line",
    ["two\nlines", "nul\0", "bell\x07", "tab\t", "return\r", "\x85", "\u2028", "\ud800", "x" * MAX_COMMAND_BYTES, "ä" * 500],
)
async def test_what_a_console_cannot_take_is_refused(keeping: Keeping, line: str) -> None:
    listener = Listener()
    game = await keeping.start(ECHO, listener)
    with pytest.raises(Invalid, match="The console can't take this line"):
        await game.write_line(line)
    await game.write_line("x" * (MAX_COMMAND_BYTES - 1))
    await said(listener, "xxx")
    assert len(listener.lines) == 1


async def test_a_console_that_does_not_read_is_busy(tmp_path: Path) -> None:
    keeping = Keeping(tmp_path, limits={"busy_seconds": 0.3})
    try:
        listener = Listener()
        game = await keeping.start(python("print('up'); signal.pause()"), listener)
        await game.write_line("/first")  # lies in the pipe
        with pytest.raises(ConsoleBusy, match="does not read its console"):
            await game.write_line("/second")
        assert game.status.is_running
    finally:
        await keeping.clean_up()


async def test_a_console_that_was_closed_says_so(keeping: Keeping) -> None:
    listener = Listener()
    game = await keeping.start(python("os.close(0); print('closed'); signal.pause()"), listener)
    await said(listener, "closed")
    with pytest.raises(ConsoleClosed):
        await game.write_line("/time")
    await game.signal("SIGKILL")
    await ended(listener)
    with pytest.raises(ConsoleClosed):
        await game.write_line("/time")


async def test_standard_input_stays_open_while_the_game_runs(keeping: Keeping) -> None:
    game = await keeping.start(ECHO)
    await game.detach()
    listener = Listener()
    again = await keeping.host.attach(SERVER, listener)
    assert again is not None
    await again.write_line("once more")
    await said(listener, "once more")
    assert "read b''" not in listener.lines


# Its end


async def test_sigterm_goes_to_the_game_and_is_noted(keeping: Keeping) -> None:
    listener = Listener()
    game = await keeping.start(
        python(
            "signal.signal(signal.SIGTERM, lambda *_: (print('saved'), os._exit(0)))\nprint('up')\nwhile True: signal.pause()"
        ),
        listener,
    )
    await said(listener, "up")
    await game.signal("SIGTERM")
    status = await ended(listener)
    assert (status.exit_code, status.stop_signals) == (0, ("SIGTERM",))
    assert listener.lines == ["up", "saved"]


async def test_a_running_game_keeps_its_keeper(keeping: Keeping) -> None:
    game = await keeping.start(ECHO)
    with pytest.raises(GameStillRuns):
        await game.release()
    assert game.status.is_running


# Each line in one write: two processes share the pipe.
CHILD = "pid = os.fork()\nif pid == 0:\n    signal.pause()\nos.write(1, b'child %d\\n' % pid)\n"
ESCAPED = (
    "pid = os.fork()\nif pid == 0:\n    os.setsid(); os.write(1, b'away\\n'); signal.pause()\nos.write(1, b'child %d\\n' % pid)\n"
)


def child_of(listener: Listener) -> int:
    return int(next(line for line in listener.lines if line.startswith("child")).split()[1])


@pytest.mark.parametrize("kind", [CHILD, ESCAPED])
async def test_children_that_keep_the_pipe_do_not_hide_the_end_and_are_ended(keeping: Keeping, kind: str) -> None:
    listener = Listener()
    await keeping.start(python(f"{kind}time.sleep(0.2); os._exit(5)"), listener)
    status = await ended(listener)
    assert status.exit_code == 5
    await until(lambda: not is_running(child_of(listener)), what="the child is ended, too")


async def test_what_children_say_right_after_the_end_is_heard(keeping: Keeping) -> None:
    listener = Listener()
    await keeping.start(python("if os.fork() == 0:\n    time.sleep(0.2); print('last words')\nos._exit(0)"), listener)
    await ended(listener)
    assert listener.lines == ["last words"]


async def test_sigkill_ends_everything_that_the_game_started(keeping: Keeping) -> None:
    listener = Listener()
    game = await keeping.start(python(f"{CHILD}signal.pause()"), listener)
    await said(listener, "child")
    await game.signal("SIGKILL")
    assert (await ended(listener)).exit_code == -signal.SIGKILL
    await until(lambda: not is_running(child_of(listener)), what="the child is ended, too")


async def test_on_sigterm_a_keeper_stops_its_game_with_a_command(keeping: Keeping) -> None:
    listener = Listener()
    game = await keeping.start(python("print('up'); print('read', os.read(0, 1024)); os._exit(0)"), listener)
    await said(listener, "up")
    os.kill(game.status.keeper_pid, signal.SIGTERM)
    status = await ended(listener)
    assert listener.lines == ["up", "read b'/stop\\n'"]
    assert (status.exit_code, status.stop_signals) == (0, ("/stop",))
    await game.release()


async def test_a_game_that_is_deaf_is_killed_by_its_keeper(keeping: Keeping) -> None:
    listener = Listener()
    game = await keeping.start(
        python("signal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up')\nwhile True: time.sleep(1)"),
        listener,
        stop_seconds=0.1,
        term_seconds=0.1,
    )
    await said(listener, "up")
    os.kill(game.status.keeper_pid, signal.SIGTERM)
    status = await ended(listener)
    assert (status.exit_code, status.stop_signals) == (-signal.SIGKILL, ("/stop", "SIGTERM", "SIGKILL"))


async def test_a_keeper_told_to_end_goes_although_nobody_asks_it_why(keeping: Keeping) -> None:
    game = await keeping.start(ECHO, stop_seconds=0.1)
    await game.detach()
    os.kill(game.status.keeper_pid, signal.SIGTERM)
    await until(lambda: not is_running(game.status.keeper_pid), what="the keeper has gone")
    state = keeping.state()
    assert state["ended_ms"] is not None
    assert state["stop_signals"] == ["/stop", "SIGTERM"]


async def test_the_sandbox_game_starts_answers_and_stops(keeping: Keeping) -> None:
    program = unpack_build("1.22.7", keeping.folder / "install", {"speed": 20, "boot_seconds": 1, "players": 0})
    listener = Listener()
    options = ("--dataPath", str(keeping.folder / "data"), "--port", str(free_port()))
    game = await keeping.start([str(program), *options], listener)
    await said(listener, "now running on Port")
    await game.write_line("/time")
    await said(listener, "Handling Console Command /time")
    await game.write_line("/stop")
    assert (await ended(listener)).exit_code == 0
    assert any("Stopped the server!" in line for line in listener.lines)


async def test_a_stranger_on_the_socket_who_talks_nonsense_is_hung_up_on(keeping: Keeping) -> None:
    listener = Listener()
    game = await keeping.start(ECHO, listener)
    for nonsense in (b"nonsense\n", b"[]\n", b'{"do": "ack", "seq": "x"}\n', b"x" * 200_000):
        with socket.socket(socket.AF_UNIX) as stranger, suppress(BrokenPipeError, ConnectionResetError):
            stranger.settimeout(30)
            stranger.connect(str(keeping.socket))
            stranger.sendall(nonsense)
            while stranger.recv(4096):
                pass
    await game.write_line("all is well")
    await said(listener, "all is well")
