"""Second factors without the running manager, for the command line: on the database itself, whether the manager runs or not."""

from pathlib import Path

from vintagestory_api.access.offline import command_line_entry, offline_store
from vintagestory_api.access.users import StoredUser, UserNotFound
from vintagestory_api.kit.clock import SystemClock


def reset_second_factor_offline(path: Path, name: str, actor: str) -> StoredUser:
    """The user, as before. Takes the second factor away and signs them out everywhere; a running manager follows at once with
    the one, and within two seconds with the other.

    The file of secrets is the manager's alone: what it holds for this user is worth nothing without the row, and goes with the
    manager's next change. Raises `UserNotFound`, and what `prepare_database(may_migrate=False)` raises.
    """
    with offline_store(path) as store:
        store.users.hold()
        user = store.users.find(name)
        if user is None:
            raise UserNotFound(f"There is no user named {name!r}. See: vsmanager users list")
        store.second_factors.remove(user.id)
        store.users.end_sessions(user.id)
        now_ms = SystemClock().now_ms()
        target, details = {"user_id": user.id}, {"name": user.name}
        store.add_audit_entry(command_line_entry("reset_second_factor", actor, now_ms, target, details))
    return user
