"""How the world of a server is had as it was at one moment.

While the game runs, only the game can tell: it is asked to save, then to write a copy of its world into its folder `Backups`
(`/genbackup`), which is packed and removed. It goes on meanwhile. A world of a stopped server is packed as it lies; the
operation that holds the server keeps it from being started. docs/decisions/0018 says why.
"""

import asyncio
import contextlib
import os
import stat
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import structlog

from vintagestory_api.backups.children import check_world_apart
from vintagestory_api.backups.contents import SAVES, name_of_world
from vintagestory_api.backups.names import is_from_game, name_for_game
from vintagestory_api.backups.schemas import WorldMethod
from vintagestory_api.errors import Conflict
from vintagestory_api.events import Event, EventBus, ServerTold
from vintagestory_api.servers.commands import ServerNotRunning
from vintagestory_api.servers.configuration import ServerConfiguration
from vintagestory_api.servers.configuration_file import ConfigurationUnreadable
from vintagestory_api.servers.line_events import AutosaveFailed, BackupBegan, BackupComplete, WorldSaved
from vintagestory_api.servers.server import GameServer
from vintagestory_api.services.run_context import report_progress

log = structlog.get_logger(__name__)

_GAME_BACKUPS: Final = "Backups"
_ANSWER_SECONDS: Final = 5.0
_SAVE_SECONDS: Final = 30.0
_LOOK_SECONDS: Final = 0.25
#: A file that has not changed for so long, after the game said that it is complete.
_STABLE_LOOKS: Final = 3
#: And where it did not say so, in words that are known.
_QUIET_SECONDS: Final = 15.0
#: It may still be at one that was cancelled, or that an earlier manager asked for.
_BUSY_SECONDS: Final = 120.0
_BUSY_LOOK_SECONDS: Final = 10.0
#: It is given up when there was neither a word nor a file for so long, or nothing more came.
_NO_SIGN_SECONDS: Final = 120.0
_STALLED_SECONDS: Final = 600.0
_SAID_LENGTH: Final = 200


class WorldElsewhere(Conflict):
    code = "world_elsewhere"


class GameRefusesBackup(Conflict):
    code = "game_refuses_backup"


class GameBackupBusy(Conflict):
    code = "game_backup_in_progress"


class GameBackupNotMade(Conflict):
    """The game ignored the request, or did not come to an end."""

    code = "game_backup_not_made"


class ServerNotReady(Conflict):
    code = "server_not_ready"


@dataclass(frozen=True)
class Captured:
    """`source`: a file that nobody writes; None where the server has no world yet. `name`: what it is called in the archive."""

    source: Path | None
    name: str | None
    method: WorldMethod | None
    seconds: float | None
    notes: tuple[str, ...] = ()


@dataclass
class _Heard:
    """What the console has told since the game was asked."""

    news: asyncio.Event = field(default_factory=asyncio.Event)
    began: bool = False
    answered: bool = False
    said: str = ""
    is_complete: bool = False
    saved: asyncio.Event = field(default_factory=asyncio.Event)
    save_failed: str | None = None

    def hear(self, event: Event, server_id: str) -> None:
        if not isinstance(event, ServerTold) or event.server_id != server_id:
            return
        match event.what:
            case BackupBegan():
                self.began = self.answered = True
            case BackupComplete():
                self.is_complete = self.began
            case WorldSaved():
                self.saved.set()
            case AutosaveFailed(text=text):
                self.save_failed = text
                self.saved.set()
            case _:
                return
        self.news.set()


class Capture:
    """`limit_seconds`: how long a game may take for its copy."""

    def __init__(self, bus: EventBus, limit_seconds: Callable[[], float]) -> None:
        self._bus = bus
        self.limit_seconds = limit_seconds

    @contextlib.asynccontextmanager
    async def world_of(self, server: GameServer, backup_id: str) -> AsyncIterator[Captured]:
        """The world of the server, for as long as the block lasts.

        Raises `WorldElsewhere`, `ServerNotReady`, `GameRefusesBackup`, `GameBackupBusy`, `GameBackupNotMade`.
        """
        place = await asyncio.to_thread(world_place, server.data_path)
        began, notes = time.monotonic(), list[str]()
        if server.is_running:
            await asyncio.to_thread(sweep_from_game, server.data_path)
            copy = server.data_path / _GAME_BACKUPS / name_for_game(backup_id)
            try:
                if await self._ask_the_game(server, copy, notes):
                    yield Captured(copy, name_of_world(place), "genbackup", round(time.monotonic() - began, 3), tuple(notes))
                    return
            finally:
                await asyncio.to_thread(remove_from_game, server.data_path, copy.name)
            notes.append("The game ended while it made its copy of the world, so the world was packed as the game left it.")
        world = server.data_path / place
        if not await asyncio.to_thread(_is_file, world):
            notes.append(f"The server has no world yet: there is none at {place}.")
            yield Captured(None, None, None, None, tuple(notes))
            return
        yield Captured(world, name_of_world(place), "copy", round(time.monotonic() - began, 3), tuple(notes))

    async def _ask_the_game(self, server: GameServer, copy: Path, notes: list[str]) -> bool:
        """False when the game has ended meanwhile, and with it what it was about to write."""
        if server.life is not None and server.life.problem is not None:
            raise ServerNotReady(f"{server.name!r} can't be spoken to, so it can't be asked for its world: {server.life.problem}")
        if server.ready_ms is None or server.state != "running":
            raise ServerNotReady(f"{server.name!r} is {server.state} now. Back it up when it runs, or when it is stopped.")
        heard = _Heard()
        unsubscribe = self._bus.subscribe(lambda event: heard.hear(event, server.id))
        try:
            async with asyncio.timeout(self.limit_seconds()):
                await self._save(server, heard, notes)
                await self._begin(server, copy, heard)
                report_progress(None, "The game copies its world")
                await self._until_complete(server, copy, heard)
        except TimeoutError:
            raise GameBackupNotMade(
                f"The game did not finish its backup within {self.limit_seconds():,.0f} s. Look at its console; allow it more "
                "time (setting backup_game_timeout_seconds), or stop the server and back it up then."
            ) from None
        except _GameEnded:
            await self._until_down(server)
            return False
        finally:
            unsubscribe()
        return True

    async def _until_down(self, server: GameServer) -> None:
        """Until its end is stored. The stop of a game may take its time."""
        report_progress(None, "Waiting for the end of the game")
        if (life := server.life) is None:
            return
        try:
            async with asyncio.timeout(self.limit_seconds()):
                await life.closed.wait()
        except TimeoutError:
            raise ServerNotReady(
                f"{server.name!r} was about to stop when it was backed up, and has not ended since. Stop it, then back it up."
            ) from None

    async def _save(self, server: GameServer, heard: _Heard, notes: list[str]) -> None:
        report_progress(None, "The game saves its world")
        try:
            asked = await server.commands.ask("/autosavenow", starts_with="Autosave completed", timeout_seconds=_ANSWER_SECONDS)
        except ServerNotRunning:
            raise _GameEnded from None
        # Other commands are not kept waiting for a long save.
        if not asked.is_complete:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_SAVE_SECONDS):
                    await heard.saved.wait()
        _see_that_it_runs(server)
        if heard.save_failed is not None:
            notes.append(f"The game could not save before it copied its world: {heard.save_failed}")
        elif not (asked.is_complete or heard.saved.is_set()):
            notes.append("The game did not tell that it had saved before it copied its world.")

    async def _begin(self, server: GameServer, copy: Path, heard: _Heard) -> None:
        given_up = time.monotonic() + _BUSY_SECONDS
        while "already in progress" in (said := await self._ask_for_it(server, copy)):
            if time.monotonic() >= given_up:
                raise GameBackupBusy("The game makes a backup already, for somebody else. Try again when that is done.")
            report_progress(None, "The game makes another backup; waiting for its end")
            await asyncio.sleep(_BUSY_LOOK_SECONDS)
        if "hosted mode" in said.lower():
            raise GameRefusesBackup(
                "The game makes no backups while it is in hosted mode (HostedMode in its serverconfig.json). Stop the server to "
                "back it up, or switch that mode off."
            )
        heard.began, heard.said = True, said[:_SAID_LENGTH]

    async def _ask_for_it(self, server: GameServer, copy: Path) -> str:
        """The first line of its answer."""
        try:
            asked = await server.commands.ask(f"/genbackup {copy.name}", timeout_seconds=_ANSWER_SECONDS)
        except ServerNotRunning:
            raise _GameEnded from None
        return next((line.text for line in asked.lines), "")

    async def _until_complete(self, server: GameServer, copy: Path, heard: _Heard) -> None:
        watched, checked = _Watched(copy), None
        while True:
            heard.news.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS):
                    await heard.news.wait()
            _see_that_it_runs(server)
            await asyncio.to_thread(watched.look)
            if heard.is_complete and watched.same_looks >= _STABLE_LOOKS:
                return
            _see_that_it_goes_on(watched, heard)
            # Its words may be those of another language.
            if not heard.is_complete and watched.quiet_seconds >= _QUIET_SECONDS and watched.mark != checked:
                if not await check_world_apart(copy):
                    return
                checked = watched.mark


def _see_that_it_goes_on(watched: "_Watched", heard: _Heard) -> None:
    if watched.unchanged_seconds >= _NO_SIGN_SECONDS and not (watched.is_seen or heard.answered or heard.is_complete):
        came = f"it said {heard.said!r}, and no file came of it" if heard.said else "neither a word nor a file came of it"
        raise GameBackupNotMade(
            f"The game was asked for a backup (/genbackup): {came} for {_NO_SIGN_SECONDS:,.0f} s. Look at its console: it may "
            "hang. Restart it, or stop the server and back it up then."
        )
    if watched.unchanged_seconds >= _STALLED_SECONDS:
        raise GameBackupNotMade(
            f"The game began its backup, and nothing more came of it for {_STALLED_SECONDS:,.0f} s. Look at its console, and at "
            "its disk; restart it, or stop the server and back it up then."
        )


class _GameEnded(Exception):
    """The game has ended while it was asked."""


class _Watched:
    """A file that grows. A journal beside it means that it is not whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.mark: tuple[int, int, int] | None = None
        self._since = self._changed = time.monotonic()
        self._last: tuple[object, object] = (None, None)
        self.same_looks = 0
        self.is_seen = False

    @property
    def quiet_seconds(self) -> float:
        return time.monotonic() - self._since if self.same_looks else 0.0

    @property
    def unchanged_seconds(self) -> float:
        """Of the file and of its journal."""
        return time.monotonic() - self._changed

    def look(self) -> None:
        """Blocking."""
        journal = self._path.with_name(f"{self._path.name}-journal")
        last = _mark(self._path), _mark(journal)
        if last != self._last:
            self._last, self._changed, self.is_seen = last, time.monotonic(), True
        now = None if journal.exists() else last[0]
        if now is not None and now == self.mark:
            self.same_looks += 1
        else:
            self.mark, self.same_looks, self._since = now, 0, time.monotonic()


def world_place(data_path: Path) -> str:
    """Where the world lies, or will, below the data folder. Raises `WorldElsewhere`. Blocking."""
    try:
        told = ServerConfiguration.read(data_path).save_file
    except ConfigurationUnreadable:
        told = data_path / SAVES / "default.vcdbs"
    try:
        root, found = data_path.resolve(), told.resolve()
        place = found.relative_to(root)
    except (OSError, RuntimeError, ValueError):
        raise WorldElsewhere(
            f"The world of this server lies outside of its data folder ({told}), where the manager does not touch it. Move it "
            f"into {data_path / SAVES}, and let SaveFileLocation in serverconfig.json say so."
        ) from None
    return place.as_posix()


def remove_from_game(data_path: Path, name: str) -> None:
    """What the game wrote for us, with its companions. Blocking."""
    folder = data_path / _GAME_BACKUPS
    for ending in ("", "-journal", "-wal", "-shm"):
        with contextlib.suppress(OSError):
            (folder / f"{name}{ending}").unlink(missing_ok=True)


def sweep_from_game(data_path: Path) -> int:
    """What an earlier manager asked a game for, and did not come to remove; nothing that anybody else made. Blocking."""
    folder, removed = data_path / _GAME_BACKUPS, 0
    with contextlib.suppress(OSError):
        for name in os.listdir(folder):  # noqa: PTH208 - names alone
            if is_from_game(name):
                with contextlib.suppress(OSError):
                    (folder / name).unlink()
                    removed += 1
    return removed


def _see_that_it_runs(server: GameServer) -> None:
    if server.game is None or server.state != "running":
        raise _GameEnded


def _is_file(path: Path) -> bool:
    with contextlib.suppress(OSError):
        return stat.S_ISREG(path.lstat().st_mode)
    return False


def _mark(path: Path) -> tuple[int, int, int] | None:
    try:
        state = path.lstat()
    except OSError:
        return None
    return (state.st_ino, state.st_size, state.st_mtime_ns) if stat.S_ISREG(state.st_mode) and state.st_size else None
