"""The catalogue of mods over HTTP. Answers are put together from bytes that were rendered when the mods changed."""

from collections.abc import Mapping
from typing import Any, Final

import orjson
from fastapi import APIRouter, Request
from starlette.responses import Response

from vintagestory_api.access.routes import API_PREFIX, ROLE_KEY, SCOPE_KEY, SecuredRoute
from vintagestory_api.kit.clock import rfc3339
from vintagestory_api.kit.raster import RASTER_TYPES
from vintagestory_api.mods.catalog import CatalogFit, ModCatalog, get_mod_catalog
from vintagestory_api.mods.catalog_search import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    SIDES,
    SORTS,
    TYPES,
    CatalogPage,
    read_minor,
    read_query,
)
from vintagestory_api.mods.logos import ModLogos, NotShowable
from vintagestory_api.mods.schemas import CatalogList, CatalogMod, CatalogTags
from vintagestory_api.problems import problem_responses

JOB_ID: Final = "mod_cache_refresh"

router = APIRouter(prefix=API_PREFIX, route_class=SecuredRoute, tags=["catalog"])

_ANYONE = {ROLE_KEY: "viewer", SCOPE_KEY: "anyone"}


def _parameter(name: str, description: str, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": {"type": "string", **schema}}


_SEARCH_PARAMETERS: Final = [
    _parameter(
        "q",
        "Words that all have to occur in name, ids, author, tags or summary; any text is allowed. "
        "The address of a mod's page, or a link that installs it, finds that mod.",
    ),
    _parameter("side", "Where the mod runs.", enum=list(SIDES)),
    _parameter("type", "What kind of thing it is.", enum=list(TYPES)),
    {
        **_parameter("tag", "A tag's name; given several times, mods that have all of them."),
        "schema": {"type": "array", "items": {"type": "string"}},
    },
    _parameter("author", "The author's exact name."),
    _parameter("game_version", "Mods with a release for this version's line, like 1.21 or 1.21.6."),
    _parameter("fit_for", "A version of the game: each mod tells in `fit` whether it has a release for its line."),
    _parameter("sort", "relevance with q, downloads without, unless said otherwise.", enum=list(SORTS)),
    _parameter("limit", "Mods on a page.", type="integer", minimum=1, maximum=MAX_LIMIT, default=DEFAULT_LIMIT),
    _parameter("cursor", "next_cursor of the page before."),
]


@router.get(
    "/catalog/mods",
    openapi_extra={**_ANYONE, "parameters": _SEARCH_PARAMETERS},
    response_model=CatalogList,
    responses=problem_responses(422, 503),
)
async def search_mods(request: Request) -> Response:
    """Search the catalogue. A catalogue that was never filled answers with `state: filling`, and begins to fill."""
    # Read by hand: ten declared parameters cost more time than the search.
    params: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        params.setdefault(name, []).append(value)
    query, fit_for = read_query(params), read_minor(params, "fit_for")
    catalog = get_mod_catalog()
    page = await catalog.search(query)
    fits = await catalog.fits_of(fit_for, page.modids) if fit_for is not None and page.items else {}
    if not page.filled:
        state = str(request.app.state.ensure_refresh())
    elif query.minor is not None and page.fits_fetched_at is None:
        state = "filling"
    else:
        state = "ready"
    refreshed_at: int | None = request.app.state.freshness(JOB_ID)
    rest = {
        "next_cursor": page.next_cursor,
        "total": page.total,
        "state": state,
        "data_age_seconds": _age_seconds(catalog, refreshed_at),
        "refreshed_at": rfc3339(refreshed_at),
    }
    return _json(b'{"items":[' + _with_fits(page, fits) + b"]," + orjson.dumps(rest)[1:])


@router.get(
    "/catalog/mods/{id}",
    openapi_extra=_ANYONE,
    response_model=CatalogMod,
    responses=problem_responses(404, 503),
)
async def read_mod(id: str) -> Response:  # noqa: A002 - the name in the address
    """One mod with its releases, by its number or by one of its ids in any letter case."""
    page = await get_mod_catalog().details(id)
    rest = {
        "logo_url": page.logo_url,
        "listed": page.listed,
        "also": [{"id": modid, "name": name} for modid, name in page.also],
        "stale": page.stale,
        "fetched_at": rfc3339(page.fetched_at),
    }
    return _json(page.document + b"," + orjson.dumps(rest)[1:])


_LOGO_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The picture.",
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in RASTER_TYPES},
    },
    204: {"description": "The mod has a file for a logo, but no picture that can be shown."},
    304: {"description": "The picture is still the one with the ETag that was sent as If-None-Match."},
    **problem_responses(404, 503),
}


#: Whatever the bytes are, a browser that opens them does nothing but show a picture.
_LOGO_HEADERS: Final = {
    "Cache-Control": "private, max-age=86400",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


@router.get(
    "/catalog/mods/{id}/logo",
    openapi_extra=_ANYONE,
    response_class=Response,
    responses=_LOGO_ANSWERS,
)
async def read_logo(request: Request, id: str) -> Response:  # noqa: A002 - the name in the address
    """The mod's logo from our own cache: PNG, JPEG, GIF or WebP of at most 2 MB.

    204 where the mod's file is none of these: a browser shows what it shows instead, without a complaint on its console.
    """
    logos: ModLogos = request.app.state.logos
    try:
        logo = await logos.logo(id)
    except NotShowable:
        return Response(status_code=204, headers={"Cache-Control": "private, max-age=3600"})
    headers = {"ETag": logo.etag, **_LOGO_HEADERS}
    if _is_known(request.headers.get("if-none-match", ""), logo.etag):
        return Response(status_code=304, headers=headers)
    return Response(logo.body, media_type=logo.content_type, headers=headers)


@router.get("/catalog/tags", openapi_extra=_ANYONE, response_model=CatalogTags, responses=problem_responses(503))
async def list_tags() -> Response:
    """All tags of the mod database, with how many mods have each."""
    return _json(orjson.dumps({"items": await get_mod_catalog().tags(), "next_cursor": None}))


def _with_fits(page: CatalogPage, fits: Mapping[int, CatalogFit]) -> bytes:
    """The items of a page, each with its fit: put in between, because items are rendered long before anybody asks for it."""
    if not fits:
        return b",".join(item[:-1] + b',"fit":null}' for item in page.items)
    pairs = zip(page.items, page.modids, strict=True)
    return b",".join(item[:-1] + b',"fit":"' + fits[modid].encode() + b'"}' for item, modid in pairs)


def _is_known(if_none_match: str, etag: str) -> bool:
    return etag in {part.strip().removeprefix("W/") for part in if_none_match.split(",")} or if_none_match.strip() == "*"


def _age_seconds(catalog: ModCatalog, refreshed_at: int | None) -> int | None:
    return None if refreshed_at is None else max(0, catalog.clock.now_ms() - refreshed_at) // 1000


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json")
