"""Trouble on demand, once the server is ready."""

import os
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from vintagestory_sandbox.game.loop import Task
from vintagestory_sandbox.game.switches import BadSwitch
from vintagestory_sandbox.game.visitors import BadScript, play

if TYPE_CHECKING:
    from vintagestory_sandbox.game.server import Server

_FLOOD_BATCH = 2000
_FLOOD_STEP_SECONDS = 0.01
_CHILD_SECONDS = 600
_MEGABYTE = 1 << 20
_OVERLOADED_MS = 500
_LOOK_SECONDS = 0.2


class Trouble:
    """Starts what the switches ask for, and what they ask for later."""

    def __init__(self, server: "Server") -> None:
        self._server = server
        self._hoard: list[bytearray] = []
        self._memory_grows = self._ticks_slow = False
        self._floods = 0

    def begin(self) -> None:
        """The server is ready."""
        self._start({"hang", "flood_lines", "odd_output", "memory_mb_per_second", "children", "slow_tick_ms", "script"})
        self._server.loop.spawn(self._look())

    def _look(self) -> Task:
        """Watch the file with the switches. The pause is one of the real clock."""
        server = self._server
        while True:
            yield server.loop.game_seconds(_LOOK_SECONDS)
            if not server.sources.changed():
                continue
            try:
                found = server.sources.read()
            except BadSwitch as error:
                server.complain(str(error))
                continue
            differing = server.switches.differing(found)
            server.switches = found
            if found.text("crash") and differing & {"crash", "crash_phase", "crash_after", "crash_mod"}:
                server.loop.after(found.number("crash_after"), server.crash)
            self._start(differing)

    def _start(self, names: set[str]) -> None:
        server = self._server
        switches, loop = server.switches, server.loop
        if "hang" in names and switches.on("hang"):
            loop.after(switches.number("hang_after"), server.hang)
        if names & {"flood_lines", "flood_rate", "flood_bytes"}:
            self._floods += 1
            if switches.count("flood_lines"):
                loop.spawn(self._flood(self._floods))
        if "odd_output" in names and switches.on("odd_output"):
            _print_oddities(server)
        if "memory_mb_per_second" in names and switches.number("memory_mb_per_second") and not self._memory_grows:
            self._memory_grows = True
            loop.spawn(self._grow())
        if "children" in names:
            for _ in range(switches.count("children")):
                _bear_child()
        if "slow_tick_ms" in names and switches.count("slow_tick_ms") and not self._ticks_slow:
            self._ticks_slow = True
            loop.spawn(self._tick_slowly())
        if "script" in names:
            try:
                play(loop, server.clients, switches.text("script"))
            except BadScript as error:
                server.complain(str(error))

    def _flood(self, number: int) -> Task:
        """Numbered lines; another flood ends this one."""
        server = self._server
        most, rate = server.switches.count("flood_lines"), server.switches.count("flood_rate")
        filler = "." * max(0, server.switches.count("flood_bytes") - 60)
        total = str(most) if most >= 0 else "many"
        done, began = 0, time.monotonic()
        while number == self._floods and done != most:
            count = _FLOOD_BATCH if not rate else int((time.monotonic() - began) * rate) - done
            count = max(0, min(count, _FLOOD_BATCH if most < 0 else min(most - done, _FLOOD_BATCH)))
            server.log.write_many(
                "Notification", [f"[flood] line {place} of {total} {filler}" for place in range(done + 1, done + count + 1)]
            )
            done += count
            yield 0.0 if not rate else server.loop.game_seconds(_FLOOD_STEP_SECONDS)

    def _grow(self) -> Task:
        """Memory that is really taken: every page is written to."""
        while True:
            yield 0.1
            size = int(self._server.switches.number("memory_mb_per_second") * _MEGABYTE * 0.1)
            if size:
                self._hoard.append(bytearray(os.urandom(4096) * (size // 4096 + 1)))

    def _tick_slowly(self) -> Task:
        server = self._server
        while True:
            yield 2.0
            took = server.switches.count("slow_tick_ms")
            time.sleep(server.loop.real_seconds(took / 1000))
            if took > _OVERLOADED_MS:
                server.log.write("Warning", f"Server overloaded. A tick took {took}ms to complete.")


def _print_oddities(server: "Server") -> None:
    stamp = time.strftime("%-d.%-m.%Y %H:%M:%S [Server Notification] ").encode()
    for text in (
        b"bad \xff\xfe\xc3\x28 UTF-8",
        b"NUL \0 in between",
        b"\x1b[31mcolours\x1b[0m \x07",
        b"carriage\rreturn",
        b"x" * 1_000_000,
    ):
        server.log.put(stamp + text + b"\n")
    server.log.put(b"no time and no type\n\n")
    server.log.write("Chat", "0 | Liar: 1.1.2026 00:00:00 [Server Event] Dedicated Server now running on Port 1 and all ips!")


def _bear_child() -> None:
    if os.fork() == 0:
        with suppress(OSError):
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            signal.set_wakeup_fd(-1)
            signal.alarm(_CHILD_SECONDS)
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            while True:
                signal.pause()
        os._exit(0)
