"""The table of who may do what is the truth: each route stands in one row of it, with its role and where that has to count."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest
from fastapi import FastAPI

from tests.access.route_walk import walk_routes
from vintagestory_api.config import ProcessSettings
from vintagestory_api.main import create_app

DOCS = Path(__file__).parents[2] / "docs" / "access.md"
#: What the table calls the scopes of routes.
COUNTS = {None: "–", "server": "server", "object": "server", "manager": "manager", "anyone": "anywhere", "list": "anywhere"}


class Row(NamedTuple):
    role: str
    counts: str
    patterns: list[str]

    def names(self, method: str, path: str) -> bool:
        return any(re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), f"{method} {path}") for pattern in self.patterns)


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    _, _, table = DOCS.read_text().partition("## Every route")
    found = []
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if len(cells) == 4 and "`" in cells[3]:
            found.append(Row(cells[1].strip("*"), cells[2], re.findall(r"`([^`]+)`", cells[3])))
    assert len(found) > 20
    return found


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    return create_app(ProcessSettings(data_dir=tmp_path_factory.mktemp("data")))


def test_each_route_stands_in_one_row_with_its_role_and_where_it_counts(app: FastAPI, rows: list[Row]) -> None:
    for route in walk_routes(app):
        path = route.path.removeprefix("/api/v1")
        naming = [row for row in rows if row.names(route.method, path)]
        assert len(naming) == 1, f"{route.method} {path} stands in {len(naming)} rows of {DOCS.name}; name it in one"
        role = route.required_role.value if route.required_role else "nobody"
        assert (naming[0].role, naming[0].counts) == (role, COUNTS[route.scope]), f"{route.method} {path}"


def test_each_pattern_names_a_route_that_is_there(app: FastAPI, rows: list[Row]) -> None:
    routes = [(route.method, route.path.removeprefix("/api/v1")) for route in walk_routes(app)]
    for row in rows:
        for pattern in row.patterns:
            alone = Row(row.role, row.counts, [pattern])
            assert any(alone.names(method, path) for method, path in routes), f"{pattern} names nothing"
