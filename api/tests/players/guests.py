"""People of the sandbox's game who come, talk and go when a test says so."""

from typing import Any

from tests.servers.games import LONG, House


class Guests:
    """Those of one server that runs."""

    def __init__(self, house: House, server_id: str) -> None:
        self.house = house
        self.app = house.app
        self.server_id = server_id
        self._plays = 0

    @property
    def path(self) -> str:
        return f"/servers/{self.server_id}/players"

    def play(self, *steps: str) -> None:
        """What people do from now on: `join Anna`, `chat Anna hello`, `leave Anna`."""
        self._plays += 1
        script = "; ".join(f"{0.5 + place}{self._plays} {step}" for place, step in enumerate(steps))
        self.house.switch(self.server_id, script=script)

    def all(self, **query: Any) -> dict[str, Any]:
        found: dict[str, Any] = self.app.get(self.path, **query)
        return found

    def one(self, name: str) -> dict[str, Any] | None:
        return next((player for player in self.all(q=name)["items"] if player["name"] == name), None)

    def until(self, name: str, **fields: Any) -> dict[str, Any]:
        found: dict[str, Any] = self.app.until(
            lambda: self.one(name),
            lambda player: player is not None and all(player[field] == value for field, value in fields.items()),
            LONG,
        )
        return found

    def comes(self, name: str) -> dict[str, Any]:
        self.play(f"join {name}")
        return self.until(name, is_online=True)

    def sessions(self, name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.app.get(f"{self.path}/{name}/sessions")["items"]
        return found

    def act(self, name: str, action: str, body: Any = None, method: str = "POST") -> dict[str, Any]:
        answer = self.app.ask(method, f"{self.path}/{name}/{action}", json=body)
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()
        return result
