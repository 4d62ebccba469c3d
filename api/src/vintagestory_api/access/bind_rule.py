"""The manager is reachable from other machines only when someone can sign in as its admin."""

import ipaddress

from vintagestory_api.errors import Forbidden


class NoAdminYet(Forbidden):
    code = "no_admin_yet"


def check_may_listen(host: str, has_admin: bool) -> None:
    """Raises `NoAdminYet` when `host` (`VS_HOST`) is not this machine alone and there is neither an admin nor an admin token."""
    if has_admin or is_loopback(host):
        return
    raise NoAdminYet(
        f"The manager does not listen on {host!r} before it has an admin, because anybody could reach it. Make one first: "
        "vsmanager admin create NAME, or vsmanager token create --role admin --name NAME. "
        "Or listen on this machine only: VS_HOST=127.0.0.1."
    )


def is_loopback(host: str) -> bool:
    """Whether `host` can be reached from this machine only. Names other than localhost count as not."""
    host = host.strip().strip("[]")
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
