"""`vsmanager servers`, `console` and `versions` on a manager with a game server that runs."""

import json
import os
import pty
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.commands import PROGRAM, Ended, clean_environment, vsmanager, words_of
from tests.cli.conftest import Run
from tests.managers import ManagerProcess, running_manager
from tests.servers.games import free_port
from tests.waiting import wait_until
from vintagestory_api.servers.local_host import end_all
from vintagestory_sandbox.builds import unpack_build
from vintagestory_sandbox.dotnet_root import make_dotnet_root
from vintagestory_sandbox.upstream import start_upstream

VERSION, OTHER = "1.22.7", "1.21.6"
QUICK = {"speed": 20, "boot_seconds": 2, "players": 0}
HOME = "home"


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ManagerProcess]:
    """A manager whose server `home` runs."""
    folder = tmp_path_factory.mktemp("servers")
    dotnet = make_dotnet_root(folder / "dotnet")
    with start_upstream(mods=1, game_switches=QUICK) as upstream:
        try:
            roots = {"VS_HOST_ROOTS": str(folder.parent)}
            with running_manager(folder / "data", upstream=upstream.url, DOTNET_ROOT=str(dotnet), **roots) as running:
                running.run_job("server_versions_check")
                command = ("servers", "create", "Home", "--id", HOME, "--version", VERSION, "--port", str(free_port()))
                made = vsmanager(*command, "--start", "--wait", "--json", env={"VS_DATA_DIR": str(running.data_dir)}, timeout=90)
                assert made.json["state"] == "running"
                yield running
        finally:
            end_all(folder / "data" / "run" / "keepers", 10.0)


def lines_of_log(manager: ManagerProcess, text: str) -> list[str]:
    page = manager.get(f"/servers/{HOME}/console?last=5000&q={text}")
    return [line["text"] for line in page["lines"]]


def test_servers_are_listed_in_words(run: Run, manager: ManagerProcess) -> None:
    head, *rows = words_of(run("servers", "list").out)
    assert head == ["SERVER", "NAME", "STATE", "PLAYERS", "VERSION", "PORT", "UP"]
    row = next(row for row in rows if row[0] == HOME)
    assert row[1:3] == ["Home", "running"]
    assert row[4] == VERSION
    assert run("servers", "list", "--json").json["items"][0]["id"] == HOME


def test_one_server_is_shown_with_everything(run: Run) -> None:
    shown = run("servers", "show", HOME)
    assert re.search(r"^State +running$", shown.out, re.MULTILINE)
    assert re.search(r"^Data +/", shown.out, re.MULTILINE)
    assert re.search(r"^Last action +server (start|create) succeeded ", shown.out, re.MULTILINE)


def test_the_status_of_a_running_server_is_success(run: Run, manager: ManagerProcess) -> None:
    wait_until(lambda: manager.get(f"/servers/{HOME}")["players_max"], "how many may play, which the game is asked once it is up")
    shown = run("servers", "status", HOME)
    assert shown.code == 0
    assert shown.out.startswith("running, players 0/16, up ")
    assert run("servers", "status", HOME, "--json").json["state"] == "running"


def test_the_timeline_tells_what_happened(run: Run) -> None:
    _, *rows = words_of(run("servers", "timeline", HOME, "--limit", "200").out)
    assert {"created", "started", "ready"} <= {row[1] for row in rows}


def test_a_server_from_its_making_to_its_end(run: Run, manager: ManagerProcess) -> None:
    port = str(free_port())
    options = ("--world-option", "gameMode=creative", "--seed", "7", "--max-players", "4", "--whitelist", "--wait")
    made = run("servers", "create", "A second one", "--version", VERSION, "--port", port, *options)
    assert made.code == 0, made
    name = re.findall(r"^(\S+) is made; stopped, port (\d+)\.$", made.out, re.MULTILINE)
    assert name == [("a-second-one", port)]
    stopped = run("servers", "status", "a-second-one")
    assert (stopped.code, stopped.out) == (1, "stopped\n")

    started = run("servers", "start", "a-second-one", "--wait", "--json").json
    assert (started["job_id"], started["state"]) == ("server_start", "succeeded")
    assert run("servers", "restart", "a-second-one", "--reason", "to see it", "--wait").code == 0
    begun = run("servers", "stop", "a-second-one")
    assert manager.wait_for_run(re.findall(r"vsmanager runs follow (\S+)", begun.out)[0])["state"] == "succeeded"

    changed = run("servers", "set-version", "a-second-one", OTHER, "--wait", "--json").json
    assert changed["state"] == "succeeded"
    assert manager.get("/servers/a-second-one")["version"] == OTHER
    assert run("servers", "start", "a-second-one", "--wait").code == 0
    refused = run("servers", "kill", "a-second-one", "--json")
    assert (refused.code, refused.problem["code"]) == (2, "confirmation_needed")
    assert run("servers", "kill", "a-second-one", "--yes", "--wait").code == 0
    assert run("servers", "status", "a-second-one", "--json").code == 1

    assert run("servers", "delete", "a-second-one").code == 2
    assert run("servers", "delete", "a-second-one", "--delete-files", "--yes", "--wait").code == 0
    assert run("servers", "show", "a-second-one").code == 5


def test_what_does_not_exist_is_said(run: Run) -> None:
    for command in ("show", "start", "timeline"):
        missing = run("servers", command, "nowhere", "--json")
        assert (missing.code, missing.problem["code"]) == (5, "server_not_found")
    assert run("console", "nowhere", "--send", "/time").code == 5
    wrong = run("servers", "create", "Wrong", "--version", "0.0.1", "--wait")
    assert wrong.code == 2
    assert "0.0.1" in wrong.err


def test_a_folder_is_looked_at_before_it_is_adopted(run: Run, tmp_path: Path) -> None:
    looked = run("servers", "adopt", str(tmp_path), "--inspect")
    # Whether folders outside the manager's own may be looked at is a setting of the machine.
    assert looked.code in {0, 4} or "VS_HOST_ROOTS" in looked.err


# The console


def test_one_command_is_sent_and_its_answer_printed(run: Run) -> None:
    sent = run("console", HOME, "--send", "/time")
    assert sent.code == 0
    assert sent.out.strip()
    answer = run("console", HOME, "--send", "/list clients", "--json").json
    assert answer["command"] == "/list clients"
    assert answer["is_complete"]


def test_what_would_be_said_to_all_needs_a_yes(run: Run, manager: ManagerProcess) -> None:
    refused = run("console", HOME, "--send", "stop", "--json")
    assert (refused.code, refused.problem["code"]) == (2, "confirmation_needed")
    assert run("console", HOME, "--send", "hello everybody", "--yes").code == 0
    wait_until(lambda: lines_of_log(manager, "hello+everybody"), "the words are said")


@pytest.mark.parametrize("command", ["/time\n/stop", "/say " + "x" * 2000])
def test_what_no_console_takes_is_refused(run: Run, command: str) -> None:
    assert run("console", HOME, "--send", command).code == 2


def test_the_last_lines_are_printed_in_a_pipe(run: Run) -> None:
    shown = run("console", HOME, "--last", "5000")
    assert re.search(r"^\d\d:\d\d:\d\d \[Event\] Dedicated Server now running on Port", shown.out, re.MULTILINE)
    assert len(run("console", HOME, "--last", "3").out.splitlines()) == 3
    assert len(run("console", HOME, "--last", "2", "--json").json["lines"]) == 2


def following(manager: ManagerProcess, *options: str) -> "subprocess.Popen[str]":
    env = clean_environment(VS_DATA_DIR=str(manager.data_dir))
    return subprocess.Popen([PROGRAM, "console", HOME, "--follow", *options], env=env, stdout=subprocess.PIPE, text=True)


def test_lines_are_followed_until_ctrl_c(run: Run, manager: ManagerProcess) -> None:
    with following(manager, "--last", "1") as process:
        assert process.stdout is not None
        assert process.stdout.readline()  # it looks from here on
        run("console", HOME, "--send", "/announce to be followed")
        assert any("to be followed" in line for line in process.stdout)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130


def test_followed_lines_come_as_a_document_a_line(manager: ManagerProcess) -> None:
    with following(manager, "--json") as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["lines"]
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130


class Typist:
    """Types into `vsmanager console` on a terminal."""

    def __init__(self, manager: ManagerProcess, home: Path) -> None:
        self.shown = ""
        self._leader, follower = pty.openpty()
        env = clean_environment(VS_DATA_DIR=str(manager.data_dir), XDG_STATE_HOME=str(home), TERM="xterm")
        self.process = subprocess.Popen(
            [PROGRAM, "console", HOME], env=env, stdin=follower, stdout=follower, stderr=follower, start_new_session=True
        )
        os.close(follower)
        os.set_blocking(self._leader, False)

    def until(self, text: str, seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while text not in self.shown:
            assert time.monotonic() < deadline, f"{text!r} was not shown:\n{self.shown}"
            try:
                self.shown += os.read(self._leader, 65_536).decode(errors="replace")
            except BlockingIOError:
                time.sleep(0.02)

    def type(self, text: str) -> None:
        self.shown = ""
        os.write(self._leader, text.encode())

    def end(self) -> int:
        self.type("\x04")
        try:
            return self.process.wait(30)
        finally:
            self.process.kill()
            self.process.wait()
            os.close(self._leader)


def test_a_person_types_commands_and_sees_what_they_print(manager: ManagerProcess, tmp_path: Path) -> None:
    typist = Typist(manager, tmp_path)
    typist.until(f"{HOME}> ")
    typist.type("/announce typed by hand\n")
    typist.until("Handling Console Command /announce typed by hand")
    typist.type("/annou\t from a half\n")
    typist.until("Handling Console Command /announce")
    typist.type("no slash\n")
    typist.until("to all players? [y/N] ")
    typist.type("n\n")
    typist.until(f"{HOME}> ")
    typist.type("/time\nagain no slash\n")
    typist.until("'again no slash' to all players? [y/N] ")
    typist.type("y\n")
    wait_until(lambda: lines_of_log(manager, "again+no+slash"), "the words are said")
    assert lines_of_log(manager, "Admin:no+slash") == []
    typist.until(f"{HOME}> ")
    assert typist.end() == 0
    history = tmp_path / "vsmanager" / "console-history" / f"{HOME}.txt"
    assert "/announce typed by hand" in history.read_text()
    assert history.stat().st_mode & 0o077 == 0


# Versions


def test_versions_are_installed_and_removed(run: Run) -> None:
    installed = run("versions", "install", "1.20.12", "--wait", "--json").json
    assert (installed["job_id"], installed["state"]) == ("version_install", "succeeded")
    _, *rows = words_of(run("versions", "installed").out)
    assert next(row for row in rows if row[0] == VERSION)[3].startswith(HOME)
    assert "1.20.12" in {version["version"] for version in run("versions", "installed", "--json").json["items"]}
    assert run("versions", "remove", "1.20.12", "--wait").code == 0
    assert run("versions", "remove", VERSION).code == 1  # it is used


def test_an_install_on_the_machine_is_copied(run: Run, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("by-hand")
    unpack_build("1.19.8", folder)
    installed = run("versions", "install", "--folder", str(folder), "--wait", "--json").json
    assert (installed["state"], installed["report"]["version"]) == ("succeeded", "1.19.8")
    assert run("versions", "remove", "1.19.8", "--wait").code == 0
    assert run("versions", "install", "--folder", str(folder), "--archive", str(folder)).code == 2


def test_versions_alone_and_with_list_are_the_same(run: Run) -> None:
    assert run("versions", "--json").json["items"] == run("versions", "list", "--json").json["items"]
    assert run("versions", "install").code == 2


def test_a_server_of_a_manager_that_does_not_run_is_unreachable(tmp_path: Path) -> None:
    ended: Ended = vsmanager("servers", "list", "--data-dir", str(tmp_path))
    assert ended.code == 3
