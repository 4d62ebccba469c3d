"""`vsmanager doctor`: sound folders pass, each kind of damage is found and comes with advice."""

import contextlib
import http.server
import json
import os
import shutil
import socket
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path
from time import time
from typing import Any

import pytest

from tests.cli.commands import Ended, idle_folder, vsmanager
from tests.managers import running_manager
from vintagestory_api.storage.data_folder import DataFolder
from vintagestory_api.storage.database import prepare_database

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can start games as another account")
not_as_root = pytest.mark.skipif(os.geteuid() == 0, reason="root can start games as another account")
ACCOUNT = "nobody"


@contextmanager
def upstream(body: bytes = b"{}", *, status: int = 200, clock_ahead_seconds: float = 0) -> Iterator[tuple[str, list[str]]]:
    """Answers everything alike; with the addresses it was asked for."""
    asked: list[str] = []

    class Upstream(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def date_time_string(self, timestamp: float | None = None) -> str:
            return formatdate(time() + clock_ahead_seconds, usegmt=True)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has there
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Upstream) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", asked
        finally:
            server.shutdown()
            thread.join()


def examine(folder: Path, *options: str, **env: str) -> Ended:
    variables = {"VS_PORT": "0", "NO_PROXY": "127.0.0.1", **env}
    return vsmanager("doctor", "--data-dir", str(folder), *options, env=variables)


def checks(ended: Ended) -> dict[str, Any]:
    """Id → check; the worst one where several have the same id."""
    found: dict[str, Any] = {}
    for check in json.loads(ended.out)["checks"]:
        before = found.get(check["id"])
        if before is None or before["state"] == "ok":
            found[check["id"]] = check
    return found


def offline_checks(folder: Path, **env: str) -> dict[str, Any]:
    ended = examine(folder, "--offline", "--json", **env)
    found = checks(ended)
    problems = [check for check in found.values() if check["state"] == "problem"]
    assert ended.code == (1 if problems else 0)
    assert all(check["advice"] for check in problems)
    return found


def test_a_new_folder_has_no_problem_and_is_not_made(tmp_path: Path) -> None:
    ended = examine(tmp_path / "data", "--offline")
    assert ended.code == 0
    assert "Nothing is in the way." in ended.out
    assert all(line[0] in "✓! " for line in ended.out.splitlines()[:-2])
    assert not (tmp_path / "data").exists()


def test_a_running_manager_is_found_and_asked(tmp_path: Path) -> None:
    with running_manager(idle_folder(tmp_path / "data")) as manager:
        found = offline_checks(manager.data_dir, VS_PORT=manager.url.rsplit(":", 1)[1])
        assert found["manager"]["state"] == "ok"
        assert manager.url in found["port"]["message"]
        assert found["database"]["state"] == "ok"
        assert "upstream_contact" in found


def test_a_manager_with_a_broken_settings_file_says_so_itself(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "api-settings.json").write_text("[]")
    with running_manager(tmp_path / "data") as manager:
        ended = examine(manager.data_dir, "--offline", "--json")
    assert ended.code == 1
    assert "vsmanager settings reset" in checks(ended)["settings"]["advice"]
    assert "settings file" in checks(ended)["manager"]["message"]


def test_a_port_in_use_is_a_problem(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        found = offline_checks(tmp_path, VS_PORT=str(taken.getsockname()[1]))
    assert found["port"]["state"] == "problem"
    assert "VS_PORT" in found["port"]["advice"]


def test_a_damaged_database_is_a_problem(tmp_path: Path) -> None:
    database = tmp_path / "vsmanager.db"
    prepare_database(database)
    content = bytearray(database.read_bytes())
    assert len(content) > 20_000
    content[8_192:16_384] = b"\xaa" * 8_192
    database.write_bytes(content)
    assert offline_checks(tmp_path)["database"]["state"] == "problem"


def test_a_file_that_is_no_database_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "vsmanager.db").write_text("something else entirely")
    found = offline_checks(tmp_path)["database"]
    assert found["state"] == "problem"
    assert found["advice"].startswith("Put back a copy")


def test_a_damaged_catalogue_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "catalog.db").write_text("no catalogue")
    assert offline_checks(tmp_path)["catalog"]["state"] == "problem"


def test_a_folder_that_others_can_read_is_a_warning(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o755)
    found = offline_checks(folder)["data_folder"]
    assert (found["state"], found["advice"]) == ("warning", f"chmod 700 {folder}")


@pytest.mark.parametrize(
    ("name", "told", "advice"),
    [
        ("vs_nobody_has_this", "There is no account 'vs_nobody_has_this' (VS_GAME_USER)", "useradd --system"),
        ("root", "Games must not run as 'root'", "Name an account made for them"),
        pytest.param("daemon", "Only root can start games as another account", "Run the manager as root", marks=not_as_root),
        pytest.param(ACCOUNT, "is closed to it", "VS_DATA_DIR=/var/lib/vsmanager", marks=as_root),
    ],
)
def test_an_account_for_games_that_can_not_be_used_is_a_problem(tmp_path: Path, name: str, told: str, advice: str) -> None:
    (tmp_path / "closed").mkdir(mode=0o700)
    found = offline_checks(tmp_path / "closed" / "data", VS_GAME_USER=name)["game_user"]
    assert found["state"] == "problem"
    assert told in found["message"]
    assert advice in found["advice"]


@as_root
def test_an_account_for_games_has_to_reach_the_servers_that_lie_elsewhere_too(tmp_path: Path, open_place: Path) -> None:
    folder = DataFolder(open_place / "data")
    folder.prepare()
    folder.root.chmod(0o711)
    prepare_database(folder.database)
    found = offline_checks(folder.root, VS_GAME_USER=ACCOUNT)
    assert (found["game_user"]["state"], found["data_folder"]["state"]) == ("ok", "ok")
    assert f"Games run as {ACCOUNT}" in found["game_user"]["message"]

    tmp_path.chmod(0o700)
    columns = "id, name, port, data_path, wanted, settings, last_seq, created_at, created_by"
    with contextlib.closing(sqlite3.connect(folder.database)) as connection, connection:
        for name, place in (("near", "near"), ("far", str(tmp_path / "far"))):
            connection.execute(
                f"INSERT INTO servers ({columns}) VALUES (?, ?, 42420, ?, 'stopped', '{{}}', 0, 0, 'x')",
                (name, name, place),
            )
    found = offline_checks(folder.root, VS_GAME_USER=ACCOUNT)["game_user"]
    assert found["state"] == "problem"
    assert f"can't reach {tmp_path}" in found["message"]


@pytest.fixture
def open_place() -> Iterator[Path]:
    """Where every account can get to, as pytest's own folders are not."""
    place = Path(tempfile.mkdtemp(prefix="vsm-", dir="/tmp"))
    place.chmod(0o755)
    yield place
    shutil.rmtree(place)


def test_a_folder_that_games_with_an_account_go_through_is_closed_otherwise(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o755)
    assert offline_checks(folder, VS_GAME_USER=ACCOUNT)["data_folder"]["advice"] == f"chmod 711 {folder}"
    folder.chmod(0o711)
    assert offline_checks(folder)["data_folder"]["state"] == "ok"


def test_a_file_in_place_of_the_folder_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    assert offline_checks(tmp_path / "data")["data_folder"]["state"] == "problem"


def test_upstreams_that_answer_are_asked_once_each(tmp_path: Path) -> None:
    with upstream() as (url, asked):
        ended = examine(tmp_path, "--json", VS_MOD_DB_URL=url, VS_VERSIONS_URL=url)
    assert ended.code == 0
    assert sorted(asked) == ["/api/tags", "/stable.json"]
    assert {checks(ended)[check]["state"] for check in ("mod_database", "version_service", "clock")} == {"ok"}


@pytest.mark.parametrize(("body", "status", "words"), [(b"<html>", 200, "no JSON"), (b"{}", 503, "status 503")])
def test_upstreams_that_answer_rubbish_are_a_problem(tmp_path: Path, body: bytes, status: int, words: str) -> None:
    with upstream(body, status=status) as (url, _):
        ended = examine(tmp_path, "--json", VS_MOD_DB_URL=url, VS_VERSIONS_URL="http://127.0.0.1:9")
    assert ended.code == 1
    assert words in checks(ended)["mod_database"]["message"]
    assert "can't be reached" in checks(ended)["version_service"]["message"]


def test_a_wrong_clock_is_a_warning(tmp_path: Path) -> None:
    with upstream(clock_ahead_seconds=300) as (url, _):
        ended = examine(tmp_path, "--json", VS_MOD_DB_URL=url, VS_VERSIONS_URL=url)
    clock = checks(ended)["clock"]
    assert clock["state"] == "warning"
    assert "behind" in clock["message"]
    assert ended.code == 0


def test_a_wrong_environment_is_told_before_anything_is_looked_at(tmp_path: Path) -> None:
    ended = examine(tmp_path, "--offline", VS_MOD_DB_URL="nowhere")
    assert ended.code == 2
    assert "VS_MOD_DB_URL" in ended.err


def test_while_a_manager_runs_its_own_upstreams_are_asked(tmp_path: Path) -> None:
    with upstream() as (url, _), running_manager(idle_folder(tmp_path / "data"), upstream=url):
        ended = examine(tmp_path / "data", "--json", VS_MOD_DB_URL="http://127.0.0.1:9", VS_VERSIONS_URL="http://127.0.0.1:9")
    found = checks(ended)
    assert {found[check]["state"] for check in ("mod_database", "version_service")} == {"ok"}
    assert url in found["mod_database"]["message"]
