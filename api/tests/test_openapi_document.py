"""The OpenAPI document that programs and pages are made from."""

import sys
from pathlib import Path

import pytest

from tests.apps import App, running_app
from vintagestory_api.main import create_app


def test_the_document_describes_this_very_application_and_needs_no_sign_in(data_dir: Path) -> None:
    with running_app(data_dir, token=False) as app:
        answer = app.ask("GET", "/openapi.json")
        again = app.ask("GET", "/openapi.json")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == create_app().openapi()
    assert again.content == answer.content


def test_a_document_that_can_not_be_made_is_said_and_made_later(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        for program in ("/nowhere/python", "/bin/false"):
            patch.setattr(sys, "executable", program)
            answer = app.ask("GET", "/openapi.json")
            assert (answer.status_code, answer.json()["code"]) == (503, "openapi_document_not_made")
    assert app.get("/openapi.json")["paths"]
