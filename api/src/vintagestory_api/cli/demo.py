"""`vsmanager demo`: the manager and stand-ins for the services it asks, started together and ended together."""

import importlib.util
import json
import os
import selectors
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import IO, Any

import vintagestory_api
from vintagestory_api.cli.connection import Client, find_running
from vintagestory_api.cli.demo_mods import FirstMods
from vintagestory_api.cli.failures import CommandFailed, ExitCode
from vintagestory_api.cli.offline import actor, prepared_database, quiet_logs
from vintagestory_api.cli.output import parse_time, plain, print_json, print_lines, took, write
from vintagestory_api.cli.runs import outcome
from vintagestory_api.cli.tokens import create_on_disk
from vintagestory_api.cli.users import new_password
from vintagestory_api.config import read_process_settings
from vintagestory_api.servers.local_host import end_all
from vintagestory_api.storage.data_folder import DataFolder

TOKEN_NAME = USER_NAME = "demo"  # noqa: S105 - a name
FIRST_JOBS = ("mod_cache_refresh", "server_versions_check")
SERVER_ID, SERVER_NAME = "demo", "Demo world"
#: People come and go quickly enough to be seen, and the server is there soon.
GAME_SWITCHES = {"boot_seconds": 2, "players": 6, "visit_seconds": 90, "chat_seconds": 15}
_PORTS_TRIED = 50
_SANDBOX_START_SECONDS = 60.0
_MANAGER_START_SECONDS = 30.0
_STARTUP_RUN_SECONDS = 5.0
_FIRST_RUNS_SECONDS = 180.0
_SERVER_SECONDS = 180.0
_GAMES_STOP_SECONDS = 15.0
_MANAGER_STOP_SECONDS = 12.0
_SANDBOX_STOP_SECONDS = 3.0
_LOOK_EVERY_SECONDS = 0.1
_RELOAD_EVERY_SECONDS = 0.5


@dataclass(frozen=True)
class DemoOptions:
    data_dir: Path
    mods: int | None
    mod_list: Path | None
    latency_ms: int | None
    real: bool
    port: int | None
    server: bool
    reload: bool
    verbose: bool
    as_json: bool


class _Stopped(Exception):
    """Somebody asked the demo to end."""


def run_demo(options: DemoOptions) -> int:
    """Run the demo until it is told to end. Raises `CommandFailed` and `ManagerError` when it can't go on."""
    if options.real and not (options.mods is None and options.mod_list is None and options.latency_ms is None):
        raise CommandFailed(
            "--real asks the internet's services, so --mods, --mod-list and --latency-ms have no effect. Leave them out.",
            exit_code=ExitCode.USAGE,
            code="wrong_usage",
        )
    with _signals() as stop:
        try:
            return _Demo(options, stop).run()
        except _Stopped:
            return 0


class _StopFlag:
    def __init__(self) -> None:
        self.count = 0

    def check(self) -> None:
        if self.count:
            raise _Stopped


@contextmanager
def _signals() -> Iterator[_StopFlag]:
    """Count the signals that ask to end, instead of dying of them with children left."""
    stop = _StopFlag()

    def note(_number: int, _frame: FrameType | None) -> None:
        stop.count += 1

    former = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield stop
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


class _Demo:
    def __init__(self, options: DemoOptions, stop: _StopFlag) -> None:
        self.options = options
        self.stop = stop
        self.folder = DataFolder(options.data_dir)
        self.log_file = options.data_dir / "demo.log"
        self.env = {**os.environ, "VS_DATA_DIR": str(options.data_dir), "NO_PROXY": _no_proxy()}
        self.sandbox: subprocess.Popen[bytes] | None = None
        self.sandbox_ready: dict[str, Any] = {}
        self.manager: subprocess.Popen[bytes] | None = None
        self.client: Client | None = None
        self.code_state: dict[str, int] = {}
        self.began = datetime.now(UTC)

    def run(self) -> int:
        settings = read_process_settings(self.env)
        self._take_folder()
        asked_for = self.options.port if self.options.port is not None else _port_of_environment(settings.port)
        self.env["VS_PORT"] = str(_free_port(settings.host) if asked_for is None else asked_for)
        token, password = self._renew_token(), self._renew_user()
        try:
            with self._open_log() as log:
                if not self.options.real:
                    self._start_sandbox(log)
                self._start_manager(log)
                runs = [self._first_run(job_id) for job_id in FIRST_JOBS]
                server = self._start_server() if self.options.server and not self.options.real else None
                self._tell(token, password, runs, server)
                self._stay(log)
        finally:
            self._end()
        return 0

    # Before anything runs

    def _take_folder(self) -> None:
        """See that the folder can be used and nobody else does."""
        self.folder.prepare()
        self.folder.lock()
        self.folder.unlock()

    def _renew_token(self) -> str:
        from vintagestory_api.access.offline import revoke_token_offline  # noqa: PLC0415 - imports the database
        from vintagestory_api.access.tokens import TokenNotFound  # noqa: PLC0415 - as above

        quiet_logs()
        with suppress(TokenNotFound):
            revoke_token_offline(prepared_database(self.folder.root), TOKEN_NAME, actor())
        return str(create_on_disk(self.folder.root, TOKEN_NAME, "admin")["token"])

    def _renew_user(self) -> str:
        """The password of the admin of the demo, whatever became of that user the last time."""
        from vintagestory_api.access.offline_users import ensure_admin_offline  # noqa: PLC0415 - imports the database

        password = new_password()
        ensure_admin_offline(prepared_database(self.folder.root), USER_NAME, password, actor())
        return password

    def _open_log(self) -> IO[bytes]:
        if self.options.verbose:
            return os.fdopen(os.dup(2), "wb", buffering=0)
        return self.log_file.open("wb", buffering=0)

    # Starting

    def _start_sandbox(self, log: IO[bytes]) -> None:
        if importlib.util.find_spec("vintagestory_sandbox") is None:
            raise CommandFailed(
                "The stand-ins (vintagestory_sandbox) are not installed: they belong to the project, not to the manager alone. "
                "In the project, run ./just setup; or ask the internet's services: vsmanager demo --real",
                code="sandbox_missing",
            )
        dotnet = self.folder.root / "dotnet"
        command = [sys.executable, "-m", "vintagestory_sandbox", "upstream", "--port", "0", "--parent-pid", str(os.getpid())]
        command += ["--dotnet-root", str(dotnet), "--game-switches", json.dumps(GAME_SWITCHES)]
        if self.options.mods is not None:
            command += ["--mods", str(self.options.mods)]
        if self.options.mod_list is not None:
            command += ["--mod-list", str(self.options.mod_list)]
        if self.options.latency_ms is not None:
            command += ["--latency-ms", str(self.options.latency_ms)]
        start = _log_length(log)
        # In a session of its own, so that Ctrl-C reaches this process alone and the end has an order.
        self.sandbox = subprocess.Popen(  # noqa: S603 - our own program
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, start_new_session=True
        )
        line = self._first_line(self.sandbox, _SANDBOX_START_SECONDS)
        try:
            self.sandbox_ready = json.loads(line)
            url = str(self.sandbox_ready["url"])
        except (ValueError, KeyError, TypeError):
            said = self._said_since(start) or "it said nothing"
            raise CommandFailed(f"The stand-ins did not start: {said}", code="sandbox_failed") from None
        self.env |= {"VS_MOD_DB_URL": url, "VS_VERSIONS_URL": url, "DOTNET_ROOT": str(dotnet)}
        self._say(f"The stand-ins answer at {url}, with {self.sandbox_ready.get('mods', 0):,} mods.")

    def _start_manager(self, log: IO[bytes]) -> None:
        start = _log_length(log)
        if self.options.reload:
            self.code_state = _code_state()
        command = [sys.executable, "-m", "vintagestory_api.cli.supervised"]
        self.manager = subprocess.Popen(  # noqa: S603 - our own program
            command, stdin=subprocess.PIPE, stdout=log, stderr=log, env=self.env, start_new_session=True
        )
        deadline = time.monotonic() + _MANAGER_START_SECONDS
        while True:
            self._wait_a_moment()
            if self.manager.poll() is not None:
                said = self._said_since(start) or f"see {self.log_file}"
                raise CommandFailed(f"The manager did not start: {said}", code="manager_failed")
            running = find_running(self.folder.root)
            if running is not None and running.pid == self.manager.pid:
                self.client = Client(running.url, running.token)
                with suppress(CommandFailed):
                    self.client.get("/healthz")
                    # A restart after a change listens where the first one did.
                    self.env["VS_PORT"] = running.url.rsplit(":", 1)[1]
                    return
            if time.monotonic() >= deadline:
                raise CommandFailed(
                    f"The manager does not answer {_MANAGER_START_SECONDS:.0f} s after its start. See: {self.log_file}",
                    code="manager_failed",
                )

    def _first_run(self, job_id: str) -> dict[str, Any] | None:
        """The run of `job_id` that this start has made, ended; None while the job is off or paused."""
        assert self.client is not None  # noqa: S101 - the manager has been started
        job = self.client.get(f"/jobs/{job_id}")
        if not job["enabled"] or job["paused_reason"]:
            self._say(f"{job['title']}: {job['health']}, so it does not run.")
            return None
        self._say(f"{job['title']} …", end="")
        run = self._started_run(job)
        deadline = time.monotonic() + _FIRST_RUNS_SECONDS
        while not self.client.get(f"/runs/{run['id']}/log", {"after": 10**9})["finished"]:
            self._wait_a_moment()
            if time.monotonic() >= deadline:
                self._say(" still runs.")
                return run
        run = self.client.get(f"/runs/{run['id']}")
        run.pop("log", None)
        well = run["state"] == "succeeded"
        spent = f" ({took(run['started_at'], run['ended_at'])})"
        self._say(f" {'done' if well else run['state']}{spent}: {outcome(run)}")
        return dict(run)

    def _started_run(self, job: dict[str, Any]) -> dict[str, Any]:
        """The run that began with this start; a new one where none does by itself, because the stand-ins are new, too."""
        assert self.client is not None  # noqa: S101 - the manager has been started
        deadline = time.monotonic() + (_STARTUP_RUN_SECONDS if job["last_run"] is None else 0)
        while True:
            run = self.client.get(f"/jobs/{job['id']}")["last_run"]
            began = parse_time(run["started_at"]) if run else None
            if run and began and began >= self.began:
                return dict(run)
            if time.monotonic() >= deadline:
                break
            self._wait_a_moment()
        try:
            return dict(self.client.send("POST", f"/jobs/{job['id']}/run"))
        except CommandFailed as failure:
            if failure.code == "job_already_running":
                return dict(self.client.get(f"/jobs/{job['id']}")["last_run"])
            raise

    def _start_server(self) -> dict[str, Any] | None:
        """The server of the demo, running where that could be done; what keeps it from that is told, and is no end."""
        assert self.client is not None  # noqa: S101 - the manager has been started
        self._say("A game server …", end="")
        try:
            server = self._found_server() or self._made_server()
            server = self._settled(server)
        except CommandFailed as failure:
            self._say(f" could not be started: {failure.message}")
            return None
        if server["state"] == "running":
            self._say(f" runs version {server['version']} on port {server['port']}.")
        else:
            run = server["latest_run"]
            self._say(f" is {server['state']}: {outcome(run) if run else 'see its page'}")
        return dict(server)

    def _settled(self, server: dict[str, Any]) -> dict[str, Any]:
        """The server when what is done to it has ended, or takes too long."""
        assert self.client is not None  # noqa: S101 - the manager has been started
        deadline = time.monotonic() + _SERVER_SECONDS
        while server["operation"] is not None and time.monotonic() < deadline:
            self._wait_a_moment()
            server = self.client.get(f"/servers/{SERVER_ID}")
        return server

    def _found_server(self) -> dict[str, Any] | None:
        """That of an earlier demo, asked to start unless it does."""
        assert self.client is not None  # noqa: S101 - the manager has been started
        server = next((server for server in self.client.get("/servers")["items"] if server["id"] == SERVER_ID), None)
        if server is None:
            return None
        if server["state"] in {"stopped", "crashed", "failed_to_start"} and server["operation"] is None:
            self.client.send("POST", f"/servers/{SERVER_ID}/start")
        return dict(self.client.get(f"/servers/{SERVER_ID}"))

    def _made_server(self) -> dict[str, Any]:
        """A new one with its first mods, of the newest stable version that there is for servers; asked to start."""
        assert self.client is not None  # noqa: S101 - the manager has been started
        versions = self.client.get("/game-versions", {"channel": "stable"})["items"]
        version = next(
            (version for version in versions if any(build["platform"] == "linuxserver" for build in version["builds"])), None
        )
        if version is None:
            raise CommandFailed("there is no version for servers yet. Try: vsmanager jobs run server_versions_check")
        body = {
            "name": SERVER_NAME,
            "id": SERVER_ID,
            "version": version["version"],
            "port": _free_game_port() if self.options.port == 0 else None,
            "whitelist": True,  # the people of the demo are on it
            "welcome_message": "Welcome to the demo, {0}",
        }
        made = self.client.send("POST", "/servers", {name: value for name, value in body.items() if value is not None})
        made = self._settled(made)
        if made["state"] == "stopped":
            self._say(" is made; mods for it …", end="")
            self._say(f" {FirstMods(self.client, self.stop.check, self._wait_a_moment).install(made)} It …", end="")
            self._settled(self.client.get(f"/servers/{SERVER_ID}"))
            self.client.send("POST", f"/servers/{SERVER_ID}/start")
        return dict(self.client.get(f"/servers/{SERVER_ID}"))

    # While it runs

    def _tell(self, token: str, password: str, runs: list[dict[str, Any] | None], server: dict[str, Any] | None) -> None:
        assert self.client is not None  # noqa: S101 - the manager has been started
        url, folder = self.client.url, _short(self.folder.root)
        if self.options.as_json:
            print_json(
                {
                    "url": url,
                    "token": token,
                    "user": USER_NAME,
                    "password": password,
                    "data_dir": str(self.folder.root),
                    "upstream_url": self.sandbox_ready.get("url"),
                    "mods": self.sandbox_ready.get("mods"),
                    "log_file": None if self.options.verbose else str(self.log_file),
                    "runs": [run for run in runs if run is not None],
                    "server": server,
                }
            )
            return
        command = _own_command()
        print_lines(
            "",
            f"Address  {url}",
            f"Sign in  name {USER_NAME}, password {password}",
            f"Token    {token}  (role admin)",
            *([f"Server   {server['name']}, port {server['port']}"] if server else []),
            *([] if self.options.verbose else [f"Log      {_short(self.log_file)}"]),
            "",
            "Try, in another terminal:",
            f"  curl -H 'Authorization: Bearer {token}' {url}/api/v1/runs",
            f"  {command} jobs list --data-dir {folder}",
            f"  {command} catalog search copper --data-dir {folder}",
            *([f"  {command} console {server['id']} --data-dir {folder}"] if server else []),
            *([f"  {command} mods list {server['id']} --data-dir {folder}"] if server else []),
            "",
            "Ctrl-C ends everything.",
        )

    def _stay(self, log: IO[bytes]) -> None:
        """Until somebody asks to end; raises `CommandFailed` when a part ends by itself."""
        looked_at = time.monotonic()
        while True:
            self._wait_a_moment()
            self._see_that_sandbox_lives()
            manager_ended = self.manager is not None and self.manager.poll() is not None
            if not self.options.reload:
                if manager_ended:
                    self._revive(log)
            elif time.monotonic() - looked_at >= _RELOAD_EVERY_SECONDS:
                looked_at, now, before = time.monotonic(), _code_state(), self.code_state
                if now != before:
                    self._restart(log, sorted(path for path in now.keys() | before.keys() if now.get(path) != before.get(path)))

    def _restart(self, log: IO[bytes], changed: list[str]) -> None:
        self._say(f"Changed: {', '.join(changed[:3])}{' …' if len(changed) > 3 else ''}. Restarting …", end="")
        self._end_manager()
        try:
            self._start_manager(log)
        except CommandFailed as failure:
            self._say(f" failed. {failure.message}")
        else:
            self._say(" done.")

    def _revive(self, log: IO[bytes]) -> None:
        """Start a manager again that was killed, as a service would; raises `CommandFailed` for one that ended by itself."""
        code = None if self.manager is None else self.manager.returncode
        if code is None or code >= 0:
            raise CommandFailed(f"The manager has ended. See: {self.log_file}", code="manager_failed")
        self._say("The manager was killed. Games go on without it. Starting it again …", end="")
        self._end_manager()
        self._start_manager(log)
        self._say(" done.")

    def _wait_a_moment(self) -> None:
        time.sleep(_LOOK_EVERY_SECONDS)
        self.stop.check()

    def _see_that_sandbox_lives(self) -> None:
        if self.sandbox is not None and self.sandbox.poll() is not None:
            raise CommandFailed(f"The stand-ins have ended. See: {self.log_file}", code="sandbox_failed")

    # The end

    def _end(self) -> None:
        self._end_manager()
        # A manager leaves its games alone; they end with the demo.
        end_all(self.folder.keepers, _GAMES_STOP_SECONDS)
        if self.sandbox is not None:
            self._end_process(self.sandbox, _SANDBOX_STOP_SECONDS)
            if self.sandbox.stdout is not None:
                self.sandbox.stdout.close()

    def _end_manager(self) -> None:
        if self.manager is not None:
            self._end_process(self.manager, _MANAGER_STOP_SECONDS)
            if self.manager.stdin is not None:
                self.manager.stdin.close()
            self.manager = None

    def _end_process(self, process: "subprocess.Popen[bytes]", seconds: float) -> None:
        """Ask, wait, then kill; at once when somebody asks the demo a second time."""
        if process.poll() is not None:
            return
        process.terminate()
        asked, deadline = self.stop.count, time.monotonic() + seconds
        while process.poll() is None and time.monotonic() < deadline and self.stop.count <= max(1, asked):
            time.sleep(0.02)
        if process.poll() is None:
            process.kill()
        process.wait()

    # Small things

    def _first_line(self, process: "subprocess.Popen[bytes]", seconds: float) -> bytes:
        """The first line on the process's standard output; empty when it ends or nothing comes in time."""
        assert process.stdout is not None  # noqa: S101 - it was started with a pipe
        deadline = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while time.monotonic() < deadline:
                if selector.select(_LOOK_EVERY_SECONDS):
                    return process.stdout.readline()
                self.stop.check()
        return b""

    def _said_since(self, start: int) -> str:
        """What was last said in the log, in one line: an error of ours where there is one."""
        with suppress(OSError), self.log_file.open("rb") as log:
            log.seek(start)
            lines = [plain(line) for line in log.read()[-20_000:].decode(errors="replace").splitlines() if line.strip()]
            found = next((line for line in reversed(lines) if line.startswith("error: ")), lines[-1] if lines else "")
            return found.removeprefix("error: ").removeprefix("vintagestory_sandbox: ")
        return ""

    def _say(self, text: str, *, end: str = "\n") -> None:
        if not self.options.as_json:
            write(plain(text) + end)


def _log_length(log: IO[bytes]) -> int:
    with suppress(OSError):
        return log.seek(0, os.SEEK_END)
    return 0


def _free_port(host: str) -> int:
    """8080, or the next port that nobody has; raises `CommandFailed`."""
    for port in range(8080, 8080 + _PORTS_TRIED):
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
                probe.listen()
        except OSError:
            continue
        return port
    raise CommandFailed(
        f"No port from 8080 to {8079 + _PORTS_TRIED} is free on {host}. Name one with --port.", code="port_in_use"
    )


def _free_game_port() -> int:
    """Any port that nobody has, for the tests that run beside each other."""
    with socket.create_server(("", 0)) as listener:
        return int(listener.getsockname()[1])


def _port_of_environment(port: int) -> int | None:
    return port if os.environ.get("VS_PORT", "").strip() else None


def _no_proxy() -> str:
    """The stand-ins are on this machine, so no proxy may come between."""
    former = os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or ""
    return ",".join(part for part in (former, "127.0.0.1", "localhost") if part)


def _code_state() -> dict[str, int]:
    """Each source file of the manager, with the time of its last change."""
    root = Path(vintagestory_api.__file__).parent
    state = {}
    for path in root.rglob("*.py"):
        with suppress(OSError):
            state[str(path.relative_to(root))] = path.stat().st_mtime_ns
    return state


def _short(path: Path) -> str:
    """`path` as a shell takes it, relative to the current folder when it lies below."""
    with suppress(ValueError):
        return shlex.quote(str(path.relative_to(Path.cwd())))
    return shlex.quote(str(path))


def _own_command() -> str:
    """How to call this program from where the user is."""
    own = Path(sys.argv[0]).absolute()
    found = shutil.which("vsmanager")
    if own.name != "vsmanager" or (found is not None and Path(found).absolute() == own):
        return "vsmanager"
    return _short(own)
