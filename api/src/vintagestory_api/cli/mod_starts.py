"""What the mods of a server have to do with it that it does not start."""

from typing import Any

from vintagestory_api.cli.connection import Client, segment

#: With these a server does not have the mods any more with which it did not start, or has started with them.
_OVER = {"ready", "mods_changed", "mods_restored", "mods_by_hand", "mods_put_back"}
_LOOKED_AT = 50


def new_mods_failed(client: Client, server: dict[str, Any]) -> str | None:
    """Of a server that did not start: that it has other mods since it last ran, and the way back."""
    if server["state"] != "failed_to_start":
        return None
    path = f"/servers/{segment(server['id'])}"
    happened = client.get(f"{path}/timeline", {"limit": _LOOKED_AT})["items"]
    last = next((one for one in happened if one["kind"] in {"mods_loaded", *_OVER}), None)
    if last is None or last["kind"] != "mods_loaded":
        return None
    loaded = last["details"]["set"]
    sets = client.get(f"{path}/mod-generations", {"limit": _LOOKED_AT})["items"]
    earlier = (one["number"] for one in sets if one["number"] < loaded and not one["is_joined"] and one["can_be_restored"])
    before = next(earlier, None)
    way = f"history {server['id']}" if before is None else f"rollback {server['id']} {before}"
    to = "Look at its sets" if before is None else f"Go back to set {before}"
    return f"It started with other mods (set {loaded}). {to} with: vsmanager mods {way}"
