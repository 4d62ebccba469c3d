"""One mod as its page shows it."""

from typing import Any

import orjson

from vintagestory_api.mods.catalog_details import render_details
from vintagestory_api.mods.moddb_answers import ModDetails, Release


def rendered(*versions: str) -> list[dict[str, Any]]:
    """The releases of a mod whose releases came in this order, the newest by date first."""
    releases = tuple(Release(number, version, "pots", 1, "pots.zip", 0, (), None) for number, version in enumerate(versions))
    mod = ModDetails(
        1,
        1,
        "Pots",
        "",
        "Anna",
        None,
        "both",
        "mod",
        None,
        None,
        None,
        None,
        None,
        None,
        0,
        0,
        0,
        0,
        None,
        None,
        (),
        releases,
        (),
    )
    found: list[dict[str, Any]] = orjson.loads(render_details(mod, {}) + b"}")["releases"]
    return found


def test_releases_come_by_version_and_not_by_date() -> None:
    found = rendered("1.9.1", "vNext", "2.0.0-rc.1", "1.10.0", "2.0.0-rc.1", "soon")
    assert [one["version"] for one in found] == ["2.0.0-rc.1", "2.0.0-rc.1", "1.10.0", "1.9.1", "vNext", "soon"]
    assert [one["is_prerelease"] for one in found] == [True, True, False, False, False, False]
    assert [one["id"] for one in found[:2]] == [2, 4], "the same version as they came"
