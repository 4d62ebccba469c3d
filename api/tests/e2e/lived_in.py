"""A house as it is after a while: runs, people, servers that were played on, mods that came one after the other."""

import math
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, nullcontext
from typing import Any

from tests.e2e.house import GAME_VERSION, House

HISTORY_RUNS = 24
MODS = 12
CANDIDATES = 60
OUTDATED = 3
PLAYERS_SEEN = 2
PATIENCE_SECONDS = 240.0
#: Server → how many are on in the evening, and how many milliseconds a step takes then.
PLAYED_ON = {"meadow": (7, 31), "winter-test": (2, 14)}

#: Hours ago → the kind and the note of a backup.
BACKUPS: dict[float, tuple[str, str | None]] = {
    74.0: ("manual", "Before the dam is built"),
    50.0: ("before_update", None),
    26.0: ("schedule", None),
    4.0: ("schedule", None),
    2.0: ("schedule", None),
}

_MINUTE = 60_000
_DAY = 24 * 60 * _MINUTE


def live_in(house: House) -> None:
    make_runs(house)
    make_people(house)
    make_servers(house)
    make_mods(house)
    start(house, "meadow")
    make_backups(house, "meadow")
    make_schedules(house, "meadow")
    measure_the_last_day(house)
    wait_until_somebody_plays(house)


def make_runs(house: House) -> None:
    """Most well, a few not."""
    for number in range(HISTORY_RUNS):
        with house.trouble("status", "/api", status=400) if number % 11 == 7 else nullcontext():
            house.manager.run_job("mod_cache_refresh", timeout=120)
        if number % 4 == 0:
            house.manager.run_job("server_versions_check")
            house.manager.run_job("history_cleanup")


def make_people(house: House) -> None:
    house.add_user("Anna", "admin")
    house.add_user("Jonas", "operator")
    house.manager.post("/tokens", {"name": "backup script", "role": "operator"})
    house.manager.post("/tokens", {"name": "status page", "role": "viewer"})


def make_servers(house: House) -> None:
    """One that people play on, one that is not needed today."""
    house.add_server("Meadow")
    house.add_server("Winter test", max_players=4)
    house.tell_game("meadow", players=5, visit_seconds=600, chat_seconds=20, boot_seconds=2)


def start(house: House, server_id: str) -> None:
    answer = house.manager.post(f"/servers/{server_id}/start")
    assert answer.status == 202, answer.json
    assert house.manager.wait_for_run(answer.json["id"])["state"] == "succeeded"


def wait_until_somebody_plays(house: House) -> None:
    def meadow() -> dict[str, Any]:
        server: dict[str, Any] = house.manager.get("/servers/meadow")
        return server

    deadline = time.monotonic() + PATIENCE_SECONDS
    while (meadow()["players_online"] or 0) < PLAYERS_SEEN:
        assert time.monotonic() < deadline, "nobody came to play"
        time.sleep(0.5)


def make_mods(house: House) -> None:
    """Three sets of mods, for some of which there is a newer release by now."""
    chosen = list(_that_can_be_had(house, MODS))
    first, later = chosen[: MODS // 2], chosen[MODS // 2 :]
    _change(house, "The mods we began with", ({"action": "install", "mod": mod} for mod in first))
    _change(house, "More to do in winter", ({"action": "install", "mod": mod} for mod in later))
    _change(house, "Jonas's anvils crash with it", [{"action": "disable", "mod": later[-1]}, {"action": "pin", "mod": first[0]}])
    installed = [mod for mod in house.manager.get("/servers/meadow/mods")["items"] if mod["modid"] in chosen]
    newer = [mod for mod in installed if mod["modid"] not in {later[-1], first[0]}][:OUTDATED]
    house.upstream.change_mods(
        release=[{"modid": mod["catalog_id"], "version": _next(mod["version"]), "tags": [GAME_VERSION]} for mod in newer]
    )
    house.manager.run_job("mod_cache_refresh", timeout=120)
    folder = house.manager.data_dir / "servers" / "meadow" / "ModConfig"
    folder.mkdir()
    for mod in chosen[:3]:
        (folder / f"{mod}.json").write_text('{\n  "chance": 0.3,\n  "inWinter": true\n}\n', encoding="utf-8")


def make_backups(house: House, server_id: str) -> None:
    """As a server has them that is backed up while it is played on; the newest was restored for practice."""
    for hours, (kind, note) in BACKUPS.items():
        made = house.manager.post(f"/servers/{server_id}/backups", {"note": note, "pinned": note is not None})
        run = house.manager.wait_for_run(made.json["id"])
        assert run["state"] == "succeeded", run
        ago = round(hours * 60) * _MINUTE
        with closing(sqlite3.connect(house.manager.data_dir / "vsmanager.db", timeout=60)) as connection, connection:
            connection.execute(
                "UPDATE backups SET made_at = made_at - ?, kind = ? WHERE id = ?", (ago, kind, run["report"]["backup_id"])
            )
    drill = house.manager.post(f"/servers/{server_id}/backups/drill")
    house.manager.wait_for_run(drill.json["id"])


def make_schedules(house: House, server_id: str) -> None:
    """All that the manager proposes, at the times of where the players live."""
    for template in house.manager.get("/schedule-templates")["items"]:
        body = template["body"]
        if body["trigger"]["kind"] == "cron":
            body["trigger"]["zone"] = "Europe/Berlin"
        answer = house.manager.post(f"/servers/{server_id}/schedules", body)
        assert answer.status == 201, answer.json


def measure_the_last_day(house: House) -> None:
    """As the manager would have kept it: a row for each minute, more players towards the evening."""
    now = round(time.time() * 1000)
    now -= now % _MINUTE
    rows = [
        (server_id, at, *_measured(at, most, slowest))
        for server_id, (most, slowest) in PLAYED_ON.items()
        for at in range(now - _DAY, now, _MINUTE)
    ]
    with closing(sqlite3.connect(house.manager.data_dir / "vsmanager.db", timeout=60)) as connection, connection:
        connection.executemany(
            "INSERT OR IGNORE INTO server_samples "
            "(server_id, step_seconds, at, players, tick_ms, cpu_percent, memory_bytes, disk_bytes, disk_free_bytes) "
            "VALUES (?, 60, ?, ?, ?, ?, ?, ?, ?)",
            rows,
        )


def _measured(at: int, most: int, slowest: int) -> tuple[int, float, float, int, int, None]:
    evening = max(0.0, math.sin((at % _DAY / _DAY - 0.45) * 2 * math.pi) + 0.15 * math.sin(at / 1_500_000))
    players = round(most * min(1.0, evening))
    busy = players / most
    jitter = 0.5 + 0.5 * math.sin(at / 173_000)
    tick_ms = 4 + (slowest - 4) * busy + 3 * jitter
    memory = round((900 + 700 * busy + 40 * jitter) * 1024**2)
    return players, tick_ms, 6 + 55 * busy + 4 * jitter, memory, 1_900 * 1024**2, None


def _that_can_be_had(house: House, count: int) -> Iterator[str]:
    """Ids of the mods with the most downloads that fit the server and need nothing that does not."""
    question = f"/catalog/mods?game_version={GAME_VERSION}&type=mod&side=both&sort=downloads&limit={CANDIDATES}"
    found = 0
    for mod in house.manager.get(question)["items"]:
        wish = {"action": "install", "mod": mod["modids"][0]} if len(mod["modids"]) == 1 else None
        if wish and house.manager.post("/servers/meadow/mods/plan", {"changes": [wish]}).json.get("can_be_applied"):
            yield wish["mod"]
            found += 1
            if found == count:
                return
    raise AssertionError(f"only {found} of {count} mods can be had")


def _change(house: House, why: str, changes: Iterable[dict[str, Any]]) -> None:
    answer = house.manager.post("/servers/meadow/mods/changes", {"changes": list(changes), "why": why})
    assert answer.status == 202, answer.json
    run = house.manager.wait_for_run(answer.json["id"])
    assert run["state"] == "succeeded", run["error"]


def _next(version: str) -> str:
    """`1.4.2` → `1.5.0`."""
    major, minor = version.split(".")[:2]
    return f"{major}.{int(minor) + 1}.0"
