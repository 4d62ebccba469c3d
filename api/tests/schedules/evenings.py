"""Schedules of a real game server, made and watched through the API."""

from typing import Any

from tests.players.guests import Guests
from tests.servers.games import LONG
from vintagestory_api.events import ModUpdateFound

#: Waits for what a test causes with `something_happens`.
ON_DEMAND = {"kind": "event", "event": "mod_update_found"}


class Evenings(Guests):
    """A server with guests and schedules."""

    def schedule(self, name: str, *steps: dict[str, Any], **fields: Any) -> str:
        """The id of a new one."""
        body = {"name": name, "trigger": ON_DEMAND, "steps": list(steps), **fields}
        answer = self.app.ask("POST", f"/servers/{self.server_id}/schedules", json=body)
        assert answer.status_code == 201, answer.text
        schedule_id: str = answer.json()["id"]
        return schedule_id

    def is_alone(self) -> None:
        """Whoever was on for another test leaves."""
        online = [player["name"] for player in self.all(online=True)["items"] if player["is_online"]]
        if online:
            self.play(*(f"leave {name}" for name in online))
        for name in online:
            self.until(name, is_online=False)

    def something_happens(self) -> None:
        bus = self.app.manager.bus
        self.app.in_loop(lambda: bus.publish(ModUpdateFound(self.server_id, "amod", "1.0.0", "1.1.0")))

    def view(self, schedule_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.app.get(f"/schedules/{schedule_id}")
        return found

    def begin(self, schedule_id: str) -> str:
        """The id of a run that was asked for."""
        answer = self.app.ask("POST", f"/schedules/{schedule_id}/run")
        assert answer.status_code == 202, answer.text
        run_id: str = answer.json()["id"]
        return run_id

    def done(self, schedule_id: str, state: str = "succeeded") -> list[dict[str, Any]]:
        """What became of the steps of a run that was asked for."""
        run = self.app.ended(self.begin(schedule_id), LONG)
        assert run["state"] == state, run
        steps: list[dict[str, Any]] = run["report"]["steps"]
        return steps

    def runs(self, schedule_id: str) -> list[dict[str, Any]]:
        """Oldest first."""
        found: list[dict[str, Any]] = self.app.get("/runs", job_id=f"schedule:{schedule_id}", limit=100)["items"]
        return found[::-1]

    def until_runs(self, schedule_id: str, count: int) -> list[dict[str, Any]]:
        """When that many are recorded, and all of them have ended."""
        found: list[dict[str, Any]] = self.app.until(
            lambda: self.runs(schedule_id), lambda runs: len(runs) >= count and all(run["ended_at"] for run in runs), LONG
        )
        return found

    def says(self, run_id: str, words: str) -> dict[str, Any]:
        """The run, as soon as its progress holds these words."""
        found: dict[str, Any] = self.app.until(
            lambda: self.app.get(f"/runs/{run_id}"), lambda run: words in (run["message"] or ""), LONG
        )
        return found
