"""`kill -9` at random moments of a refresh: every next start is clean, and the catalogue is the old one or the new one."""

import os
import random
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults.forked_managers import forked
from tests.managers import ManagerProcess, start_manager
from vintagestory_sandbox.upstream import SandboxUpstream, start_upstream

KILLS = 100 if os.environ.get("VS_TEST_ALL_FAULTS") else 10
MANAGER = Path(__file__).with_name("hasty_manager.py")
#: Long enough for a start and a whole refresh, so that kills fall before, into and after it.
LONGEST_LIFE_SECONDS = 1.6
#: Of the documented mods, which are in every list.
MARKED = range(900_001, 900_004)


@pytest.mark.fault
@pytest.mark.timeout(KILLS * 12 + 60)
def test_every_start_after_a_kill_is_clean(tmp_path: Path) -> None:
    chance = random.Random(20261123)  # the same kills in every run
    data_dir = tmp_path / "data"
    with start_upstream(mods=3000) as sandbox:
        known = {change_the_list(sandbox, 0)}
        for kill in range(KILLS):
            manager = start_clean(data_dir, sandbox, known)
            manager.post("/jobs/mod_cache_refresh/run")  # or one is running already, to repeat what was lost
            time.sleep(chance.uniform(0, LONGEST_LIFE_SECONDS))
            manager.kill()
            known.add(change_the_list(sandbox, kill + 1))
        manager = start_clean(data_dir, sandbox, known)
        try:
            run = manager.run_job("mod_cache_refresh")
            assert run["state"] == "succeeded"
            assert manager.get("/catalog/mods")["total"] == sandbox.mods
            assert manager.get(f"/catalog/mods?q=generation%20{KILLS}%20")["total"] >= 1
        finally:
            assert manager.end() == 0


def change_the_list(sandbox: SandboxUpstream, generation: int) -> str:
    """Mark some mods with a new generation, so that each refresh has something to write; returns the mark."""
    mark = f"generation {generation} "
    sandbox.change_mods(change=[{"modid": modid, "name": f"{mark}of mod {modid}"} for modid in MARKED])
    return mark


def start_clean(data_dir: Path, sandbox: SandboxUpstream, known: set[str]) -> ManagerProcess:
    started_ms = time.time_ns() // 1_000_000
    manager = start_manager(data_dir, upstream=sandbox.url, program=(str(MANAGER),), launch=forked)
    check_clean(data_dir, known, started_ms)
    return manager


def check_clean(data_dir: Path, known: set[str], started_ms: int) -> None:
    with closing(sqlite3.connect(data_dir / "vsmanager.db")) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        left_open = "SELECT count(*) FROM job_runs WHERE state IN ('running', 'queued') AND started_at < ?"
        assert db.execute(left_open, (started_ms,)).fetchone() == (0,)
    with closing(sqlite3.connect(data_dir / "cache" / "catalog.db")) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        db.execute("INSERT INTO mods_fts(mods_fts) VALUES ('integrity-check')")
        names = db.execute("SELECT name FROM mods WHERE modid BETWEEN ? AND ?", (MARKED[0], MARKED[-1]))
        marks = {name.split("of mod")[0] for (name,) in names}
    assert len(marks) <= 1  # one generation, never a mix
    assert marks <= known
