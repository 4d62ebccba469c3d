"""Runs `vsmanager` as users do: a process of its own, with what it prints and its exit code."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PROGRAM = str(Path(sys.executable).with_name("vsmanager"))
_TOKEN = re.compile(r"vsm_[A-Za-z0-9_-]{43}")


class Ended:
    """What a command printed, and how it ended."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err

    @property
    def json(self) -> Any:
        assert self.code == 0, self
        return json.loads(self.out)

    @property
    def problem(self) -> Any:
        """The problem document on the last line of stderr."""
        assert self.err.startswith("error: "), self
        return json.loads(self.err.splitlines()[-1])

    def __repr__(self) -> str:
        return f"exit code {self.code}\n{_TOKEN.sub('vsm_…', self.out)}\n{self.err}"


def clean_environment(**variables: str) -> dict[str, str]:
    """The environment of a user who has set nothing of ours, but `variables`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VS_")}
    return {**kept, "TZ": "UTC", "NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "", **variables}


def vsmanager(*arguments: str, env: Mapping[str, str] | None = None, cwd: Path | None = None, timeout: float = 40) -> Ended:
    done = subprocess.run(
        [PROGRAM, *arguments],
        env=clean_environment(**(env or {})),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Ended(done.returncode, done.stdout, done.stderr)


def words_of(table: str) -> list[list[str]]:
    """The cells of a table printed into a pipe, its head first, the rule below the head left out."""
    lines = [line for line in table.splitlines() if line.strip() and set(line.strip()) != {"─"}]
    return [re.split(r"\s{3,}", line.strip()) for line in lines]


def idle_folder(path: Path) -> Path:
    """A data folder whose jobs are off, so that a manager on it ends without waiting for one."""
    path.mkdir(parents=True, exist_ok=True)
    settings = {"mod_list_refresh_interval": 0, "server_versions_refresh_interval": 0}
    (path / "api-settings.json").write_text(json.dumps(settings))
    return path
