"""The benchmark that needs a browser runs, and tells the figures that docs/performance.md promises."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_the_benchmark_of_the_pages_runs_and_tells_its_documented_figures(browser_program: Path) -> None:
    command = [sys.executable, str(ROOT / "bench" / "run.py"), "--quick", "pages"]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "api")}
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            output, progress = process.communicate(timeout=240)
        except subprocess.TimeoutExpired:
            process.terminate()  # it stops what it started; a kill would leave that behind
            output, progress = process.communicate(timeout=30)
    assert process.returncode == 0, progress
    told = {
        figure["name"]: f"{figure['wanted']} {figure['limit']:g}"
        for figure in json.loads(output)["benchmarks"]["pages"]["figures"]
    }
    documented = re.findall(
        r"^\| `(\w+)` \| `pages` \|.*\| (at (?:most|least) [\d.]+)[^|]*\|[^|]*\|$",
        (ROOT / "docs" / "performance.md").read_text(),
        re.MULTILINE,
    )
    assert told == dict(documented)
