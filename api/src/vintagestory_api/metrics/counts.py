"""What has happened since the manager was started, counted from its events."""

from collections import Counter

from vintagestory_api.events import Event, RunChanged, ServerChanged
from vintagestory_api.metrics.measured import Servers


class Counts:
    """`runs`: by job and state. `starts` and `crashes`: by server."""

    def __init__(self, servers: Servers) -> None:
        self._servers = servers
        self._states: dict[str, str] = {}
        self.runs: Counter[tuple[str, str]] = Counter()
        self.starts: Counter[str] = Counter()
        self.crashes: Counter[str] = Counter()

    def note(self, event: Event) -> None:
        if isinstance(event, RunChanged):
            if event.ended_ms is not None:
                self.runs[event.job_id, event.state] += 1
        elif isinstance(event, ServerChanged):
            state = next((server.state for server in self._servers.all() if server.id == event.server_id), None)
            self._note_state(event.server_id, state)

    def _note_state(self, server_id: str, state: str | None) -> None:
        if state is None:
            for counted in (self._states, self.starts, self.crashes):
                counted.pop(server_id, None)
            return
        before = self._states.get(server_id)
        self._states[server_id] = state
        if state == before:
            return
        if state == "starting":
            self.starts[server_id] += 1
        elif state == "crashed":
            self.crashes[server_id] += 1
