"""Asks a game for its figures once a minute, which also shows whether it still answers."""

import asyncio

import structlog

from vintagestory_api.errors import ManagerError
from vintagestory_api.events import StatsAnswered
from vintagestory_api.servers.host import ConsoleBusy, ConsoleClosed, KeeperGone
from vintagestory_api.servers.life import Life
from vintagestory_api.servers.server import GameServer
from vintagestory_api.servers.surroundings import Surroundings

log = structlog.get_logger(__name__)

_PROBE = "/stats"


class HangWatch:
    """Of one server."""

    def __init__(self, server: GameServer, around: Surroundings) -> None:
        self._server = server
        self._around = around

    async def watch(self, life: Life) -> None:
        """Until its game has ended."""
        around, clock = self._around, self._around.clock
        answered_at = asked_at = clock.monotonic()
        while not life.ended.is_set():
            await asyncio.sleep(around.pace.look_every)
            if life.is_stopping or life.ended.is_set():
                continue
            now = clock.monotonic()
            if now - asked_at >= around.pace.probe_every:
                asked_at = now
                if await self._answers():
                    answered_at = clock.monotonic()
                    self._note_answer(life)
                now = clock.monotonic()
            allowed = around.settings().server_hang_after_seconds
            if allowed and asked_at > answered_at and now - max(answered_at, life.last_output) > allowed:
                self._note_hang(life, round(now - answered_at))

    async def _answers(self) -> bool:
        try:
            timeout = self._around.pace.probe_timeout
            asked = await self._server.commands.ask(_PROBE, is_probe=True, timeout_seconds=timeout)
        except (ConsoleClosed, ConsoleBusy, KeeperGone):
            return False
        except ManagerError as error:
            log.debug("probe_not_sent", server=self._server.id, error=error.message)
            return False
        if asked.echo_seq is None:
            return False
        self._around.bus.publish(StatsAnswered(self._server.id, tuple(line.text for line in asked.lines)))
        return True

    def _note_hang(self, life: Life, seconds: int) -> None:
        server = self._server
        if server.is_hung:
            return
        server.is_hung, server.hung_since_ms = True, self._around.clock.now_ms() - seconds * 1000
        server.note("hung", instance=life.instance, text=f"It has not answered for {seconds} s.")
        log.warning("server_hangs", server=server.id, seconds=seconds)
        server.changed()

    def _note_answer(self, life: Life) -> None:
        server = self._server
        if server.is_hung:
            server.is_hung, server.hung_since_ms = False, None
            server.note("answers_again", instance=life.instance)
            server.changed()
