"""The keeper: starts one game, owns its pipes, and outlives the manager.

`python -m vintagestory_api.servers.keeper` reads its task as JSON from standard input, answers with one line, and goes on alone.
It uses the standard library only, and imports everything at once: an upgrade may replace the files below it at any time.
"""

import contextlib
import errno
import fcntl
import grp
import json
import os
import pwd
import selectors
import signal
import socket
import struct
import subprocess
import sys
import termios
import time
import traceback
from collections import deque
from typing import Any

from vintagestory_api.servers.backlog import Backlog, Cursor
from vintagestory_api.servers.keeper_files import OLDEST_PROTOCOL, PROTOCOL, KeeperFiles, own_folder, refusal, remove_socket
from vintagestory_api.servers.processes import MARKER, boot_id, kill_all, send, start_time

RING_BYTES = 2 << 20
SPOOL_BYTES = 64 << 20
#: A console that does not read what it was given for so long is busy, or dead.
BUSY_SECONDS = 5.0
#: Whoever collects the end of a game comes within this time, or never.
GIVE_UP_SECONDS = 7 * 86_400.0

_READ_BYTES = 256 << 10
_PIPE_BYTES = 1 << 20
_SET_PIPE_SIZE = 1031  # F_SETPIPE_SZ
_PAUSE_SECONDS = 0.1
_LOOK_SECONDS = 0.01
_MAX_WAITING_WRITES = 64
_MAX_ANSWERS = 1000
_MAX_REQUEST_BYTES = 64 << 10
_UPKEEP_SECONDS = 60.0
#: How long children of an ended game are listened to before they are killed.
_CHILDREN_SECONDS = 1.0
#: How long a keeper that was told to go waits for the manager to note the end.
_TAKEN_SECONDS = 5.0
_LOCK_SECONDS = 2.0


class CannotStart(Exception):
    """The message says why, for people."""


class Connection:
    """A manager on the socket."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.received = bytearray()
        self.answers: deque[bytes] = deque()
        self.sending = memoryview(b"")
        self.cursor: Cursor | None = None
        self.was_told_the_end = False
        self.watched = selectors.EVENT_READ


class Keeper:
    def __init__(self, task: dict[str, Any]) -> None:
        self._task = task
        self._server_id: str = task["server_id"]
        self._instance: str = task["instance"]
        self._files = KeeperFiles(task["keepers_dir"], self._server_id)
        self._backlog = Backlog(
            task["first_seq"],
            self._files.spool,
            ring_bytes=task.get("ring_bytes", RING_BYTES),
            spool_bytes=task.get("spool_bytes", SPOOL_BYTES),
        )
        self._busy_seconds: float = task.get("busy_seconds", BUSY_SECONDS)
        self._selector = selectors.DefaultSelector()
        self._connections: set[Connection] = set()
        self._lock = -1
        self._listener: socket.socket | None = None
        self._socket_path = ""
        self._game: subprocess.Popen[bytes] | None = None
        self._game_started: int | None = None
        self._stdin = self._stdout = -1
        self._started_ms = self._now_ms()
        self._ended_ms: int | None = None
        self._ended_at = 0.0
        self._exit_code: int | None = None
        self._signals: list[str] = []
        self._children_killed = False
        self._is_over = False  # the game has ended and everything that it printed is there
        self._writes: deque[tuple[Connection | None, int, bytes]] = deque()
        self._waits_since = 0.0
        self._wrote_at = 0.0
        self._ladder: list[tuple[float, str]] | None = None
        self._next_rung_at = 0.0
        self._upkeep_at = 0.0
        self._leaves = False

    # The beginning

    def start(self) -> None:
        """Take the server's lock, and start the game. Raises `CannotStart`; then nothing is left behind."""
        self._take_lock()
        try:
            self._watch_signals()
            self._listen()
            self._write_state()
            self._start_game()
        except BaseException:
            self._remove_files()
            raise
        # A game that nobody finds again is found by its marker.
        with contextlib.suppress(OSError):
            self._write_state()

    def _take_lock(self) -> None:
        deadline = time.monotonic() + _LOCK_SECONDS
        while True:
            handle = os.open(self._files.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.path.exists(self._files.lock) and os.stat(self._files.lock).st_ino == os.fstat(handle).st_ino:  # noqa: PTH110, PTH116
                    break
            except OSError:
                if time.monotonic() > deadline:
                    os.close(handle)
                    raise CannotStart(
                        "Another keeper holds this server: its game still runs, or its end was not noted yet."
                    ) from None
                time.sleep(0.02)
            os.close(handle)
        self._lock = handle

    def _watch_signals(self) -> None:
        read_end, write_end = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
        # Handlers, as the game would inherit what is ignored.
        for number in (signal.SIGTERM, signal.SIGCHLD, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, lambda *_: None)
        self._selector.register(read_end, selectors.EVENT_READ, lambda _mask: self._signalled(read_end))

    def _start_game(self) -> None:
        account = self._account()
        game_in, self._stdin = os.pipe2(os.O_CLOEXEC)
        self._stdout, game_out = os.pipe2(os.O_CLOEXEC)
        try:
            with contextlib.suppress(OSError):  # more than this account may have: the default will do
                fcntl.fcntl(self._stdout, _SET_PIPE_SIZE, _PIPE_BYTES)
            self._game = subprocess.Popen(  # noqa: S603 - the manager names the program
                self._task["argv"],
                stdin=game_in,
                stdout=game_out,
                stderr=game_out,
                cwd=self._task["cwd"],
                env={**self._task["env"], MARKER: self._instance},
                start_new_session=True,
                **account,
            )
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise CannotStart(f"{self._task['argv'][0]} can't be started in {self._task['cwd']}: {reason}.") from error
        finally:
            os.close(game_in)
            os.close(game_out)
        self._game_started = start_time(self._game.pid)
        self._started_ms = self._now_ms()
        os.set_blocking(self._stdin, False)
        os.set_blocking(self._stdout, False)
        self._selector.register(self._stdout, selectors.EVENT_READ, lambda _mask: self._drain())

    def _account(self) -> dict[str, Any]:
        name = self._task.get("user")
        if not name:
            return {}
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            raise CannotStart(f"There is no account {name} on this machine: make it, or name another one.") from None
        if account.pw_uid == os.geteuid():
            return {}
        if os.geteuid() != 0:
            raise CannotStart(f"Only root can start games as another account ({name}): run the manager as root, or as {name}.")
        groups = [group.gr_gid for group in grp.getgrall() if name in group.gr_mem]
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": [account.pw_gid, *groups]}

    # The days between

    def run(self) -> None:
        """Until the end of the game is noted."""
        while not self._leaves:
            pause = min(self._write_next(), self._go_down(), self._collect_end(), self._keep_up())
            for connection in list(self._connections):
                self._watch(connection)
            for key, mask in self._selector.select(pause):
                key.data(mask)
        self._backlog.close()

    def _drain(self) -> bool:
        """Take what the game has printed; whether there was something."""
        try:
            data = os.read(self._stdout, _READ_BYTES)
        except BlockingIOError:
            return False
        if data:
            self._backlog.feed(data)
        else:
            self._close_output()
        return bool(data)

    def _close_output(self) -> None:
        if self._stdout >= 0:
            self._selector.unregister(self._stdout)
            os.close(self._stdout)
            self._stdout = -1

    def _signalled(self, read_end: int) -> None:
        numbers = os.read(read_end, 512)
        if signal.SIGTERM in numbers and self._ladder is None:
            # `/stop` first: it is the only one that says in the log why the game ended.
            self._ladder = [
                (0.0, "/stop"),
                (float(self._task["stop_seconds"]), "SIGTERM"),
                (float(self._task["term_seconds"]), "SIGKILL"),
            ]
            self._next_rung_at = time.monotonic()
        if signal.SIGHUP in numbers:
            self._upkeep_at = 0.0

    def _go_down(self) -> float:
        """The ladder that ends the game, rung by rung; seconds until it wants to be asked again."""
        if self._ladder is None:
            return _UPKEEP_SECONDS
        if self._ended_ms is not None:
            is_heard = any(connection.cursor is not None for connection in self._connections)
            if self._is_over and (not is_heard or time.monotonic() > self._ended_at + _TAKEN_SECONDS):
                self._leave()  # nobody is there to note it; the state file keeps what happened
            return 0.1
        if self._ladder and (wait := self._next_rung_at - time.monotonic()) > 0:
            return wait
        if self._ladder:
            _, rung = self._ladder.pop(0)
            if rung == "/stop":
                self._writes.clear()
                self._writes.append((None, 0, b"/stop\n"))
                self._signals.append("/stop")
                self._waits_since = time.monotonic()
            else:
                self._send_signal(rung)
            if self._ladder:
                self._next_rung_at = time.monotonic() + self._ladder[0][0]
        return 0.1

    def _send_signal(self, name: str) -> None:
        if self._game is None or self._ended_ms is not None:
            return
        self._signals.append(name)
        if name == "SIGTERM":
            send(self._game.pid, signal.SIGTERM)
        else:
            with contextlib.suppress(OSError):
                os.killpg(self._game.pid, signal.SIGKILL)

    # The end

    def _collect_end(self) -> float:
        """Notice the end of the game, and of what it started; seconds until it wants to be asked again."""
        if self._is_over or self._game is None:
            return _UPKEEP_SECONDS
        now = time.monotonic()
        if self._ended_ms is None:
            # Its number stays taken until all of its children are gone: it may be what they are found by.
            found = os.waitid(os.P_PID, self._game.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if found is None:
                return _UPKEEP_SECONDS
            self._ended_ms, self._ended_at = self._now_ms(), now
            os.close(self._stdin)
            self._stdin = -1
            self._refuse_writes()
        since = now - self._ended_at
        if self._stdout >= 0 and since < _CHILDREN_SECONDS:
            return 0.05  # a child has the pipe: what it says at once is still of interest
        if not self._children_killed:
            self._children_killed = True
            kill_all(self._instance, self._game.pid)
            while self._stdout >= 0 and self._drain():
                pass
        self._close_output()
        self._exit_code = self._game.wait()
        self._backlog.finish()
        self._is_over = True
        with contextlib.suppress(OSError):
            self._write_state()
        return 0.0

    def _leave(self, *, cleans_up: bool = False) -> None:
        self._leaves = True
        if cleans_up:
            self._remove_files()
        else:
            self._stop_listening()

    def _remove_files(self) -> None:
        self._stop_listening()
        self._files.remove()
        os.close(self._lock)

    # The console

    def _write_next(self) -> float:
        """Hand the next line to the game, if it has read the one before; seconds until it wants to be asked again."""
        if not self._writes:
            return _UPKEEP_SECONDS
        now = time.monotonic()
        if now - self._wrote_at < _PAUSE_SECONDS:
            self._waits_since = now
            return _PAUSE_SECONDS - (now - self._wrote_at)
        connection, request, line = self._writes[0]
        error: str | None = None
        try:
            if self._unread() > 0:
                if now - self._waits_since < self._busy_seconds:
                    return _LOOK_SECONDS
                error = "busy"
            else:
                os.write(self._stdin, line)  # shorter than what a pipe takes in one piece
                self._wrote_at = now
        except BlockingIOError:
            error = "busy"
        except OSError:
            error = "closed"
        self._writes.popleft()
        self._waits_since = now
        self._answer(connection, request, error)
        return 0.0

    def _unread(self) -> int:
        if self._stdin < 0:
            raise OSError(errno.EPIPE, "closed")
        count: int = struct.unpack("i", fcntl.ioctl(self._stdin, termios.FIONREAD, b"\0\0\0\0"))[0]
        return count

    def _refuse_writes(self) -> None:
        while self._writes:
            connection, request, _ = self._writes.popleft()
            self._answer(connection, request, "closed")

    # The socket

    def _listen(self) -> None:
        """Make the socket in the first folder that can have it. Raises `CannotStart`."""
        self._stop_listening()
        for folder in self._task["socket_folders"]:
            path = f"{folder}/{self._task['socket_name']}"
            if not own_folder(folder):
                continue
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path)  # noqa: PTH108 - of a keeper that was killed: this one holds the lock
                sock.bind(path)
                os.chmod(path, 0o600)  # noqa: PTH101
                sock.listen(8)
            except OSError:  # also a path that is too long
                sock.close()
                continue
            sock.setblocking(False)
            self._listener, self._socket_path = sock, path
            self._selector.register(sock, selectors.EVENT_READ, lambda _mask: self._accept())
            return
        raise CannotStart(
            f"No socket can be made in {', '.join(self._task['socket_folders'])}: is one of them full, or not writable?"
        )

    def _stop_listening(self) -> None:
        if self._listener is not None:
            self._selector.unregister(self._listener)
            self._listener.close()
            self._listener = None
            remove_socket(self._socket_path)

    def _keep_up(self) -> float:
        """Folders for sockets get cleaned: by age, or when somebody logs out. Seconds until this wants to be asked again."""
        now = time.monotonic()
        if self._ended_at and now > self._ended_at + GIVE_UP_SECONDS:
            self._leave()
        if now < self._upkeep_at:
            return self._upkeep_at - now
        self._upkeep_at = now + _UPKEEP_SECONDS
        try:
            os.utime(self._socket_path)
        except OSError:
            with contextlib.suppress(CannotStart, OSError):
                self._listen()
                self._write_state()
        return _UPKEEP_SECONDS

    def _accept(self) -> None:
        if self._listener is None:
            return
        try:
            sock, _ = self._listener.accept()
        except OSError:
            return
        _, uid, _ = struct.unpack("iII", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        if uid not in {0, os.geteuid()} or len(self._connections) > 8:
            sock.close()
            return
        sock.setblocking(False)
        connection = Connection(sock)
        self._connections.add(connection)
        self._selector.register(sock, selectors.EVENT_READ, lambda mask: self._talk(connection, mask))
        versions = {"protocol": PROTOCOL, "oldest_protocol": OLDEST_PROTOCOL}
        self._tell(connection, {"hello": "keeper", **versions, "status": self._status()})

    def _talk(self, connection: Connection, mask: int) -> None:
        """Whatever goes wrong here is this connection's end, and never the game's."""
        try:
            if mask & selectors.EVENT_READ:
                self._receive(connection)
            if mask & selectors.EVENT_WRITE and connection in self._connections:
                self._send(connection)
        except BlockingIOError:
            pass
        except OSError:
            self._drop(connection)
        except Exception:  # noqa: BLE001 - as said above
            traceback.print_exc()
            self._drop(connection)

    def _receive(self, connection: Connection) -> None:
        data = connection.sock.recv(_MAX_REQUEST_BYTES)
        connection.received += data
        *lines, rest = bytes(connection.received).split(b"\n")
        connection.received = bytearray(rest)
        if not data or len(rest) > _MAX_REQUEST_BYTES or len(connection.answers) > _MAX_ANSWERS:
            self._drop(connection)
            return
        for line in lines:
            self._do(connection, json.loads(line))

    def _do(self, connection: Connection, request: dict[str, Any]) -> None:
        number = request.get("id", 0)
        match request.get("do"):
            case "attach":
                for other in [other for other in self._connections if other.cursor is not None]:
                    self._drop(other)  # the newer manager is the one
                connection.cursor = Cursor(self._backlog.oldest_seq)
            case "ack":
                self._backlog.acknowledge(int(request["seq"]))
                self._backlog.mark((int(first), int(last)) for first, last in request.get("probes", ()))
            case "write":
                self._ask_to_write(connection, number, str(request["text"]))
            case "signal":
                self._send_signal("SIGKILL" if request["name"] == "SIGKILL" else "SIGTERM")
                self._answer(connection, number, None)
            case "release" if self._is_over:
                self._leave(cleans_up=True)
                self._answer(connection, number, None)
                connection.sock.settimeout(1.0)
                connection.sock.sendall(connection.sending.tobytes() + b"".join(connection.answers))
            case "release":
                self._answer(connection, number, "running")
            case _:
                self._answer(connection, number, "unknown")

    def _ask_to_write(self, connection: Connection, number: int, text: str) -> None:
        if refusal(text) is not None:
            self._answer(connection, number, "invalid")
        elif self._stdin < 0:
            self._answer(connection, number, "closed")
        elif len(self._writes) >= _MAX_WAITING_WRITES or self._ladder is not None:
            self._answer(connection, number, "busy")
        else:
            if not self._writes:
                self._waits_since = time.monotonic()
            self._writes.append((connection, number, f"{text}\n".encode()))

    def _send(self, connection: Connection) -> None:
        """Answers first, then output; never a part of one inside the other."""
        if not connection.sending:
            if connection.answers:
                connection.sending = memoryview(connection.answers.popleft())
            elif connection.cursor is not None and (portion := self._backlog.read(connection.cursor)) is not None:
                head: dict[str, Any] = {"output": portion.first_seq, "lines": portion.lines, "size": len(portion.data)}
                if portion.lost_lines:
                    head["lost"] = portion.lost_lines
                if portion.is_replay:
                    head["replay"] = True
                if portion.marked:
                    head["probes"] = portion.marked
                connection.sending = memoryview(json.dumps(head).encode() + b"\n" + portion.data)
            elif self._owes_the_end(connection):
                connection.was_told_the_end = True
                connection.sending = memoryview(_line({"ended": self._status()}))
        if connection.sending:
            connection.sending = connection.sending[connection.sock.send(connection.sending) :]

    def _owes_the_end(self, connection: Connection) -> bool:
        return self._is_over and connection.cursor is not None and not connection.was_told_the_end

    def _watch(self, connection: Connection) -> None:
        cursor = connection.cursor
        has_more = (
            len(connection.sending) > 0
            or len(connection.answers) > 0
            or (cursor is not None and self._backlog.has_more(cursor))
            or self._owes_the_end(connection)
        )
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if has_more else 0)
        if wanted != connection.watched:
            connection.watched = wanted
            self._selector.modify(connection.sock, wanted, self._selector.get_key(connection.sock).data)

    def _drop(self, connection: Connection) -> None:
        if connection in self._connections:
            self._connections.remove(connection)
            self._selector.unregister(connection.sock)
            connection.sock.close()

    def _answer(self, connection: Connection | None, number: int, error: str | None) -> None:
        if connection is not None:
            self._tell(connection, {"answer": number, "error": error, "status": self._status()})

    def _tell(self, connection: Connection, message: dict[str, Any]) -> None:
        connection.answers.append(_line(message))

    # What it knows

    def _status(self) -> dict[str, Any]:
        return {
            "server_id": self._server_id,
            "instance": self._instance,
            "keeper_pid": os.getpid(),
            "game_pid": None if self._game is None else self._game.pid,
            "started_ms": self._started_ms,
            "ended_ms": self._ended_ms if self._is_over else None,
            "exit_code": self._exit_code,
            "stop_signals": self._signals,
        }

    def _write_state(self) -> None:
        self._files.write_state(
            {
                **self._status(),
                "keeper_started": start_time(os.getpid()),
                "game_started": self._game_started,
                "boot_id": boot_id(),
                "socket": self._socket_path,
                "protocol": PROTOCOL,
            }
        )

    @staticmethod
    def _now_ms() -> int:
        return time.time_ns() // 1_000_000


def _line(message: dict[str, Any]) -> bytes:
    return json.dumps(message).encode() + b"\n"


def main() -> int:
    os.chdir("/")
    try:
        keeper = Keeper(json.loads(_read_all(0)))
        keeper.start()
    except CannotStart as error:
        _report({"error": str(error)})
        return 1
    except (OSError, ValueError, KeyError) as error:
        _report({"error": f"The keeper could not begin: {error}."})
        return 1
    _report({"started": os.getpid()})
    nothing = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    keeper.run()
    return 0


def _report(message: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):  # whoever started it may be gone
        os.write(1, _line(message))


def _read_all(handle: int) -> bytes:
    parts = []
    while part := os.read(handle, 65_536):
        parts.append(part)
    return b"".join(parts)


if __name__ == "__main__":
    sys.exit(main())
