"""The stand-in as a program: starting, being ready, ending."""

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast
from urllib.parse import urlsplit

import pytest

from tests.asking import ask
from vintagestory_sandbox.upstream import SandboxError, start_upstream

COMMAND = [sys.executable, "-m", "vintagestory_sandbox", "upstream", "--mods", "5"]


def until(condition: Callable[[], object], what: str, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds} s"
        time.sleep(0.02)


@contextmanager
def running(*options: str) -> "Iterator[tuple[subprocess.Popen[str], dict[str, object]]]":
    with subprocess.Popen([*COMMAND, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process, json.loads(cast("IO[str]", process.stdout).readline())
        finally:
            process.kill()


def test_it_says_where_it_listens_in_one_line(tmp_path: Path) -> None:
    ready_file = tmp_path / "ready.json"
    with running("--ready-file", str(ready_file)) as (_, ready):
        assert list(ready) == ["event", "url", "mods"]
        assert (ready["event"], ready["mods"]) == ("ready", 31)
        assert json.loads(ready_file.read_text()) == ready
        assert ask(str(ready["url"]), "/api/tags").status == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_even_while_it_answers(number: int) -> None:
    with running() as (process, ready):
        url = str(ready["url"])
        ask(url, "/_sandbox/faults", method="POST", body=b'{"kind": "hang", "path": "/api/tags"}')
        place = urlsplit(url)
        with socket.create_connection((place.hostname or "", place.port or 0)) as connection:
            connection.sendall(b"GET /api/tags HTTP/1.1\r\nHost: sandbox\r\n\r\n")
            until(lambda: ask(url, "/_sandbox/stats").json["current"] == 1, "the request")
            process.send_signal(number)
            # The request itself never ends.
            assert process.wait(20) == 0
        assert cast("IO[str]", process.stderr).read() == ""


def test_it_ends_when_its_parent_dies(tmp_path: Path) -> None:
    ready_file = tmp_path / "ready.json"
    parent = textwrap.dedent(
        """
        import os, subprocess, sys, time
        child = subprocess.Popen([*sys.argv[1:], "--parent-pid", str(os.getpid())], stdout=subprocess.DEVNULL)
        print(child.pid, flush=True)
        time.sleep(60)
        """
    )
    command = [sys.executable, "-c", parent, *COMMAND, "--ready-file", str(ready_file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        child = int(cast("IO[str]", process.stdout).readline())
        until(ready_file.exists, "listening")
        process.kill()
        process.wait()
    until(lambda: is_gone(child), "the end of the orphan")


def is_gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state == "Z"


def test_it_ends_when_another_process_that_it_was_given_is_gone() -> None:
    with (
        subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, text=True) as other,
        running("--parent-pid", str(other.pid)) as (process, _),
    ):
        assert process.poll() is None
        other.communicate("\n")
        assert process.wait(5) == 0


def test_a_port_in_use_is_said_and_what_to_do() -> None:
    with start_upstream(mods=0) as upstream:
        port = upstream.url.rpartition(":")[2]
        done = subprocess.run([*COMMAND, "--port", port], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert port in done.stderr
    assert "choose another --port" in done.stderr


@pytest.mark.parametrize("content", [None, "", "[]", '{"mods": 3}', '{"mods": [3]}', '{"mods": [{"name": "no number"}]}'])
def test_a_wrong_mod_list_is_said(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "mods.json"
    if content is not None:
        path.write_text(content)
    done = subprocess.run([*COMMAND, "--mod-list", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "mods.json" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_start_that_fails_is_an_error_with_its_reason(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match=r"can't be read"), start_upstream(mod_list=tmp_path / "missing.json"):
        pass


def test_the_process_is_gone_after_the_block() -> None:
    with start_upstream(mods=0) as upstream:
        pid = upstream.process.pid
        os.kill(pid, 0)
    assert upstream.process.poll() == 0


def test_links_can_begin_with_another_address() -> None:
    with start_upstream(mods=20, public_url="http://sandbox.example") as upstream:
        rows = ask(upstream.url, "/api/mods").json["mods"]
    assert {row["logo"][:27] for row in rows if row["logo"]} == {"http://sandbox.example/cdn/"}


def test_the_same_seed_and_address_give_the_same_bytes() -> None:
    bodies = []
    for _ in range(2):
        with start_upstream(mods=40, seed=3, public_url="http://sandbox.example", handmade=False) as upstream:
            bodies.append([ask(upstream.url, path).body for path in ("/api/mods", "/stable.json", "/api/comments")])
            assert upstream.mods == 40
    assert bodies[0] == bodies[1]
