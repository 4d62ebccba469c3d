"""How the program dies when it is told to, and what it leaves behind."""

import time
from collections.abc import Sequence
from pathlib import Path

from vintagestory_sandbox.game.edition import Edition
from vintagestory_sandbox.game.log import Log
from vintagestory_sandbox.game.mods import Mod

MALFORMED = "SQLite Error 11: 'database disk image is malformed'."
_SOURCE = "VintagestoryLib\\Common\\FileIO\\Database\\SQLiteDbConnectionv2.cs:line 223"
_STACK = (
    "   at Microsoft.Data.Sqlite.SqliteException.ThrowExceptionForRC(Int32 rc, sqlite3 db)",
    "   at Microsoft.Data.Sqlite.SqliteDataReader.NextResult()",
    "   at Microsoft.Data.Sqlite.SqliteCommand.ExecuteReader(CommandBehavior behavior)",
    "   at Vintagestory.Common.Database.SQLiteDbConnectionv2.GetChunk(UInt64 position, String tablename) in " + _SOURCE,
)
_NULL = "Object reference not set to an instance of an object."


def report_thread(log: Log, exception: str) -> None:
    """A worker thread has failed: the server stops itself after this."""
    log.write("Fatal", "Caught unhandled exception in thread 'chunkdbthread'. Shutting down server.")
    report_exception(log, exception)


def report_exception(log: Log, exception: str) -> None:
    """An exception with its stack."""
    log.write("Error", "\n".join((f"Exception: {exception}", *_STACK)))


def report_crash(log: Log, edition: Edition, mods: Sequence[Mod], blamed: str) -> None:
    """Add to the crash report, and say where it is."""
    now = time.localtime()
    half = "AM" if now.tm_hour < 12 else "PM"
    clock = f"{now.tm_hour % 12 or 12}:{now.tm_min:02}:{now.tm_sec:02}"
    lines = [
        f"Game Version: v{edition.version} ({edition.branch})",
        f"{now.tm_mon}/{now.tm_mday}/{now.tm_year} {clock} {half}: Critical error occurred"
        + (f" in the following mod(s): {blamed}" if blamed else ""),
        f"Loaded Mods: {', '.join(mod.full_name for mod in mods)}",
    ]
    if blamed:
        lines.append(f"Involved Harmony IDs: {blamed.partition('@')[0]}")
    lines.append(f"System.NullReferenceException: {_NULL}")
    if blamed:
        modid = blamed.partition("@")[0]
        lines.append(f"   at {modid}.{modid.title()}ModSystem.OnGameTick(Single dt) in {modid.title()}ModSystem.cs:line 42")
    lines.append("   at Vintagestory.Server.ServerMain.Process() in VintagestoryLib\\Server\\ServerMain.cs:line 906")
    path: Path = log.folder / f"server-crash{edition.log_ending}"
    with path.open("a", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n\n")
    log.put(("\n".join(lines[:3]) + f'\nCrash written to file at "{path}"\n').encode())
