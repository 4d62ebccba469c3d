"""`vsmanager demo`: up in one go, down in one go, and nothing left behind whatever happens."""

import json
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

import psutil

import vintagestory_api
from tests.cli.commands import PROGRAM, clean_environment, vsmanager
from tests.waiting import wait_until
from vintagestory_api.cli.connection import Client
from vintagestory_api.cli.demo import _free_port
from vintagestory_api.cli.demo_mods import FirstMods
from vintagestory_api.cli.failures import CommandFailed

Demo = subprocess.Popen[str]

NO_MORE: dict[str, Any] = {"id": "", "server_roles": [], "viewing_as": None, "must_set_up_second_factor": False}


@contextmanager
def demo(folder: Path, *options: str, server: bool = False, **env: str) -> Iterator[Demo]:
    options = (*options, "--server" if server else "--no-server")
    command = [PROGRAM, "demo", "--data-dir", str(folder), "--mods", "40", *options]
    with subprocess.Popen(
        command, env=clean_environment(**env), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()


def ready(process: Demo) -> Any:
    """The JSON document that `--json` prints when everything runs."""
    assert process.stdout is not None
    text = ""
    for line in process.stdout:
        text += line
        if line == "}\n":
            return json.loads(text)
    assert process.stderr is not None
    raise AssertionError(f"the demo did not get ready: {process.stderr.read()}")


def family(process: Demo) -> list[psutil.Process]:
    children = psutil.Process(process.pid).children(recursive=True)
    assert len(children) >= 2
    return children


def gone(processes: list[psutil.Process]) -> bool:
    return not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes)


def ask(url: str, token: str) -> Any:
    request = Request(url, headers={"Authorization": f"Bearer {token}"})
    with build_opener(ProxyHandler({})).open(request, timeout=10) as answer:
        return json.load(answer)


def signed_in(url: str, name: str, password: str) -> Any:
    """Who is signed in with that name and password; fails where that does not work."""
    body = json.dumps({"name": name, "password": password}).encode()
    request = Request(f"{url}/api/v1/session", body, {"Content-Type": "application/json"})
    with build_opener(ProxyHandler({})).open(request, timeout=30) as answer:
        return json.load(answer)["me"]


def test_from_start_to_finish(tmp_path: Path) -> None:
    with demo(tmp_path / "demo", "--port", "0", server=True) as process:
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if "Ctrl-C" in line:
                break
        url, token = re.findall(r"^Address +(\S+)$", said, re.MULTILINE)[0], re.findall(r"^Token +(\S+) ", said, re.MULTILINE)[0]
        assert {run["state"] for run in ask(f"{url}/api/v1/runs", token)["items"]} == {"succeeded"}
        assert ask(f"{url}/api/v1/catalog/mods", token)["total"] >= 40
        assert ask(f"{url}/api/v1/me", token) | {"id": ""} == {"kind": "token", "name": "demo", "role": "admin"} | NO_MORE
        name, password = re.findall(r"^Sign in +name (\S+), password (\S+)$", said, re.MULTILINE)[0]
        assert signed_in(url, name, password) | {"id": ""} == {"kind": "user", "name": "demo", "role": "admin"} | NO_MORE
        listed = re.findall(r"^  (\S*vsmanager) (jobs list --data-dir \S+)$", said, re.MULTILINE)[0]
        assert vsmanager(*listed[1].split(), cwd=Path.cwd()).code == 0
        server = ask(f"{url}/api/v1/servers/demo", token)
        assert server["state"] == "running"
        mods = ask(f"{url}/api/v1/servers/demo/mods", token)
        assert mods["pending"] is None
        assert {"demobyhand"} == {mod["modid"] for mod in mods["items"] if mod["by_hand"]}
        assert any(mod["update"] for mod in mods["items"]), "one is outdated"
        assert re.findall(r"^Server +(.+), port (\d+)$", said, re.MULTILINE) == [(server["name"], str(server["port"]))]
        children = family(process)
        assert len(children) >= 4  # stand-ins, manager, keeper, game
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=40)
        assert process.returncode == 0, err
        assert gone(children)
        assert err == ""
    assert "manager_stopped" in (tmp_path / "demo" / "demo.log").read_text()


class _NoAnswers(Client):
    """A manager that refuses everything."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:9", "none")

    def send(self, method: str, path: str, body: Any = None, **_options: Any) -> Any:
        raise CommandFailed("The mod database is away.")


def test_mods_that_can_not_be_installed_are_no_end_of_the_demo(tmp_path: Path) -> None:
    first = FirstMods(_NoAnswers(), lambda: None, lambda: None)
    told = first.install({"id": "demo", "version": "1.22.7", "data_path": str(tmp_path)})
    assert told == "could not be installed: The mod database is away."
    assert (tmp_path / "Mods" / "demobyhand_1.0.0.zip").is_file()
    (tmp_path / "file").write_text("")
    assert "could not be installed" in first.install({"id": "demo", "version": "1.22.7", "data_path": str(tmp_path / "file")})


def test_a_second_demo_is_refused_at_once_and_renews_token_and_data_later(tmp_path: Path) -> None:
    with demo(tmp_path / "demo", "--port", "0", "--json") as process:
        first = ready(process)
        second_at_once = vsmanager("demo", "--data-dir", str(tmp_path / "demo"), "--port", "0", "--json")
        assert (second_at_once.code, second_at_once.problem["code"]) == (1, "data_folder_in_use")
        assert ask(f"{first['url']}/api/v1/me", first["token"])["name"] == "demo"
        process.terminate()
        assert process.wait(15) == 0
    with demo(tmp_path / "demo", "--port", "0", "--json", "--latency-ms", "20") as process:
        second = ready(process)
        assert second["token"] != first["token"]
        assert second["password"] != first["password"]
        assert signed_in(second["url"], second["user"], second["password"])["role"] == "admin"
        assert {run["job_id"]: run["state"] for run in second["runs"]} == {
            "mod_cache_refresh": "succeeded",
            "server_versions_check": "succeeded",
        }
        assert {run["id"] for run in first["runs"]}.isdisjoint(run["id"] for run in second["runs"])
        assert ask(f"{second['url']}/api/v1/me", second["token"])["name"] == "demo"
        tokens = ask(f"{second['url']}/api/v1/tokens", second["token"])["items"]
        assert [token["name"] for token in tokens] == ["demo"]


def test_nothing_outlives_a_demo_that_is_killed(tmp_path: Path) -> None:
    with demo(tmp_path / "demo", "--port", "0", "--json", server=True) as process:
        assert ready(process)["server"]["state"] == "running"
        children = family(process)
        assert len(children) >= 4
        process.kill()
        wait_until(lambda: gone(children), "the manager, the game and the stand-ins to end", 40)


def test_a_manager_that_is_killed_is_started_again_and_finds_its_game(tmp_path: Path) -> None:
    with demo(tmp_path / "demo", "--port", "0", "--json", server=True) as process:
        told = ready(process)
        children = family(process)
        game = next(child for child in children if "VintagestoryServer" in " ".join(child.cmdline()))
        info = tmp_path / "demo" / "run" / "manager.json"
        first = json.loads(info.read_text())["pid"]
        psutil.Process(first).kill()

        def is_found_again() -> bool:
            try:
                server = ask(f"{told['url']}/api/v1/servers/demo", told["token"])
            except OSError:
                return False
            return bool(server["state"] == "running" and json.loads(info.read_text())["pid"] != first)

        wait_until(is_found_again, "another manager that knows of the game", 60)
        assert game.is_running()
        children += family(process)
        process.send_signal(signal.SIGINT)
        assert process.wait(40) == 0
        assert gone(children)


def test_the_next_demo_starts_the_server_of_the_last_one(tmp_path: Path) -> None:
    for _ in range(2):
        with demo(tmp_path / "demo", "--port", "0", "--json", server=True) as process:
            document = ready(process)
            assert document["server"]["state"] == "running"
            process.terminate()
            assert process.wait(40) == 0


def test_a_demo_that_is_ended_while_it_starts_leaves_nothing(tmp_path: Path) -> None:
    with demo(tmp_path / "demo", "--port", "0", "--latency-ms", "3000") as process:
        parent = psutil.Process(process.pid)
        wait_until(lambda: len(parent.children()) >= 2, "both processes to be started")
        children = parent.children(recursive=True)
        process.terminate()
        assert process.wait(15) == 0
        assert gone(children)


def test_a_port_that_was_asked_for_and_is_taken_is_an_error(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = vsmanager("demo", "--data-dir", str(tmp_path), "--mods", "1", "--port", str(port), "--json")
    assert ended.code == 1
    assert f"Port {port} on 127.0.0.1 is in use" in ended.err
    assert ended.out == ""


def test_without_a_wish_the_next_free_port_is_taken() -> None:
    with socket.socket() as blocker:
        blocker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        first = _free_port("127.0.0.1")
        blocker.bind(("127.0.0.1", first))
        blocker.listen()
        assert first < _free_port("127.0.0.1") < 8080 + 50


def test_stand_ins_that_can_not_start_say_why(tmp_path: Path) -> None:
    ended = vsmanager("demo", "--data-dir", str(tmp_path / "demo"), "--mod-list", str(tmp_path / "missing.json"))
    assert ended.code == 1
    assert "missing.json can't be read" in ended.err


def test_without_the_stand_ins_the_demo_says_where_they_come_from(tmp_path: Path) -> None:
    script = "import sys; sys.modules['vintagestory_sandbox'] = None; from vintagestory_api.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", script, "demo", "--data-dir", str(tmp_path), "--port", "0"],
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "--real" in done.stderr


def test_real_takes_no_wishes_about_stand_ins(tmp_path: Path) -> None:
    assert vsmanager("demo", "--data-dir", str(tmp_path), "--real", "--mods", "5").code == 2


def test_real_starts_no_stand_ins(tmp_path: Path) -> None:
    nowhere = {"VS_MOD_DB_URL": "http://127.0.0.1:9", "VS_VERSIONS_URL": "http://127.0.0.1:9"}
    command = [PROGRAM, "demo", "--data-dir", str(tmp_path / "demo"), "--port", "0", "--real"]
    with subprocess.Popen(command, env=clean_environment(**nowhere), stdout=subprocess.PIPE, text=True) as process:
        info = tmp_path / "demo" / "run" / "manager.json"
        wait_until(info.exists, "the manager to start")
        manager = json.loads(info.read_text())["pid"]
        assert [child.pid for child in psutil.Process(process.pid).children()] == [manager]
        process.terminate()
        assert process.wait(15) == 0


def test_reload_restarts_the_manager_when_its_code_changes(tmp_path: Path) -> None:
    source = Path(vintagestory_api.__file__).parent
    copy = tmp_path / "copy" / "vintagestory_api"
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
    with demo(tmp_path / "demo", "--port", "0", "--json", "--reload", PYTHONPATH=str(copy.parent)) as process:
        before = ready(process)
        info = tmp_path / "demo" / "run" / "manager.json"
        first = json.loads(info.read_text())["pid"]
        (copy / "new_module.py").write_text("")

        def restarted() -> bool:
            try:
                found = json.loads(info.read_text())
            except (OSError, ValueError):
                return False
            return bool(found["pid"] != first and found["url"] == before["url"])

        wait_until(restarted, "the manager to be started again on the same port")
        process.terminate()
        assert process.wait(15) == 0
