"""Managers come and go; games and their lines stay."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.keeping import FIRST_SEQ, SERVER, Keeping, Listener, ended, is_running, python, resident_kilobytes, said
from tests.waiting import until
from vintagestory_api.servers.host import Game, Heard, KeeperGone, KeeperIncompatible, Output

ECHO = python("for line in iter(lambda: os.read(0, 1024), b''): print('read', line, flush=True)")
#: Numbered lines, each with what makes it 100 bytes long, until it is told to end.
NUMBERS = """
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
number = 0
while True:
    os.write(1, b''.join(b'%08d %s\\n' % (place, b'.' * 90) for place in range(number, number + 100)))
    number += 100
    time.sleep(0.005)
"""
#: A manager that notes the last number that it was told, and has no time to say good-bye.
MANAGER = """
import asyncio, os, sys
from pathlib import Path
from tests.servers.keeping import Keeping, Listener, python

async def manage(folder, program):
    keeping, listener = Keeping(folder), Listener()
    await keeping.start(python(program), listener)
    while not listener.outputs or listener.next_seq < 3000:
        await asyncio.sleep(0.001)
    print(listener.next_seq, flush=True)
    await asyncio.sleep(60)

asyncio.run(manage(Path(sys.argv[1]), sys.argv[2]))
"""


async def attached(keeping: Keeping, listener: Listener) -> Game:
    game = await keeping.host.attach(SERVER, listener)
    assert game is not None
    keeping.started.setdefault(game.status.keeper_pid, None)
    return game


def test_all_of_it_works_on_the_loop_of_the_manager(tmp_path: Path) -> None:
    """The other tests run on asyncio's own."""

    async def story() -> None:
        keeping, listener = Keeping(tmp_path), Listener()
        game = await keeping.start(ECHO, listener)
        await game.write_line("hello")
        await said(listener, "hello")
        await game.detach()
        again = await attached(keeping, Listener())
        await again.signal("SIGTERM")
        await until(lambda: not again.status.is_running, what="the game has ended")
        await again.release()
        assert await keeping.host.known() == []

    pytest.importorskip("uvloop").run(story())


async def test_no_line_is_lost_when_the_manager_is_killed(keeping: Keeping) -> None:
    manager = await asyncio.create_subprocess_exec(
        sys.executable, "-c", MANAGER, str(keeping.folder), NUMBERS,
        stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    assert manager.stdout is not None
    told = int(await asyncio.wait_for(manager.stdout.readline(), 30))
    manager.kill()
    await manager.wait()

    listener = Listener()
    game = await attached(keeping, listener)
    await until(lambda: listener.outputs and listener.next_seq > told + 2000, what="lines from after the kill")
    await game.signal("SIGTERM")
    await ended(listener)
    numbers = [int(line.split()[0]) for line in listener.lines]
    assert numbers == list(range(len(numbers)))
    assert listener.outputs[0].first_seq == FIRST_SEQ
    assert listener.lost_lines == 0
    replayed = [output for output in listener.outputs if output.is_replay]
    assert replayed == listener.outputs[: len(replayed)]
    assert replayed[-1].first_seq + replayed[-1].data.count(b"\n") >= 1500


async def test_what_was_handed_out_before_is_marked(keeping: Keeping) -> None:
    first = Listener()
    game = await keeping.start(ECHO, first)
    await game.write_line("one")
    await said(first, "one")
    await game.write_line("two")  # its answer comes after the acknowledgement of the line before
    await said(first, "two")
    await game.detach()
    second = Listener()
    again = await attached(keeping, second)
    await again.write_line("three")
    await said(second, "three")
    assert "one" in second.outputs[0].data.decode()
    assert second.outputs[0].is_replay
    assert not second.outputs[-1].is_replay
    assert first.outputs[0].first_seq == second.outputs[0].first_seq


class Asker(Listener):
    """Has caused the lines with its question."""

    def game_printed(self, output: Output) -> Heard:
        super().game_printed(output)
        lines = enumerate(output.data.splitlines(), output.first_seq)
        return Heard(probes=tuple((number, number) for number, line in lines if b"a question" in line))


async def test_what_the_manager_caused_is_remembered_for_the_next(keeping: Keeping) -> None:
    asker = Asker()
    game = await keeping.start(ECHO, asker)
    await game.write_line("a question")
    await said(asker, "a question")
    await game.write_line("something else")
    await said(asker, "something else")
    await game.detach()
    for _ in range(2):  # the next manager, and the one after that
        second = Listener()
        again = await attached(keeping, second)
        await said(second, "something else")
        ((output, first, last),) = ((output, *lines) for output in second.outputs for lines in output.probes)
        assert output.data.splitlines()[first - output.first_seq] == b"read b'a question\\n'"
        assert first == last
        await again.detach()


async def test_an_end_that_came_while_nobody_listened_is_told_later(keeping: Keeping) -> None:
    listener = Listener()
    game = await keeping.start(python("print('up'); os.read(0, 10); print('bye'); os._exit(4)"), listener)
    await said(listener, "up")
    await game.write_line("go")
    await game.detach()
    await until(lambda: not is_running(game.status.game_pid or 0), what="the game has ended")
    later = Listener()
    again = await attached(keeping, later)
    assert (await ended(later)).exit_code == 4
    assert later.lines == ["up", "bye"]
    assert await keeping.host.known() == [SERVER]
    await again.release()
    assert await keeping.host.known() == []


async def test_a_manager_that_never_reads_does_not_stop_the_game_and_is_told_the_gap(tmp_path: Path) -> None:
    keeping = Keeping(tmp_path, limits={"spool_bytes": 1 << 20})
    try:
        total = 100_000
        program = f"""
for number in range(0, {total}, 1000):
    os.write(1, b''.join(b'%08d %s\\n' % (place, b'.' * 90) for place in range(number, number + 1000)))
"""
        game = await keeping.start(python("os.read(0, 10)" + program))
        await game.detach()
        state = keeping.state()
        with socket.socket(socket.AF_UNIX) as lazy:
            lazy.connect(state["socket"])
            lazy.sendall(b'{"do": "attach"}\n{"do": "write", "id": 1, "text": "go"}\n')
            await until(lambda: not is_running(state["game_pid"]), what="the game has printed everything and ended")
            listener = Listener()
            again = await attached(keeping, listener)
            await ended(listener)
        numbers = [int(line.split()[0]) for line in listener.lines]
        assert listener.lost_lines > total / 2
        assert len(numbers) + listener.lost_lines == total
        assert numbers[0] == 0
        assert numbers[-1] == total - 1
        for output in listener.outputs:
            assert int(output.data.split()[0]) == output.first_seq - FIRST_SEQ
        await again.release()
    finally:
        await keeping.clean_up()


async def test_a_game_whose_keeper_was_killed_is_found_and_ended(keeping: Keeping) -> None:
    listener = Listener()
    game = await keeping.start(python("pid = os.fork()\nif pid: print('child', pid)\nwhile True: signal.pause()"), listener)
    await said(listener, "child")
    child = int(listener.lines[0].split()[1])
    os.kill(game.status.keeper_pid, signal.SIGKILL)
    await until(lambda: listener.is_lost, what="the loss of the keeper is noticed")
    with pytest.raises(KeeperGone):
        await game.write_line("/time")
    assert is_running(game.status.game_pid or 0)
    assert await keeping.host.known() == [SERVER]
    folder_of_sockets = keeping.socket.parent
    assert await keeping.host.attach(SERVER, Listener()) is None

    assert await keeping.host.end_orphan(SERVER, 30.0)
    assert not is_running(game.status.game_pid or 0)
    assert not is_running(child)
    assert list(keeping.keepers.iterdir()) == []
    assert not folder_of_sockets.exists()
    assert not await keeping.host.end_orphan(SERVER, 30.0)


async def test_an_orphan_that_ignores_sigterm_is_killed(keeping: Keeping) -> None:
    listener = Listener()
    game = await keeping.start(
        python("signal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up')\nwhile True: time.sleep(1)"), listener
    )
    await said(listener, "up")
    os.kill(game.status.keeper_pid, signal.SIGKILL)
    assert await keeping.host.end_orphan(SERVER, 0.1)
    assert not is_running(game.status.game_pid or 0)


async def test_an_orphan_is_found_by_its_marker_alone(keeping: Keeping) -> None:
    """The keeper was killed before it could write down the number of its game."""
    game = await keeping.start(ECHO)
    os.kill(game.status.keeper_pid, signal.SIGKILL)
    keeping.change_state(game_pid=None, game_started=None)
    await keeping.host.end_orphan(SERVER, 30.0)
    assert not is_running(game.status.game_pid or 0)


async def test_a_process_that_has_the_number_of_an_old_game_is_left_alone(keeping: Keeping) -> None:
    game = await keeping.start(ECHO)
    os.kill(game.status.keeper_pid, signal.SIGKILL)
    await until(lambda: not is_running(game.status.game_pid or 0), what="the game ends with its input")
    other = await asyncio.create_subprocess_exec("sleep", "60")
    keeping.change_state(game_pid=other.pid)
    assert not await keeping.host.end_orphan(SERVER, 0.1)
    assert other.returncode is None
    other.kill()
    await other.wait()


async def test_what_is_left_of_an_earlier_boot_is_removed(keeping: Keeping) -> None:
    keeping.keepers.mkdir()
    state = {"boot_id": "another", "keeper_pid": os.getpid(), "keeper_started": 1, "instance": "x", "socket": "/none"}
    keeping.state_file.write_text(json.dumps({**state, "game_pid": os.getpid(), "game_started": 1}))
    assert await keeping.host.attach(SERVER, Listener()) is None
    assert not await keeping.host.end_orphan(SERVER, 0.1)
    assert await keeping.host.known() == []


async def test_a_keeper_of_another_language_is_told(keeping: Keeping, monkeypatch: pytest.MonkeyPatch) -> None:
    game = await keeping.start(ECHO)
    await game.detach()
    monkeypatch.setattr("vintagestory_api.servers.keeper_client.OLDEST_PROTOCOL", 7)
    monkeypatch.setattr("vintagestory_api.servers.keeper_client.PROTOCOL", 8)
    with pytest.raises(KeeperIncompatible, match=r"speaks protocol 1 \(this one: 7 to 8\)"):
        await keeping.host.attach(SERVER, Listener())


async def test_a_keeper_that_does_not_answer_is_told_and_can_be_ended(keeping: Keeping, monkeypatch: pytest.MonkeyPatch) -> None:
    game = await keeping.start(ECHO)
    await game.detach()
    os.kill(game.status.keeper_pid, signal.SIGSTOP)
    monkeypatch.setattr("vintagestory_api.servers.local_host._ANSWER_SECONDS", 0.2)
    with pytest.raises(KeeperGone, match="does not answer"):
        await keeping.host.attach(SERVER, Listener())
    await keeping.host.end_orphan(SERVER, 30.0)
    assert not is_running(game.status.keeper_pid)
    assert not is_running(game.status.game_pid or 0)


async def test_a_start_that_nobody_waits_for_any_more_leaves_no_game(keeping: Keeping) -> None:
    starting = asyncio.ensure_future(keeping.start(ECHO, stop_seconds=0.1))
    await asyncio.sleep(0)
    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)
    assert starting.cancelled()
    await until(keeping.state_file.exists, what="the keeper has begun")
    keeper = keeping.state()["keeper_pid"]
    await until(lambda: not is_running(keeper), what="the keeper has ended its game and gone")
    assert await keeping.host.attach(SERVER, Listener()) is None


async def test_ten_servers_are_taken_up_at_once(keeping: Keeping) -> None:
    ids = [f"server-{number}" for number in range(10)]
    for server_id, game in zip(ids, await asyncio.gather(*(keeping.start(ECHO, server_id=one) for one in ids)), strict=True):
        await game.write_line(f"hello {server_id}")
        await game.detach()
    assert await keeping.host.known() == sorted(ids)
    listeners = {server_id: Listener() for server_id in ids}
    games = await asyncio.gather(*(keeping.host.attach(one, listeners[one]) for one in ids))
    assert all(game is not None and game.status.is_running for game in games)
    for server_id, listener in listeners.items():
        await said(listener, f"hello {server_id}")


async def test_a_keeper_is_small(keeping: Keeping) -> None:
    listener = Listener()
    flood = "os.write(1, b''.join(b'%08d %s\\n' % (place, b'.' * 90) for place in range(1000)))\n" * 50
    game = await keeping.start(python(f"{flood}print('done'); signal.pause()"), listener)
    await said(listener, "done")
    assert resident_kilobytes(game.status.keeper_pid) < 20_000
