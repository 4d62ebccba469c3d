"""The console of games that behave badly, or do not run at all."""

from typing import Any

from tests.servers.games import LONG, House


def start(house: House) -> None:
    house.create("Alpha")
    house.does("alpha", "start")


def command(house: House, text: str) -> dict[str, Any]:
    answer = house.app.ask("POST", "/servers/alpha/commands", json={"command": text})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def test_a_server_that_does_not_run_says_so(house: House) -> None:
    house.create("Alpha")
    house.app.refused("POST", "/servers/alpha/commands", 409, "server_not_running", json={"command": "/time"})
    assert house.app.get("/servers/alpha/command-hints") == {"items": [], "next_cursor": None, "is_learned": False}
    assert house.app.get("/servers/alpha/console")["lines"] == []
    assert house.app.get("/servers/alpha/log-files")["items"] == []


def test_a_game_that_hangs_is_said_not_to_answer(house: House) -> None:
    start(house)
    house.switch("alpha", hang=True)

    def ask() -> tuple[int, dict[str, Any]]:
        answer = house.app.ask("POST", "/servers/alpha/commands", json={"command": "/time"})
        return answer.status_code, answer.json()

    status, told = house.app.until(ask, lambda answer: answer[1].get("is_complete") is not True, LONG)
    if status == 200:
        assert (told["seq"], told["lines"]) == (None, [])
    else:  # the manager's own question came before it
        assert (status, told["code"]) == (503, "console_busy")


def test_odd_output_is_harmless_and_chat_that_imitates_lines_changes_nothing(house: House) -> None:
    start(house)
    port = house.get("alpha")["port"]
    house.switch("alpha", odd_output=True)
    house.app.until(lambda: house.app.get("/servers/alpha/console", q="Liar")["lines"], bool, LONG)
    console = house.app.get("/servers/alpha/console", limit=5000)["lines"]
    assert all(line["text"].isprintable() or "\t" in line["text"] for line in console)
    assert any("more characters are left out" in line["text"] for line in console)
    (liar,) = [line for line in console if "Liar" in line["text"]]
    assert liar["type"] == "Chat"
    assert house.get("alpha")["port"] == port
    assert house.kinds("alpha").count("ready") == 1
    assert command(house, "/time")["is_complete"]


def test_a_flood_loses_nothing_of_what_is_kept_and_takes_bounded_memory(house: House) -> None:
    start(house)
    console = house.app.manager.servers.get("alpha").console
    house.switch("alpha", flood_lines=300_000, flood_bytes=100)
    house.app.until(lambda: house.app.in_loop(lambda: console.page(last=200, q="line 300000 of 300000").lines), bool, LONG)
    assert console._bytes <= 2_000_000
    kept = [line for line in house.app.in_loop(lambda: console.page(limit=50_000)).lines if "[flood]" in line["text"]]
    numbers = [int(line["text"].split()[2]) for line in kept]
    assert numbers == list(range(numbers[0], 300_001))
    assert len(numbers) > 5_000
