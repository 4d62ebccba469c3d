"""From "Server stop requested" to the end, in the order of the real program."""

from typing import TYPE_CHECKING

from vintagestory_sandbox.game.loop import Task

if TYPE_CHECKING:
    from vintagestory_sandbox.game.server import Server

_THREADS = 6


def shut_down(server: "Server", reason: str, code: int) -> Task:
    """Save everything and end with this exit code."""
    write = server.log.write
    pause = server.switches.number("shutdown_seconds") / 4
    write("Notification", f"Server stop requested, begin shutdown sequence. Stop reason: {reason}")
    yield pause
    write("Notification", "Server ticking has been suspended")
    server.enter("Shutdown")
    write("Notification", "Defragmented listener lists")
    write("Event", "Mods and systems notified, now saving everything...")
    if server.was_ready:
        server.clients.remove_all(f"Server shutting down - {reason}")
        yield pause
        write("Event", "Saved player world data...")
        write("Event", "Saved map regions...")
        write("Event", "Saved map chunks...")
        saved = server.world.save(server.play_seconds)
        yield pause
        write("Event", "Saved loaded chunks...")
        write("Event", "Saved generating chunks...")
        write("Event", "Saved savegamedata...2")
        write("Event", saved.text)
        server.accounts.write()
        server.config.write()
    write("Event", f"Shutting down {_THREADS} server threads... ")
    write("Event", "Killed console thread")
    yield pause
    write("Event", "All threads gracefully shut down")
    write("Event", "Doing last tick...")
    write("Event", "Stopped the server!")
    server.end(code)
