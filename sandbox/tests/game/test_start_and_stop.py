"""From the first line to the exit code."""

import json
import re
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from tests.game.playing import QUIET, READY, Installs, Play, in_order, texts, until

CONSOLE_LINE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4}) (\d{2}):(\d{2}):(\d{2}) \[Server ([A-Za-z]+)\] (.*)")
FILE_LINE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4}) (\d{2}):(\d{2}):(\d{2}) \[([A-Za-z]+)\] (.*)")
PHASES = ["Initialization", "Configuration", "LoadAssets", "AssetsFinalize", "LoadGamePre", "GameReady", "WorldReady", "RunGame"]
SHUTDOWN = [
    "Server stop requested, begin shutdown sequence. Stop reason: Shutdown via server command",
    "Server ticking has been suspended",
    "Entering runphase Shutdown",
    "Mods and systems notified, now saving everything...",
    "Saved player world data...",
    "Saved map regions...",
    "Saved map chunks...",
    "Saved loaded chunks...",
    "Saved generating chunks...",
    "Saved savegamedata...2",
    "World saved! Saved ",
    "Shutting down 6 server threads... ",
    "Killed console thread",
    "All threads gracefully shut down",
    "Doing last tick...",
    "Stopped the server!",
]


@pytest.mark.parametrize("version", ["1.19.8", "1.20.12", "1.21.6", "1.22.0-rc.9", "1.22.7"])
def test_it_goes_through_all_phases_and_ends_with_0(play: Play, version: str) -> None:
    game = play(version).ready()
    assert f"Dedicated Server now running on Port {game.port} and all ips!" in game.raw.decode()
    assert game.stop() == 0
    said = texts(game.lines)
    assert [text.removeprefix("Entering runphase ") for text in said if text.startswith("Entering runphase ")] == [
        *PHASES,
        "Shutdown",
    ]
    assert in_order(said, SHUTDOWN)
    assert said[-1] == "Stopped the server!"
    branch = "Unstable" if "-" in version else "Stable"
    assert said[1] == f"Game Version: v{version} ({branch})"
    assert all(CONSOLE_LINE.fullmatch(line) for line in game.lines)


def test_a_new_data_path_gets_the_folders_of_the_game(play: Play) -> None:
    game = play().ready()
    game.stop()
    assert {path.name for path in game.data.iterdir()} >= {
        "serverconfig.json",
        "servermagicnumbers.json",
        "Saves",
        "Backups",
        "BackupSaves",
        "OldSaves",
        "Playerdata",
        "Mods",
        "ModConfig",
        "ModData",
        "Cache",
        "Logs",
    }
    assert {path.name for path in (game.data / "Playerdata").iterdir()} == {
        "playerdata.json",
        "playergroups.json",
        "playerswhitelisted.json",
        "playersbanned.json",
    }
    assert "serverconfig.json not found, creating new one" in texts(game.lines)


def test_the_story_is_told_in_the_file_only(play: Play) -> None:
    game = play().ready()
    game.stop()
    assert "... it calls to you" not in game.raw.decode()
    told = [FILE_LINE.fullmatch(line) for line in game.log()]
    assert ("Event", "... it calls to you") in {(found[7], found[8]) for found in told if found}


def test_the_ready_line_is_partly_in_the_language_of_the_server(play: Play) -> None:
    game = play("1.22.7", "--withconfig={ ServerLanguage: 'ru' }").ready()
    assert f"Выделенный сервер now running on Port {game.port} and all ips!" in game.raw.decode()


def test_it_says_on_which_address_it_listens(play: Play) -> None:
    game = play("1.22.7", "--ip", "127.0.0.1")
    assert game.wait_for("now running").endswith(f"Port {game.port} and ip 127.0.0.1!")


def test_stop_takes_an_exit_code(play: Play) -> None:
    game = play().ready()
    game.write(b"/stop 7\n")
    assert game.wait() == 7


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_the_world_saved(play: Play, number: int) -> None:
    game = play().ready()
    game.process.send_signal(number)
    assert game.wait() == 0
    assert in_order(
        texts(game.lines),
        [
            "Server termination event received. Shutting down server",
            "Stop reason: External close event (CTRL+C/kill/etc)",
            "World saved!",
            "Stopped the server!",
        ],
    )


def test_a_signal_ends_it_while_it_loads(play: Play) -> None:
    game = play(boot_seconds=10_000)
    game.wait_for("Entering runphase Configuration")
    game.process.send_signal(signal.SIGTERM)
    assert game.wait() == 0
    assert "Stopped the server!" in texts(game.lines)


def test_it_runs_without_a_standard_input(play: Play) -> None:
    game = play(stdin=subprocess.DEVNULL).ready()
    game.process.send_signal(signal.SIGTERM)
    assert game.wait() == 0


def test_it_can_wait_for_the_first_connection(play: Play) -> None:
    game = play("1.22.7", "--standby")
    game.wait_for("standby")
    assert "now running on Port" not in game.raw.decode()
    with socket.create_connection(("127.0.0.1", game.port), timeout=20):
        game.ready()


def test_a_connection_is_told_with_its_address(play: Play) -> None:
    game = play().ready()
    with socket.create_connection(("127.0.0.1", game.port), timeout=20) as connection:
        own = connection.getsockname()[1]
        game.wait_for(rf"A Client attempts connecting via TCP on \[::ffff:127\.0\.0\.1\]:{own}, assigning client id 1$")
    game.wait_for("Client 1 disconnected")


@pytest.mark.parametrize("version", ["1.21.6", "1.22.0-rc.9"])
def test_it_tells_its_version_and_ends(installs: Installs, version: str) -> None:
    done = subprocess.run(
        [installs(version), "--version"], capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin"}
    )
    assert (done.returncode, done.stdout) == (0, f"\n{version}\n")


def test_it_explains_its_options(installs: Installs) -> None:
    done = subprocess.run([installs("1.22.7"), "-h"], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "--dataPath" in done.stdout


@pytest.mark.parametrize("wrong", [["--addModPath", "a", "--addModPath", "b"], ["--colour"], ["--port", "many"]])
def test_a_wrong_command_line_ends_it(installs: Installs, wrong: list[str]) -> None:
    done = subprocess.run([installs("1.22.7"), *wrong], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "ERROR(S)" in done.stdout


def test_it_leaves_the_install_as_it_is(play: Play, installs: Installs) -> None:
    install = installs("1.21.4").parent
    before = sorted(path.relative_to(install) for path in install.rglob("*"))
    play("1.21.4").ready().stop()
    assert sorted(path.relative_to(install) for path in install.rglob("*")) == before


def test_files_of_another_version_keep_it_from_starting(installs: Installs, play: Play, tmp_path: Path) -> None:
    mark = installs("1.20.1").parent / "assets" / "version-1.19.0.txt"
    mark.write_text("")
    try:
        game = play("1.20.1")
        assert game.wait() == 0
    finally:
        mark.unlink()
    assert "still contains old files from a previous game version" in game.raw.decode()
    assert not (tmp_path / "data" / "Saves").exists()


def test_it_goes_on_when_nobody_holds_its_output_any_more(installs: Installs, tmp_path: Path) -> None:
    switches = tmp_path / "vss.json"
    switches.write_text(json.dumps(QUIET))
    log = tmp_path / "Logs" / "server-main.log"
    pipe = subprocess.PIPE
    command = [str(installs("1.22.7")), "--dataPath", str(tmp_path), "--port", "0"]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as game:
        assert game.stdin is not None
        assert game.stdout is not None
        assert game.stderr is not None
        try:
            while not READY.search(line := game.stdout.readline().decode()):
                assert line, "it ended early"
            game.stdout.close()
            game.stderr.close()
            # A wrong script is told on the standard error, which is gone, too; the slow ticks come after that.
            switches.write_text(json.dumps({**QUIET, "slow_tick_ms": 600, "script": "0 dance"}))
            game.stdin.write(b"/time\n")
            game.stdin.flush()
            for said in ("Handling Console Command /time", "Server overloaded"):
                until(lambda said=said: said in log.read_text(), said)  # type: ignore[misc]
            game.stdin.close()
            game.send_signal(signal.SIGTERM)
            game.wait(40)
        finally:
            game.kill()
    assert "Server termination event received" in log.read_text()
    assert "All threads gracefully shut down" in log.read_text()
