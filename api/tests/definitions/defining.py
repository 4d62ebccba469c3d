"""Exports, plans and applies definitions of servers as a client does."""

from typing import Any

from tests.servers.games import LONG, House


def exported(house: House, server_id: str) -> str:
    answer = house.app.ask("GET", f"/servers/{server_id}/definition")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/yaml")
    return str(answer.text)


def planned(house: House, yaml: str, server_id: str | None = None) -> dict[str, Any]:
    answer = house.app.ask("POST", "/definitions/plan", json={"yaml": yaml, "server_id": server_id})
    assert answer.status_code == 200, answer.text
    plan: dict[str, Any] = answer.json()
    return plan


def applied(house: House, yaml: str, server_id: str | None = None, *, state: str = "succeeded") -> dict[str, Any]:
    """The run, when it has ended as it should. A plan is looked at first."""
    body = {"yaml": yaml, "server_id": server_id, "digest": planned(house, yaml, server_id)["digest"]}
    answer = house.app.ask("POST", "/definitions/apply", json=body)
    assert answer.status_code == 202, answer.text
    run = house.app.ended(answer.json()["id"], LONG)
    assert run["state"] == state, run
    return run


def part(plan: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in plan["parts"] if one["part"] == name)
    return found


def texts(plan: dict[str, Any], name: str) -> list[str]:
    return [step["text"] for step in part(plan, name)["steps"]]


def notes(plan: dict[str, Any], name: str) -> str:
    return " ".join(note["text"] for note in part(plan, name)["notes"])
