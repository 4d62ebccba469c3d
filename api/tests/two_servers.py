"""The real application with two game servers, one object of each kind on both, and callers with roles for all and for one."""

import json
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from starlette.testclient import TestClient

from tests.apps import App, data_dir_where_nothing_is_due, running_app
from vintagestory_api.access.offline import create_token_offline
from vintagestory_api.access.roles import Role
from vintagestory_api.kit.ids import uuid7

OWN, FOREIGN = "own-meadow", "foreign-valley"
OWN_PORT, FOREIGN_PORT = 42_420, 42_421


@dataclass(frozen=True)
class Caller:
    """`role` counts for all, `on_own` on the server `OWN`."""

    name: str
    role: Role = Role.NONE
    on_own: Role = Role.NONE

    @property
    def highest(self) -> Role:
        return max(self.role, self.on_own, key=list(Role).index)

    def role_on(self, server_id: str) -> Role:
        return self.highest if server_id == OWN else self.role


CALLERS = [
    Caller("nothing"),
    *(Caller(f"{role.value} of all", role) for role in (Role.VIEWER, Role.OPERATOR, Role.ADMIN)),
    *(Caller(f"{role.value} of one", on_own=role) for role in (Role.VIEWER, Role.OPERATOR, Role.ADMIN)),
    Caller("viewer of all, operator of one", Role.VIEWER, Role.OPERATOR),
]


class World:
    """What the parameters of paths stand for on each server, and how to ask as a caller."""

    def __init__(self, client: TestClient, secrets: Mapping[str, str], objects: Mapping[str, Mapping[str, str]]) -> None:
        self.client = client
        self.objects = objects
        self._secrets = secrets

    def headers(self, caller: Caller | None) -> dict[str, str]:
        return {} if caller is None else {"X-API-Key": self._secrets[caller.name]}

    def address(self, path: str, server_id: str) -> str:
        others = {"number": "1", "port": "42420", "version": "1.22.7", "name": "nobody", "file": "serverconfig"}
        known = {**others, **self.objects[server_id]}
        return re.sub(r"\{(\w+)\}", lambda found: known.get(found[1], "no-such-thing"), path)

    def ask(self, caller: Caller | None, method: str, path: str, server_id: str = OWN, **options: Any) -> httpx2.Response:
        address = self.address(path, server_id)
        answer: httpx2.Response = self.client.request(method, address, headers=self.headers(caller), **options)
        return answer


@contextmanager
def two_servers(folder: Path, empty_database: Path) -> Iterator[World]:
    data_dir = data_dir_where_nothing_is_due(folder, empty_database)
    database = data_dir / "vsmanager.db"
    alerts = {server_id: _add_server(database, data_dir / "servers" / server_id, server_id) for server_id in (OWN, FOREIGN)}
    with running_app(data_dir) as app:
        secrets = {caller.name: _token(database, caller) for caller in CALLERS}
        objects = {server_id: _objects(app, server_id) | {"alert_id": alerts[server_id]} for server_id in (OWN, FOREIGN)}
        yield World(app._client, secrets, objects)


def _token(database: Path, caller: Caller) -> str:
    grants = [] if caller.on_own is Role.NONE else [f"{OWN}={caller.on_own.value}"]
    return create_token_offline(database, caller.name, caller.role, "test", grants)


def _add_server(database: Path, folder: Path, server_id: str) -> str:
    """The id of an alert about it, which is over."""
    port = OWN_PORT if server_id == OWN else FOREIGN_PORT
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "serverconfig.json").write_text(json.dumps({"ServerName": server_id, "Port": port}))
    alert_id, told = uuid7(), json.dumps({"title": f"Crashed: {server_id}", "text": "", "action": None})
    with closing(sqlite3.connect(database)) as db, db:
        db.execute(
            "INSERT INTO servers (id, name, port, version, data_path, wanted, settings, last_seq, created_at, created_by)"
            " VALUES (?, ?, ?, '1.22.7', ?, 'stopped', '{}', 0, 0, 'test')",
            (server_id, server_id, port, str(folder / "data")),
        )
        db.execute(
            "INSERT INTO alerts (id, key, kind, severity, server_id, opened_at, last_at, count, closed_at, data)"
            " VALUES (?, ?, 'server_crashed', 'warning', ?, 1, 1, 1, 2, ?)",
            (alert_id, f"server_crashed:{server_id}", server_id, told),
        )
    return alert_id


def _objects(app: App, server_id: str) -> dict[str, str]:
    schedule = {"name": "Nightly", "trigger": {"kind": "cron", "cron": "0 5 * * *"}, "steps": [{"do": "save"}]}
    made = app.ask("POST", f"/servers/{server_id}/schedules", json=schedule)
    assert made.status_code == 201, made.text
    run = app.ask("POST", f"/servers/{server_id}/backups", json={}).json()
    ended = app.ended(run["id"], 60)
    assert ended["state"] == "succeeded", ended
    return {
        "server_id": server_id,
        "schedule_id": made.json()["id"],
        "run_id": run["id"],
        "backup_id": app.get(f"/servers/{server_id}/backups")["items"][0]["id"],
    }
