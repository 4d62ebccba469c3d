"""Installing a version of 300 MB from loopback, against `curl | tar xz`, and what the manager is like meanwhile.

Both take turns on the same disk, which has nothing left to write when either begins. The manager checks the MD5 and waits until
the disk has everything; the others do neither.
"""

import contextlib
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from figures import Figure, Measured, median, spread
from processes import Api, Served, make_token, manager
from refresh import asking
from vintagestory_api.access.roles import Role
from vintagestory_sandbox.upstream import start_upstream

_VERSION = "1.22.90"
_LOOK_EVERY_SECONDS = 0.02
_MEGABYTE = 1_000_000
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def measure(*, quick: bool) -> Measured:
    rounds, megabytes = (1, 10) if quick else (3, 300)
    with tempfile.TemporaryDirectory(prefix="vsmanager-bench-") as folder, start_upstream(mods=50) as upstream:
        upstream.add_version(_VERSION, megabytes=megabytes)
        archive = f"{upstream.url}/gamefiles/stable/vs_server_linux-x64_{_VERSION}.tar.gz"
        data_dir = Path(folder) / "data"
        installs: list[float] = []
        others: list[float] = []
        latencies: list[float] = []
        with manager(data_dir, upstream.url) as served:
            api = Api(served.port, make_token(data_dir, Role.ADMIN))
            api.wait_for_catalogue()
            _install(api, "1.22.7")  # what is loaded once is loaded now
            with asking(served) as answers, memory_of(served) as memory:
                for _ in range(rounds):
                    os.sync()
                    memory.begin()
                    seconds, span = _install(api, _VERSION)
                    memory.end()
                    installs.append(seconds)
                    latencies += [latency for at, latency in list(answers) if span[0] <= at <= span[1]]
                    api.wait_for_run(api.send("DELETE", f"/api/v1/installed-versions/{_VERSION}", None)["id"])
                    os.sync()
                    others.append(_curl_and_tar(archive, Path(folder) / "by-hand"))
        ratio = median([own / other for own, other in zip(installs, others, strict=True)])
        return Measured(
            [
                Figure("install_ratio", round(ratio, 2), 1.3, ""),
                Figure("install_memory_mb", round(memory.grown_mb, 1), 40, "MB"),
                Figure("install_healthz_max_ms", max(latencies), 100, "ms"),
            ],
            {
                "megabytes": megabytes,
                "install_seconds": [round(seconds, 2) for seconds in installs],
                "curl_tar_seconds": [round(seconds, 2) for seconds in others],
                "healthz_ms": spread(latencies, 1),
                "memory_before_mb": round(memory.before / _MEGABYTE, 1),
            },
        )


def _install(api: Api, version: str) -> tuple[float, tuple[int, int]]:
    """Seconds, and the span in UTC milliseconds."""
    began, started = time.time_ns() // _MEGABYTE, time.perf_counter()
    api.wait_for_run(api.send("POST", "/api/v1/installed-versions", {"version": version})["id"])
    return time.perf_counter() - started, (began, time.time_ns() // _MEGABYTE)


def _curl_and_tar(url: str, target: Path) -> float:
    target.mkdir()
    started = time.perf_counter()
    with subprocess.Popen(["curl", "-sS", "--noproxy", "*", url], stdout=subprocess.PIPE) as curl:
        subprocess.run(["tar", "xz", "-C", str(target)], stdin=curl.stdout, check=True)
    seconds = time.perf_counter() - started
    shutil.rmtree(target)
    return seconds


@dataclass
class Memory:
    """Resident memory of the manager and of what it started, in bytes; the most that it grew while somebody looked."""

    now: int = 0
    before: int = 0
    grown: int = 0
    looks: bool = False

    @property
    def grown_mb(self) -> float:
        return self.grown / _MEGABYTE

    def begin(self) -> None:
        self.before = self.now
        self.looks = True

    def end(self) -> None:
        self.looks = False

    def note(self, resident: int) -> None:
        self.now = resident
        if self.looks:
            self.grown = max(self.grown, resident - self.before)


@contextlib.contextmanager
def memory_of(served: Served) -> Iterator[Memory]:
    memory, over = Memory(now=_resident(served.pid)), threading.Event()

    def look() -> None:
        while not over.wait(_LOOK_EVERY_SECONDS):
            memory.note(_resident(served.pid))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield memory
    finally:
        over.set()
        thread.join()


def _resident(pid: int) -> int:
    """Of a process and all below it. One that is just being started still has its parent's memory, and counts from then on."""
    total = 0
    with contextlib.suppress(OSError, ValueError):
        process = Path(f"/proc/{pid}")
        total = int((process / "statm").read_text().split()[1]) * _PAGE_BYTES
        command = (process / "cmdline").read_bytes()
        for task in (process / "task").iterdir():
            for child in (task / "children").read_text().split():
                if Path(f"/proc/{child}/cmdline").read_bytes() != command:
                    total += _resident(int(child))
    return total
