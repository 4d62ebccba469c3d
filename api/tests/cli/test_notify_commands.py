"""`vsmanager notify` on a manager that runs."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.apps import data_dir_where_nothing_is_due
from tests.cli.commands import Ended, words_of
from tests.cli.conftest import Run
from tests.managers import ManagerProcess, running_manager
from tests.notifications.receivers import SECRET_WORD, Receiver, receiver

Notify = Callable[..., Ended]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Iterator[ManagerProcess]:
    data_dir = data_dir_where_nothing_is_due(tmp_path_factory.mktemp("notify"), empty_database)
    with running_manager(data_dir) as manager:
        yield manager


@pytest.fixture
def ear() -> Iterator[Receiver]:
    with receiver() as state:
        yield state


@pytest.fixture
def notify(house: ManagerProcess, run_here: Run, monkeypatch: pytest.MonkeyPatch) -> Notify:
    def run(*arguments: str, typed: str = "") -> Ended:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        done = run_here("notify", *arguments, VS_DATA_DIR=str(house.data_dir))
        assert SECRET_WORD not in done.out + done.err
        return done

    return run


def test_a_target_is_added_tested_listed_and_removed(notify: Notify, ear: Receiver) -> None:
    added = notify("add", "Phone", "--address-stdin", "--severity", "info", "--kind", "player_joined", typed=f"{ear.address}\n")
    assert added.code == 0, added
    assert "'Phone' (JSON) is a target now" in added.out
    assert notify("list", "--json").json["items"][0]["rules"] == [
        {"kinds": ["player_joined"], "servers": [], "min_severity": "info"}
    ]
    tested = notify("test", "phone")
    assert (tested.code, ear.titles) == (0, ["Test of notifications"])
    ear.status = 500
    failed = notify("test", "Phone", "--json")
    assert failed.code == 1
    assert "500" in failed.problem["message"]
    head, row = words_of(notify("list").out)
    assert head[:3] == ["NAME", "SERVICE", "STATE"]
    assert row[:3] == ["Phone", "JSON", "on"]
    assert notify("remove", "Phone").code == 0
    assert notify("list", "--json").json["items"] == []


def test_a_target_that_is_not_there_and_a_wrong_address_are_told(notify: Notify) -> None:
    gone = notify("test", "nobody", "--json")
    assert (gone.code, gone.problem["code"]) == (5, "notification_target_not_found")
    wrong = notify("add", "x", "--address-stdin", "--json", typed=f"foo://{SECRET_WORD}\n")
    assert wrong.problem["code"] == "address_refused"
    assert notify("add", "x", "--json").problem["code"] == "wrong_usage"


def test_alerts_and_deliveries_are_shown(notify: Notify) -> None:
    assert notify("alerts", "--open", "--json").json == {"items": [], "next_cursor": None, "open_count": 0}
    assert words_of(notify("alerts").out)[0][:2] == ["STATE", "SEVERITY"]
    assert notify("deliveries", "--json").json == {"items": [], "next_cursor": None}
    assert notify("ack", "nothing", "--json").problem["code"] == "alert_not_found"


def test_settings_are_shown_and_changed_and_the_watchdog_stays_secret(notify: Notify, ear: Receiver) -> None:
    changed = notify("settings", "--failures", "5", "--ping-url-stdin", "--json", typed=f"{ear.ping_url}\n").json
    assert (changed["failures"], changed["has_ping_url"]) == (5, True)
    shown = notify("settings").out
    assert "5 failures of a job in a row" in shown
    assert "asked every 5 min" in shown
    assert not notify("settings", "--ping-url-stdin", "--json", typed="\n").json["has_ping_url"]
    assert notify("settings", "--failures", "0", "--json").problem["code"] == "invalid_request"
