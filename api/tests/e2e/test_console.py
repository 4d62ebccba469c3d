"""The console, the players and the log files of a game server that runs, as those who look after it meet them."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.axe import expect_accessible
from tests.e2e.house import MARKUP, House, open_house
from tests.e2e.pages import OpenPage, settle
from tests.e2e.profiles import DESKTOP, PHONE, PROFILES, Profile
from tests.e2e.test_every_page import MOST_SHIFT, sideways
from tests.e2e.test_foreign_text import expect_only_text
from tests.e2e.watch import Watch, layout_shift
from tests.players.towns import Town
from tests.servers.games import VERSION, free_port, install_version
from vintagestory_sandbox.dotnet_root import make_dotnet_root

THUMB_PX = 44


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """With the server `town`, whose game runs."""
    folder = tmp_path_factory.mktemp("town")
    install_version(folder / "data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOTNET_ROOT", str(make_dotnet_root(folder / "dotnet")))
        with open_house(folder, mods=5, with_markup=False) as house:
            answer = house.manager.post("/servers", {"name": "Town", "version": VERSION, "port": free_port(), "start": True})
            assert house.manager.wait_for_run(answer.json["operation"]["run_id"])["state"] == "succeeded"
            yield house


def town(house: House) -> Town:
    return Town(house.manager, "town")


def open_console(open_page: OpenPage, *, profile: Profile = DESKTOP) -> tuple[Page, Locator]:
    """The page, and the lines in it, when it is connected."""
    page = open_page("/servers/town/console", role="operator", profile=profile)
    settle(page)
    lines = page.get_by_role("log")
    expect(lines.locator("[data-index]").first).to_be_visible()
    expect(page.get_by_text("Connecting to the console")).to_be_hidden()
    return page, lines


def say(house: House, command: str) -> None:
    answer = house.manager.post("/servers/town/commands", {"command": command})
    assert answer.status == 200, answer.json


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
@pytest.mark.parametrize("part", ["console", "players", "logs"])
def test_a_part_of_a_server_fits_stands_still_and_is_accessible(part: str, profile: Profile, open_page: OpenPage) -> None:
    page = open_page(f"/servers/town/{part}", role="operator", profile=profile)
    settle(page)
    expect_accessible(page)
    assert sideways(page) <= 0
    shift, shifted = layout_shift(page)
    assert shift <= MOST_SHIFT, shifted


def test_a_command_typed_in_the_page_is_answered_by_the_game(open_page: OpenPage) -> None:
    page, lines = open_console(open_page)
    line = page.get_by_role("combobox", name="Command")
    line.press_sequentially("/tim")
    expect(page.get_by_role("option", name=re.compile("^.time"))).to_be_visible()
    line.press("Tab")
    line.press("Enter")
    answer = page.get_by_role("region", name="Answer to /time")
    expect(answer).to_contain_text("Server time:")
    expect(lines.get_by_text("Handling Console Command /time").last).to_be_visible()
    expect(line).to_have_value("")
    line.press("ArrowUp")
    expect(line).to_have_value("/time")


def test_a_text_without_a_slash_is_said_to_everyone_only_after_a_question(open_page: OpenPage) -> None:
    page, lines = open_console(open_page)
    page.get_by_role("combobox", name="Command").fill("supper is ready")
    page.get_by_role("button", name="Send", exact=True).click()
    dialog = page.get_by_role("dialog", name="Say this to everyone?")
    expect_accessible(page)
    dialog.get_by_role("button", name="Say it").click()
    expect(lines.get_by_text("supper is ready").last).to_be_visible()


def test_what_players_write_and_what_no_log_should_hold_is_text(open_page: OpenPage, house: House) -> None:
    page, lines = open_console(open_page)
    town(house).play(f"1 join Eve; 2 chat Eve {MARKUP}", odd_output=True)
    # Among what is said, so that nothing else pushes it out of sight.
    page.get_by_role("button", name="Chat", exact=True).click()
    expect(lines.get_by_text(re.compile(re.escape(f"Eve: {MARKUP}"))).first).to_be_visible()
    expect_only_text(page)
    page.get_by_role("button", name="All", exact=True).click()
    # A line of a megabyte is shown in part, and the page goes on.
    say(house, "/time")
    expect(lines.get_by_text("Handling Console Command /time").last).to_be_visible()
    assert sideways(page) <= 0
    page.goto("/servers/town/players?view=chat")
    expect(page.get_by_text(MARKUP).first).to_be_visible()
    expect_accessible(page)
    expect_only_text(page)
    page.goto("/servers/town/logs?file=server-chat.log")
    expect(page.get_by_text(re.compile(re.escape(MARKUP))).first).to_be_visible()
    expect_only_text(page)
    town(house).play("")


def test_a_console_goes_on_when_the_manager_is_back_and_shows_what_it_missed_once(
    open_page: OpenPage, house: House, noted: Watch
) -> None:
    noted.expect("ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|WebSocket")
    page, lines = open_console(open_page)
    page.get_by_role("combobox", name="Command").fill("/list cl")

    def look_while_it_is_away() -> None:
        expect(page.get_by_text(re.compile("Not connected, trying again"))).to_be_visible()
        town(house).play("1 join Nightly")

    town(house).play("")
    house.restart(between=look_while_it_is_away)
    expect(page.get_by_text(re.compile("Not connected, trying again"))).to_be_hidden()
    expect(lines.get_by_text(re.compile(r"Nightly \[.*joins\."))).to_have_count(1)
    expect(page.get_by_role("combobox", name="Command")).to_have_value("/list cl")


def test_a_flood_is_read_back_while_it_goes_on_and_followed_to_its_end(open_page: OpenPage, house: House) -> None:
    page, lines = open_console(open_page)
    # It goes on for as long as somebody needs to read.
    town(house).play("", flood_lines=-1, flood_rate=2_000)
    expect(lines.get_by_text(re.compile(r"\[flood\] line \d+ of many")).first).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    first = lines.get_by_text(re.compile(r"\[flood\] line \d+ of many")).last.inner_text()
    newer = page.get_by_role("button", name=re.compile(r"new lines$"))
    expect(newer).to_be_visible()
    expect(lines.get_by_text(first, exact=True)).to_be_visible()
    newer.click()
    town(house).play("", flood_lines=30_000, flood_rate=6_000)
    expect(lines.get_by_text(re.compile(r"\[flood\] line 30000 of 30000"))).to_be_visible(timeout=120_000)
    expect(lines.get_by_text(re.compile("dropped"))).to_have_count(0)
    town(house).play("")


def test_on_a_phone_the_command_line_is_in_reach_and_large_enough(open_page: OpenPage) -> None:
    page, lines = open_console(open_page, profile=PHONE)
    line = page.get_by_role("combobox", name="Command")
    expect(line).to_be_in_viewport(ratio=1)
    send = page.get_by_role("button", name="Send", exact=True)
    for target in (line, send, page.get_by_role("button", name="Commands"), page.get_by_role("button", name="Pause")):
        box = target.bounding_box()
        assert box is not None
        assert box["height"] >= THUMB_PX
    line.fill("/time")
    send.tap()
    expect(page.get_by_role("region", name="Answer to /time")).to_contain_text("Server time:")
    expect(lines.get_by_text("Handling Console Command /time").last).to_be_visible()
    assert sideways(page) <= 0
    expect_accessible(page)


def test_a_player_who_joins_is_listed_and_can_be_kicked_and_banned(open_page: OpenPage, house: House) -> None:
    page = open_page("/servers/town/players", role="operator")
    settle(page)
    town(house).play("0.5 join Griefer")
    row = page.get_by_role("row").filter(has=page.get_by_role("button", name="Griefer", exact=True))
    expect(row).to_contain_text("Online since")
    assert re.search(r"\d+\.\d+\.\d+\.\d+|::ffff", page.get_by_role("region", name="Players").inner_text()) is None

    row.get_by_role("button", name="What to do with Griefer").click()
    page.get_by_role("menuitem", name="Kick…").click()
    page.get_by_role("textbox", name="Reason").fill("stealing")
    expect(page.get_by_role("menu")).to_be_hidden()
    expect_accessible(page)
    page.get_by_role("button", name="Kick Griefer").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Done")).to_be_visible()
    dialog.get_by_role("button", name="Close").last.click()
    expect(row).not_to_contain_text("Online since")

    row.get_by_role("button", name="What to do with Griefer").click()
    page.get_by_role("menuitem", name="Ban…").click()
    page.get_by_role("button", name="Ban Griefer").click()
    expect(dialog.get_by_text("Done")).to_be_visible()
    dialog.get_by_role("button", name="Close").last.click()
    expect(row).to_contain_text("Banned until")

    row.get_by_role("button", name="Griefer", exact=True).click()
    expect(page.get_by_role("dialog", name="When Griefer was on")).to_contain_text("was kicked")


def test_a_log_file_is_searched_and_downloaded(open_page: OpenPage) -> None:
    page = open_page("/servers/town/logs", role="operator")
    settle(page)
    page.get_by_role("searchbox", name="Search in this file").fill("running on port")
    expect(page.get_by_text("1 line fits")).to_be_visible()
    expect(page.locator("mark")).to_have_text("running on Port")
    with page.expect_download() as found:
        page.get_by_role("link", name="Download server-main.log").click()
    assert "now running on Port" in found.value.path().read_text(encoding="utf-8")


def test_a_viewer_sees_the_players_and_neither_console_nor_logs(open_page: OpenPage) -> None:
    for part in ("console", "logs"):
        page = open_page(f"/servers/town/{part}", role="viewer")
        expect(page.get_by_text(re.compile("operators and above"))).to_be_visible()
    page = open_page("/servers/town/players", role="viewer")
    settle(page)
    expect(page.get_by_role("searchbox").or_(page.get_by_text("Nobody has joined yet")).first).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^What to do"))).to_have_count(0)
