"""From `pip install` of the wheel in a clean environment to the page of an admin who has signed in; and the wheel's size.

Needs the web UI (`./just build-web`), and the package index that pip is set up for on this machine. pip's cache is not used.
"""

import contextlib
import http.client
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from figures import Figure, Measured
from processes import environment, free_port, serving

_API = Path(__file__).resolve().parents[1] / "api"
_NAME, _PASSWORD = "Anna", "a password for a benchmark"
_MEGABYTE = 1_000_000
_ASSETS = re.compile(r'(?:src|href)="(/assets/[^"]+)"')


def measure(*, quick: bool) -> Measured:  # noqa: ARG001 - there is nothing to leave out
    with tempfile.TemporaryDirectory(prefix="vsmanager-bench-") as name:
        folder = Path(name)
        wheel = _build(folder)
        python = folder / "venv" / "bin" / "python"
        _run([sys.executable, "-m", "venv", str(folder / "venv")])
        started = time.perf_counter()
        _run([str(python), "-m", "pip", "install", "--quiet", "--no-cache-dir", "--disable-pip-version-check", str(wheel)])
        installed = time.perf_counter()
        data_dir, port = folder / "data", free_port()
        settings = environment(VS_DATA_DIR=str(data_dir), VS_PORT=str(port))
        command = str(python.with_name("vsmanager"))
        _run([command, "admin", "create", _NAME, "--password-stdin"], given=f"{_PASSWORD}\n", env=settings)
        made = time.perf_counter()
        # Nothing of it is asked of the services on the internet, which the first page does not wait for.
        settings |= {"VS_MOD_DB_URL": "http://127.0.0.1:9", "VS_VERSIONS_URL": "http://127.0.0.1:9"}
        with serving([command, "serve"], port, settings):
            served = time.perf_counter()
            files = _open_page(port)
            ended = time.perf_counter()
        return Measured(
            [
                Figure("install_to_page_seconds", round(ended - started, 1), 60, "s"),
                Figure("wheel_mb", round(wheel.stat().st_size / _MEGABYTE, 2), 6, "MB"),
            ],
            {
                "pip_install_seconds": round(installed - started, 1),
                "first_admin_seconds": round(made - installed, 1),
                "first_answer_seconds": round(served - made, 1),
                "page_seconds": round(ended - served, 2),
                "page_files": files,
            },
        )


def _build(folder: Path) -> Path:
    _run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], cwd=_API)
    return next(folder.glob("*.whl"))


def _run(command: list[str], *, given: str = "", env: dict[str, str] | None = None, cwd: Path | None = None) -> None:
    done = subprocess.run(command, input=given, env=env or environment(), cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stdout}{done.stderr}")


def _open_page(port: int) -> int:
    """Sign in as a browser does, and fetch the page with all that it names. Returns how many files that were."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with contextlib.closing(connection):
        origin = {"Origin": f"http://127.0.0.1:{port}", "Content-Type": "application/json"}
        answer, _body = _ask(connection, "POST", "/api/v1/session", origin, {"name": _NAME, "password": _PASSWORD})
        cookie = {"Cookie": (answer.getheader("Set-Cookie") or "").partition(";")[0]}
        _answer, page = _ask(connection, "GET", "/", {**cookie, "Accept": "text/html"})
        assets = _ASSETS.findall(page.decode())
        if not assets:
            raise RuntimeError("The wheel holds no web UI. Run ./just build-web.")
        for asset in assets:
            _ask(connection, "GET", asset, cookie)
        _answer, me = _ask(connection, "GET", "/api/v1/me", cookie)
        if json.loads(me)["name"] != _NAME:
            raise RuntimeError(f"Nobody is signed in: {me!r}")
        return len(assets) + 1


def _ask(
    connection: http.client.HTTPConnection, method: str, path: str, headers: dict[str, str], body: object = None
) -> tuple[http.client.HTTPResponse, bytes]:
    connection.request(method, path, None if body is None else json.dumps(body).encode(), headers)
    answer = connection.getresponse()
    content = answer.read()
    if answer.status >= 400:
        raise RuntimeError(f"{method} {path} answered {answer.status}: {content!r}")
    return answer, content
