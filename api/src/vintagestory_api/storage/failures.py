"""What a failure of SQLite or of the disk means for a person. No driver is imported here."""

import errno
import sqlite3

_ADVICE = {
    sqlite3.SQLITE_BUSY: "Another program holds the database for too long. End programs that have it open, then try again.",
    sqlite3.SQLITE_LOCKED: "The database is locked for too long. Try again.",
    sqlite3.SQLITE_FULL: "The disk is full. Free some space on the disk of the data folder, then try again.",
    sqlite3.SQLITE_IOERR: "The disk of the data folder does not read or write as it should. Check the disk and its free space.",
    sqlite3.SQLITE_READONLY: "The database can't be written. Give the user of the manager the right to write in the data folder.",
    sqlite3.SQLITE_PERM: "The database can't be opened. Give the user of the manager the rights on the data folder.",
    sqlite3.SQLITE_CANTOPEN: "The database can't be opened. Check that the data folder is there and may be written.",
    sqlite3.SQLITE_CORRUPT: "The database file is damaged. Stop the manager and put a copy of it back.",
    sqlite3.SQLITE_NOTADB: "The database file is no database any more. Stop the manager and put a copy of it back.",
}
_PRIMARY_CODE = 0xFF  # the low byte; the rest says more about the same thing

_DISK_ADVICE = {
    errno.ENOSPC: "The disk is full. Free some space on the disk of the data folder, then try again.",
    errno.EDQUOT: "The disk quota of the manager's user is used up. Free some space or raise it, then try again.",
    errno.EROFS: "The disk of the data folder is mounted read-only. Mount it writable, then try again.",
}


def advise(error: BaseException) -> str | None:
    """What to do about `error`, when database or disk fail; None for a mistake of ours or any other error."""
    return advise_on_database_failure(error) or advise_on_disk_failure(error)


def advise_on_database_failure(error: BaseException) -> str | None:
    """What to do about `error`, when it is the surroundings that fail; None for a mistake of ours or any other error.

    Understands `sqlite3` errors, also inside those of SQLAlchemy, and SQLAlchemy's wait for a free connection.
    """
    original = getattr(error, "orig", None) or error
    if isinstance(original, sqlite3.Error):
        code = getattr(original, "sqlite_errorcode", None)
        return None if code is None else _ADVICE.get(code & _PRIMARY_CODE)
    if type(error).__name__ == "TimeoutError" and type(error).__module__.startswith("sqlalchemy."):
        return "The database is too busy to answer. Try again in a moment."
    return None


def advise_on_disk_failure(error: BaseException) -> str | None:
    """What to do about an `OSError` that says the disk can take no more; None for any other error."""
    return _DISK_ADVICE.get(error.errno or 0) if isinstance(error, OSError) else None
