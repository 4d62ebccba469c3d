"""Lists what an application offers and to whom, for the tests that try every role on every route."""

from collections.abc import Iterator
from typing import NamedTuple

from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from vintagestory_api.access.roles import Role
from vintagestory_api.access.routes import PUBLIC_KEY, ROLE_KEY, SCOPE_KEY, SecuredRoute


class OfferedRoute(NamedTuple):
    method: str
    path: str
    required_role: Role | None  # None: public
    scope: str | None = None  # where the role has to count; None: public


def walk_routes(app: FastAPI) -> list[OfferedRoute]:
    """Every operation of the OpenAPI document; fails for one that does not say who may use it."""
    return sorted(_operations(app), key=lambda route: (route.path, route.method))


def _operations(app: FastAPI) -> Iterator[OfferedRoute]:
    for path, operations in app.openapi()["paths"].items():
        for method, operation in operations.items():
            if operation.get(PUBLIC_KEY):
                yield OfferedRoute(method.upper(), path, None)
            else:
                assert ROLE_KEY in operation, f"{method} {path} does not say who may use it"
                yield OfferedRoute(method.upper(), path, Role(operation[ROLE_KEY]), operation[SCOPE_KEY])


def stream_paths(app: FastAPI) -> set[str]:
    """Addresses whose answer does not end by itself: whoever asks there has to hang up."""
    return {
        path
        for path, operations in app.openapi()["paths"].items()
        if "text/event-stream" in operations.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
    }


def unsecured_routes(app: FastAPI) -> list[str | None]:
    """Paths of API routes that the one mechanism does not guard, in the document or not."""
    return [
        context.path
        for context in iter_route_contexts(app.routes)
        if isinstance(context.original_route, APIRoute) and not isinstance(context.original_route, SecuredRoute)
    ]
