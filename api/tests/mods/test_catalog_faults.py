"""The importer killed at random moments: the catalogue is the old one or the new one, never something between."""

import os
import random
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.mods.catalogs import check_whole, contents, filled_catalog, row, write_extra, write_list
from vintagestory_api.mods.catalog_store import prepare_catalog

MODS = 1_500
SEEDS = range(100 if os.environ.get("VS_TEST_ALL_FAULTS") == "1" else 10)


@dataclass(frozen=True)
class Scene:
    """An old catalogue, a new list in which nearly everything differs, and how long taking it in lasts."""

    catalog: Path
    list_file: Path
    extra: Path
    old: dict[str, Any]
    new: dict[str, Any]
    seconds: float


def importer(list_file: Path, catalog: Path, extra: Path) -> subprocess.Popen[bytes]:
    arguments = ["-I", "-m", "vintagestory_api.mods.catalog_import", str(list_file), str(catalog), str(extra)]
    return subprocess.Popen([sys.executable, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def state_of(catalog: Path) -> dict[str, Any]:
    return contents(catalog, "mod_items", "mod_texts", "mod_modids", "mod_tags", "tags", "catalog_game_versions")


def copy_catalog(scene: Scene, folder: Path) -> Path:
    copy = folder / "catalog.db"
    shutil.copyfile(scene.catalog, copy)
    return copy


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    folder = tmp_path_factory.mktemp("scene")
    catalog = filled_catalog(folder, [row(n, summary=f"Old words about {n}", tags=["Food"]) for n in range(1, MODS + 1)])
    old = state_of(catalog)
    news = [row(n, f"New {n}", summary=f"Quite other words, {n * n}", tags=["Magic", "QoL"]) for n in range(200, MODS + 200)]
    list_file, extra = write_list(folder, news, "new.json"), write_extra(folder, ["Magic", "QoL"], ["1.23.0"])
    done = folder / "done.db"
    shutil.copyfile(catalog, done)
    started = time.monotonic()
    assert importer(list_file, done, extra).wait(60) == 0
    return Scene(catalog, list_file, extra, old, state_of(done), time.monotonic() - started)


def kill_after(scene: Scene, catalog: Path, seconds: float) -> int:
    process = importer(scene.list_file, catalog, scene.extra)
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait(10)


@pytest.mark.fault
@pytest.mark.parametrize("seed", SEEDS)
def test_a_killed_importer_leaves_the_old_catalogue_or_the_new_one(scene: Scene, tmp_path: Path, seed: int) -> None:
    catalog = copy_catalog(scene, tmp_path)
    kill_after(scene, catalog, random.Random(seed).uniform(0.1, 1.1) * scene.seconds)
    prepare_catalog(catalog)
    check_whole(catalog)
    assert state_of(catalog) in (scene.old, scene.new)
    assert importer(scene.list_file, catalog, scene.extra).wait(60) == 0
    check_whole(catalog)
    assert state_of(catalog) == scene.new


@pytest.mark.fault
def test_a_kill_in_the_middle_of_the_transaction_leaves_the_old_catalogue(scene: Scene, tmp_path: Path) -> None:
    catalog = copy_catalog(scene, tmp_path)
    log = catalog.with_name("catalog.db-wal")
    # A cache too small for the changes makes SQLite write some of them to the log before they are committed.
    script = f"""
import os, pathlib
from vintagestory_api.mods import catalog_import

plain = catalog_import.open_catalog

def with_small_cache(path):
    connection = plain(path)
    connection.execute("PRAGMA cache_size = 10")
    return connection

catalog_import.open_catalog = with_small_cache
catalog_import._write_game_versions = lambda *_: os.kill(os.getpid(), 9)
catalog_import.import_list(*map(pathlib.Path, {[str(scene.list_file), str(catalog), str(scene.extra)]!r}))
"""
    assert subprocess.run([sys.executable, "-I", "-c", script], timeout=60, check=False).returncode == -9
    assert log.stat().st_size > 100_000, "there are uncommitted changes in the log"
    prepare_catalog(catalog)
    check_whole(catalog)
    assert state_of(catalog) == scene.old
