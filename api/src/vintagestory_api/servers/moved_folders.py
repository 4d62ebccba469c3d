"""Before a start: a data folder that was moved, or put back elsewhere, still names its world where it was.

The game would make a new world there, or go on with the one in the old folder.
"""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

import structlog

from vintagestory_api.servers.configuration import FILE_NAME, ServerConfiguration
from vintagestory_api.servers.configuration_file import ConfigurationUnreadable
from vintagestory_api.servers.launching import WillNotStart
from vintagestory_api.servers.mending import look_for_lost_paths, mend
from vintagestory_api.servers.server import GameServer

log = structlog.get_logger(__name__)


async def mend_moved_folder(server: GameServer) -> None:
    """Folders of others are left as they are. Raises `WillNotStart` where nobody can tell which world is meant."""
    if server.record.is_adopted:
        return
    notes = await asyncio.to_thread(_mend, server.data_path)
    if notes:
        log.warning("moved_folder_mended", server=server.id, notes=notes)


def _mend(data_path: Path) -> Sequence[str]:
    try:
        configuration = ServerConfiguration.read(data_path)
    except ConfigurationUnreadable:
        return ()  # the game says what is wrong with it
    mending = look_for_lost_paths(configuration, data_path, data_path)
    if mending.problem is not None:
        raise WillNotStart(mending.problem)
    if mending.save is not None:
        mend(configuration, mending)
        configuration.write()
        return mending.notes
    world = configuration.save_file
    if not (world.is_relative_to(data_path) or Path(os.path.realpath(world)).is_relative_to(os.path.realpath(data_path))):
        raise WillNotStart(
            f"{FILE_NAME} names a world outside of the server's folder: {world}. If the folder was moved or put back here, "
            "rename the one where it was, and start the server again: it takes the world of its own folder then."
        )
    return ()
