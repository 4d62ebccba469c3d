"""A real manager in a process of its own, for tests that talk to it, end it, or kill it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

NOBODY_HOME = "http://127.0.0.1:9"
START_SECONDS = 60.0
STOP_SECONDS = 15.0

MANAGER = (str(Path(sys.executable).with_name("vsmanager")), "serve")

_opener = build_opener(ProxyHandler({}))


class Process(Protocol):
    """What is needed of a `Popen`."""

    pid: int

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def send_signal(self, number: int, /) -> None: ...

    def kill(self) -> None: ...

    def terminate(self) -> None: ...


class Answer:
    """Status and parsed JSON of an answer, whether it is an error or not."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status = status
        self.json: Any = json.loads(body) if body else None


class ManagerProcess:
    """`url` and `token` are read from what the manager leaves for the command line of the same user."""

    def __init__(self, process: Process, data_dir: Path, log: Path) -> None:
        self.process = process
        self.data_dir = data_dir
        self.log = log
        self.url = ""
        self.token = ""

    def request(self, method: str, path: str, body: Any = None, *, token: str | None = None, timeout: float = 40) -> Answer:
        headers = {"Authorization": f"Bearer {token or self.token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.url + path, data=data, method=method, headers=headers)
        try:
            with _opener.open(request, timeout=timeout) as answer:
                return Answer(answer.status, answer.read())
        except HTTPError as error:
            with error:
                return Answer(error.code, error.read())

    def get(self, path: str) -> Any:
        """The JSON of a GET below /api/v1 that has to succeed."""
        answer = self.request("GET", f"/api/v1{path}")
        assert answer.status == 200, answer.json
        return answer.json

    def post(self, path: str, body: Any = None) -> Answer:
        return self.request("POST", f"/api/v1{path}", body)

    def run_job(self, job_id: str, *, timeout: float = 120) -> dict[str, Any]:
        """Run a job now, or join its running run, and return the run when it has ended."""
        answer = self.post(f"/jobs/{job_id}/run")
        run_id = answer.json["id"] if answer.status == 202 else answer.json["run_id"]
        return self.wait_for_run(run_id, timeout=timeout)

    def wait_for_run(self, run_id: str, *, timeout: float = 120) -> dict[str, Any]:
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            run: dict[str, Any] = self.get(f"/runs/{run_id}")
            if run["ended_at"] is not None:
                return run
            time.sleep(0.05)
        raise AssertionError(f"run {run_id} did not end within {timeout} s\n{self.log.read_text()[-4000:]}")

    def runs(self, **filters: str) -> list[dict[str, Any]]:
        query = "&".join(f"{name}={value}" for name, value in filters.items())
        found: list[dict[str, Any]] = self.get(f"/runs?limit=200&{query}")["items"]
        return found

    def open_runs(self) -> list[dict[str, Any]]:
        """Of servers; jobs of the manager itself may be at work at any time."""
        return [run for run in self.runs() if run["state"] in {"running", "queued"} and run["server_id"] is not None]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def end(self) -> int:
        """SIGTERM, and the exit code; fails when it takes longer than it is allowed to."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the manager did not end in time\n{self.log.read_text()[-4000:]}") from None

    def wait_until_serving(self) -> None:
        info = self.data_dir / "run" / "manager.json"
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                content = json.loads(info.read_bytes())
                if content["pid"] in {self.process.pid, 1}:  # 1: it has process numbers of its own, as in a container
                    self.url, self.token = content["url"], content["token"]
                    if self.request("GET", "/healthz").status == 200:
                        return
            except (OSError, ValueError, URLError):
                pass
            time.sleep(0.02)
        raise AssertionError(f"the manager did not start\n{self.log.read_text()[-4000:]}")


def launched(program: Sequence[str], environment: Mapping[str, str], log: Path) -> Process:
    with log.open("ab") as output:
        return subprocess.Popen(program, env=environment, stdout=output, stderr=output, stdin=subprocess.DEVNULL)


def start_manager(
    data_dir: Path,
    *,
    upstream: str = NOBODY_HOME,
    wait: bool = True,
    program: Sequence[str] = MANAGER,
    launch: Callable[[Sequence[str], Mapping[str, str], Path], Process] = launched,
    **environment: str,
) -> ManagerProcess:
    """Start `vsmanager serve` on a free port. The caller ends it; `running_manager` does that by itself."""
    data_dir.mkdir(parents=True, exist_ok=True)
    log = data_dir.with_name(f"{data_dir.name}.log")
    env = {
        **os.environ,
        "VS_DATA_DIR": str(data_dir),
        "VS_PORT": "0",
        "VS_MOD_DB_URL": upstream,
        "VS_VERSIONS_URL": upstream,
        "VS_LOG_FORMAT": "json",
        **environment,
    }
    manager = ManagerProcess(launch(program, env, log), data_dir, log)
    if wait:
        try:
            manager.wait_until_serving()
        except BaseException:
            manager.kill()
            raise
    return manager


@contextmanager
def running_manager(data_dir: Path, *, upstream: str = NOBODY_HOME, **environment: str) -> Iterator[ManagerProcess]:
    """A manager that serves when the block begins and is gone when it ends."""
    manager = start_manager(data_dir, upstream=upstream, wait=True, launch=launched, **environment)
    try:
        yield manager
    finally:
        if manager.process.poll() is None:
            manager.process.terminate()
            try:
                manager.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                manager.kill()
