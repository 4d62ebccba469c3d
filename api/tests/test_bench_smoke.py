"""The benchmarks run and say what docs/performance.md promises. What they measure is not looked at: it is the machine's."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUN = ROOT / "bench" / "run.py"
#: Need the built web UI and a browser or a package index, which this test does without.
ELSEWHERE = {"pages", "file_pages", "install_to_page"}


def bench(*arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of the benchmarks' command."""
    command = [sys.executable, str(RUN), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            output, progress = process.communicate(timeout=240)
        except subprocess.TimeoutExpired:
            process.terminate()  # it stops what it started; a kill would leave that behind
            output, progress = process.communicate(timeout=25)
        return process.returncode, output, progress


def documented_figures() -> dict[str, tuple[str, str]]:
    """Name of a figure → benchmark and limit, from the table in docs/performance.md."""
    text = (ROOT / "docs" / "performance.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \|.*\| (at (?:most|least) [\d.]+)[^|]*\|[^|]*\|$", text, re.MULTILINE)
    return {figure: (benchmark, limit) for figure, benchmark, limit in rows}


@pytest.mark.timeout(300)  # half a minute, but longer where the machine is busy
def test_every_benchmark_runs_and_tells_its_documented_figures_and_no_other() -> None:
    # In one run: the benchmarks share what takes long to prepare.
    wanted = {figure: told for figure, told in documented_figures().items() if told[0] not in ELSEWHERE}
    code, output, progress = bench("--quick", *sorted({benchmark for benchmark, _limit in wanted.values()}))
    assert code == 0, progress
    found = json.loads(output)

    assert found["quick"] is True
    assert set(found["machine"]) == {"cores", "load_average", "python", "system"}
    measured = {}
    for benchmark, told in found["benchmarks"].items():
        assert set(told) == {"seconds", "figures", "details"}
        assert told["details"], benchmark
        for figure in told["figures"]:
            assert set(figure) == {"name", "value", "limit", "unit", "wanted", "met"}
            at_most = figure["wanted"] == "at most"
            assert figure["met"] == (figure["value"] <= figure["limit"] if at_most else figure["value"] >= figure["limit"])
            measured[figure["name"]] = (benchmark, f"{figure['wanted']} {figure['limit']:g}")
    assert measured == wanted


def test_every_documented_benchmark_is_listed_and_no_other() -> None:
    code, output, _progress = bench("--list")
    assert code == 0
    assert {line.split()[0] for line in output.splitlines()} == {benchmark for benchmark, _limit in documented_figures().values()}


def test_an_unknown_benchmark_is_refused_with_the_names_of_those_there_are() -> None:
    code, output, progress = bench("no_such_benchmark")
    assert (code, output) == (2, "")
    assert "no_such_benchmark" in progress
    assert "cold_start" in progress
