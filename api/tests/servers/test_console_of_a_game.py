"""The console and the log files of a real game of the sandbox, over HTTP."""

import concurrent.futures
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.apps import data_dir_where_nothing_is_due
from tests.servers.games import House, install_version, running_house
from vintagestory_sandbox.dotnet_root import make_dotnet_root


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Iterator[House]:
    """With the server `alpha`, which is ready, for tests that leave it so."""
    folder = tmp_path_factory.mktemp("console")
    data_dir = data_dir_where_nothing_is_due(folder / "data", empty_database)
    install_version(data_dir)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOTNET_ROOT", str(make_dotnet_root(folder / "dotnet")))
        with running_house(data_dir) as house:
            house.create("Alpha")
            house.does("alpha", "start")
            yield house


def command(house: House, text: str) -> dict[str, Any]:
    answer = house.app.ask("POST", "/servers/alpha/commands", json={"command": text})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def texts(told: dict[str, Any]) -> list[str]:
    return [line["text"] for line in told["lines"]]


def shown(house: House, **query: Any) -> list[str]:
    return texts(house.app.get("/servers/alpha/console", **query))


def trail(house: House, action: str) -> list[dict[str, Any]]:
    return [entry for entry in house.app.get("/audit", limit=200)["items"] if entry["action"] == action]


def test_a_command_is_answered_with_what_the_game_printed(running: House) -> None:
    told = command(running, "/time")
    assert (told["command"], told["is_complete"]) == ("/time", True)
    assert texts(told)[0].startswith("Server time: ")
    assert told["lines"][0]["seq"] == told["seq"] + 1
    several = command(running, "  /list roles ")
    assert texts(several)[0] == "List of roles:"
    assert len(several["lines"]) > 5
    assert all(line["is_continuation"] for line in several["lines"][1:])
    assert texts(command(running, "/nonsense")) == ["No such command exists: nonsense"]
    said = command(running, "hello everybody")
    assert texts(said) == ["Message to all in group 0: <strong>Admin:</strong>hello everybody"]
    assert "Handling Console Command /time" in shown(running)


def test_the_console_is_read_in_pages_and_shows_no_questions_of_the_manager(running: House) -> None:
    command(running, "/time")
    everything = running.app.get("/servers/alpha/console", limit=5000)
    assert everything["is_end"]
    assert set(everything["lines"][0]) == {"seq", "time", "type", "text", "is_continuation", "is_probe"}
    seqs = [line["seq"] for line in everything["lines"]]
    assert seqs == sorted(seqs)
    first = running.app.get("/servers/alpha/console", limit=3)
    assert (texts(first), first["is_end"]) == (texts(everything)[:3], False)
    second = running.app.get("/servers/alpha/console", after=first["next_after"], limit=3)
    assert texts(second) == texts(everything)[3:6]
    assert texts(running.app.get("/servers/alpha/console", last=2)) == texts(everything)[-2:]
    events = running.app.get("/servers/alpha/console", types="Event", limit=5000)["lines"]
    assert {line["type"] for line in events} == {"Event"}
    # A test before this one may have started the game anew.
    assert {text.partition(" on Port")[0] for text in shown(running, q="NOW RUNNING ON PORT")} == {"Dedicated Server now running"}
    hints = running.app.get("/servers/alpha/command-hints")
    assert hints["is_learned"]
    stop = next(hint for hint in hints["items"] if hint["name"] == "/stop")
    assert "exitcode" in stop["text"]
    assert "Handling Console Command /help" not in shown(running)
    assert "Handling Console Command /help" in shown(running, probes=True)


def test_commands_and_their_senders_are_in_the_audit_without_passwords(running: House) -> None:
    command(running, "/announce Hello there")
    command(running, "/serverconfig password verysecret")
    command(running, "/sc  PASSWORD  other secret")
    running.app.refused(
        "POST", "/servers/alpha/commands", 422, "invalid_request", json={"command": "/sc password third", "more": 1}
    )
    entries = trail(running, "send_command")
    assert {entry["target"]["server_id"] for entry in entries} == {"alpha"}
    assert all(entry["who"]["name"] == "admin" for entry in entries)
    assert "/announce Hello there" in json.dumps(entries)
    with sqlite3.connect(running.data_dir / "vsmanager.db") as database:
        stored = "\n".join(map(str, database.execute("SELECT * FROM audit").fetchall()))
    for secret in ("verysecret", "other secret", "third"):
        assert secret not in json.dumps(entries)
        assert secret not in stored
    assert "/serverconfig password ***" in json.dumps(entries)


def test_what_the_console_cannot_take_is_refused_and_the_game_goes_on(running: House) -> None:
    for text in ("/time\n/stop", "/a\x00b", "/" + "x" * 1_999, "", ".ignored", "/a\u2028b"):
        problem = running.app.refused("POST", "/servers/alpha/commands", 422, "command_not_possible", json={"command": text})
        assert len(problem["detail"]) > 20
    assert command(running, "/time")["is_complete"]


def test_of_many_commands_in_a_moment_most_are_refused_and_the_game_goes_on(running: House) -> None:
    def send(number: int) -> tuple[int, Any]:
        answer = running.app.ask("POST", "/servers/alpha/commands", json={"command": f"/time {number}"})
        return answer.status_code, answer.json()

    with concurrent.futures.ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(send, range(100)))
    assert {status for status, _ in answers} <= {200, 429}
    refused = [told for status, told in answers if status == 429]
    assert refused
    assert refused[0]["code"] == "too_many_commands"
    echoes = [line for line in running.console("alpha") if line.startswith("Handling Console Command /time ")]
    assert sorted(echoes) == sorted(
        f"Handling Console Command /time {number}" for number, (status, _) in enumerate(answers) if status == 200
    )
    assert command(running, "/time")["is_complete"]


def test_the_log_files_of_a_game_are_listed_read_searched_and_downloaded(running: House) -> None:
    running.does("alpha", "restart")
    files = running.app.get("/servers/alpha/log-files")["items"]
    names = [file["name"] for file in files]
    assert "server-main.log" in names
    archived = next(file for file in files if file["is_archived"] and file["name"].endswith("/server-main.log"))
    page = running.app.get(f"/servers/alpha/log-files/{archived['name']}/lines", limit=5)
    assert page["lines"][-1]["text"] == "Stopped the server!"
    assert page["next_before"] == page["lines"][0]["number"]
    earlier = running.app.get(f"/servers/alpha/log-files/{archived['name']}/lines", limit=5, before=page["next_before"])
    assert earlier["lines"][-1]["number"] < page["lines"][0]["number"]
    ready = running.app.get("/servers/alpha/log-files/server-main.log/lines", q="now RUNNING on port", types="Event")
    assert [line["type"] for line in ready["lines"]] == ["Event"]
    answer = running.app.ask("GET", f"/servers/alpha/log-files/{archived['name']}/download")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''Archive-")
    whole = (running.data_path("alpha") / "Logs" / archived["name"]).read_text()
    assert whole.splitlines()[0] == answer.text.splitlines()[0]
    assert len(answer.text.splitlines()) == len(whole.splitlines())
    assert "verysecret" not in answer.text
    assert answer.text.endswith("Stopped the server!\n")
    for name in ("../serverconfig.json", "..%2F..%2Fvsmanager.db", "%2Fetc%2Fhosts", "nothing.log"):
        for rest in ("lines", "download"):
            assert running.app.ask("GET", f"/servers/alpha/log-files/{name}/{rest}").status_code in {403, 404}
