"""Games on this machine, each in the hands of a keeper."""

import asyncio
import hashlib
import json
import os
import secrets
import select
import signal
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import structlog

from vintagestory_api.servers.host import Game, GameListener, GameNotStarted, GameStatus, KeeperGone, Launch
from vintagestory_api.servers.keeper_client import connect, status_of
from vintagestory_api.servers.keeper_files import KeeperFiles, remove_socket
from vintagestory_api.servers.processes import belonging_to, boot_id, collect, is_alive, kill_all, send, start_time

log = structlog.get_logger(__name__)

_KEEPER = "vintagestory_api.servers.keeper"
_START_SECONDS = 30.0
_ANSWER_SECONDS = 5.0
_GONE_SECONDS = 10.0
_LOOK_SECONDS = 0.02
_MAX_COMPLAINT_BYTES = 4000
_NEEDED = frozenset({"keeper_pid", "keeper_started", "boot_id", "instance", "game_pid", "game_started", "socket"})
#: What a keeper needs of the manager's environment; the rest may hold secrets.
_PASSED_ON = frozenset({"PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "XDG_RUNTIME_DIR", "PYTHONPATH", "PYTHONHOME"})


class LocalHost:
    """Implements `Host`. `limits` changes what a keeper keeps: `ring_bytes`, `spool_bytes`, `busy_seconds`."""

    def __init__(self, keepers_dir: Path, *, limits: Mapping[str, float] | None = None) -> None:
        self._dir = keepers_dir
        self._limits = dict(limits or {})

    async def launch(self, launch: Launch, listener: GameListener) -> Game:
        starting = asyncio.ensure_future(asyncio.to_thread(self._start, launch))
        try:
            await asyncio.shield(starting)
        except asyncio.CancelledError:
            starting.add_done_callback(_end_unwanted)
            raise
        game = await self.attach(launch.server_id, listener)
        if game is None:
            raise GameNotStarted("The game was started, but its keeper is gone: look at the log of the manager.")
        return game

    async def known(self) -> list[str]:
        return await asyncio.to_thread(lambda: sorted(path.stem for path in self._dir.glob("*.json")))

    async def attach(self, server_id: str, listener: GameListener) -> Game | None:
        deadline = time.monotonic() + _ANSWER_SECONDS
        was_asked = False
        while (state := await asyncio.to_thread(self._living_keeper, server_id)) is not None:
            left = deadline - time.monotonic()
            try:
                return await connect(Path(state["socket"]), self._files(server_id), listener, max(left, 0.1))
            except OSError as error:
                if left <= 0:
                    raise KeeperGone(
                        f"The keeper of {server_id} (process {state['keeper_pid']}) can't be reached ({error.strerror or error})."
                    ) from error
                if not was_asked:
                    send(state["keeper_pid"], signal.SIGHUP)  # somebody cleaned its socket away: it makes another one
                    was_asked = True
                await asyncio.sleep(_LOOK_SECONDS)
        return None

    async def last_status(self, server_id: str) -> GameStatus | None:
        state = await asyncio.to_thread(self._read_state, server_id)
        if state is None or is_alive(state["keeper_pid"], state["keeper_started"], state["boot_id"]):
            return None
        try:
            status = status_of(state)
        except (KeyError, TypeError):
            return None
        return None if status.is_running else status

    async def end_orphan(self, server_id: str, term_seconds: float) -> bool:
        state = await asyncio.to_thread(self._read_state, server_id)
        had_one = False
        if state is not None and state["boot_id"] == boot_id():
            if is_alive(state["keeper_pid"], state["keeper_started"], state["boot_id"]):
                send(state["keeper_pid"], signal.SIGKILL)
            await _until_gone({state["keeper_pid"]: state["keeper_started"]}, _GONE_SECONDS)
            had_one = await self._end_game(state, term_seconds)
        await asyncio.to_thread(self._files(server_id).remove)
        return had_one

    async def _end_game(self, state: dict[str, Any], term_seconds: float) -> bool:
        instance, game = state["instance"], state["game_pid"]
        leader = game if game is not None and is_alive(game, state["game_started"], state["boot_id"]) else None
        found = await asyncio.to_thread(belonging_to, instance, leader)
        if not found:
            return False
        started = {pid: start_time(pid) for pid in found}
        asked = [leader] if leader is not None else found
        for pid in asked:
            send(pid, signal.SIGTERM)
        await _until_gone({pid: started.get(pid) for pid in asked}, term_seconds)
        # Its session can't be told by its number any more when the game itself is gone.
        for pid, began in started.items():
            if began is not None and start_time(pid) == began:
                send(pid, signal.SIGKILL)
        await asyncio.to_thread(kill_all, instance)
        await _until_gone(started, _GONE_SECONDS)
        log.warning("orphaned_game_ended", server=state["server_id"], processes=len(found))
        return True

    def _files(self, server_id: str) -> KeeperFiles:
        return KeeperFiles(str(self._dir), server_id)

    def _read_state(self, server_id: str) -> dict[str, Any] | None:
        try:
            state: dict[str, Any] = json.loads(Path(self._files(server_id).state).read_bytes())
            return (
                state
                if {"keeper_pid", "keeper_started", "boot_id", "instance", "game_pid", "game_started", "socket"} <= state.keys()
                else None
            )
        except FileNotFoundError:
            return None
        except (OSError, ValueError, AttributeError):
            log.exception("keeper_state_unreadable", server=server_id)
            return None

    def _living_keeper(self, server_id: str) -> dict[str, Any] | None:
        state = self._read_state(server_id)
        if state is None or not is_alive(state["keeper_pid"], state["keeper_started"], state["boot_id"]):
            return None
        return state

    # In a thread: starting a process stops whoever does it for a while.

    def _start(self, launch: Launch) -> int:
        """Start a keeper and wait for what it says. Its process number. Raises `GameNotStarted`."""
        self._dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        left = self._read_state(launch.server_id)
        if left is not None and is_alive(left["game_pid"] or 0, left["game_started"], left["boot_id"]):
            raise GameNotStarted(f"A game of this server still runs (process {left['game_pid']}): it has to end first.")
        task = {
            "keepers_dir": str(self._dir.absolute()),
            "server_id": launch.server_id,
            "instance": launch.instance,
            "argv": launch.argv,
            "cwd": str(launch.cwd),
            "env": dict(launch.env),
            "first_seq": launch.first_seq,
            "stop_seconds": launch.stop_seconds,
            "term_seconds": launch.term_seconds,
            "user": launch.user,
            "socket_folders": self._socket_folders(),
            "socket_name": f"{_short_hash(launch.server_id)}.sock",
            **self._limits,
        }
        try:
            pid, report = self._spawn(launch.server_id, json.dumps(task).encode())
        except OSError as error:
            raise GameNotStarted(f"No keeper could be started for the game ({error.strerror or error}).") from error
        if "started" in report:
            return pid
        send(pid, signal.SIGKILL)  # where it said nothing, it may still be about to
        kill_all(launch.instance)
        deadline = time.monotonic() + _GONE_SECONDS
        while not collect(pid) and time.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS)
        if "error" in report:
            raise GameNotStarted(str(report["error"]))
        complaint = self._complaint(launch.server_id)
        if self._living_keeper(launch.server_id) is None:
            self._files(launch.server_id).remove()
        raise GameNotStarted(f"The keeper of the game did not begin. It said: {complaint or 'nothing'}")

    def _spawn(self, server_id: str, task: bytes) -> tuple[int, dict[str, Any]]:
        complaints = os.open(self._files(server_id).complaints, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        task_end, our_end = os.pipe()
        report, its_end = os.pipe()
        try:
            pid = os.posix_spawn(
                sys.executable,
                [sys.executable, "-P", "-m", _KEEPER, server_id],  # the last for people who look at processes
                {name: value for name, value in os.environ.items() if name in _PASSED_ON},
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, task_end, 0),
                    (os.POSIX_SPAWN_DUP2, its_end, 1),
                    (os.POSIX_SPAWN_DUP2, complaints, 2),
                ],
                setsid=True,
                setsigmask=[],
                setsigdef=[signal.SIGINT, signal.SIGPIPE],
            )
        except OSError:
            os.close(our_end)
            os.close(report)
            raise
        finally:
            for handle in (task_end, its_end, complaints):
                os.close(handle)
        try:
            with os.fdopen(our_end, "wb") as pipe, suppress(BrokenPipeError):
                pipe.write(task)
            return pid, _one_line(report, _START_SECONDS)
        finally:
            os.close(report)

    def _socket_folders(self) -> list[str]:
        """Where a keeper may put its socket, best first. Short names: a path may have 107 bytes."""
        name = f"vsm-{_short_hash(str(self._dir.absolute()))}"
        runtime, temporary = os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir()
        places = [f"{runtime}/{name}"] if runtime else []
        # A stranger may have taken the name in a folder that everybody can write to.
        return [*places, f"{temporary}/{name}", f"{temporary}/{name}-{secrets.token_hex(4)}", f"/tmp/{name}"]  # noqa: S108

    def _complaint(self, server_id: str) -> str:
        with suppress(OSError):
            return Path(self._files(server_id).complaints).read_bytes()[-_MAX_COMPLAINT_BYTES:].decode(errors="replace").strip()
        return ""


def end_all(keepers_dir: Path, seconds: float) -> None:
    """End all games of a data folder that no manager works on: in order, then, when the time is up, by force. Blocks."""
    states = []
    for path in keepers_dir.glob("*.json"):
        with suppress(OSError, ValueError):
            state = json.loads(path.read_bytes())
            if state.keys() >= _NEEDED and state["boot_id"] == boot_id():
                states.append(state)
    for state in states:
        if start_time(state["keeper_pid"]) == state["keeper_started"]:
            send(state["keeper_pid"], signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while any(_keeper_is_left(state) for state in states) and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)
    for state in states:
        if _keeper_is_left(state):
            send(state["keeper_pid"], signal.SIGKILL)
        kill_all(state["instance"])
        remove_socket(state["socket"])


def _keeper_is_left(state: dict[str, Any]) -> bool:
    return not collect(state["keeper_pid"]) and start_time(state["keeper_pid"]) == state["keeper_started"]


def _one_line(handle: int, seconds: float) -> dict[str, Any]:
    """What a new keeper reports; nothing when it ends or the time is up before."""
    deadline = time.monotonic() + seconds
    poll, data = select.poll(), b""
    poll.register(handle, select.POLLIN)
    while b"\n" not in data and (left := deadline - time.monotonic()) > 0:
        if poll.poll(left * 1000):
            part = os.read(handle, 65_536)
            if not part:
                break
            data += part
    try:
        found: dict[str, Any] = json.loads(data)
    except ValueError:
        return {}
    return found


def _end_unwanted(starting: "asyncio.Future[int]") -> None:
    """Nobody waits for this start any more: its keeper ends the game in order, and goes."""
    if not starting.cancelled() and starting.exception() is None:
        send(starting.result(), signal.SIGTERM)


async def _until_gone(started: Mapping[int, int | None], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    left = dict(started)
    while True:
        left = {pid: began for pid, began in left.items() if not collect(pid) and start_time(pid) == began}
        if not left or time.monotonic() > deadline:
            return
        await asyncio.sleep(_LOOK_SECONDS)


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
