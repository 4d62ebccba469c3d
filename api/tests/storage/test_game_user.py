"""Games can run as an account of their own, which reaches its servers and nothing else of the manager."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.commands import vsmanager
from vintagestory_api.config import ENVIRONMENT, InvalidEnvironment, read_process_settings
from vintagestory_api.storage.data_folder import DataFolder
from vintagestory_api.storage.game_user import GameUser, GameUserUnusable

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
ACCOUNT = "nobody"


@pytest.fixture
def folder() -> Iterator[DataFolder]:
    """Where every account can get to, as pytest's own folders are not."""
    place = Path(tempfile.mkdtemp(prefix="vsm-", dir="/tmp"))
    place.chmod(0o755)
    folder = DataFolder(place / "data")
    folder.prepare()
    yield folder
    shutil.rmtree(place)


def may(account: GameUser, *command: str) -> bool:
    """Whether a program of that account can do it."""
    done = subprocess.run(
        command, user=account.uid, group=account.gid, extra_groups=[], capture_output=True, check=False, cwd="/"
    )
    return done.returncode == 0


def test_an_account_that_is_not_there_is_told_of_with_the_way_to_make_it() -> None:
    with pytest.raises(GameUserUnusable, match=r"no account 'vs_nobody_has_this'.*useradd --system"):
        GameUser.find("vs_nobody_has_this")


def test_games_never_run_as_root_by_way_of_this_setting() -> None:
    with pytest.raises(GameUserUnusable, match="must not run as 'root'"):
        GameUser.find("root")


def test_only_root_can_start_games_as_somebody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    with pytest.raises(GameUserUnusable, match="Only root can start games"):
        GameUser.find(ACCOUNT)


def test_a_manager_that_runs_as_that_account_itself_changes_nothing(folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    account = GameUser.find(ACCOUNT) if os.geteuid() == 0 else None
    monkeypatch.setattr(os, "geteuid", lambda: account.uid if account else os.getuid())
    account = account or GameUser("me", os.getuid(), os.getgid(), frozenset(), Path("/"))
    mode = folder.root.stat().st_mode
    account.open_ways(folder)
    account.take(folder.servers)
    assert folder.root.stat().st_mode == mode
    assert folder.servers.stat().st_uid == os.getuid()


@pytest.mark.parametrize("name", ["two words", "-x", "a/b", "x" * 33, "ünicode"])
def test_what_can_t_be_an_account_stops_the_start(name: str) -> None:
    with pytest.raises(InvalidEnvironment, match="VS_GAME_USER"):
        read_process_settings({ENVIRONMENT["game_user"]: name})


def test_the_account_is_read_from_the_environment() -> None:
    assert read_process_settings({"VS_GAME_USER": " vintage-story "}).game_user == "vintage-story"
    assert read_process_settings({}).game_user is None


@as_root
def test_the_account_reaches_its_servers_and_versions_but_nothing_of_the_manager(folder: DataFolder) -> None:
    account = GameUser.find(ACCOUNT)
    server = folder.servers / "home"
    server.mkdir()
    (folder.versions / "1.22.7").mkdir()
    (folder.versions / "1.22.7" / "game").touch()
    folder.database.touch(0o600)
    folder.manager_info.touch(0o600)
    (server / "serverconfig.json").write_text("{}")
    (server / "serverconfig.json").chmod(0o600)
    account.open_ways(folder)
    account.take(server)
    assert may(account, "cat", str(server / "serverconfig.json"))
    assert may(account, "touch", str(server / "new"))
    assert may(account, "cat", str(folder.versions / "1.22.7" / "game"))
    assert not may(account, "touch", str(folder.versions / "1.22.7" / "game"))
    assert server.stat().st_mode & 0o777 == 0o700, "passwords of the game are in there"
    for closed in (folder.database, folder.manager_info):
        assert not may(account, "cat", str(closed)), closed
    for hidden in (folder.root, folder.servers, folder.run, folder.cache):
        assert not may(account, "ls", str(hidden)), hidden


@as_root
def test_links_are_not_followed_when_a_folder_is_given_away(folder: DataFolder) -> None:
    account = GameUser.find(ACCOUNT)
    server = folder.servers / "home"
    (server / "Mods").mkdir(parents=True)
    folder.database.touch(0o600)
    (server / "link").symlink_to(folder.database)
    (server / "Mods" / "outside").symlink_to(folder.run)
    (server / "same").hardlink_to(folder.database)
    account.open_ways(folder)
    account.take(server)
    assert folder.database.stat().st_uid == 0
    assert folder.run.stat().st_uid == 0
    assert (server / "Mods").stat().st_uid == account.uid


@as_root
def test_a_data_folder_that_the_account_can_t_reach_is_told_of(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    folder = DataFolder(closed / "data")
    folder.prepare()
    with pytest.raises(GameUserUnusable, match=r"can't reach .*/data/servers, because .* is closed to it\. Put the data"):
        GameUser.find(ACCOUNT).open_ways(folder)


def test_a_game_is_at_home_where_its_account_is_or_else_in_its_folder(tmp_path: Path) -> None:
    homeless = GameUser("games", 4711, 4711, frozenset(), Path("/nonexistent"))
    assert homeless.environment(tmp_path) == {"HOME": str(tmp_path), "USER": "games", "LOGNAME": "games"}
    settled = GameUser("games", 4711, 4711, frozenset(), tmp_path)
    assert settled.environment(Path("/srv"))["HOME"] == str(tmp_path)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("vs_nobody_has_this", "no account 'vs_nobody_has_this'"),
        pytest.param(ACCOUNT, "is closed to it. Put the data folder", marks=as_root),
    ],
)
def test_the_manager_says_at_its_start_what_is_wrong_with_the_account(name: str, told: str, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    ended = vsmanager("serve", env={"VS_GAME_USER": name, "VS_DATA_DIR": str(tmp_path / "data"), "VS_PORT": "0"})
    assert ended.code == 2
    assert ended.err.startswith("error: ")
    assert told in ended.err
