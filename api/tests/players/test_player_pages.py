"""Lists of players, their sessions and what they said: put together, in order, in pages, searched."""

import asyncio

import pytest

from tests.players.conftest import House, Write
from tests.players.stand_ins import identifies, joins, leaves, says
from vintagestory_api.errors import NotFound
from vintagestory_api.players import writing
from vintagestory_api.players.listing import CursorInvalid
from vintagestory_api.players.names import PlayerNameInvalid
from vintagestory_api.players.schemas import PlayerList, PlayerView

EVER = "2075-01-11T16:59:54.4917519+00:00"


async def page(house: House, *, words: str = "", online_only: bool = False, limit: int = 100, cursor: str = "") -> PlayerList:
    await house.players.flush()
    return await house.players.page("home", words=words, online_only=online_only, limit=limit, cursor=cursor)


async def by_name(house: House) -> dict[str, PlayerView]:
    return {player.name: player for player in (await page(house)).items}


async def test_who_is_on_comes_first_then_who_was_seen_last_then_who_never_joined(house: House, write: Write) -> None:
    start = house.clock.now_ms() - 1_000_000
    for place, name in enumerate(("Old", "Newer")):
        house.prints(joins(name), leaves(name), at_ms=start + place * 100_000)
    house.prints(joins("Zoe"), joins("Anna"))
    write("Playerdata/playerswhitelisted.json", [{"PlayerName": "Invited", "PlayerUID": "i", "UntilDate": EVER}])
    assert [player.name for player in (await page(house)).items] == ["Anna", "Zoe", "Newer", "Old", "Invited"]


async def test_what_the_files_say_joins_what_was_seen(house: House, write: Write) -> None:
    house.prints(identifies("Anna", "uid-a"), joins("Anna"))
    write(
        "Playerdata/playerdata.json",
        [
            {"PlayerUID": "uid-a", "LastKnownPlayername": "Anna", "RoleCode": "admin", "FirstJoinDate": "1/2/2025 10:00"},
            {"PlayerUID": "uid-b", "LastKnownPlayername": "Bob", "RoleCode": "suplayer", "LastJoinDate": "1/3/2025 10:00"},
        ],
    )
    # On the list under the name he had then.
    write("Playerdata/playerswhitelisted.json", [{"PlayerName": "Bobby", "PlayerUID": "uid-b", "UntilDate": EVER}])
    write("Playerdata/playersbanned.json", [{"PlayerName": "Eve", "PlayerUID": "e", "UntilDate": EVER, "Reason": "theft"}])
    found = await by_name(house)
    assert set(found) == {"Anna", "Bob", "Eve"}
    assert (found["Anna"].role, found["Anna"].first_seen, found["Anna"].is_whitelisted) == (
        "admin",
        "2025-01-02T10:00:00.000Z",
        False,
    )
    assert (found["Bob"].is_whitelisted, found["Bob"].last_seen) == (True, "2025-01-03T10:00:00.000Z")
    eve = found["Eve"]
    assert (eve.is_banned, eve.is_banned_for_ever, eve.ban_reason, eve.first_seen) == (True, True, "theft", None)


async def test_a_list_that_can_not_be_read_leaves_unknown_who_is_on_it(house: House, write: Write) -> None:
    house.prints(joins("Anna"))
    write("Playerdata/playersbanned.json", "broken")
    anna = (await by_name(house))["Anna"]
    assert (anna.is_banned, anna.is_whitelisted) == (None, False)


async def test_pages_follow_each_other_without_gap_or_overlap(house: House) -> None:
    for number in range(7):
        house.prints(joins(f"P{number}"), leaves(f"P{number}"), at_ms=house.clock.now_ms() - number * 10_000)
    house.prints(joins("On1"), joins("On2"))
    names, cursor = [], ""
    while True:
        part = await page(house, limit=2, cursor=cursor)
        names += [player.name for player in part.items]
        if part.next_cursor is None:
            break
        cursor = part.next_cursor
    assert names == ["On1", "On2", "P0", "P1", "P2", "P3", "P4", "P5", "P6"]


async def test_search_finds_parts_of_names_whatever_their_capitals(house: House) -> None:
    house.prints(joins("AnnaBella"), joins("Bob"), leaves("Bob"))
    assert [player.name for player in (await page(house, words="BELL")).items] == ["AnnaBella"]
    assert [player.name for player in (await page(house, online_only=True)).items] == ["AnnaBella"]
    assert (await page(house, words="%")).items == []


async def test_sessions_come_newest_first_in_pages(house: House) -> None:
    start = house.clock.now_ms() - 1_000_000
    for number in range(5):
        house.prints(joins("Anna"), leaves("Anna"), at_ms=start + number * 10_000)
    await house.players.flush()
    first = await house.players.sessions("home", "Anna", limit=3, cursor="")
    rest = await house.players.sessions("home", "Anna", limit=3, cursor=first.next_cursor or "")
    joined = [session.joined_at for session in (*first.items, *rest.items)]
    assert len(joined) == 5
    assert joined == sorted(joined, reverse=True)
    assert rest.next_cursor is None


async def test_chat_comes_newest_first_in_pages_and_can_be_searched(house: House) -> None:
    house.prints(joins("Anna"), *(says("Anna", f"line {number} 100%") for number in range(5)))
    await house.players.flush()
    first = await house.players.chat("home", words="", limit=3, cursor="")
    rest = await house.players.chat("home", words="", limit=3, cursor=first.next_cursor or "")
    assert [line.text for line in (*first.items, *rest.items)] == [f"line {number} 100%" for number in (4, 3, 2, 1, 0)]
    assert rest.next_cursor is None
    assert [line.text for line in (await house.players.chat("home", words="LINE 3", limit=9, cursor="")).items] == ["line 3 100%"]
    assert len((await house.players.chat("home", words="0%", limit=9, cursor="")).items) == 5
    assert (await house.players.chat("home", words="_ine", limit=9, cursor="")).items == []


async def test_old_chat_is_deleted_and_newer_stays(house: House) -> None:
    now = house.clock.now_ms()
    house.prints(says("Anna", "old"), at_ms=now - 86_400_000)
    house.prints(says("Anna", "new"), at_ms=now)
    await house.players.flush()
    assert await house.players.prune_chat(now - 1000) == 1
    assert house.rows("SELECT text FROM chat") == [("new",)]


async def test_a_flood_of_chat_is_kept_whole(house: House) -> None:
    lines = [says("Anna", f"line {number}") for number in range(10_000)]
    for start in range(0, len(lines), 500):
        house.prints(*lines[start : start + 500])
        await asyncio.sleep(0)
    await house.players.flush()
    assert house.rows("SELECT count(*) FROM chat") == [(10_000,)]


async def test_what_the_disk_does_not_take_waits_and_only_chat_is_given_up(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "MAX_CHAT_WAITING", 10)
    house.rows("ALTER TABLE players RENAME TO players_away")
    house.prints(joins("Anna"), *(says("Anna", f"line {number}") for number in range(20)))
    assert not await house.players._writing.flush()
    assert house.players.online_count("home") == 1
    house.rows("ALTER TABLE players_away RENAME TO players")
    house.prints(leaves("Anna"))
    assert await house.players._writing.flush()
    assert house.rows("SELECT count(*) FROM chat") == [(10,)]
    assert house.rows('SELECT "end" FROM player_sessions') == [("left",)]


@pytest.mark.parametrize("cursor", ["x", "W10", "bnVsbA", "ö", "e30", "W3RydWVd"])
async def test_a_cursor_of_somebody_else_is_refused(house: House, cursor: str) -> None:
    with pytest.raises(CursorInvalid):
        await page(house, cursor=cursor)
    with pytest.raises(CursorInvalid):
        await house.players.sessions("home", "Anna", limit=5, cursor=cursor)
    with pytest.raises(CursorInvalid):
        await house.players.chat("home", words="", limit=5, cursor=cursor)


async def test_a_server_or_a_name_that_can_not_be_is_refused(house: House) -> None:
    with pytest.raises(NotFound):
        await house.players.page("nowhere", words="", online_only=False, limit=5, cursor="")
    with pytest.raises(PlayerNameInvalid):
        await house.players.sessions("home", "a b", limit=5, cursor="")
