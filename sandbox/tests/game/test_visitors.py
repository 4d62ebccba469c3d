"""People who come, chat and go."""

import re

import pytest

from tests.game.playing import QUIET, Play, texts
from vintagestory_sandbox.game.accounts import account_exists, is_name, uid_of
from vintagestory_sandbox.game.visitors import BadScript, people
from vintagestory_sandbox.game.visitors import play as play_out


def test_the_same_seed_makes_the_same_people() -> None:
    assert people(1, 20) == people(1, 20)
    assert people(1, 20) != people(2, 20)
    assert people(1, 5) == people(1, 20)[:5]
    names = people(3, 300)
    assert len(set(names)) == 300
    assert all(is_name(name) for name in names)


def test_an_identifier_has_24_characters_and_belongs_to_the_name() -> None:
    assert re.fullmatch(r"[A-Za-z0-9+/]{24}", uid_of("Alice"))
    assert uid_of("Alice") == uid_of("ALICE") != uid_of("Bob")
    assert account_exists("Alice")
    assert not account_exists("NobodyKnows")
    assert not account_exists("has blank")


def test_people_come_chat_and_go(play: Play) -> None:
    game = play(players=3, visit_seconds=10, chat_seconds=3, seed=5).ready()
    names = "|".join(people(5, 3))
    for _ in range(3):
        game.wait_for(rf"\[Server Chat\] \d+ \| ({names}): .+")
    game.wait_for(rf"\[Server Event\] Player ({names}) left\.$")
    game.wait_for(rf"\[Server Event\] ({names}) \[::ffff:203\.0\.113\.\d+\]:\d+ joins\.$")


def test_a_visit_is_told_as_by_the_real_program(play: Play) -> None:
    game = play("1.22.7", "--withconfig={ WhitelistMode: 1 }", script="1 join Alice; 3 leave Alice").ready()
    game.wait_for("pausing game calendar")
    game.wait_for("Player Alice left")
    game.wait_for("pausing game calendar")
    said = texts(game.lines)
    start = next(place for place, text in enumerate(said) if text.startswith("A Client attempts"))
    shapes = [re.sub(r"\[::ffff:203\.0\.113\.\d+\]:\d+", "ADDRESS", text) for text in said[start:]]
    assert shapes[:3] == [
        "A Client attempts connecting via TCP on ADDRESS, assigning client id 1",
        "UDP: Client 1 connected via: ADDRESS",
        f"Client 1 uid {uid_of('Alice')} attempting identification. Name: Alice",
    ]
    assert [text for text in shapes[3:] if not text.startswith("Placing Alice at ")] == [
        'Response from auth server: {"playername":"Alice","entitlements":null,"valid":1}',
        "Delayed join, need to load one spawn chunk first.",
        "Alice ADDRESS joins.",
        "A client reconnected, resuming game calendar.",
        "Player Alice left.",
        "Client 1 disconnected.",
        "Client 1 disconnected: ",
        "UDP: client disconnected Alice",
        "All clients disconnected, pausing game calendar.",
    ]


def test_strangers_are_refused_while_the_whitelist_holds(play: Play) -> None:
    game = play(whitelisted=False, script="0 join Alice").ready()
    game.wait_for(r"Alice fails to join \(not on whitelist\)$")
    assert game.answer("/op Alice").startswith("Ok")
    game.tell({**QUIET, "script": "1 join Alice"})
    game.wait_for("Alice .* joins.$")


def test_who_comes_twice_loses_the_first_connection(play: Play) -> None:
    game = play("1.22.7", "--withconfig={ WhitelistMode: 1 }", script="0 join Alice; 1 join Alice").ready()
    game.wait_for(r"\[Server Event\] Alice joined again, killing previous client\.$")


@pytest.mark.parametrize("script", ["join Alice", "1 dance Alice", "x join Alice", "1 join"])
def test_a_script_that_can_not_be_played_is_refused(script: str) -> None:
    with pytest.raises(BadScript):
        play_out(None, None, script)  # type: ignore[arg-type] # it never gets that far
