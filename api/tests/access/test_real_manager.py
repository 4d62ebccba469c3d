"""Signing in to a real manager, as a browser does, while the command line changes its database from another process."""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.cli.commands import idle_folder, vsmanager
from tests.managers import ManagerProcess, running_manager
from tests.streams import messages_in
from tests.waiting import wait_until

PASSWORD = "a long password of Anna"


class Browser:
    """Keeps the cookie it is given, and says with each change that it comes from a page of the manager."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.cookie = ""

    def open(self, method: str, path: str, body: Any = None) -> HTTPResponse:
        address = urlsplit(self._url)
        connection = HTTPConnection(address.hostname or "", address.port, timeout=40)
        headers = {"Origin": self._url, "Cookie": self.cookie, "Connection": "close", "Content-Type": "application/json"}
        connection.request(method, f"/api/v1{path}", None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        if given := answer.getheader("Set-Cookie"):
            self.cookie = given.split(";")[0]
        return answer

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        with self.open(method, path, body) as answer:
            content = answer.read()
            return answer.status, json.loads(content) if content else None

    def sign_in(self, name: str, password: str) -> int:
        return self.ask("POST", "/session", {"name": name, "password": password})[0]


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ManagerProcess]:
    with running_manager(idle_folder(tmp_path_factory.mktemp("signing-in") / "data"), VS_LOG_LEVEL="debug") as running:
        answer = running.post("/users", {"name": "boss", "role": "admin", "password": "a long password of boss"})
        assert answer.status == 201, answer.json
        yield running


def new_user(manager: ManagerProcess, name: str) -> str:
    answer = manager.post("/users", {"name": name, "role": "viewer", "password": PASSWORD})
    assert answer.status == 201, answer.json
    return str(answer.json["id"])


def test_from_the_link_to_signing_out(tmp_path: Path) -> None:
    data_dir = idle_folder(tmp_path / "data")
    with running_manager(data_dir) as manager:
        (url, token) = re.findall(r"(http://\S+)/setup#token=(\S+)", manager.log.read_text())[0]
        assert url == manager.url
        browser = Browser(url)
        assert browser.ask("GET", "/session")[1]["state"] == "setup_needed"
        assert manager.request("GET", "/healthz").json["status"] == "ok"
        body = {"token": token, "name": "Anna", "password": PASSWORD}
        assert browser.ask("POST", "/setup", body)[0] == 200
        assert browser.ask("GET", "/me")[1]["role"] == "admin"
        assert Browser(url).ask("POST", "/setup", body)[0] == 409
        assert browser.ask("DELETE", "/session")[0] == 204
        assert browser.sign_in("Anna", PASSWORD) == 200
    before = manager.log.read_text()
    with running_manager(data_dir) as manager:
        assert browser_at(manager, browser.cookie).ask("GET", "/me")[0] == 200, "a restart signs nobody out"
    assert "#token=" not in manager.log.read_text()[len(before) :], "there is an admin"


def browser_at(manager: ManagerProcess, cookie: str) -> Browser:
    browser = Browser(manager.url)
    browser.cookie = cookie
    return browser


def test_each_start_without_an_admin_prints_another_link(tmp_path: Path) -> None:
    data_dir = idle_folder(tmp_path / "data")
    for _ in range(2):
        with running_manager(data_dir) as manager:
            pass
    tokens = re.findall(r"#token=(\S+)", manager.log.read_text())
    assert len(set(tokens)) == 2
    logged = [line for line in manager.log.read_text().splitlines() if line.startswith("{")]
    assert not any("#token=" in line for line in logged), "it never is in the log itself"


def test_no_secret_is_in_the_log_or_in_the_trail(manager: ManagerProcess) -> None:
    new_user(manager, "logged")
    browser = Browser(manager.url)
    assert browser.sign_in("logged", "wrong " + PASSWORD) == 401
    assert browser.sign_in("logged", PASSWORD) == 200
    change = {"current_password": PASSWORD, "new_password": "new " + PASSWORD}
    assert browser.ask("POST", "/me/password", change)[0] == 204
    log = manager.log.read_text()
    assert "request_answered" in log
    for text in (log, json.dumps(manager.get("/audit?limit=200"))):
        assert PASSWORD not in text
        assert browser.cookie.split("=")[1] not in text


def listen(browser: Browser) -> HTTPResponse:
    stream = browser.open("GET", "/events")
    assert stream.status == 200
    return stream


def farewell_of(stream: HTTPResponse) -> Any:
    """What the manager says before it closes the stream; fails when it does not close it for a long time."""
    with stream:
        return messages_in(stream.read())[-1].data


def test_the_command_line_of_another_process_ends_sessions_and_live_connections(manager: ManagerProcess) -> None:
    new_user(manager, "far away")
    browser = Browser(manager.url)
    assert browser.sign_in("far away", PASSWORD) == 200
    stream = listen(browser)
    done = vsmanager("admin", "reset-password", "far away", "--generate", "--data-dir", str(manager.data_dir))
    assert done.code == 0, done
    assert farewell_of(stream) == {"reason": "revoked"}
    assert browser.ask("GET", "/me")[0] == 401
    assert browser.sign_in("far away", PASSWORD) == 401
    assert browser.sign_in("far away", done.out.strip()) == 200


def test_a_session_deleted_behind_the_managers_back_ends(manager: ManagerProcess) -> None:
    user_id = new_user(manager, "behind")
    browser = Browser(manager.url)
    assert browser.sign_in("behind", PASSWORD) == 200
    assert browser.ask("GET", "/me")[0] == 200
    with closing(sqlite3.connect(manager.data_dir / "vsmanager.db", timeout=30)) as connection, connection:
        connection.execute("DELETE FROM sessions WHERE user_id = ?", (user_id,))
    wait_until(lambda: browser.ask("GET", "/me")[0] == 401, "the session to end")


def test_an_admin_is_enough_to_listen_on_other_addresses(tmp_path: Path) -> None:
    data_dir = idle_folder(tmp_path / "data")
    refused = vsmanager("serve", "--data-dir", str(data_dir), "--host", "0.0.0.0", "--port", "0")
    assert refused.code == 4
    assert "vsmanager admin create NAME" in refused.err
    assert vsmanager("admin", "create", "Anna", "--generate", "--data-dir", str(data_dir)).code == 0
    with running_manager(data_dir, VS_HOST="0.0.0.0") as manager:
        assert manager.request("GET", "/healthz").status == 200
    assert "#token=" not in manager.log.read_text()
