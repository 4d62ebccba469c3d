"""A manager elsewhere: its address with --url or VS_URL, a token in VS_TOKEN."""

import http.server
import threading
from collections.abc import Iterator

import pytest

from tests.cli.commands import Ended, vsmanager
from tests.cli.conftest import Run
from tests.managers import ManagerProcess


class Pages(http.server.BaseHTTPRequestHandler):
    """A web server that is no manager."""

    def do_GET(self) -> None:
        body = b"<html>Welcome</html>"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has there
        pass


@pytest.fixture
def stranger() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def tokens(manager: ManagerProcess) -> dict[str, str]:
    made = {}
    for role in ("viewer", "operator", "admin"):
        answer = manager.post("/tokens", {"name": role, "role": role})
        made[role] = answer.json["token"]
    return made


def remotely(url: str, token: str, *arguments: str) -> Ended:
    return vsmanager(*arguments, env={"VS_URL": url, "VS_TOKEN": token})


def test_commands_work_with_an_address_and_a_token(manager: ManagerProcess, tokens: dict[str, str]) -> None:
    assert remotely(manager.url, tokens["viewer"], "jobs", "list", "--json").json == manager.get("/jobs")
    by_option = vsmanager("jobs", "list", "--url", f"{manager.url}/", "--json", env={"VS_TOKEN": tokens["viewer"]})
    assert by_option.json == manager.get("/jobs")


def test_a_named_folder_goes_before_the_address_in_the_environment(manager: ManagerProcess) -> None:
    env = {"VS_URL": "http://127.0.0.1:9", "VS_TOKEN": "vsm_x"}
    assert vsmanager("jobs", "list", "--data-dir", str(manager.data_dir), env=env).code == 0


@pytest.mark.parametrize(
    ("role", "arguments"),
    [
        ("viewer", ["jobs", "run", "mod_cache_refresh"]),
        ("viewer", ["jobs", "pause", "mod_cache_refresh"]),
        ("operator", ["settings", "set", "run_history_days", "10"]),
        ("operator", ["settings", "reset"]),
        ("operator", ["jobs", "set-interval", "mod_cache_refresh", "1h"]),
        ("operator", ["token", "create", "--role", "admin", "--name", "more"]),
        ("operator", ["token", "list"]),
        ("operator", ["audit", "list"]),
    ],
)
def test_a_role_that_is_too_low_is_not_allowed(
    run_here: Run, manager: ManagerProcess, tokens: dict[str, str], role: str, arguments: list[str]
) -> None:
    refused = run_here(*arguments, "--json", VS_URL=manager.url, VS_TOKEN=tokens[role])
    assert refused.code == 4, refused
    assert refused.problem["code"] == "role_too_low"
    assert "needs the role" in refused.err


def test_a_token_that_is_none_is_not_allowed_and_never_shown(manager: ManagerProcess) -> None:
    secret = "vsm_" + "x" * 43
    for token in (secret, "two words", "ü"):
        refused = remotely(manager.url, token, "jobs", "list")
        assert refused.code == 4
        assert "VS_TOKEN" in refused.err
        assert secret not in refused.err


def test_an_address_without_a_token_asks_for_one(manager: ManagerProcess) -> None:
    refused = vsmanager("jobs", "list", "--url", manager.url)
    assert refused.code == 4
    assert "VS_TOKEN" in refused.err


def test_tokens_are_managed_through_a_remote_manager(manager: ManagerProcess, tokens: dict[str, str]) -> None:
    made = remotely(manager.url, tokens["admin"], "token", "create", "--role", "viewer", "--name", "far", "--json").json
    assert (made["name"], made["role"]) == ("far", "viewer")
    assert manager.request("GET", "/api/v1/me", token=made["token"]).status == 200
    listed = remotely(manager.url, tokens["admin"], "token", "list", "--json").json["items"]
    assert made["id"] in {token["id"] for token in listed}
    revoked = remotely(manager.url, tokens["admin"], "token", "revoke", "far", "--json").json
    assert revoked["id"] == made["id"]
    assert revoked["revoked_at"]
    assert manager.request("GET", "/api/v1/me", token=made["token"]).status == 401
    again = remotely(manager.url, tokens["admin"], "token", "revoke", "far")
    assert again.code == 5


def test_where_nothing_listens_the_manager_is_unreachable() -> None:
    ended = remotely("http://127.0.0.1:9", "vsm_x", "jobs", "list", "--json")
    assert ended.code == 3
    assert "nothing listens there" in ended.err
    assert ended.problem["code"] == "manager_unreachable"


def test_another_web_server_is_told_from_a_manager(stranger: str) -> None:
    ended = remotely(stranger, "vsm_x", "jobs", "list")
    assert ended.code == 1
    assert "is no manager" in ended.err


@pytest.mark.parametrize("url", ["127.0.0.1:8080", "ftp://host", "http://", "http://user:password@host"])
def test_what_is_no_address_is_wrong_usage(run_here: Run, url: str) -> None:
    ended = run_here("jobs", "list", "--url", url, VS_TOKEN="vsm_x")
    assert ended.code == 2, ended


def test_the_local_one_is_found_without_any_token(run: Run) -> None:
    assert run("jobs", "list").code == 0
