"""Starts what a benchmark needs, on loopback only, and sees to it that all of it ends."""

import contextlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vintagestory_api.access.offline import create_token_offline
from vintagestory_api.access.roles import Role
from vintagestory_sandbox.upstream import SandboxUpstream, start_upstream

HERE = Path(__file__).parent
_START_SECONDS = 60.0
_STOP_SECONDS = 20.0
_POLL_SECONDS = 0.002
_ANSWER_SECONDS = 60.0

BARE = (sys.executable, str(HERE / "bare_app.py"))
MANAGER = (str(Path(sys.executable).with_name("vsmanager")), "serve")
PROBED_MANAGER = (sys.executable, str(HERE / "probed_manager.py"))


class DidNotStart(RuntimeError):
    """A process ended, or did not answer in time."""


@dataclass(frozen=True)
class Served:
    """A process that answers HTTP on a port of this machine."""

    pid: int
    port: int
    seconds_to_answer: float


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def environment(**changes: str) -> dict[str, str]:
    """The environment of a user: byte code is written and used, and no setting of this shell gets in."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VS_") and name != "PYTHONDONTWRITEBYTECODE"}
    return kept | changes


@contextlib.contextmanager
def bare_app() -> Iterator[Served]:
    port = free_port()
    with serving([*BARE, str(port)], port, environment()) as served:
        yield served


@contextlib.contextmanager
def manager(data_dir: Path, upstream_url: str, *, command: Sequence[str] = MANAGER, **env: str) -> Iterator[Served]:
    port = free_port()
    settings = {
        "VS_DATA_DIR": str(data_dir),
        "VS_HOST": "127.0.0.1",
        "VS_PORT": str(port),
        "VS_MOD_DB_URL": upstream_url,
        "VS_VERSIONS_URL": upstream_url,
    }
    with serving(command, port, environment(**settings, **env)) as served:
        yield served


@contextlib.contextmanager
def serving(command: Sequence[str], port: int, env: Mapping[str, str]) -> Iterator[Served]:
    """Run `command` until the block ends; it begins with the first 200 on /healthz. Raises `DidNotStart`."""
    with tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        try:
            while not _is_healthy(port):
                if process.poll() is not None or time.perf_counter() - started > _START_SECONDS:
                    output.seek(0)
                    said = output.read().decode(errors="replace")[-2000:]
                    raise DidNotStart(f"{' '.join(command)} did not answer on port {port}: {said or 'it said nothing'}")
                time.sleep(_POLL_SECONDS)
            yield Served(process.pid, port, time.perf_counter() - started)
        finally:
            stop(process)


def stop(process: "subprocess.Popen[Any]") -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _is_healthy(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=_ANSWER_SECONDS) as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return connection.recv(64).startswith(b"HTTP/1.1 200 ")
    except OSError:
        return False


# Talking to the manager


@dataclass(frozen=True)
class Api:
    """The manager's API for whoever has `token`."""

    port: int
    token: str

    def get(self, path: str) -> Any:
        return self._ask("GET", path)

    def post(self, path: str) -> Any:
        return self._ask("POST", path)

    def send(self, method: str, path: str, body: Any) -> Any:
        return self._ask(method, path, body)

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_ANSWER_SECONDS)
        with contextlib.closing(connection):
            headers = {"Authorization": f"Bearer {self.token}"}
            data = None
            if body is not None:
                data, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
            connection.request(method, path, data, headers)
            answer = connection.getresponse()
            found = json.loads(answer.read())
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path} answered {answer.status}: {found}")
        return found

    def run_job(self, job_id: str) -> dict[str, Any]:
        """Run a job now and wait for its end."""
        return self.wait_for_run(self.post(f"/api/v1/jobs/{job_id}/run")["id"])

    def wait_for_run(self, run_id: str) -> dict[str, Any]:
        run = self.get(f"/api/v1/runs/{run_id}")
        deadline = time.monotonic() + _ANSWER_SECONDS
        while run["ended_at"] is None:
            if time.monotonic() > deadline:
                raise RuntimeError(f"the run did not end: {run}")
            time.sleep(0.02)
            run = self.get(f"/api/v1/runs/{run_id}")
        if run["state"] != "succeeded":
            raise RuntimeError(f"the run ended as {run['state']}: {run['error'] or run['reason']}")
        return dict(run)

    def wait_for_catalogue(self) -> None:
        """Until the runs that a first start begins have ended, and the catalogue holds mods."""
        deadline = time.monotonic() + _ANSWER_SECONDS
        while self.get("/api/v1/catalog/mods?limit=1")["state"] != "ready" or self.get("/api/v1/runs?state=running")["items"]:
            if time.monotonic() > deadline:
                raise RuntimeError("the catalogue was not filled")
            time.sleep(0.05)


def make_token(data_dir: Path, role: Role) -> str:
    """A token like those that people use; the manager has started once on the folder."""
    return create_token_offline(data_dir / "vsmanager.db", f"bench {role.value}", role, "bench")


@dataclass(frozen=True)
class Stock:
    """A stand-in of the upstreams, and a data folder that a manager has filled from it; `token` is an operator's."""

    upstream: SandboxUpstream
    data_dir: Path
    token: str


@contextlib.contextmanager
def stocked(mods: int) -> Iterator[Stock]:
    """For as long as the block lasts. The folder is filled once for each number of mods, and copied."""
    with start_upstream(mods=mods) as upstream, tempfile.TemporaryDirectory(prefix="vsmanager-bench-") as folder:
        if mods not in _filled:
            _filled[mods] = _fill(upstream)
        template, token = _filled[mods]
        yield Stock(upstream, shutil.copytree(template.name, Path(folder) / "data"), token)


_filled: dict[int, tuple["tempfile.TemporaryDirectory[str]", str]] = {}


def _fill(upstream: SandboxUpstream) -> tuple["tempfile.TemporaryDirectory[str]", str]:
    template = tempfile.TemporaryDirectory(prefix="vsmanager-bench-")  # until this process ends
    data_dir = Path(template.name)
    with manager(data_dir, upstream.url) as served:
        token = make_token(data_dir, Role.OPERATOR)
        Api(served.port, token).wait_for_catalogue()
    return template, token
