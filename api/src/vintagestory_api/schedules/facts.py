"""What the conditions of schedules are asked about, found out."""

import structlog

from vintagestory_api.errors import ManagerError
from vintagestory_api.schedules.around import Around
from vintagestory_api.schedules.conditions import Facts
from vintagestory_api.schedules.schemas import Conditions

log = structlog.get_logger(__name__)


class FactFinder:
    def __init__(self, around: Around) -> None:
        self._around = around

    def at_a_glance(self, server_id: str) -> Facts:
        """Without those that take a question. Raises `ServerNotFound`."""
        around = self._around
        state = around.servers.get(server_id).state
        return Facts(around.clock.now_ms(), state, tuple(around.players.online_names(server_id)))

    async def of(self, server_id: str, conditions: Conditions) -> Facts:
        """With those that these conditions need. Raises `ServerNotFound`."""
        facts = self.at_a_glance(server_id)
        if not (conditions.ran_since_backup or conditions.players_since_backup):
            return facts
        ran = played = None
        try:
            if conditions.ran_since_backup:
                ran = await self._around.backups.ran_since_last_good(server_id)
            if conditions.players_since_backup:
                played = bool(facts.online) or await self._played_since_backup(server_id)
        except ManagerError as error:
            # Better one backup too many.
            log.warning("backups_not_known", server=server_id, error=error.message)
        return Facts(facts.now_ms, facts.state, facts.online, ran, played)

    async def _played_since_backup(self, server_id: str) -> bool:
        last_good = await self._around.backups.last_good_ms(server_id)
        if last_good is None:
            return True
        last_left = await self._around.players.last_left_ms(server_id)
        return last_left is not None and last_left > last_good
