"""One stand-in for all tests of a worker, as new for each test."""

from collections.abc import Iterator

import pytest

from tests.asking import Sandbox
from vintagestory_sandbox.upstream import SandboxUpstream, start_upstream


@pytest.fixture(scope="session")
def running_upstream() -> Iterator[SandboxUpstream]:
    """About as few mods as still have every oddity that the tests look for."""
    with start_upstream(mods=500) as upstream:
        yield upstream


@pytest.fixture
def sandbox(running_upstream: SandboxUpstream) -> Iterator[Sandbox]:
    """A stand-in without faults and with empty counts."""
    running_upstream.reset()
    yield Sandbox(running_upstream)
    running_upstream.reset()
