"""What is stored of the configuration of games."""

from dataclasses import dataclass
from typing import Any, Literal

from vintagestory_api.server_config.differences import MISSING
from vintagestory_api.server_config.schemas import ConfigFileName

Cause = Literal["manager", "outside", "returned"]


@dataclass(frozen=True)
class PendingChange:
    """`value` and `before` are wrapped, `{"is": …}`, and empty where there is no such setting."""

    server_id: str
    file: ConfigFileName
    path: tuple[str, ...]
    value: dict[str, Any]
    before: dict[str, Any]
    actor: str
    at: int

    @property
    def wanted(self) -> Any:
        return self.value.get("is", MISSING)

    @property
    def was(self) -> Any:
        return self.before.get("is", MISSING)


def wrapped(value: Any) -> dict[str, Any]:
    return {} if value is MISSING else {"is": value}


@dataclass(frozen=True)
class VersionRecord:
    id: str
    server_id: str
    file: ConfigFileName
    at: int
    actor: str | None
    cause: Cause
    sha256: str
    content: str
