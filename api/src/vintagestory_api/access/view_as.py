"""How it is kept with a browser session as whom its admin looks at the manager. Nothing here touches the database."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vintagestory_api.access.grants import GRANTED
from vintagestory_api.access.principal import ViewedAs
from vintagestory_api.access.roles import Role


@dataclass(frozen=True)
class WantedView:
    """A user, or else a role with roles on single servers."""

    user_id: str | None
    role: Role = Role.NONE
    on: Mapping[str, Role] | None = None

    def written(self) -> str:
        if self.user_id is not None:
            return json.dumps({"user_id": self.user_id})
        return json.dumps({"role": self.role, "on": dict(self.on or {})})


def read_view(text: str) -> WantedView | None:
    """None for what can't be read: nobody is looked at then."""
    try:
        told: Any = json.loads(text)
        if "user_id" in told:
            return WantedView(str(told["user_id"]))
        on = {str(server_id): Role(role) for server_id, role in told["on"].items()}
        return WantedView(None, Role(told["role"]), {server_id: role for server_id, role in on.items() if role in GRANTED})
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def as_role(wanted: WantedView) -> ViewedAs:
    return ViewedAs("role", None, wanted.role.value, wanted.role, wanted.on or {})
