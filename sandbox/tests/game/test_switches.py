"""What the stand-in can be told: the table in the documentation, the sources, and what is refused."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.game.playing import Installs, Play
from vintagestory_sandbox.builds import unpack_build
from vintagestory_sandbox.game.switches import SWITCHES, BadSwitch, SwitchSources, check_switches

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "sandbox.md"
ROW = re.compile(r"\| `(VSS_[A-Z_]+)` \| `([a-z_]+)` \| `(.*?)` \| (.*) \|")


def test_the_documentation_has_every_switch_with_its_default_and_meaning() -> None:
    rows = [ROW.fullmatch(line) for line in DOCUMENT.read_text().splitlines() if line.startswith("| `VSS_")]
    documented = [row.groups() for row in rows if row]
    assert len(documented) == len(rows)
    wanted = [
        (switch.variable, switch.name, json.dumps(switch.default), switch.meaning.replace("|", "\\|")) for switch in SWITCHES
    ]
    assert documented == wanted


def test_the_environment_goes_before_the_data_path_and_that_before_the_install(tmp_path: Path) -> None:
    install, data = tmp_path / "install", tmp_path / "data"
    for folder, values in ((install, {"speed": 2, "players": 2, "seed": 2}), (data, {"players": 3, "seed": 3})):
        folder.mkdir()
        (folder / "vss.json").write_text(json.dumps(values))
    switches = SwitchSources(install, data, {"VSS_SEED": "4", "VSS_CRASH": "report", "VSS_HANG": "true", "OTHER": "1"}).read()
    assert (switches.number("speed"), switches.count("players"), switches.count("seed")) == (2.0, 3, 4)
    assert (switches.text("crash"), switches.on("hang"), switches.text("deaf")) == ("report", True, "")


@pytest.mark.parametrize(
    "wrong",
    [
        {"colour": 1},
        {"speed": 0},
        {"speed": "fast"},
        {"players": 1.5},
        {"players": True},
        {"crash": "loudly"},
        {"hang": 1},
        {"boot_seconds": -1},
        {"flood_lines": -2},
        [],
    ],
)
def test_what_can_not_be_is_refused(wrong: object) -> None:
    with pytest.raises(BadSwitch):
        check_switches(wrong)


def test_a_wrong_switch_keeps_it_from_starting(installs: Installs) -> None:
    environment = {"PATH": "/usr/bin:/bin", "VSS_SPEED": "fast"}
    done = subprocess.run([installs("1.22.7"), "--version"], capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, done.stderr) == (2, "speed can't be 'fast'\n")


def test_a_wrong_switch_while_it_runs_is_said_and_changes_nothing(play: Play) -> None:
    game = play().ready()
    game.tell({"crash": "loudly"})
    assert game.error_line() == "crash can't be 'loudly'\n"
    assert game.answer("/time").startswith("Server time")


def test_switches_can_be_packed_into_a_build(tmp_path: Path) -> None:
    unpack_build("1.22.7", tmp_path, {"players": 9})
    assert SwitchSources(tmp_path, tmp_path / "data", {}).read().count("players") == 9
