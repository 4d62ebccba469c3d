"""One text is one command at most: no line break, control character or second command of a text reaches the console of a game."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from tests.security.furnished import SCHEDULE, SERVER, Furnished
from tests.security.walked import ask, filled, walk

ORDER = "op Mallory"
BREAKS = {
    "cr": "\r",
    "lf": "\n",
    "crlf": "\r\n",
    "nul": "\0",
    "esc": "\x1b[2K",
    "nel": "\x85",
    "ls": "\u2028",
    "ps": "\u2029",
    "vt": "\x0b",
    "bs": "\b",
}
#: What becomes a line for the console when it is asked for or later; the text is put where the mark is.
HERE = f"/servers/{SERVER}"
FIELDS: list[tuple[str, str, Any]] = [
    ("POST", f"{HERE}/commands", {"command": "/announce x@@"}),
    ("POST", f"{HERE}/commands", {"command": "@@"}),
    ("POST", f"{HERE}/players/Bob/kick", {"reason": "x@@"}),
    ("POST", f"{HERE}/players/Bob/ban", {"amount": 1, "unit": "day", "reason": "x@@"}),
    ("PUT", f"{HERE}/players/Bob/role", {"role": "x@@"}),
    ("POST", f"{HERE}/players/Bob@@/op", None),
    ("POST", f"{HERE}/players/Bob@@/unban", None),
    ("POST", f"{HERE}/players/Bob@@/whitelist", None),
    ("POST", f"{HERE}/players/Bob@@/unwhitelist", None),
    ("POST", f"{HERE}/players/Bob@@/kick", {}),
    ("PUT", f"{HERE}/players/Bob@@/role", {"role": "admin"}),
    ("PUT", f"{HERE}/whitelist", {"mode": "on@@"}),
    ("POST", f"{HERE}/schedules", {**SCHEDULE, "name": "Bad", "steps": [{"do": "command", "command": "/announce x@@"}]}),
    ("POST", f"{HERE}/schedules", {**SCHEDULE, "name": "Bad", "steps": [{"do": "announce", "text": "x@@"}]}),
]
#: Operations that talk to the console in words of their own, whatever a text says; walked all the same.
LEFT_OUT = {"stop", "kill", "restart", "start", "version", "restore", "import", "drill", "prune", "backups", "update", "run"}


@pytest.fixture(scope="module")
def playing(house: Furnished) -> Iterator[Furnished]:
    """The game runs."""
    if house.manager.get(HERE)["state"] != "running":
        house.does("POST", f"{HERE}/start")
    yield house
    house.does("POST", f"{HERE}/stop")


def console(house: Furnished) -> list[str]:
    lines = house.manager.get(f"{HERE}/console?limit=5000")["lines"]
    return [str(line["text"]) for line in lines]


def put_in(value: Any, text: str) -> Any:
    return json.loads(json.dumps(value).replace("@@", json.dumps(text)[1:-1]))


def obeyed(house: Furnished, order: str = ORDER) -> list[str]:
    return [line for line in console(house) if "Handling Console Command" in line and order in line]


def test_an_order_that_somebody_gives_is_seen_here(playing: Furnished) -> None:
    playing.does("POST", f"{HERE}/commands", {"command": "/op Trent"})
    assert obeyed(playing, "op Trent") != []


@pytest.mark.parametrize("name", BREAKS)
def test_no_field_that_becomes_a_command_brings_a_second_one(playing: Furnished, name: str) -> None:
    for slash in ("/", ""):
        text = f"{BREAKS[name]}{slash}{ORDER}"
        for method, path, body in FIELDS:
            address = f"/api/v1{path}".replace("@@", quote(text, safe=""))
            status, answer = ask(playing, method, address, body if body is None else put_in(body, text))
            # A text for everybody may hold what is no line break to the game; it is refused when it is to be sent.
            kept = path.endswith("/schedules") and status == 201
            assert 400 <= status < 500 or kept, (method, path, text, answer)
            if kept:
                schedule = json.loads(answer)["id"]
                run = playing.manager.post(f"/schedules/{schedule}/run").json
                assert playing.manager.wait_for_run(run["id"])["state"] in {"failed", "succeeded"}
                playing.does("DELETE", f"/schedules/{schedule}")
    assert obeyed(playing) == []
    assert playing.manager.get(HERE)["state"] == "running"


def test_no_other_text_reaches_the_console_either(playing: Furnished) -> None:
    asked = 0
    for operation in walk():
        last = operation.path.rsplit("/", 1)[1]
        about = "{server_id}" in operation.path or "schedule" in operation.path
        if not about or operation.method in {"GET", "DELETE"} or operation.takes != "application/json" or last in LEFT_OUT:
            continue
        for text in (f"x\n/{ORDER}", f"x\r\n/{ORDER}", f"x\0/{ORDER}"):
            status, answer = ask(playing, operation.method, filled(playing, operation.path), operation.body(text))
            assert status < 500 or status == 503, (operation.method, operation.path, answer)
            asked += 1
    assert asked > 50
    assert obeyed(playing) == []
    assert playing.manager.get(HERE)["state"] == "running"
