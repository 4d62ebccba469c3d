"""What looks after each server, as the overview says it."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.apps import data_dir_where_nothing_is_due, running_app
from tests.metrics.made_servers import add_servers
from vintagestory_api.backups.schemas import BackupState, BackupSummary
from vintagestory_api.kit.clock import rfc3339
from vintagestory_api.overview.care import backup_care, game_update
from vintagestory_api.overview.schemas import ServerCares
from vintagestory_api.updates.schemas import UpdatePolicy, UpdateState

HOUR = 3_600_000
NOW = 1_780_000_000_000


def state(*, good: int | None = None, failed: int | None = None, ran: bool = True) -> BackupState:
    summary = None if good is None else BackupSummary.model_construct(made_at=rfc3339(good) or "")
    return BackupState.model_construct(server_id="meadow", last_good=summary, last_failed_at=rfc3339(failed), ran_since=ran)


@pytest.mark.parametrize(
    ("found", "word"),
    [
        (state(good=NOW - HOUR), "good"),
        (state(good=NOW - 27 * HOUR), "overdue"),
        (state(good=NOW - 27 * HOUR, ran=False), "good"),
        (state(good=NOW - 3 * HOUR, failed=NOW - HOUR), "failed"),
        (state(good=NOW - HOUR, failed=NOW - 3 * HOUR), "good"),
        (state(failed=NOW - HOUR), "failed"),
        (state(), "overdue"),
        (state(ran=False), "none"),
    ],
)
def test_a_backup_is_good_until_the_server_ran_for_too_long_without_one_or_a_try_failed(found: BackupState, word: str) -> None:
    assert backup_care(found, since_ms=NOW - 48 * HOUR, overdue_hours=26, now_ms=NOW) == word


def test_without_a_limit_no_backup_is_overdue() -> None:
    assert backup_care(state(good=NOW - 999 * HOUR), since_ms=0, overdue_hours=0, now_ms=NOW) == "good"


@pytest.mark.parametrize(
    ("changes", "version"),
    [
        ({}, "1.23.0"),
        ({"not_ready": ["carryon"]}, "1.22.8"),
        ({"newest_stable": None}, "1.22.8"),
        ({"newest_stable": None, "newest_patch": None}, None),
        ({"policy": UpdatePolicy(game="off")}, None),
    ],
)
def test_an_update_is_told_when_the_mods_are_ready_for_it_and_somebody_wants_to_know(
    changes: dict[str, Any], version: str | None
) -> None:
    known: dict[str, Any] = {"policy": UpdatePolicy(), "newest_patch": "1.22.8", "newest_stable": "1.23.0", "not_ready": []}
    assert game_update(UpdateState.model_construct(**(known | {"current": None} | changes))) == version


def test_each_server_says_what_happens_next_by_itself(tmp_path: Path, empty_database: Path) -> None:
    data_dir = data_dir_where_nothing_is_due(tmp_path, empty_database)
    add_servers(data_dir / "vsmanager.db", "one", "two")
    with sqlite3.connect(data_dir / "vsmanager.db") as connection:
        connection.execute("UPDATE servers SET port = 42421 WHERE id = 'two'")
    connection.close()
    with running_app(data_dir) as app:
        for name, cron, enabled in (("Weekly", "0 5 * * 1", True), ("Daily", "0 5 * * *", True), ("Off", "* * * * *", False)):
            body = {"name": name, "enabled": enabled, "trigger": {"kind": "cron", "cron": cron}, "steps": [{"do": "save"}]}
            answer = app.ask("POST", "/servers/one/schedules", json=body)
            assert answer.status_code == 201, answer.text
        found = app.until(
            lambda: app.get("/overview/servers")["items"], lambda items: items[0]["next_action"] is not None, seconds=30
        )
        ServerCares.model_validate({"items": found})
        one, two = found
        assert (one["server_id"], one["backup"], one["next_action"]["name"]) == ("one", "overdue", "Daily")
        assert one["next_action"]["at"] == app.get(f"/schedules/{one['next_action']['schedule_id']}")["next_run_at"]
        assert (two["server_id"], two["next_action"], two["game_update"], two["mod_updates"]) == ("two", None, None, 0)
