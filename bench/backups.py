"""Backing up, verifying and restoring a world of 2 GB, against `tar | zstd -T0`, and what the manager is like meanwhile.

Both take turns with the same files on the same disk, at the same level and priority, beside something that ticks like a game, and
wait until the disk has the archive. SQLite's check of the
world, which the others don't do, is told apart. A preview of the rules over 10,000 backups comes last.
"""

import contextlib
import json
import os
import random
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from figures import Figure, Measured, median, spread
from game_ticks import ticking
from games import VERSION, Field, game_field, wait_for
from processes import Api, Served, free_port
from refresh import asking

_SERVER, _MANY = "large", "many"
_MEGABYTE = 1_000_000
_LEVEL, _NICENESS = 3, 5
_LOOK_EVERY_SECONDS = 0.02
_RUN_SECONDS = 3_600.0
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_PACKED = ("Saves", "Playerdata", "ModConfig", "serverconfig.json")


def measure(*, quick: bool) -> Measured:
    megabytes, rounds, many = (20, 1, 500) if quick else (2_000, 3, 10_000)
    with game_field() as field:
        with field.manager() as (_served, api):
            for server in (_SERVER, _MANY):
                _make_stopped(api, server)
        world = field.data_dir / "servers" / _SERVER / "Saves" / "default.vcdbs"
        _make_world(world, megabytes)
        _list_many(field.data_dir, many)
        with field.manager() as (served, api), asking(served) as answers:
            told = _backups(field, served, api, answers, rounds)
            previews = _previews(api, many)
        world_mb = world.stat().st_size / _MEGABYTE
    packs = told["pack_seconds"]
    return Measured(
        [
            Figure("backup_packing_ratio", round(median(_ratios(told["tar_zstd_seconds"], packs)), 2), 0.85, "", "at least"),
            Figure("backup_manager_memory_mb", told["manager_grown_mb"], 60, "MB"),
            Figure("backup_healthz_p99_ms", told["healthz_ms"]["p99"], 50, "ms"),
            Figure("retention_preview_ms", round(median(previews), 1), 200, "ms"),
        ],
        {
            "world_mb": round(world_mb, 1),
            "pack_mb_per_second": round(world_mb / median(packs), 1),
            **told,
            "previewed_backups": many,
            "preview_ms": [round(one, 1) for one in previews],
        },
    )


def _backups(field: Field, served: Served, api: Api, answers: list[tuple[int, float]], rounds: int) -> dict[str, Any]:
    told: dict[str, list[float]] = {name: [] for name in ("backup_seconds", "pack_seconds", "check_seconds", "tar_zstd_seconds")}
    latencies: list[float] = []
    late: list[float] = []
    cpu: list[float] = []
    sizes: dict[str, int] = {}
    backup = ""
    folder = field.data_dir / "servers" / _SERVER
    with memory_apart(served) as memory:
        for _ in range(rounds + 1):
            os.sync()
            memory.begin()
            used = _cpu_seconds(served.pid)
            with ticking() as ticks:
                run = _run(api, "POST", f"/api/v1/servers/{_SERVER}/backups", {})
            memory.end()
            cpu.append(_cpu_seconds(served.pid) - used)
            latencies += _during(answers, run)
            late += ticks.late_ms
            backup = run["report"]["backup_id"]
            details = api.get(f"/api/v1/backups/{backup}")
            told["backup_seconds"].append(_seconds(run))
            told["pack_seconds"].append(details["pack_seconds"])
            told["check_seconds"].append(details["check_seconds"])
            os.sync()
            with ticking():
                seconds, sizes["tar_zstd"] = _tar_and_zstd(folder, field.data_dir / "by-hand.tar.zst")
            told["tar_zstd_seconds"].append(seconds)
            sizes["backup"] = details["size_bytes"]
        os.sync()
        verify = _run(api, "POST", f"/api/v1/backups/{backup}/verify", None)
        restore = _run(api, "POST", f"/api/v1/backups/{backup}/restore", {"start": False})
    with ticking() as undisturbed:
        time.sleep(2.0)
    return {
        **{name: [round(one, 2) for one in values] for name, values in told.items()},
        "first_backup_seconds": round(told["backup_seconds"][0], 2),
        "second_backup_seconds": round(told["backup_seconds"][1], 2),
        "verify_seconds": round(_seconds(verify), 2),
        "restore_seconds": round(_seconds(restore), 2),
        "cpu_seconds": [round(one, 2) for one in cpu],
        "manager_grown_mb": round(memory.manager_grown / _MEGABYTE, 1),
        "child_peak_mb": round(memory.children / _MEGABYTE, 1),
        "healthz_ms": {**spread(latencies, 1), "asked": len(latencies)},
        "game_late_ms": spread(late, 1),
        "game_late_undisturbed_ms": spread(undisturbed.late_ms, 1),
        "bytes": sizes,
    }


def _ratios(others: list[float], own: list[float]) -> list[float]:
    """Of what the two do in a second."""
    return [other / ours for other, ours in zip(others, own, strict=True)]


def _tar_and_zstd(folder: Path, target: Path) -> tuple[float, int]:
    """Seconds until the disk has it, and its size."""
    names = [name for name in _PACKED if (folder / name).exists()]
    command = 'nice -n "$1" tar -C "$2" -cf - "${@:5}" | nice -n "$1" zstd -q -T0 "-$3" -o "$4" && sync "$4"'
    started = time.perf_counter()
    arguments = [str(_NICENESS), str(folder), str(_LEVEL), str(target), *names]
    subprocess.run(["bash", "-euo", "pipefail", "-c", command, "bash", *arguments], check=True)
    seconds, size = time.perf_counter() - started, target.stat().st_size
    target.unlink()
    return seconds, size


# Runs


def _run(api: Api, method: str, path: str, body: Any) -> dict[str, Any]:
    """When it has ended well."""
    run_id = api.send(method, path, body)["id"]
    deadline = time.monotonic() + _RUN_SECONDS
    while (run := api.get(f"/api/v1/runs/{run_id}"))["ended_at"] is None:
        if time.monotonic() > deadline:
            raise RuntimeError(f"the run did not end: {run}")
        time.sleep(0.1)
    if run["state"] != "succeeded":
        raise RuntimeError(f"the run ended as {run['state']}: {run['error'] or run['reason']}")
    return dict(run)


def _span(run: dict[str, Any]) -> tuple[float, float]:
    """In UTC milliseconds."""
    start, end = (datetime.fromisoformat(run[name]).timestamp() * 1000 for name in ("started_at", "ended_at"))
    return start, end


def _seconds(run: dict[str, Any]) -> float:
    start, end = _span(run)
    return (end - start) / 1000


def _during(answers: list[tuple[int, float]], run: dict[str, Any]) -> list[float]:
    start, end = _span(run)
    return [latency for at, latency in list(answers) if start <= at <= end]


def _previews(api: Api, many: int) -> list[float]:
    """Milliseconds of each, on a connection of its own."""
    rules = {"last": 10, "hourly": 24, "daily": 14, "weekly": 8, "monthly": 12, "max_bytes": 0, "max_count": 0}
    found = []
    for _ in range(6):
        started = time.perf_counter()
        preview = api.send("POST", f"/api/v1/servers/{_MANY}/backups/retention-preview", {"retention": rules})
        found.append((time.perf_counter() - started) * 1000)
        if preview["kept"] + preview["deleted"] != many:
            raise RuntimeError(f"{many} backups are there, and {preview['kept'] + preview['deleted']} were looked at")
    return found[1:]


# What there is


def _make_stopped(api: Api, server: str) -> None:
    api.send("POST", "/api/v1/servers", {"name": server, "id": server, "version": VERSION, "port": free_port()})
    wait_for(lambda: api.get(f"/api/v1/servers/{server}"), lambda found: found["operation"] is None, server)
    path = f"/api/v1/servers/{server}/backup-settings"
    rules = api.get(path)
    api.send("PUT", path, {**rules, "compression_level": _LEVEL, "retention": {**rules["retention"], "last": 10_000}})


def _make_world(path: Path, megabytes: int) -> None:
    """Chunks as games store them: packed already, with some that repeat."""
    path.parent.mkdir(parents=True, exist_ok=True)
    values, blob = random.Random(7), 20_000
    with contextlib.closing(sqlite3.connect(path)) as world:
        world.execute("PRAGMA synchronous = OFF")
        world.execute("CREATE TABLE gamedata (savegameid INTEGER PRIMARY KEY, data BLOB)")
        world.execute("INSERT INTO gamedata VALUES (1, x'00')")
        for table, share in (("chunk", 0.7), ("mapchunk", 0.2), ("mapregion", 0.1)):
            world.execute(f"CREATE TABLE {table} (position INTEGER PRIMARY KEY, data BLOB)")
            count = int(megabytes * _MEGABYTE * share / blob)
            rows = ((place, _blob(values, blob, repeats=table != "chunk")) for place in range(count))
            world.executemany(f"INSERT INTO {table} VALUES (?, ?)", rows)
        world.commit()


def _blob(values: random.Random, size: int, *, repeats: bool) -> bytes:
    return values.randbytes(size // 10) * 10 if repeats else values.randbytes(size)


def _list_many(data_dir: Path, count: int) -> None:
    """Backups of every hour, whose files hold nothing."""
    folder, now = data_dir / "backups" / _MANY, time.time_ns() // 1_000_000
    folder.mkdir(parents=True)
    columns = "id, server_id, made_at, kind, file_name, size_bytes, world, pinned, data"
    with contextlib.closing(sqlite3.connect(data_dir / "vsmanager.db")) as database, database:
        for place in range(count):
            name = f"2026-01-01T00-00-00Z-schedule-{place:08x}.tar.zst"
            (folder / name).write_bytes(bytes(1_000))
            about = json.dumps({"server_name": _MANY})
            row = (
                f"019ac0de-0000-7000-8000-{place:012}",
                _MANY,
                now - place * 3_600_000,
                "schedule",
                name,
                1_000,
                "verified",
                0,
                about,
            )
            database.execute(f"INSERT INTO backups ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)


# What it takes


@dataclass
class Memory:
    """Resident memory in bytes: how much the manager grew while somebody looked, and the most that all it started had."""

    manager: int = 0
    before: int = 0
    manager_grown: int = 0
    children: int = 0
    looks: bool = False

    def begin(self) -> None:
        self.before = self.before or self.manager
        self.looks = True

    def end(self) -> None:
        self.looks = False


@contextlib.contextmanager
def memory_apart(served: Served) -> Iterator[Memory]:
    memory, over = Memory(), threading.Event()

    def look() -> None:
        while not over.is_set():
            memory.manager = _resident(served.pid)
            if memory.looks:
                memory.manager_grown = max(memory.manager_grown, memory.manager - memory.before)
                memory.children = max(memory.children, sum(_resident(child) for child in _packing(served.pid)))
            over.wait(_LOOK_EVERY_SECONDS)

    memory.manager = _resident(served.pid)
    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield memory
    finally:
        over.set()
        thread.join()


def _packing(pid: int) -> list[int]:
    """Children that have become a program of their own."""
    found: list[int] = []
    with contextlib.suppress(OSError, ValueError):
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        for task in Path(f"/proc/{pid}/task").iterdir():
            children = (task / "children").read_text().split()
            found += [int(child) for child in children if Path(f"/proc/{child}/cmdline").read_bytes() != command]
    return found


def _resident(pid: int) -> int:
    with contextlib.suppress(OSError, ValueError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES
    return 0


def _cpu_seconds(pid: int) -> float:
    """Of a process and of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15]) / _TICKS_PER_SECOND
