"""Logos end to end: a real manager, the stand-in of the mod database with its file store, everything asked through HTTP."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.message import Message
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from tests.managers import ManagerProcess, running_manager
from vintagestory_sandbox.pictures import picture, picture_kind
from vintagestory_sandbox.upstream import SandboxUpstream, start_upstream

KINDS = ("png", "jpeg", "gif", "webp", "svg", "html", "large", "wide", "missing")
FIRST = 2_000_000

_opener = build_opener(ProxyHandler({}))


def digest_of(kind: str) -> str:
    digests = (f"{number:032x}" for number in range(0xC0FFEE << 80, (0xC0FFEE << 80) + 0x10000))
    return next(digest for digest in digests if picture_kind(digest) == kind)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxUpstream]:
    """With one mod for each kind of logo, and one whose logo lies on another machine of the local network."""
    with start_upstream(mods=20) as upstream:
        logos = [f"{upstream.url}/cdn/logo_{digest_of(kind)}.png" for kind in KINDS]
        logos += ["http://192.168.17.23/logo.png", "http://127.0.0.1:9/logo.png"]
        upstream.change_mods(
            add=[{"modid": FIRST + number, "modidstrs": [f"logo{number}"], "logo": logo} for number, logo in enumerate(logos)]
        )
        yield upstream


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory, sandbox: SandboxUpstream) -> Iterator[ManagerProcess]:
    with running_manager(tmp_path_factory.mktemp("logos") / "data", upstream=sandbox.url) as process:
        process.run_job("mod_cache_refresh")
        yield process


def ask(manager: ManagerProcess, path: str) -> tuple[int, Message, bytes]:
    request = Request(manager.url + path, headers={"Authorization": f"Bearer {manager.token}"})
    try:
        with _opener.open(request, timeout=40) as answer:
            return answer.status, answer.headers, answer.read()
    except HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


@pytest.mark.parametrize("kind", ["png", "jpeg", "gif", "webp"])
def test_pictures_are_shown_as_what_they_are(manager: ManagerProcess, kind: str) -> None:
    mod = manager.get(f"/catalog/mods/{FIRST + KINDS.index(kind)}")
    status, headers, body = ask(manager, mod["logo_url"])
    assert (status, headers["Content-Type"]) == (200, f"image/{kind}")
    assert body == picture(digest_of(kind))
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("number", range(KINDS.index("svg"), len(KINDS) + 2))
def test_anything_else_is_no_logo(manager: ManagerProcess, number: int) -> None:
    mod = manager.get(f"/catalog/mods/{FIRST + number}")
    status, headers, body = ask(manager, mod["logo_url"])
    assert (status, body) == (204, b"")
    assert "Content-Type" not in headers


def test_many_browsers_cost_the_file_store_one_request_for_each_logo(manager: ManagerProcess, sandbox: SandboxUpstream) -> None:
    items = [item for item in manager.get("/catalog/mods?limit=100")["items"] if item["logo_url"] and item["id"] < FIRST]
    assert len(items) > 5
    sandbox.reset()
    with ThreadPoolExecutor(8) as browsers:
        answers = list(browsers.map(lambda item: ask(manager, item["logo_url"])[0], items * 3))
    assert set(answers) <= {200, 204}
    asked = {path: count for path, count in sandbox.stats()["paths"].items() if path.startswith("/cdn/")}
    assert set(asked.values()) == {1}
    assert len(asked) <= len(items)
