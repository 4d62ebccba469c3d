"""Work on the data folder itself, for commands that also serve while the manager is stopped."""

import getpass
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vintagestory_api.errors import ManagerError
from vintagestory_api.storage.data_folder import DataFolder, DataFolderInUse

#: A manager that starts holds the folder's lock before it makes the database; one that runs has done so.
WAIT_FOR_DATABASE_SECONDS = 10.0
_LOOK_AGAIN_SECONDS = 0.1


def quiet_logs() -> None:
    """What the manager's code logs is not for the reader of a command's output."""
    import structlog  # noqa: PLC0415 - only where the manager's own code is used

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50), logger_factory=structlog.ReturnLoggerFactory())


def prepared_database(data_dir: Path) -> Path:
    """The path of a database that is up to date; it is made or migrated under the folder's lock, never while another has it.

    Raises the `ManagerError`s of `DataFolder` and of `prepare_database`.
    """
    from vintagestory_api.storage.database import (  # noqa: PLC0415 - structlog and asyncio, only for these commands
        HEAD_REVISION,
        prepare_database,
        read_revision,
    )

    folder = DataFolder(data_dir)
    deadline = time.monotonic() + WAIT_FOR_DATABASE_SECONDS
    while read_revision(folder.database) != HEAD_REVISION:
        folder.prepare()
        try:
            folder.lock()
        except DataFolderInUse:
            if time.monotonic() >= deadline:
                prepare_database(folder.database, may_migrate=False)  # says what is wrong with it
                break
            time.sleep(_LOOK_AGAIN_SECONDS)
            continue
        try:
            prepare_database(folder.database)
        finally:
            folder.unlock()
    return folder.database


def actor() -> str:
    """The user of this machine, for the audit trail."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def remember_change(data_dir: Path, action: str, details: Mapping[str, Any]) -> str | None:
    """Add a change that was made without the manager to the audit trail. What is wrong, when that can't be done."""
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - SQLAlchemy costs half a second

    from vintagestory_api.access.audit import OK, AuditEntry, presentable  # noqa: PLC0415 - with the next one
    from vintagestory_api.access.store import blocking_store  # noqa: PLC0415 - imports SQLAlchemy
    from vintagestory_api.kit.clock import SystemClock  # noqa: PLC0415 - with the next one
    from vintagestory_api.kit.ids import uuid7  # noqa: PLC0415 - only here

    entry = AuditEntry(
        id=uuid7(),
        at=SystemClock().now_ms(),
        who_kind="command_line",
        who_id=None,
        who_name=actor(),
        role=None,
        action=action,
        target={},
        from_address=None,
        result=OK,
        status=None,
        details=presentable(details),
    )
    try:
        with blocking_store(prepared_database(data_dir)) as store:
            store.add_audit_entry(entry)
    except (ManagerError, SQLAlchemyError) as error:
        return f"The change is made, but could not be added to the audit trail: {error}"
    return None
