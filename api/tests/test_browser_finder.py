"""Which browser the browser tests get, and what is said where there is none."""

from pathlib import Path

import pytest

from tests.e2e import browser


def put_program(folder: Path, name: str, exit_code: int = 0) -> Path:
    program = folder / name
    program.write_text(f"#!/bin/sh\nexit {exit_code}\n")
    program.chmod(0o755)
    return program


def test_one_on_the_path_is_taken_if_it_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_program(tmp_path, "chromium", exit_code=1)
    chrome = put_program(tmp_path, "google-chrome")
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    monkeypatch.setattr(browser, "NAMES", ("chromium", "google-chrome"))
    assert browser.find_browser() == chrome


@pytest.mark.parametrize(("ci", "exit_code"), [("", 0), ("true", 1)])
def test_without_one_the_tests_are_skipped_loudly_and_fail_in_ci(
    ci: str, exit_code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr(browser, "get_browser", lambda: None)
    assert browser.main() == exit_code
    assert browser.NOT_FOUND in capsys.readouterr().err
