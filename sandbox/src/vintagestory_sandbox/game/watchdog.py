"""The limits at which the game ends itself: disk, memory."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vintagestory_sandbox.game.server import Server

_PAUSE_SECONDS = 60.0
_WARN_SHARE = 0.9


def watch_limits(server: "Server") -> None:
    """Look once a minute."""

    def look() -> None:
        least = int(server.config["DieBelowDiskSpaceMb"])
        left = _free_mb(server)
        if least >= 0 and left < least:
            server.log.write("Fatal", f"Disk space is below {least} megabytes ({left} mb left). Shutting down server.")
            server.stop(f"Disk space is below {least} megabytes ({left} mb left)")
            return
        most = int(server.config.values.get("DieAboveMemoryUsageMb", 50_000))
        used = memory_mb()
        if used > most:
            server.log.write("Fatal", f"Memory usage is above {most} megabytes ({used} mb used). Shutting down server.")
            server.stop(f"Memory usage is above {most} megabytes")
        elif used > most * _WARN_SHARE:
            server.log.write("Warning", f"Memory usage is at {used} of {most} megabytes; the server ends above that.")

    server.loop.every(_PAUSE_SECONDS, look)


def memory_mb() -> int:
    """How much memory the process has now."""
    with open("/proc/self/statm", "rb") as file:  # noqa: PTH123 - not worth a path
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20


def _free_mb(server: "Server") -> int:
    found = os.statvfs(server.options.data_path)
    return found.f_bavail * found.f_frsize >> 20
