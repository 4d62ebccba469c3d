"""Who is on, learned from the lines of a console."""

import asyncio

from tests.players.conftest import House
from tests.players.stand_ins import HEAD, event, identifies, joins, leaves, notification, says
from tests.waiting import until
from vintagestory_api.events import Event, PlayersChanged, ServerChanged, StatsAnswered
from vintagestory_api.players.schemas import PlayerList, PlayerSession

UID = "O5+G9I0StlRwGxasH8G+qC7k"


async def everybody(house: House, **question: object) -> PlayerList:
    await house.players.flush()
    asked = {"words": "", "online_only": False, "limit": 100, "cursor": "", **question}
    return await house.players.page("home", **asked)  # type: ignore[arg-type]


async def sessions(house: House, name: str) -> list[PlayerSession]:
    await house.players.flush()
    return (await house.players.sessions("home", name, limit=50, cursor="")).items


async def test_who_joins_is_on_and_who_leaves_is_not(house: House) -> None:
    start = house.clock.now_ms()
    house.prints(identifies("Anna", UID), joins("Anna"), at_ms=start)
    assert house.players.online_count("home") == 1
    anna = (await everybody(house)).items[0]
    assert (anna.name, anna.uid, anna.is_online, anna.sessions) == ("Anna", UID, True, 1)
    house.prints(leaves("Anna"), at_ms=start + 60_000)
    assert house.players.online_count("home") == 0
    (session,) = await sessions(house, "anna")
    assert (session.seconds, session.end) == (59, "left")
    assert (await everybody(house)).items[0].play_time_seconds == 59


async def test_play_time_counts_the_present_session(house: House) -> None:
    house.prints(joins("Anna"), at_ms=house.clock.now_ms() - 90_000)
    anna = (await everybody(house)).items[0]
    assert 90 <= anna.play_time_seconds < 120
    (session,) = await sessions(house, "Anna")
    assert 90 <= session.seconds < 120
    assert session.left_at is None


async def test_names_are_the_same_whatever_their_capitals(house: House) -> None:
    house.prints(joins("Anna"), leaves("ANNA"), joins("anna"))
    assert house.players.online_count("home") == 1
    assert [item.name for item in (await everybody(house)).items] == ["anna"]
    assert len(await sessions(house, "Anna")) == 2


async def test_chat_that_imitates_lines_of_the_log_lets_nobody_in(house: House) -> None:
    house.prints(
        joins("Mallory"),
        says("Mallory", "Anna [::1]:1 joins."),
        says("Mallory", joins("Anna")),
        says("Mallory", identifies("Mallory", "F" * 24)),
        f"4.8.2026 21:04:05 [Server Chat] {joins('Anna')}",
    )
    found = (await everybody(house)).items
    assert [(player.name, player.uid) for player in found] == [("Mallory", None)]


async def test_an_identification_that_was_refused_gives_nobody_an_identifier(house: House) -> None:
    house.prints(identifies("Anna", "F" * 24), event("Anna fails to join (banned)"), joins("Anna"))
    assert (await everybody(house)).items[0].uid is None


async def test_a_second_connection_ends_the_first_session(house: House) -> None:
    house.prints(joins("Anna"), event("Anna joined again, killing previous client."), joins("Anna"))
    assert house.players.online_count("home") == 1
    assert [session.end for session in await sessions(house, "Anna")] == [None, "left"]


async def test_the_way_a_session_ends_is_told_as_far_as_it_is_known(house: House) -> None:
    house.prints(*(joins(name) for name in ("Anna", "Bob", "Cleo", "Dora")))
    house.prints(
        event("Player Anna got removed. Reason: Anna has been kicked by Admin"),
        event("Player Bob got removed. Reason: The Players client crashed"),
        f"{HEAD}Handling Console Command /kick Cleo",
        f"{HEAD}UDP: client disconnected Cleo",
        f"{HEAD}Server stop requested, begin shutdown sequence. Stop reason: Shutdown via server command",
        event("Player Dora got removed. Reason: Server shutting down"),
    )
    ends = {name: (await sessions(house, name))[0].end for name in ("Anna", "Bob", "Cleo", "Dora")}
    assert ends == {"Anna": "kicked", "Bob": "unknown", "Cleo": "kicked", "Dora": "server_ended"}


async def test_the_end_of_the_game_ends_all_sessions_at_its_time(house: House) -> None:
    start = house.clock.now_ms()
    house.prints(joins("Anna"), joins("Bob"), at_ms=start)
    house.servers.end(house.server, ended_ms=start + 30_000)
    assert house.players.online_count("home") is None
    for name in ("Anna", "Bob"):
        (session,) = await sessions(house, name)
        assert (session.end, session.seconds) == ("server_ended", 30 if name == "Anna" else 29)
    assert not any(player.is_online for player in (await everybody(house)).items)


async def test_lines_read_again_by_a_new_manager_change_nothing(house: House) -> None:
    start = house.clock.now_ms() - 600_000
    lines = [identifies("Anna", UID), joins("Anna"), says("Anna", "hello"), leaves("Anna"), joins("Anna"), joins("Bob")]
    house.prints(*lines, at_ms=start, first_seq=10)
    before = (await sessions(house, "Anna"), (await everybody(house)).items)
    await house.restart()
    house.prints(*lines, at_ms=house.clock.now_ms(), first_seq=10)
    after = (await sessions(house, "Anna"), (await everybody(house)).items)
    assert [session.joined_at for session in after[0]] == [session.joined_at for session in before[0]]
    assert [session.left_at for session in after[0]] == [session.left_at for session in before[0]]
    assert [(one.name, one.online_since, one.sessions) for one in after[1]] == [
        (one.name, one.online_since, one.sessions) for one in before[1]
    ]
    assert house.rows("SELECT count(*) FROM chat") == [(1,)]


async def test_a_manager_that_died_goes_on_with_the_sessions_that_it_had_stored(house: House) -> None:
    start = house.clock.now_ms() - 600_000
    house.prints(joins("Anna"), joins("Bob"), at_ms=start, first_seq=10)
    await house.players.flush()
    house.prints(leaves("Bob"), at_ms=start + 1000, first_seq=12)
    await house.die_and_restart()
    assert house.players.online_count("home") == 2
    house.prints(joins("Anna"), joins("Bob"), leaves("Bob"), at_ms=start + 2000, first_seq=10)
    assert house.players.online_count("home") == 1
    (anna,) = await sessions(house, "Anna")
    (bob,) = await sessions(house, "Bob")
    assert (anna.left_at, bob.end) == (None, "left")
    assert anna.seconds >= 600


async def test_a_session_whose_end_nobody_saw_ends_when_the_player_was_on_last(house: House) -> None:
    start = house.clock.now_ms() - 3_600_000
    house.prints(joins("Anna"), at_ms=start)
    await house.players.flush()
    house.server.state = "stopped"
    await house.die_and_restart()
    await until(lambda: house.rows("SELECT left_at FROM player_sessions") != [(None,)] or house.players._writing._waiting)
    (session,) = await sessions(house, "Anna")
    assert (session.end, session.seconds) == ("unknown", 0)


async def test_nobody_is_sent_away_before_the_manager_has_looked_whether_the_game_runs(house: House) -> None:
    house.prints(joins("Anna"))
    await house.players.flush()
    house.server.state = "not looked for"
    await house.die_and_restart()
    house.bus.publish(ServerChanged("home"))
    house.players._look_at(house.server, house.clock.monotonic())  # type: ignore[arg-type] # a stand-in
    assert house.players.online_count("home") is None
    house.server.state = "running"
    assert house.players.online_count("home") == 1


async def test_a_new_start_of_the_game_ends_what_is_open_of_the_one_before(house: House) -> None:
    house.prints(joins("Anna"), at_ms=house.clock.now_ms() - 60_000)
    await house.players.flush()
    await house.die_and_restart()
    house.server.instance = "second"
    assert house.players.online_count("home") == 0
    house.prints(joins("Bob"))
    assert [player.name for player in (await everybody(house, online_only=True)).items] == ["Bob"]
    assert (await sessions(house, "Anna"))[0].end == "unknown"


async def test_the_games_own_list_confirms_who_is_on(house: House) -> None:
    house.server.commands.answers["/list clients"] = notification(
        "Liste der Spieler",
        "Playing [2] Bob [::ffff:203.0.113.1]:45893 (50ms) (200s inactive)",
        "Playing [4] Cleo [::ffff:203.0.113.2]:59259 (95ms) (177s inactive)",
        "Queued [5] Dora [::ffff:203.0.113.3]:62341 | Queue position: (1)",
    )
    house.prints(joins("Anna"), joins("Bob"))
    await until(lambda: house.players.is_exact("home"))
    found = await everybody(house, online_only=True)
    assert [player.name for player in found.items] == ["Bob", "Cleo"]
    assert found.is_exact
    assert [session.end for session in await sessions(house, "Anna")] == ["unknown"]
    house.prints(joins("Cleo"))  # her line was late; it is the same visit
    assert len(await sessions(house, "Cleo")) == 1


async def test_what_happened_after_the_list_counts_more_than_the_list(house: House) -> None:
    listed = ["List of online Players", "Playing [2] Bob [::1]:45893 (50ms) (2s inactive)"]

    def answer() -> str:
        house.prints(leaves("Bob"), joins("Anna"), first_seq=house.server.commands.next_seq + 5)
        return notification(*listed)

    house.prints(joins("Bob"))
    house.server.commands.answers["/list clients"] = answer
    await until(lambda: house.players.is_exact("home"))
    assert [player.name for player in (await everybody(house, online_only=True)).items] == ["Anna"]


async def test_a_list_that_is_not_understood_sends_nobody_away(house: House) -> None:
    house.server.commands.answers["/list clients"] = f"{HEAD}No such command exists: list\n"
    house.prints(joins("Anna"))
    await until(lambda: house.server.commands.asked)
    await asyncio.sleep(0)
    found = await everybody(house)
    assert (found.online, found.is_exact) == (1, False)


async def test_a_count_of_the_game_that_differs_makes_it_ask_for_the_list(house: House) -> None:
    house.server.commands.answers["/list clients"] = notification("List of online Players", "")
    await until(lambda: house.players.is_exact("home"))
    house.server.commands.answers["/list clients"] = notification("List of online Players", "[3] Anna [::1]:41206", "")
    house.clock.move(100)
    house.players._of("home").ask_after = 0.0
    house.bus.publish(StatsAnswered("home", ("Version: 1.21.6", "Players online: 1 / 12 (Anna)")))
    await until(lambda: len(house.server.commands.asked) == 2)
    assert house.players.max_players("home") == 12


async def test_whoever_listens_is_told_when_it_can_be_read(house: House) -> None:
    told: list[Event] = []
    house.bus.subscribe(told.append)
    house.prints(joins("Anna"))
    await until(lambda: PlayersChanged("home") in told)
    assert house.rows("SELECT name FROM players") == [("Anna",)]


async def test_a_server_that_is_gone_takes_its_players_along_and_stops_nothing(house: House) -> None:
    house.prints(joins("Anna"))
    await house.players.flush()
    other = type(house.server)("gone", house.server.data_path)
    house.servers.prints(other, joins("Bob"), at_ms=1)
    house.prints(joins("Cleo"))
    await house.players.flush()
    assert house.rows("SELECT name FROM players ORDER BY name") == [("Anna",), ("Cleo",)]


async def test_a_server_that_is_made_anew_under_the_same_id_begins_with_nobody(house: House) -> None:
    house.prints(joins("Anna"))
    house.players.learn("home", "Bob", is_banned=True)
    await everybody(house)
    house.servers.remove(house.server)
    house.bus.publish(ServerChanged("home"))
    assert "home" not in house.players._watched
    house.servers.add(house.server)
    assert house.players.online_count("home") == 0


async def test_no_address_of_a_player_is_kept(house: House) -> None:
    house.prints(identifies("Anna", UID), joins("Anna"), says("Anna", "hi"))
    await house.players.flush()
    files = list(house.path.parent.glob("vsmanager.db*"))
    assert files
    assert all(b"203.0.113" not in file.read_bytes() for file in files)
