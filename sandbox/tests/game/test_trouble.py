"""Trouble on demand."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.game.playing import QUIET, Installs, Play, in_order, texts, until


def test_a_crash_with_a_report_names_the_mod_and_the_code_lies(play: Play) -> None:
    game = play(crash="report", crash_after=20, crash_mod="carryon@2.0.0").ready()
    assert game.wait() == 0
    report = (game.data / "Logs" / "server-crash.log").read_text().splitlines()
    assert report[0] == "Game Version: v1.22.7 (Stable)"
    assert report[1].endswith("M: Critical error occurred in the following mod(s): carryon@2.0.0")
    assert report[2].startswith("Loaded Mods: game@1.22.7, creative@1.22.7, survival@1.22.7")
    assert game.lines[-1] == f'Crash written to file at "{game.data}/Logs/server-crash.log"'
    assert "Server stop requested" not in game.raw.decode()


def test_a_crash_report_can_have_another_code_and_is_added_to_the_last(play: Play) -> None:
    for _ in range(2):
        assert play(crash="report", exit_code=3).wait() == 3
    game = play().ready()
    assert (game.data / "Logs" / "server-crash.log").read_text().count("Critical error occurred") == 2


def test_an_exception_in_a_thread_stops_it_in_order(play: Play) -> None:
    game = play(crash="thread").ready()
    assert game.wait() == 0
    wanted = [
        "Caught unhandled exception in thread 'chunkdbthread'",
        "Server stop requested",
        "World saved!",
        "Stopped the server!",
    ]
    assert in_order(texts(game.lines), wanted)
    assert any("[Server Fatal] Caught" in line for line in game.lines)
    assert any(line.startswith("   at Microsoft.Data.Sqlite.") for line in game.lines)


def test_an_abort_says_nothing(play: Play) -> None:
    game = play(crash="abort", crash_phase="LoadAssets")
    assert game.wait() == -signal.SIGABRT
    assert "now running" not in game.raw.decode()
    assert "Fatal" not in game.raw.decode()


def test_a_crash_while_loading_is_before_being_ready(play: Play) -> None:
    game = play(crash="report", crash_phase="LoadGamePre")
    assert game.wait() == 0
    assert "now running" not in game.raw.decode()


def test_what_hangs_does_not_answer_and_does_not_end(play: Play) -> None:
    game = play(hang=True).ready()
    until(lambda: ignores(game.process.pid, signal.SIGTERM), "hanging")
    lines = len(game.lines)
    game.write(b"/time\n")
    game.process.terminate()
    # It is told twice, and has had its chance in between.
    for _ in range(20):
        os.kill(game.process.pid, signal.SIGTERM)
        until(lambda: state_of(game.process.pid) == "S", "sleeping again")
    assert game.process.poll() is None
    assert len(game.lines) == lines
    game.process.kill()
    assert game.wait() == -signal.SIGKILL


def test_a_deaf_server_hears_the_signal(play: Play) -> None:
    game = play(deaf="stop").ready()
    game.write(b"/stop\n")
    game.wait_for("Handling Console Command /stop$")
    assert game.answer("/time").startswith("Server time")
    game.process.terminate()
    assert game.wait() == 0


def test_a_server_that_is_deaf_to_all_hears_neither(play: Play) -> None:
    game = play(deaf="all").ready()
    game.write(b"/stop\n")
    game.wait_for("Handling Console Command /stop$")
    game.process.terminate()
    assert game.answer("/time").startswith("Server time")
    assert "Server stop requested" not in game.raw.decode()


def test_a_flood_is_numbered_and_whole(play: Play) -> None:
    game = play(flood_lines=300_000)
    until(lambda: b"line 300000 of 300000" in game.raw[-1000:], "the last line of the flood")
    numbers = [line.split()[6] for line in game.lines if "[flood] line" in line]
    assert numbers == [str(number) for number in range(1, 300_001)]
    assert game.answer("/time").startswith("Server time")


def test_a_flood_does_not_keep_commands_out(play: Play) -> None:
    game = play(flood_lines=-1, flood_bytes=200).ready()
    game.wait_for("line 5000 of many")
    game.ask("/time")
    assert game.stop() == 0


def test_a_flood_has_lines_of_the_wanted_length_and_can_be_started_later(play: Play) -> None:
    game = play().ready()
    game.tell({**QUIET, "flood_lines": 30, "flood_rate": 1000, "flood_bytes": 5000})
    game.wait_for("line 30 of 30")
    assert all(len(line) > 4900 for line in game.lines if "[flood]" in line)


def test_memory_grows(play: Play) -> None:
    game = play(memory_mb_per_second=5).ready()
    until(lambda: memory_mb(game.process.pid) > 80, "80 MB")


def test_the_game_ends_itself_above_its_limit_of_memory(play: Play) -> None:
    game = play("1.22.7", "--withconfig={ DieAboveMemoryUsageMb: 5 }", speed=100).ready()
    assert game.wait() == 0
    assert "Memory usage is above 5 megabytes" in game.raw.decode()


def test_the_game_ends_itself_when_the_disk_is_full(play: Play) -> None:
    game = play("1.22.7", "--withconfig={ DieBelowDiskSpaceMb: 999999999 }", speed=100).ready()
    assert game.wait() == 0
    assert "Disk space is below 999999999 megabytes (" in game.raw.decode()


def test_children_keep_its_output_open_and_outlive_it(play: Play) -> None:
    game = play(children=2).ready()
    children = until(lambda: found if len(found := children_of(game.process.pid)) == 2 else [], "two children")
    try:
        game.write(b"/stop\n")
        assert game.process.wait(40) == 0
        assert all(state_of(child) == "S" for child in children)
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)


def test_slow_ticks_are_complained_about(play: Play) -> None:
    play(slow_tick_ms=563).ready().wait_for(r"\[Server Warning\] Server overloaded. A tick took 563ms to complete.$")


def test_an_autosave_can_fail(play: Play) -> None:
    game = play(autosave_fails=True).ready()
    game.write(b"/autosavenow\n")
    game.wait_for(r"\[Server Notification\] Unable to autosave, was not able to pause the server$")


def test_it_can_print_what_no_log_should_hold(play: Play) -> None:
    game = play(odd_output=True).ready()
    game.wait_for("Liar")
    assert b"\xff\xfe" in game.raw
    assert b"\0" in game.raw
    assert max(len(line) for line in game.raw.split(b"\n")) > 1_000_000


@pytest.mark.parametrize(
    ("fail", "said"), [("port", "Address already in use"), ("config", "serverconfig.json"), ("world", "malformed")]
)
def test_it_fails_to_start_with_code_0(play: Play, fail: str, said: str) -> None:
    game = play(fail=fail)
    assert game.wait() == 0
    assert said in game.raw.decode()
    assert "now running" not in game.raw.decode()


def test_a_port_in_use_keeps_it_from_starting(play: Play, tmp_path: Path) -> None:
    first = play().ready()
    second = play("1.22.7", "--port", str(first.port), data=tmp_path / "second")
    assert second.wait() == 0
    assert f"Failed to open port {first.port}: Address already in use" in second.raw.decode()
    assert "Stop reason: Exception thrown by server during startup or process" in second.raw.decode()


@pytest.mark.parametrize(("version", "wanted"), [("1.20.12", "7.0.0"), ("1.21.6", "8.0.0"), ("1.22.7", "10.0.0")])
def test_without_its_runtime_it_ends_with_150(play: Play, version: str, wanted: str) -> None:
    game = play(version, dotnet="missing")
    assert game.wait() == 150
    said = game.error_output()
    assert "You must install or update .NET to run this application." in said
    assert f"Framework: 'Microsoft.NETCore.App', version '{wanted}' (x64)" in said
    assert not game.raw


def test_it_can_look_for_its_runtime(installs: Installs, tmp_path: Path) -> None:
    def run() -> "subprocess.CompletedProcess[str]":
        environment = {"PATH": "/usr/bin:/bin", "DOTNET_ROOT": str(tmp_path), "VSS_DOTNET": "check"}
        return subprocess.run([installs("1.22.7"), "--version"], capture_output=True, text=True, check=False, env=environment)

    shared = tmp_path / "shared" / "Microsoft.NETCore.App"
    (shared / "8.0.20").mkdir(parents=True)
    done = run()
    assert done.returncode == 150
    assert f"The following frameworks were found:\n  8.0.20 at [{shared}]\n" in done.stderr
    (shared / "10.0.3").mkdir()
    assert run().returncode == 0


def test_it_can_be_told_while_it_runs(play: Play) -> None:
    game = play().ready()
    game.tell({**QUIET, "crash": "report", "exit_code": 9})
    assert game.wait() == 9


def state_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def memory_mb(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20


def ignores(pid: int, number: int) -> bool:
    status = Path(f"/proc/{pid}/status").read_text()
    mask = next(line.split()[1] for line in status.splitlines() if line.startswith("SigIgn"))
    return bool(int(mask, 16) >> (number - 1) & 1)
