"""The live stream of a real manager: who gets in, what is told, how it ends."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from tests.cli.commands import idle_folder
from tests.managers import ManagerProcess, running_manager, start_manager
from tests.streams import LiveStream
from vintagestory_api.access.offline import create_token_offline, revoke_token_offline
from vintagestory_api.access.roles import Role
from vintagestory_api.live.hub import STREAMS_PER_PRINCIPAL

PASSWORD = "a passphrase for the tests"


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ManagerProcess]:
    with running_manager(idle_folder(tmp_path_factory.mktemp("live") / "data")) as running:
        yield running


def new_token(manager: ManagerProcess, name: str, role: Role = Role.VIEWER) -> str:
    return create_token_offline(manager.data_dir / "vsmanager.db", name, role, "test")


def test_it_says_hello_with_who_listens(manager: ManagerProcess) -> None:
    with LiveStream(manager.url, new_token(manager, "hello")) as stream:
        assert stream.answer.status == 200
        assert stream.answer.headers["Content-Type"].startswith("text/event-stream")
        assert stream.answer.headers["Cache-Control"] == "no-store"
        assert stream.answer.headers["X-Accel-Buffering"] == "no"
        hello = stream.next()
    assert hello is not None
    assert hello.event == "hello"
    assert hello.data["me"]["name"] == "hello"
    assert hello.data["me"]["role"] == "viewer"
    assert hello.data["version"] == manager.get("/overview")["version"]


def test_nobody_listens_without_a_token(manager: ManagerProcess) -> None:
    with LiveStream(manager.url, "vsm_wrong") as stream:
        assert stream.answer.status == 401
        assert json.loads(stream.answer.read())["code"] == "unauthorized"


@pytest.mark.parametrize("in_query", [False, True])
def test_a_stream_is_resumed_where_it_broke_off(manager: ManagerProcess, in_query: bool) -> None:
    with LiveStream(manager.url, manager.token) as stream:
        first = stream.until("hello")
    manager.post("/jobs/history_cleanup/pause", {"reason": "while nobody listens"})
    with LiveStream(manager.url, manager.token, last_event_id=first.id or "", in_query=in_query) as stream:
        assert stream.until("hello").id == first.id
        message = stream.until("job")
        assert message.data == {"job_id": "history_cleanup"}
    manager.post("/jobs/history_cleanup/resume")
    with LiveStream(manager.url, manager.token, last_event_id=message.id or "", in_query=in_query) as stream:
        resumed = stream.until("job")
        assert resumed.id != message.id, "what was received is not repeated"


def test_an_id_of_another_start_gives_a_reset(manager: ManagerProcess) -> None:
    with LiveStream(manager.url, manager.token, last_event_id="0123456789ab-17") as stream:
        assert stream.until("hello").id is None
        reset = stream.next()
        assert reset is not None
        assert reset.event == "reset"


def test_a_run_is_told_as_the_api_shows_it(manager: ManagerProcess) -> None:
    with LiveStream(manager.url, new_token(manager, "runs")) as stream:
        stream.until("hello")
        run = manager.run_job("history_cleanup")
        begun = stream.until("run", lambda data: data["id"] == run["id"])
        assert begun.data["state"] == "running"
        ended = stream.until("run", lambda data: data["id"] == run["id"] and data["ended_at"])
    assert ended.data == {name: value for name, value in run.items() if name != "log"}


def test_a_change_of_the_settings_is_told_whoever_makes_it(manager: ManagerProcess) -> None:
    with LiveStream(manager.url, new_token(manager, "settings")) as stream:
        stream.until("hello")
        assert manager.request("PATCH", "/api/v1/settings", {"run_history_days": 91}).status == 200
        assert stream.until("settings").data == {}
        settings = manager.data_dir / "api-settings.json"
        settings.write_text(json.dumps({**json.loads(settings.read_bytes()), "run_history_days": 92}))
        assert stream.until("settings").data == {}


def test_another_interval_is_told_as_a_change_of_the_job(manager: ManagerProcess) -> None:
    with LiveStream(manager.url, new_token(manager, "jobs")) as stream:
        stream.until("hello")
        manager.request("PATCH", "/api/v1/jobs/server_versions_check", {"interval_seconds": 31_000_000})
        stream.until("job", lambda data: data == {"job_id": "server_versions_check"})
        manager.request("PATCH", "/api/v1/jobs/server_versions_check", {"interval_seconds": 0})
        stream.until("job", lambda data: data == {"job_id": "server_versions_check"})


def test_a_problem_that_comes_and_goes_is_told(manager: ManagerProcess) -> None:
    settings = manager.data_dir / "api-settings.json"
    good = settings.read_bytes()
    with LiveStream(manager.url, new_token(manager, "overview")) as stream:
        stream.until("hello")
        try:
            settings.write_text("{broken")
            stream.until("overview")
            assert "problem:settings_broken" in {item["id"] for item in manager.get("/overview")["attention"]}
        finally:
            settings.write_bytes(good)
        stream.until("overview")


def test_changes_of_access_are_told_to_admins_alone(manager: ManagerProcess) -> None:
    with LiveStream(manager.url, new_token(manager, "nosy")) as viewer, LiveStream(manager.url, manager.token) as admin:
        viewer.until("hello")
        admin.until("hello")
        made = manager.post("/tokens", {"name": "told of", "role": "viewer"})
        assert made.status == 201
        admin.until("access")
        manager.post("/jobs/history_cleanup/pause", {"reason": "a mark"})
        seen = []
        while (message := viewer.next()) is not None:
            seen.append(message.event)
            if message.event == "job":
                break
        assert "access" not in seen
    manager.post("/jobs/history_cleanup/resume")


def test_a_change_that_the_command_line_makes_in_the_database_is_told(manager: ManagerProcess) -> None:
    with LiveStream(manager.url, manager.token) as admin:
        admin.until("hello")
        new_token(manager, "made on the command line")
        assert admin.until("access").data == {}


def test_the_number_of_streams_is_limited(manager: ManagerProcess) -> None:
    token = new_token(manager, "greedy")
    with ExitStack() as stack:
        for _ in range(STREAMS_PER_PRINCIPAL):
            stack.enter_context(LiveStream(manager.url, token)).until("hello")
        with LiveStream(manager.url, token) as refused:
            assert refused.answer.status == 429
            assert refused.answer.headers["Retry-After"]
            assert json.loads(refused.answer.read())["code"] == "too_many_streams"
    deadline = time.monotonic() + 20
    while True:
        with LiveStream(manager.url, token) as again:
            if again.answer.status == 200:
                break
        assert time.monotonic() < deadline, "the places were not given back"


@pytest.mark.parametrize("how", ["over the API", "in the database"])
def test_the_stream_of_a_revoked_token_is_ended(manager: ManagerProcess, how: str) -> None:
    token = new_token(manager, how)
    with LiveStream(manager.url, token, timeout=20) as stream:
        me = stream.until("hello").data["me"]
        if how == "over the API":
            assert manager.request("DELETE", f"/api/v1/tokens/{me['id']}").status == 204
        else:
            revoke_token_offline(manager.data_dir / "vsmanager.db", how, "test")
        assert stream.until("bye").data == {"reason": "revoked"}
        assert stream.next() is None
    with LiveStream(manager.url, token) as again:
        assert again.answer.status == 401


def sign_in(manager: ManagerProcess, name: str) -> str:
    """The cookie of a new browser session."""
    body = json.dumps({"name": name, "password": PASSWORD}).encode()
    headers = {"Content-Type": "application/json"}
    with urlopen(Request(f"{manager.url}/api/v1/session", body, headers), timeout=40) as answer:
        cookie: str = answer.headers["Set-Cookie"]
    return cookie.partition(";")[0]


ENDINGS: dict[str, tuple[str, str, dict[str, object] | None]] = {
    "signed out by an admin": ("DELETE", "/users/{id}/sessions", None),
    "disabled": ("PATCH", "/users/{id}", {"is_disabled": True}),
    "another role": ("PATCH", "/users/{id}", {"role": "operator"}),
    "another password": ("POST", "/users/{id}/password", {"password": "quite another passphrase"}),
    "removed": ("DELETE", "/users/{id}", None),
}


@pytest.mark.parametrize("why", ENDINGS)
def test_the_stream_of_a_user_ends_with_their_rights(manager: ManagerProcess, why: str) -> None:
    user = manager.post("/users", {"name": why, "role": "viewer", "password": PASSWORD})
    assert user.status == 201, user.json
    method, path, body = ENDINGS[why]
    with LiveStream(manager.url, cookie=sign_in(manager, why), timeout=20) as stream:
        me = stream.until("hello").data["me"]
        assert (me["kind"], me["id"], me["role"]) == ("user", user.json["id"], "viewer")
        answer = manager.request(method, "/api/v1" + path.format(id=me["id"]), body)
        assert answer.status in {200, 204}, answer.json
        assert stream.until("bye").data == {"reason": "revoked"}
        assert stream.next() is None


def test_signing_out_ends_the_stream_of_that_browser_alone(manager: ManagerProcess) -> None:
    manager.post("/users", {"name": "two browsers", "role": "viewer", "password": PASSWORD})
    here, there = sign_in(manager, "two browsers"), sign_in(manager, "two browsers")
    with LiveStream(manager.url, cookie=here, timeout=20) as stream, LiveStream(manager.url, cookie=there, timeout=20) as other:
        stream.until("hello")
        other.until("hello")
        headers = {"Cookie": here, "Origin": manager.url}
        with urlopen(Request(f"{manager.url}/api/v1/session", headers=headers, method="DELETE"), timeout=40) as answer:
            assert answer.status == 204
        assert stream.until("bye").data == {"reason": "revoked"}
        manager.post("/jobs/history_cleanup/pause", {"reason": "a mark"})
        other.until("job")
    manager.post("/jobs/history_cleanup/resume")


def test_a_manager_with_open_streams_ends_in_time_and_says_so(tmp_path: Path) -> None:
    manager = start_manager(idle_folder(tmp_path / "data"))
    streams = [LiveStream(manager.url, manager.token) for _ in range(4)]
    for stream in streams:
        stream.until("hello")
    assert manager.end() == 0
    for stream in streams:
        assert stream.until("bye").data == {"reason": "shutdown"}
        assert stream.next() is None
        stream.close()
    assert "Traceback" not in manager.log.read_text()
    assert "without completing" not in manager.log.read_text()
