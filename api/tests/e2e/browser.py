"""Which Chromium the browser tests drive. `python -m tests.e2e.browser` gets one where none is there.

One on PATH; else Debian's package, where this user may install it; else Playwright's own. Where none of them can be had,
the tests are skipped and say so; with `CI=true` that is a failure.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NOT_FOUND = "There is no Chromium or Chrome on this machine, and none could be installed: nothing was tested in a browser."
_INSTALL_SECONDS = 300
_START_SECONDS = 60


def find_browser() -> Path | None:
    """One that starts, from PATH or from Playwright."""
    return next((path for path in _candidates() if _starts(path)), None)


def get_browser() -> Path | None:
    """One that is there, or that has been installed now."""
    return find_browser() or _install_package() or _install_playwrights_own()


def skipping_fails() -> bool:
    return os.environ.get("CI", "").lower() in {"1", "true"}


def _candidates() -> Iterator[Path]:
    for name in NAMES:
        if found := shutil.which(name):
            yield Path(found)
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    yield Path(own)


def _starts(path: Path) -> bool:
    return path.is_file() and _succeeds([str(path), "--version"], _START_SECONDS)


def _install_package() -> Path | None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return None
    _say("Installing Chromium with apt-get …")
    install = ["apt-get", "install", "--yes", "--no-install-recommends", "chromium"]
    if not _succeeds(install, _INSTALL_SECONDS):
        # The list of packages may be old, or not be there at all.
        _succeeds(["apt-get", "update"], _INSTALL_SECONDS)
        _succeeds(install, _INSTALL_SECONDS)
    return find_browser()


def _install_playwrights_own() -> Path | None:
    _say("Installing Playwright's Chromium …")
    _succeeds([sys.executable, "-m", "playwright", "install", "chromium"], _INSTALL_SECONDS)
    return find_browser()


def _succeeds(command: list[str], seconds: float) -> bool:
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        ended = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return ended.returncode == 0


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def main() -> int:
    if get_browser() is not None:
        return 0
    line = "!" * len(NOT_FOUND)
    _say(f"{line}\n{NOT_FOUND}\n{line}")
    return 1 if skipping_fails() else 0


if __name__ == "__main__":
    sys.exit(main())
