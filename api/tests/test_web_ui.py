"""What a browser gets: the page at every address of the web UI, and the files it is made of."""

import gzip
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from vintagestory_api.http_guard import HttpGuard
from vintagestory_api.problems import install_problem_handlers
from vintagestory_api.web_ui import serve_web_ui

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Encoding": "gzip, deflate, br"}
PAGE = '<!doctype html><meta name="csp-nonce" content="__CSP_NONCE__"><style nonce="__CSP_NONCE__"></style>'
SCRIPT = b"console.log('hello');" * 40


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of a built web UI; beside it lies what must never be sent."""
    (tmp_path / "secret.txt").write_text("secret")
    folder = tmp_path / "web_ui_files"
    assets = folder / "assets"
    assets.mkdir(parents=True)
    (folder / "index.html").write_text(PAGE)
    (folder / "favicon.svg").write_text("<svg/>")
    (assets / "main-1a2b.js").write_bytes(SCRIPT)
    (assets / "main-1a2b.js.gz").write_bytes(gzip.compress(SCRIPT))
    (assets / "main-3c4d.css").write_text("a{}")
    return folder


@pytest.fixture
def client(folder: Path) -> Iterator[TestClient]:
    app = FastAPI()
    install_problem_handlers(app)
    app.add_middleware(HttpGuard)

    @app.get("/api/v1/jobs")
    async def jobs() -> str:
        return "jobs"

    serve_web_ui(app, folder)
    with TestClient(app, base_url="http://127.0.0.1") as client:
        yield client


@pytest.mark.parametrize(
    "path", ["/", "/jobs", "/jobs/mod_cache_refresh", "/mods/12?q=a", "/no/such/page", "/apiary", "/assetsless"]
)
def test_every_address_that_is_no_other_ones_shows_the_page(client: TestClient, path: str) -> None:
    answer = client.get(path, headers=BROWSER)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "csp-nonce" in answer.text


def test_the_root_shows_the_page_to_programs_too(client: TestClient) -> None:
    assert "csp-nonce" in client.get("/", headers={"Accept": "*/*"}).text


def test_each_page_has_a_nonce_of_its_own_that_its_policy_names(client: TestClient) -> None:
    nonces = set()
    for _ in range(3):
        answer = client.get("/", headers=BROWSER)
        (nonce,) = set(re.findall(r'(?:content|nonce)="([^"]+)"', answer.text))
        assert f"'nonce-{nonce}'" in answer.headers["content-security-policy"]
        nonces.add(nonce)
    assert len(nonces) == 3
    assert all(len(nonce) >= 20 for nonce in nonces)


def test_the_policy_lets_only_own_scripts_run_and_nobody_frame_the_page(client: TestClient) -> None:
    policy = client.get("/", headers=BROWSER).headers["content-security-policy"]
    rules = {name: rest for name, _, rest in (rule.strip().partition(" ") for rule in policy.split(";"))}
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == "'self'"
    assert rules["connect-src"] == "'self'"
    assert rules["frame-ancestors"] == "'none'"
    assert rules["base-uri"] == "'none'"
    assert "unsafe" not in policy


@pytest.mark.parametrize("path", ["/api", "/api/v1/nothing", "/healthz/x", "/readyz/x", "/openapi.json/x", "/assets/old-9z.js"])
def test_what_is_not_there_stays_a_problem_even_for_a_browser(client: TestClient, path: str) -> None:
    answer = client.get(path, headers=BROWSER)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "not_found"


def test_a_program_gets_no_page_where_there_is_nothing(client: TestClient) -> None:
    assert client.get("/jobs", headers={"Accept": "application/json"}).json()["code"] == "not_found"
    assert client.get("/favicon.png", headers={"Accept": "image/*"}).json()["code"] == "not_found"
    assert client.post("/jobs", headers=BROWSER).json()["code"] == "not_found"


def test_routes_of_the_application_come_first(client: TestClient) -> None:
    assert client.get("/api/v1/jobs", headers=BROWSER).json() == "jobs"


def test_files_with_their_content_in_their_name_are_kept_for_ever(client: TestClient) -> None:
    answer = client.get("/assets/main-3c4d.css")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert client.get("/favicon.svg").headers["cache-control"] == "public, max-age=3600"
    assert client.get("/favicon.svg").headers["content-type"] == "image/svg+xml"


def test_a_file_is_sent_compressed_to_who_takes_that(client: TestClient) -> None:
    answer = client.get("/assets/main-1a2b.js", headers=BROWSER)
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.content == SCRIPT


@pytest.mark.parametrize("accepted", ["", "identity", "br", "gzip;q=0", "gzip; q=0.000, br"])
def test_a_file_is_sent_as_it_is_to_who_takes_nothing_else(client: TestClient, accepted: str) -> None:
    answer = client.get("/assets/main-1a2b.js", headers={"Accept-Encoding": accepted})
    assert "content-encoding" not in answer.headers
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.content == SCRIPT


def test_a_compressed_form_is_no_file_of_its_own(client: TestClient) -> None:
    assert client.get("/assets/main-1a2b.js.gz").status_code == 404


@pytest.mark.parametrize(
    "path", ["/../secret.txt", "/assets/../../secret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt"]
)
def test_nothing_beside_the_folder_is_sent(client: TestClient, path: str) -> None:
    assert "secret" not in client.get(path, headers=BROWSER).text


def test_a_new_build_is_served_without_a_restart(client: TestClient, folder: Path) -> None:
    client.get("/", headers=BROWSER)
    (folder / "assets" / "main-5e6f.js").write_text("new")
    (folder / "assets" / "main-1a2b.js").unlink()
    index = folder / "index.html"
    index.write_text(PAGE + "new")
    os.utime(index, ns=(0, 1))
    assert client.get("/assets/main-1a2b.js").status_code == 404
    assert client.get("/assets/main-5e6f.js").text == "new"
    assert client.get("/", headers=BROWSER).text.endswith("new")


def test_without_a_build_a_plain_page_says_how_to_make_one(client: TestClient, folder: Path) -> None:
    (folder / "index.html").unlink()
    answer = client.get("/jobs", headers=BROWSER)
    assert answer.status_code == 503
    assert "./just build-web" in answer.text
    assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert client.get("/api/v1/jobs").json() == "jobs"
