"""Start the stand-in as a process of its own and talk to its control API; for tests and the demo."""

import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

from vintagestory_sandbox.versions import Channel

_START_SECONDS = 20.0
_STOP_SECONDS = 5.0
_CONTROL_SECONDS = 10.0

# Never through a proxy of the environment: it runs on this machine.
_opener = build_opener(ProxyHandler({}))


class SandboxError(RuntimeError):
    """The stand-in did not start, or did not understand what it was told."""


class SandboxUpstream:
    """A running stand-in: `url` is the base of the mod database, of the file store (`/cdn`) and of the version API."""

    def __init__(self, process: "subprocess.Popen[str]", url: str, mods: int) -> None:
        self.process = process
        self.url = url
        self.mods = mods

    def stats(self) -> dict[str, Any]:
        """Counts since the last reset: `total`, `paths`, `current`, `peak`, `peak_by_upstream`, `user_agents`, `requests`."""
        return self._call("stats")

    def reset(self) -> None:
        """Start counting anew, and forget all faults."""
        self._call("reset", {})

    def fault(self, kind: str, path: str = "/", *, times: int | None = None, **options: Any) -> None:
        """Let requests below a path go wrong, so many times or until `reset`; kinds and options: see `faults.py`."""
        self._call("faults", {"kind": kind, "path": path, "times": times, **options})

    def change_mods(
        self,
        *,
        add: Sequence[Mapping[str, Any]] = (),
        change: Sequence[Mapping[str, Any]] = (),
        remove: Sequence[int] = (),
        release: Sequence[Mapping[str, Any]] = (),
        retract: Sequence[Mapping[str, Any]] = (),
    ) -> list[int]:
        """Change the list, in this order; `release` takes modid, version and tags, `retract` modid, version and reason.

        Returns the numbers of the mods added.
        """
        changes = {"add": add, "change": change, "remove": remove, "release": release, "retract": retract}
        answer = self._call("mods", {name: list(value) for name, value in changes.items()})
        self.mods = answer["mods"]
        return cast("list[int]", answer["added"])

    def add_version(
        self,
        version: str,
        channel: Channel = "stable",
        *,
        platforms: Sequence[str] | None = None,
        latest: bool = True,
        megabytes: int = 0,
    ) -> None:
        """Publish a version of the game in a channel, with an archive for Linux servers of about so many megabytes if told."""
        change = {"version": version, "channel": channel, "platforms": platforms, "latest": latest, "megabytes": megabytes}
        self._call("versions", change, _CONTROL_SECONDS + megabytes)

    def remove_version(self, version: str, channel: Channel = "stable") -> None:
        """Take a version of the game away."""
        self._call("versions", {"version": version, "channel": channel, "remove": True})

    def stop(self) -> None:
        """End the process; a second call does nothing."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def _call(self, name: str, value: object = None, seconds: float = _CONTROL_SECONDS) -> dict[str, Any]:
        body = None if value is None else json.dumps(value).encode()
        request = Request(f"{self.url}/_sandbox/{name}", data=body)  # noqa: S310 - the address is our own
        try:
            with _opener.open(request, timeout=seconds) as answer:
                return cast("dict[str, Any]", json.load(answer))
        except HTTPError as error:
            with error:
                raise SandboxError(f"the sandbox refused {name}: {error.read().decode(errors='replace')}") from None


@contextmanager
def start_upstream(
    *,
    mods: int = 5000,
    seed: int = 1,
    host: str = "127.0.0.1",
    port: int = 0,
    public_url: str | None = None,
    mod_list: Path | None = None,
    handmade: bool | None = None,
    latency_ms: int = 0,
    game_switches: Mapping[str, Any] | None = None,
) -> Iterator[SandboxUpstream]:
    """A stand-in that listens when the block begins and has ended when it ends. It also ends if this process dies.

    `game_switches` are what game servers from its archives are told to do. Raises SandboxError when it does not start, with
    what it said.
    """
    command = [sys.executable, "-m", "vintagestory_sandbox", "upstream", "--host", host, "--port", str(port)]
    command += ["--mods", str(mods), "--seed", str(seed), "--latency-ms", str(latency_ms), "--parent-pid", str(os.getpid())]
    if public_url is not None:
        command += ["--public-url", public_url]
    if mod_list is not None:
        command += ["--mod-list", str(mod_list)]
    if handmade is not None:
        command.append("--handmade" if handmade else "--no-handmade")
    if game_switches:
        command += ["--game-switches", json.dumps(dict(game_switches))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own program
        try:
            ready = _ready_line(process)
            sandbox = SandboxUpstream(process, ready["url"], ready["mods"])
            yield sandbox
        finally:
            SandboxUpstream(process, "", 0).stop()


def _ready_line(process: "subprocess.Popen[str]") -> dict[str, Any]:
    deadline = time.monotonic() + _START_SECONDS
    line = _first_line(cast("IO[str]", process.stdout), deadline)
    if line:
        return cast("dict[str, Any]", json.loads(line))
    process.kill()
    said = cast("IO[str]", process.stderr).read().strip()
    raise SandboxError(f"the sandbox did not start: {said or 'it said nothing'}")


def _first_line(stream: IO[str], deadline: float) -> str:
    """The first line of a stream, empty when it ends or nothing comes in time."""
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        return stream.readline() if selector.select(max(0.0, deadline - time.monotonic())) else ""
