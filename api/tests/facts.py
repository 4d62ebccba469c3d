"""Where the recorded facts lie, for the tests marked `real_data`."""

import os
from pathlib import Path

import pytest

FACTS = Path(__file__).resolve().parents[2].parent / "shared" / "facts"


def facts_path(name: str) -> Path:
    """The path of one recorded file or folder. Skips the test where the facts are not at hand; in CI that is a failure."""
    path = FACTS / name
    if not path.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI must run the tests on real data, and {name} is not there")
        pytest.skip("the recorded facts are not beside the project")
    return path
