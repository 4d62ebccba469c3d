"""`vsmanager service`: the unit it writes, and what it leaves alone."""

import getpass
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from vintagestory_api.cli import service
from vintagestory_api.cli.failures import ExitCode
from vintagestory_api.cli.service_unit import STATE_DIR, Unit, is_unchanged

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has a service of the whole machine")
ME = getpass.getuser()


@pytest.fixture
def units(tmp_path: Path) -> Path:
    return tmp_path / "systemd"


def unit(*, account: str | None = "vsmanager", data_dir: Path = STATE_DIR, **environment: str) -> Unit:
    return Unit(["/opt/vsmanager/bin/vsmanager"], environment, data_dir, account=account)


def values(text: str) -> Mapping[str, list[str]]:
    """Each key of a unit with its values."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(key, []).append(value)
    return found


def test_a_stop_of_the_manager_leaves_the_games() -> None:
    for text in (unit().text, unit(account=None).text):
        set_ = values(text)
        assert set_["KillMode"] == ["process"]
        assert set_["Type"] == ["simple"]
        assert set_["Restart"] == ["on-failure"]
        assert set_["RestartPreventExitStatus"] == [str(int(ExitCode.USAGE))], "wrong settings stay wrong"
        assert set_["OOMPolicy"] == ["continue"]
        assert "PrivateTmp" not in set_, "sockets of running games may lie in /tmp"
        assert "MemoryDenyWriteExecute" not in set_, ".NET compiles while it runs"


def test_the_service_of_the_machine_has_its_account_and_its_folder() -> None:
    set_ = values(unit().text)
    assert set_["User"] == ["vsmanager"]
    assert set_["StateDirectory"] == ["vsmanager"]
    assert set_["StateDirectoryMode"] == ["0700"]
    assert set_["RuntimeDirectoryPreserve"] == ["yes"], "the sockets of running games lie there"
    assert set_["Environment"] == ["VS_DATA_DIR=/var/lib/vsmanager", "XDG_RUNTIME_DIR=/run/vsmanager"]
    assert set_["WantedBy"] == ["multi-user.target"]


def test_a_folder_elsewhere_is_not_systemd_s_to_make() -> None:
    assert "StateDirectory" not in values(unit(data_dir=Path("/srv/vs")).text)


def test_games_of_another_account_can_reach_their_folder() -> None:
    assert values(unit(VS_GAME_USER="games").text)["StateDirectoryMode"] == ["0711"]


def test_the_service_of_a_user_runs_as_nobody_else() -> None:
    set_ = values(unit(account=None, data_dir=Path("/home/anna/vs")).text)
    assert "User" not in set_
    assert set_["WantedBy"] == ["default.target"]
    assert set_["Environment"] == ["VS_DATA_DIR=/home/anna/vs"]


def test_what_systemd_would_take_for_something_else_is_quoted() -> None:
    text = Unit(
        ["/opt/my games/50%/$x/vsmanager"], {"VS_ALLOWED_HOSTS": 'a.example "b" c\\d'}, Path("/srv/100%"), account="x"
    ).text
    assert 'ExecStart="/opt/my games/50%%/$$x/vsmanager" serve' in text
    assert 'Environment="VS_ALLOWED_HOSTS=a.example \\"b\\" c\\\\d"' in text
    assert "Environment=VS_DATA_DIR=/srv/100%%" in text


def test_a_change_by_hand_is_noticed() -> None:
    text = unit().text
    assert is_unchanged(text)
    assert not is_unchanged(text.replace("RestartSec=5", "RestartSec=9"))
    assert not is_unchanged(text + "\n")
    assert not is_unchanged(text.split("\n", 1)[1])
    assert not is_unchanged("")


def test_install_writes_the_unit_and_says_what_is_next(run_here: Run, units: Path) -> None:
    done = run_here("service", "install", "--user", "--unit-dir", str(units), "--data-dir", "/srv/vs")
    assert done.code == 0, done
    text = (units / "vsmanager.service").read_text()
    assert is_unchanged(text)
    assert (units / "vsmanager.service").stat().st_mode & 0o777 == 0o644
    assert values(text)["ExecStart"][0].endswith("vsmanager serve")
    for command in ("systemctl --user daemon-reload", "systemctl --user enable --now vsmanager.service", f"enable-linger {ME}"):
        assert command in done.out


def test_the_settings_of_the_shell_go_into_the_unit_and_nothing_else_of_it(run_here: Run, units: Path) -> None:
    given = {"VS_PORT": "9000", "VS_ALLOWED_HOSTS": "vs.example.org", "VS_TOKEN": "vsm_secret", "VS_URL": "http://elsewhere"}
    done = run_here("service", "install", "--user", "--dry-run", "--unit-dir", str(units), **given)
    set_ = values(done.out)["Environment"]
    assert "VS_PORT=9000" in set_
    assert "VS_ALLOWED_HOSTS=vs.example.org" in set_
    assert "vsm_secret" not in done.out
    assert "elsewhere" not in done.out
    assert not units.exists(), "a dry run writes nothing"


def test_who_listens_beyond_this_machine_is_told_to_make_an_admin_before(run_here: Run, units: Path) -> None:
    arguments = ("service", "install", "--user", "--unit-dir", str(units), "--data-dir", "/srv/vs")
    told = run_here(*arguments, VS_HOST="0.0.0.0").out
    assert "env VS_DATA_DIR=/srv/vs" in told
    assert "admin create NAME" in told
    assert "link" not in told, "none is printed then"
    assert "link that makes the first admin" in run_here(*arguments, VS_HOST="127.0.0.1").out


def test_settings_that_would_keep_the_manager_from_starting_are_refused(run_here: Run, units: Path) -> None:
    done = run_here("service", "install", "--user", "--unit-dir", str(units), VS_PORT="many")
    assert done.code == 2
    assert "VS_PORT" in done.err
    done = run_here("service", "install", "--user", "--unit-dir", str(units), VS_PORT="8080", VS_ALLOWED_HOSTS="a\nUser=root")
    assert done.code == 1
    assert "VS_ALLOWED_HOSTS holds a line break" in done.err
    assert not units.exists()


def test_a_unit_that_nobody_changed_is_brought_up_to_date(run_here: Run, units: Path) -> None:
    for port in ("8001", "8002"):
        assert run_here("service", "install", "--user", "--unit-dir", str(units), VS_PORT=port).code == 0
    assert "VS_PORT=8002" in (units / "vsmanager.service").read_text()
    assert [path.name for path in units.iterdir()] == ["vsmanager.service"]


def test_a_unit_that_somebody_changed_is_left_alone_without_force(run_here: Run, units: Path) -> None:
    units.mkdir()
    path = units / "vsmanager.service"
    path.write_text("[Service]\nExecStart=/bin/mine\n")
    refused = run_here("service", "install", "--user", "--unit-dir", str(units), "--json")
    assert refused.code == 1
    assert refused.problem["code"] == "unit_changed"
    assert "systemctl --user edit" in refused.err
    assert "/bin/mine" in path.read_text()
    done = run_here("service", "install", "--user", "--unit-dir", str(units), "--force", "--json")
    assert done.json["kept"] == str(units / "vsmanager.service.old")
    assert "/bin/mine" in (units / "vsmanager.service.old").read_text()
    assert is_unchanged(path.read_text())


def test_uninstall_removes_ours_and_tells_how_to_stop_it(run_here: Run, units: Path) -> None:
    folder = units.parent / "a folder, 100 % ours"
    run_here("service", "install", "--user", "--unit-dir", str(units), "--data-dir", str(folder))
    path = units / "vsmanager.service"
    done = run_here("service", "uninstall", "--user", "--unit-dir", str(units))
    assert done.code == 0
    assert f"What stays: the data folder {folder} with worlds" in done.out
    assert not path.exists()
    assert "systemctl --user disable --now vsmanager.service" in done.out
    assert run_here("service", "uninstall", "--user", "--unit-dir", str(units)).code == 5


def test_uninstall_leaves_a_changed_unit_without_force(run_here: Run, units: Path) -> None:
    units.mkdir()
    (units / "vsmanager.service").write_text("mine")
    assert run_here("service", "uninstall", "--user", "--unit-dir", str(units)).code == 1
    assert (units / "vsmanager.service").exists()
    assert run_here("service", "uninstall", "--user", "--unit-dir", str(units), "--force").code == 0
    assert not (units / "vsmanager.service").exists()


def test_show_prints_what_is_installed_or_would_be(run_here: Run, units: Path) -> None:
    would = run_here("service", "show", "--user", "--unit-dir", str(units))
    assert would.code == 0
    assert is_unchanged(would.out)
    assert "not installed; it would be:" in would.err
    run_here("service", "install", "--user", "--unit-dir", str(units))
    path = units / "vsmanager.service"
    path.write_text(path.read_text() + "# mine\n")
    shown = run_here("service", "show", "--user", "--unit-dir", str(units), "--json").json
    assert (shown["is_installed"], shown["is_changed"], shown["unit"]) == (True, True, path.read_text())


def test_without_systemd_it_says_so_and_shows_the_unit_all_the_same(
    run_here: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "_BOOTED", tmp_path / "nowhere")
    monkeypatch.setattr(service, "_SYSTEM_DIR", tmp_path / "etc")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    refused = run_here("service", "install", "--user")
    assert refused.code == 1
    assert "systemd does not run on this machine" in refused.err
    assert run_here("service", "show", "--user").code == 0
    assert list(tmp_path.iterdir()) == []


def test_the_unit_of_a_user_lies_among_those_of_the_user(run_here: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "_BOOTED", tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    assert run_here("service", "install", "--user").code == 0
    assert (tmp_path / "config" / "systemd" / "user" / "vsmanager.service").exists()


def test_a_service_of_a_user_has_no_other_account(run_here: Run, units: Path) -> None:
    done = run_here("service", "install", "--user", "--run-as", "root", "--unit-dir", str(units))
    assert done.code == 2
    assert "leave --run-as and --group out" in done.err


@as_root
def test_the_account_has_to_be_there(run_here: Run, units: Path) -> None:
    done = run_here("service", "install", "--run-as", "vs_nobody_has_this", "--unit-dir", str(units))
    assert done.code == 1
    assert "useradd --system --home-dir /var/lib/vsmanager" in done.err
    done = run_here("service", "install", "--run-as", "root", "--group", "vs_nobody_has_this", "--unit-dir", str(units))
    assert "There is no group" in done.err
    assert not units.exists()


@as_root
def test_games_of_another_account_need_a_manager_that_runs_as_root(run_here: Run, units: Path) -> None:
    done = run_here("service", "install", "--run-as", "daemon", "--unit-dir", str(units), VS_GAME_USER="nobody")
    assert done.code == 2
    assert "--run-as root" in done.err
    done = run_here("service", "install", "--unit-dir", str(units), VS_GAME_USER="nobody")
    assert done.code == 0, done
    text = (units / "vsmanager.service").read_text()
    assert values(text)["User"] == ["root"]
    assert "Environment=VS_GAME_USER=nobody" in text


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd's own check is not there")
@pytest.mark.parametrize("account", ["root", None])
def test_systemd_finds_nothing_wrong_with_it(account: str | None, tmp_path: Path) -> None:
    path = tmp_path / "vsmanager.service"
    path.write_text(Unit(["/bin/true"], {"VS_ALLOWED_HOSTS": 'a "b" 100%'}, Path("/srv/my games"), account=account).text)
    done = subprocess.run(
        ["systemd-analyze", *([] if account else ["--user"]), "verify", str(path)],
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "vsmanager.service" not in done.stderr
    assert done.returncode == 0, done.stderr
