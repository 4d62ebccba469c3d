"""One manager on the sandbox for all tests of a file that only use it."""

import os
from collections.abc import Callable, Iterator

import pytest

from tests.cli.commands import Ended, vsmanager
from tests.managers import ManagerProcess, running_manager
from vintagestory_api import cli
from vintagestory_sandbox.upstream import SandboxUpstream, start_upstream

Run = Callable[..., Ended]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxUpstream]:
    with start_upstream(mods=150) as upstream:
        yield upstream


@pytest.fixture(scope="module")
def manager(sandbox: SandboxUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ManagerProcess]:
    """A manager whose first runs have ended."""
    with running_manager(tmp_path_factory.mktemp("cli") / "data", upstream=sandbox.url) as running:
        for job_id in ("mod_cache_refresh", "server_versions_check"):
            running.run_job(job_id)
        yield running


@pytest.fixture
def run(manager: ManagerProcess) -> Run:
    """Runs a command on that manager's data folder."""

    def run_it(*arguments: str) -> Ended:
        return vsmanager(*arguments, env={"VS_DATA_DIR": str(manager.data_dir)})

    return run_it


@pytest.fixture
def run_here(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command in this process: forty times as fast, for commands that only ask a manager or refuse to."""
    for name in list(os.environ):
        if name.startswith("VS_"):
            monkeypatch.delenv(name)

    def run_it(*arguments: str, **variables: str) -> Ended:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        capsys.readouterr()
        code = cli.run(arguments)
        return Ended(code, *capsys.readouterr())

    return run_it
