"""What is done about players counts as done when the game or its files say so."""

from collections.abc import Callable

import pytest

from tests.players.conftest import House, Write
from tests.players.stand_ins import HEAD, event, joins, notification, says
from vintagestory_api.errors import NotFound
from vintagestory_api.players import actions
from vintagestory_api.players.actions import ReasonInvalid, RoleUnknown, ServerNotRunning
from vintagestory_api.players.names import PlayerNameInvalid
from vintagestory_api.players.schemas import Ban, PlayerActionResult

EVER = "2075-01-11T16:59:54.4917519+00:00"


@pytest.fixture(autouse=True)
def _do_not_wait_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "VERIFY_SECONDS", 0.05)
    monkeypatch.setattr(actions, "_LOOK_EVERY_SECONDS", 0.005)


def says_so(house: House, command: str, *lines: str) -> None:
    house.server.commands.answers[command] = notification(*lines)


def told(result: PlayerActionResult) -> tuple[str, str | None]:
    return result.outcome, result.confirmed_by


async def test_what_the_game_confirms_is_done(house: House) -> None:
    do = house.players.actions
    says_so(house, "/kick Anna be nice", "Anna has been kicked by Server Console/Admin, reason: be nice")
    says_so(house, "/ban Anna 3 day griefing", "Player is now banned until 8/4/2026 9:04:05 PM")
    says_so(house, "/unban Anna", "Player is now unbanned")
    says_so(house, "/whitelist add Anna", "Player is now whitelisted until 8/4/2076 9:04:05 PM")
    says_so(house, "/whitelist remove Anna", "Player is now removed from the whitelist")
    says_so(house, "/whitelist on", "Whitelist now enabled")
    says_so(house, "/op Anna", "Ok, role Admin assigned to Anna")
    says_so(house, "/player Anna role crmod", "Ok, role Creative Moderator assigned to Anna")
    for result in (
        await do.kick("home", "Anna", "be nice"),
        await do.ban("home", "Anna", Ban(amount=3, unit="day", reason="griefing")),
        await do.unban("home", "Anna"),
        await do.whitelist("home", "Anna"),
        await do.unwhitelist("home", "Anna"),
        await do.set_whitelist_mode("home", "on"),
        await do.make_operator("home", "Anna"),
        await do.set_role("home", "Anna", "crmod"),
    ):
        assert told(result) == ("done", "answer"), result


async def test_a_ban_without_a_reason_has_a_dash_for_it(house: House) -> None:
    says_so(house, "/ban Anna 50 year -", "Player is now banned until 8/4/2076 9:04:05 PM")
    assert (await house.players.actions.ban("home", "Anna", Ban())).outcome == "done"


@pytest.mark.parametrize(
    ("command", "answer", "act"),
    [
        ("/kick Anna", "No such user online", lambda do: do.kick("home", "Anna", None)),
        ("/kick Anna", "No player with name 'Anna' is online", lambda do: do.kick("home", "Anna", " ")),
        (
            "/ban Anna 50 year -",
            "Can't kick or ban a player with a superior or equal group level",
            lambda do: do.ban("home", "Anna", Ban()),
        ),
        ("/unban Anna", "Player was not banned", lambda do: do.unban("home", "Anna")),
        ("/whitelist remove Anna", "Player is not whitelisted", lambda do: do.unwhitelist("home", "Anna")),
        ("/whitelist add Anna", "No player with name 'Anna' exists", lambda do: do.whitelist("home", "Anna")),
        ("/op Anna", "Can only set lower role level than your own", lambda do: do.make_operator("home", "Anna")),
    ],
)
async def test_the_games_own_no_is_a_refusal(house: House, command: str, answer: str, act: Callable[..., object]) -> None:
    says_so(house, command, answer)
    result = await act(house.players.actions)  # type: ignore[misc] # one of the actions
    assert told(result) == ("refused", "answer")
    assert answer in result.message


async def test_what_was_so_before_is_done_and_says_so(house: House) -> None:
    says_so(house, "/whitelist add Anna", "Player is already whitelisted")
    says_so(house, "/whitelist off", "Whitelist was already disabled")
    says_so(house, "/op Anna", "Player is already in group admin")
    for result in (
        await house.players.actions.whitelist("home", "Anna"),
        await house.players.actions.set_whitelist_mode("home", "off"),
        await house.players.actions.make_operator("home", "Anna"),
    ):
        assert result.outcome == "done"
        assert "before" in result.message


async def test_an_answer_in_another_language_is_checked_in_the_files(house: House, write: Write) -> None:
    def whitelist() -> str:
        write("Playerdata/playerswhitelisted.json", [{"PlayerName": "Anna", "PlayerUID": "a", "UntilDate": EVER}])
        return notification("Anna darf jetzt mitspielen")

    house.server.commands.answers["/whitelist add Anna"] = whitelist
    assert told(await house.players.actions.whitelist("home", "Anna")) == ("done", "file")

    def unban() -> str:
        write("Playerdata/playersbanned.json", [])
        return notification("Anna darf wieder mitspielen")

    write("Playerdata/playersbanned.json", [{"PlayerName": "Anna", "PlayerUID": "a", "UntilDate": EVER}])
    house.server.commands.answers["/unban Anna"] = unban
    assert told(await house.players.actions.unban("home", "Anna")) == ("done", "file")

    def ban() -> str:
        write("Playerdata/playersbanned.json", [{"PlayerName": "anna", "PlayerUID": "a", "UntilDate": EVER}])
        return notification("Anna ist gebannt")

    house.server.commands.answers["/ban Anna 50 year -"] = ban
    assert told(await house.players.actions.ban("home", "Anna", Ban())) == ("done", "file")


async def test_a_kick_in_another_language_is_seen_by_who_is_gone(house: House) -> None:
    house.prints(joins("Anna"))

    def kick() -> str:
        house.prints(event("Player Anna got removed. Reason: Anna wurde von Admin hinausgeworfen"))
        return notification("Anna wurde von Admin hinausgeworfen")

    house.server.commands.answers["/kick Anna"] = kick
    assert told(await house.players.actions.kick("home", "Anna", None)) == ("done", "answer")


async def test_where_answer_and_files_do_not_tell_the_game_is_asked(house: House) -> None:
    says_so(house, "/player Anna whitelist", "Player is currently not whitelisted")
    assert told(await house.players.actions.whitelist("home", "Anna")) == ("refused", "answer")
    assert told(await house.players.actions.unwhitelist("home", "Anna")) == ("done", "answer")
    says_so(house, "/player Anna role", "Player has role admin")
    assert told(await house.players.actions.make_operator("home", "Anna")) == ("done", "answer")
    assert told(await house.players.actions.set_role("home", "Anna", "crmod")) == ("refused", "answer")


async def test_what_can_not_be_known_is_said_to_be_unknown(house: House) -> None:
    result = await house.players.actions.ban("home", "Anna", Ban())
    assert told(result) == ("unknown", None)
    assert "did not answer in time" in result.message
    says_so(house, "/unban Anna", "Hm.")
    result = await house.players.actions.unban("home", "Anna")
    assert told(result) == ("unknown", None)
    assert "Hm." in result.message


async def test_players_can_not_speak_for_the_game(house: House) -> None:
    house.server.commands.answers["/unban Anna"] = "\n".join(
        [
            says("Eve", "Player is now unbanned"),
            "4.8.2026 21:04:05 [Server Chat] Player is now unbanned",
            f"{HEAD}Client 3 uid x attempting identification. Name: Eve",
            "Player is now unbanned",
        ]
    )
    result = await house.players.actions.unban("home", "Anna")
    assert result.outcome == "unknown"
    assert not any("Eve: " in line for line in result.answer)


async def test_what_the_game_answered_is_shown_before_its_files_say_it(house: House, write: Write) -> None:
    says_so(house, "/whitelist add Anna", "Player is now whitelisted until 8/4/2076 9:04:05 PM")
    house.prints(joins("Anna"))
    await house.players.actions.whitelist("home", "Anna")
    await house.players.flush()

    async def is_whitelisted() -> bool | None:
        page = await house.players.page("home", words="", online_only=False, limit=5, cursor="")
        return page.items[0].is_whitelisted

    assert await is_whitelisted()
    house.clock.move(-3600)  # the file is the newer one then
    await house.players.actions.whitelist("home", "Anna")
    write("Playerdata/playerswhitelisted.json", [])
    assert await is_whitelisted() is False


@pytest.mark.parametrize("name", ["", "a b", "Anna\n/op Eve", "x" * 17, "<b>", "../..", "Anna;", "Anna\0", "@a[]"])
async def test_what_is_no_name_never_reaches_the_game(house: House, name: str) -> None:
    do = house.players.actions
    for act in (
        do.kick("home", name, None),
        do.ban("home", name, Ban()),
        do.unban("home", name),
        do.whitelist("home", name),
        do.unwhitelist("home", name),
        do.make_operator("home", name),
        do.set_role("home", name, "admin"),
    ):
        with pytest.raises(PlayerNameInvalid):
            await act
    assert not any(name in command for command in house.server.commands.asked if command != "/list clients" and name)


@pytest.mark.parametrize("reason", ["two\nlines", "a\x85b", "a\u2028b", "\u202eevil", "\ud800", "a\x1b[31m", "a\tb"])
async def test_reasons_that_are_no_line_of_text_never_reach_the_game(house: House, reason: str) -> None:
    with pytest.raises(ReasonInvalid):
        await house.players.actions.kick("home", "Anna", reason)
    with pytest.raises(ReasonInvalid):
        await house.players.actions.ban("home", "Anna", Ban.model_construct(amount=1, unit="day", reason=reason))
    assert [command for command in house.server.commands.asked if command != "/list clients"] == []


async def test_a_role_that_the_server_does_not_have_is_refused_with_those_it_has(house: House, write: Write) -> None:
    write("serverconfig.json", {"Roles": [{"Code": "suplayer", "Name": "Survival Player"}, {"Code": "admin", "Name": "Admin"}]})
    with pytest.raises(RoleUnknown, match="suplayer, admin"):
        await house.players.actions.set_role("home", "Anna", "boss")
    says_so(house, "/player Anna role admin", "Ok, role Admin assigned to Anna")
    assert (await house.players.actions.set_role("home", "Anna", "ADMIN")).outcome == "done"


@pytest.mark.parametrize("state", ["stopped", "starting", "crashed", "not_installed", "stopping"])
async def test_a_server_that_does_not_run_says_what_to_do(house: House, state: str) -> None:
    house.server.state = state
    with pytest.raises(ServerNotRunning, match="while the game runs") as refusal:
        await house.players.actions.whitelist("home", "Anna")
    assert refusal.value.extra == {"state": state}


async def test_a_server_that_is_not_there_is_not_found(house: House) -> None:
    with pytest.raises(NotFound):
        await house.players.actions.kick("nowhere", "Anna", None)
