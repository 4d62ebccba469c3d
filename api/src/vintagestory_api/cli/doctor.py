"""`vsmanager doctor`: looks at everything the manager needs, one check after the other, and says what to do."""

import contextlib
import errno
import fcntl
import json
import os
import shutil
import socket
import sqlite3
import stat
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Literal

from vintagestory_api.cli.connection import Client, find_running
from vintagestory_api.cli.failures import CommandFailed
from vintagestory_api.cli.offline import quiet_logs
from vintagestory_api.cli.output import duration, plain, print_json, size, write
from vintagestory_api.config import ProcessSettings, read_process_settings
from vintagestory_api.errors import ManagerError
from vintagestory_api.storage.data_folder import DataFolder

LOW_DISK_BYTES, NO_DISK_BYTES = 1_000_000_000, 50_000_000
CLOCK_TOLERANCE_SECONDS = 60
UPSTREAM_SECONDS = 10.0
_MAX_ANSWER_BYTES = 4_000_000
_SIGNS = {"ok": "✓", "warning": "!", "problem": "✗"}


@dataclass(frozen=True)
class Check:
    """`advice` says what to do, and is empty when there is nothing to do."""

    id: str
    state: Literal["ok", "warning", "problem"]
    message: str
    advice: str = ""


def examine(data_dir: Path | None, *, offline: bool, as_json: bool) -> int:
    """Print every check. Returns 1 when something is a problem, else 0; warnings are none."""
    quiet_logs()
    given = {} if data_dir is None else {"VS_DATA_DIR": str(data_dir)}
    settings = read_process_settings({**os.environ, **given})
    checks = []
    for check in _all_checks(settings, offline=offline):
        checks.append(check)
        if not as_json:
            write(_line(check))
    problems = sum(check.state == "problem" for check in checks)
    warnings = sum(check.state == "warning" for check in checks)
    if as_json:
        print_json(
            {"ok": not problems, "problems": problems, "warnings": warnings, "checks": [asdict(check) for check in checks]}
        )
    else:
        write("\n" + (f"{problems} of {len(checks)} checks found a problem.\n" if problems else "Nothing is in the way.\n"))
    return 1 if problems else 0


def _all_checks(settings: ProcessSettings, *, offline: bool) -> Iterator[Check]:
    folder = DataFolder(settings.data_dir)
    yield _check_python()
    yield _check_sqlite()
    yield _check_folder(folder.root, 0o700 if settings.game_user is None else 0o711)
    yield _check_disk(folder.root)
    yield _check_database(folder.database)
    if settings.game_user is not None:
        yield _check_game_user(settings.game_user, folder)
    yield from _check_settings(folder.settings)
    yield _check_catalog(folder.catalog)
    yield from _check_manager(settings, folder)
    if not offline:
        yield from _check_upstreams(settings, folder.settings)


def _line(check: Check) -> str:
    advice = f"\n  → {plain(check.advice)}" if check.advice else ""
    return f"{_SIGNS[check.state]} {plain(check.message)}{advice}\n"


# This machine


def _check_python() -> Check:
    return Check("python", "ok", f"Python {'.'.join(map(str, sys.version_info[:3]))}")


def _check_sqlite() -> Check:
    version = sqlite3.sqlite_version
    try:
        with contextlib.closing(sqlite3.connect(":memory:")) as connection:
            connection.execute('CREATE VIRTUAL TABLE probe USING fts5(text, tokenize = "trigram case_sensitive 1")')
    except sqlite3.Error as error:
        advice = "Use a Python whose SQLite is 3.34 or newer and has FTS5; those of python.org and of Linux distributions have."
        return Check("sqlite", "problem", f"SQLite {version} can't search texts ({error}).", advice)
    return Check("sqlite", "ok", f"SQLite {version} with full-text search")


def _check_folder(root: Path, closed: int) -> Check:
    """`closed`: the mode it should have."""
    try:
        state = root.stat()
    except FileNotFoundError:
        return _check_missing_folder(root)
    except OSError as error:
        advice = "Run this as the user that runs the manager."
        return Check("data_folder", "problem", f"The data folder {root} can't be looked at ({error.strerror}).", advice)
    if not stat.S_ISDIR(state.st_mode):
        return Check("data_folder", "problem", f"{root} is no folder.", "Name another one with VS_DATA_DIR.")
    try:
        with tempfile.TemporaryFile(dir=root) as probe:
            probe.write(b"x")
    except OSError as error:
        advice = "Give the user that runs the manager the right to write there. As another user, this check does not count."
        return Check("data_folder", "problem", f"The data folder {root} can't be written ({error.strerror}).", advice)
    if state.st_mode & (stat.S_IROTH | stat.S_IWOTH):
        message = f"Others can look into the data folder {root} (mode {stat.S_IMODE(state.st_mode):04o})."
        return Check("data_folder", "warning", message, f"chmod {closed:o} {root}")
    return Check("data_folder", "ok", f"The data folder {root} can be written")


def _check_missing_folder(root: Path) -> Check:
    parent = next(folder for folder in root.parents if folder.exists())
    if parent.is_dir() and os.access(parent, os.W_OK | os.X_OK):
        return Check("data_folder", "ok", f"The data folder {root} does not exist yet; the first start makes it")
    advice = "Make it, owned by the user that runs the manager, or name another one with VS_DATA_DIR."
    return Check("data_folder", "problem", f"The data folder {root} does not exist, and you can't make it.", advice)


def _check_disk(root: Path) -> Check:
    there = next((folder for folder in (root, *root.parents) if folder.exists()), Path("/"))
    try:
        free = shutil.disk_usage(there).free
    except OSError as error:
        return Check("disk", "warning", f"The free space for {root} can't be told ({error.strerror}).")
    advice = "Free some space on the disk of the data folder, or move it to another one (VS_DATA_DIR)."
    if free < NO_DISK_BYTES:
        return Check("disk", "problem", f"The disk is full: {size(free)} are free.", advice)
    if free < LOW_DISK_BYTES:
        return Check("disk", "warning", f"The disk is almost full: {size(free)} are free.", advice)
    return Check("disk", "ok", f"{size(free)} of disk space are free")


# The files


def _check_database(path: Path) -> Check:
    from vintagestory_api.storage.database import HEAD_REVISION, find_damage, read_revision  # noqa: PLC0415 - imports asyncio

    try:
        revision = read_revision(path)
    except ManagerError as error:
        what, _, advice = error.message.partition(". ")
        return Check("database", "problem", f"{what}.", advice)
    if revision is None:
        return Check("database", "ok", "There is no database yet; the first start makes it")
    if damage := find_damage(path):
        advice = f"Stop the manager, and put back a copy: {path.name}.before-… in the same folder, or one from a backup."
        return Check("database", "problem", f"The database {path} is damaged: {damage[0]}", advice)
    if revision != HEAD_REVISION:
        return _check_revision(path, revision, HEAD_REVISION)
    return Check("database", "ok", f"The database is sound and up to date (revision {revision})")


def _check_revision(path: Path, revision: str, needed: str) -> Check:
    from vintagestory_api.storage.upgrade import known_revisions  # noqa: PLC0415 - imports Alembic

    if revision in known_revisions():
        message = f"The database is of an older version (revision {revision}, needed {needed})."
        return Check("database", "warning", message, "Restart the manager: it brings it up to date, after a copy.")
    message = f"The database {path} was written by a newer version of the manager (revision {revision}, this one knows {needed})."
    return Check("database", "problem", message, "Install that version again, or put back a copy made before the upgrade.")


def _check_game_user(name: str, folder: DataFolder) -> Check:
    from vintagestory_api.storage.game_user import GameUser  # noqa: PLC0415 - only where games have an account

    try:
        account = GameUser.find(name)
        account.check_ways(folder, _adopted_folders(folder.database))
    except ManagerError as error:
        what, _, advice = error.message.partition(". ")
        return Check("game_user", "problem", f"{what}.", advice)
    except OSError as error:
        advice = "Run this as root, as the manager has to be."
        return Check("game_user", "problem", f"Whether {name!r} can reach its folders can't be told ({error.strerror}).", advice)
    if not account.is_other:
        return Check("game_user", "ok", f"Games run as {name}, the account that runs the manager")
    return Check("game_user", "ok", f"Games run as {name}, which can reach its folders")


def _adopted_folders(database: Path) -> list[Path]:
    """Of servers that were taken over where they lie. None where the database can't tell, which is said by its own check."""
    if not database.exists():
        return []
    try:
        with contextlib.closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=rw", uri=True)) as connection:
            names = connection.execute("SELECT data_path FROM servers WHERE deleted_at IS NULL").fetchall()
    except sqlite3.Error:
        return []
    return [path for (name,) in names if (path := Path(name)).is_absolute()]


def _check_settings(path: Path) -> Iterator[Check]:
    from vintagestory_api.services.api_settings import ApiSettingsStore  # noqa: PLC0415 - imports pydantic

    store = ApiSettingsStore(path)
    if problem := store.problem:
        yield Check("settings", "problem", f"{problem} The defaults apply.", "Mend the file, or run: vsmanager settings reset")
        return
    there = path.exists()
    yield Check("settings", "ok", "The settings file can be used" if there else "There is no settings file: the defaults apply")
    if not store.read().upstream_contact:
        yield Check(
            "upstream_contact",
            "warning",
            "The mod database and the version service don't learn how to reach you.",
            "vsmanager settings set upstream_contact you@example.org (or a web page)",
        )


def _check_catalog(path: Path) -> Check:
    from vintagestory_api.storage.database import find_damage  # noqa: PLC0415 - imports asyncio

    if not path.exists():
        return Check("catalog", "ok", "There is no catalogue yet; the first refresh fills it")
    if damage := find_damage(path):
        advice = "Restart the manager: it makes the catalogue anew and fills it again."
        return Check("catalog", "problem", f"The catalogue {path} is damaged: {damage[0]}", advice)
    return Check("catalog", "ok", f"The catalogue is sound ({size(path.stat().st_size)})")


# The manager


def _check_manager(settings: ProcessSettings, folder: DataFolder) -> Iterator[Check]:
    try:
        running = find_running(folder.root)
    except CommandFailed as failure:
        yield Check("manager", "warning", failure.message)
        return
    if running is not None:
        try:
            health = Client(running.url, running.token).get("/healthz", timeout_seconds=UPSTREAM_SECONDS)
        except CommandFailed as failure:
            advice = "Look at its log. When it hangs, end it and start it again: nothing is lost."
            message = f"The manager (process {running.pid}) does not answer: {failure.message}"
            yield Check("manager", "problem", message, advice)
            return
        yield Check("port", "ok", f"The manager listens at {running.url}")
        yield from _check_health(health)
        return
    if _is_held(folder.lock_file):
        advice = "When it is starting, wait a moment; otherwise its log tells why: look for the last errors."
        yield Check("manager", "warning", f"A manager uses {folder.root}, but does not say where it listens.", advice)
        return
    yield _check_port(settings.host, settings.port)
    start = f"vsmanager serve --data-dir {folder.root}"
    yield Check("manager", "warning", "The manager is not running.", f"Start it when you like: {start}")


def _check_health(health: Any) -> Iterator[Check]:
    problems = health.get("problems") or []
    for problem in problems:
        yield Check("manager", "problem", f"The manager says: {problem['message']}")
    if not problems:
        count = health["scheduler"]["job_count"]
        yield Check("manager", "ok", f"The manager {health['version']} is well; {count} jobs are registered")


def _check_port(host: str, port: int) -> Check:
    if port == 0:
        return Check("port", "ok", "The manager will take a free port")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            advice = "Stop the program that has it (ss -ltnp shows which), or choose another port with VS_PORT."
            return Check("port", "problem", f"Port {port} on {host} is in use by another program.", advice)
        advice = "Choose another address or port with VS_HOST and VS_PORT."
        return Check("port", "problem", f"The manager can't listen on {host} port {port} ({error.strerror or error}).", advice)
    return Check("port", "ok", f"Port {port} on {host} is free")


def _is_held(lock_file: Path) -> bool:
    try:
        handle = os.open(lock_file, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


# The services on the internet


@dataclass
class _Asked:
    """One gentle request. `date` is the answer's own clock, `asked_at` ours in the middle of the request; both in seconds."""

    error: str | None = None
    seconds: float = 0.0
    date: float | None = None
    asked_at: float = 0.0


def _check_upstreams(settings: ProcessSettings, settings_file: Path) -> Iterator[Check]:
    from vintagestory_api.kit.upstream import user_agent  # noqa: PLC0415 - imports asyncio
    from vintagestory_api.services.api_settings import ApiSettingsStore  # noqa: PLC0415 - imports pydantic

    agent = user_agent(ApiSettingsStore(settings_file).read().upstream_contact)
    asked_by_manager = _upstreams_of_manager(settings.data_dir)
    upstreams = (
        ("mod_database", "The mod database", asked_by_manager.get("mod_database", settings.mod_db_url), "/api/tags"),
        ("version_service", "The version service", asked_by_manager.get("version_api", settings.versions_url), "/stable.json"),
    )
    answers = _ask_all([f"{url}{path}" for _, _, url, path in upstreams], agent)
    for (check_id, name, url, _), asked in zip(upstreams, answers, strict=True):
        if asked.error is None:
            yield Check(check_id, "ok", f"{name} {url} answers ({duration(asked.seconds)})")
        else:
            advice = "Check this machine's connection, its name service, proxy and firewall; or try later: what is there is kept."
            yield Check(check_id, "problem", f"{name} {url} can't be used: {asked.error}.", advice)
    yield from _check_clock(answers)


def _upstreams_of_manager(data_dir: Path) -> Mapping[str, str]:
    """Whom the running manager asks, which may not be whom this environment names; empty when none runs."""
    with contextlib.suppress(CommandFailed):
        if running := find_running(data_dir):
            return running.upstreams
    return {}


def _check_clock(answers: list[_Asked]) -> Iterator[Check]:
    differences = [asked.asked_at - asked.date for asked in answers if asked.date is not None]
    if not differences:
        return
    off = min(differences, key=abs)
    if abs(off) <= CLOCK_TOLERANCE_SECONDS:
        yield Check("clock", "ok", "This machine's clock is right")
        return
    direction = "ahead" if off > 0 else "behind"
    message = f"This machine's clock is {duration(abs(off))} {direction} of what the services say."
    yield Check("clock", "warning", message, "Set the clock, and keep it right with NTP (timedatectl set-ntp true).")


def _ask_all(urls: list[str], agent: str) -> list[_Asked]:
    """Ask all at the same time. What takes too long is left behind: the threads end with the process."""
    deadline = time.monotonic() + UPSTREAM_SECONDS
    answers = [_Asked(error=f"it did not answer within {UPSTREAM_SECONDS:.0f} s") for _ in urls]
    threads = []
    for place, url in enumerate(urls):
        thread = threading.Thread(target=_ask, args=(url, agent, answers, place), daemon=True)
        thread.start()
        threads.append(thread)
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return list(answers)


def _ask(url: str, agent: str, answers: list[_Asked], place: int) -> None:
    from http.client import HTTPException  # noqa: PLC0415 - with the next two
    from urllib.error import HTTPError  # noqa: PLC0415 - only when services are asked
    from urllib.request import Request, urlopen  # noqa: PLC0415 - as above

    asked, started, clock = _Asked(), time.monotonic(), time.time()
    try:
        request = Request(url, headers={"User-Agent": agent, "Accept": "application/json"})  # noqa: S310 - http or https, checked with the settings
        with urlopen(request, timeout=UPSTREAM_SECONDS) as response:  # noqa: S310 - as above
            asked.date = _seconds(response.headers.get("Date"))
            asked.asked_at = (clock + time.time()) / 2
            json.loads(response.read(_MAX_ANSWER_BYTES))
    except HTTPError as error:
        asked.error, asked.date, asked.asked_at = (
            f"it answers with status {error.code}",
            _seconds(error.headers.get("Date")),
            clock,
        )
        error.close()
    except TimeoutError:
        return
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, TimeoutError):
            return
        asked.error = f"it can't be reached ({getattr(reason, 'strerror', None) or reason})"
    except (ValueError, RecursionError):
        asked.error = "its answer is no JSON, so something else answers in its place"
    asked.seconds = time.monotonic() - started
    answers[place] = asked


def _seconds(date: str | None) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp() if date else None
    except (ValueError, TypeError, OverflowError):
        return None
