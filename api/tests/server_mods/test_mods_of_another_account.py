"""Sets of mods where games run as an account of their own, which may write in its folder and is not trusted."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server_mods.dying import WHY, Server
from vintagestory_api.errors import ManagerError
from vintagestory_api.storage.game_user import GameUser

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
ACCOUNT = "nobody"


@pytest.fixture
def server() -> Iterator[Server]:
    """Where every account can get to, as pytest's own folders are not."""
    root = Path(tempfile.mkdtemp(prefix="vsm-", dir="/tmp"))
    root.chmod(0o755)
    server = Server(root)
    server.prepare()
    server.store.folder.chmod(0o700)
    yield server
    shutil.rmtree(root)


def as_game(*command: str) -> bool:
    """Whether a program of that account can do it."""
    account = GameUser.find(ACCOUNT)
    done = subprocess.run(
        command, user=account.uid, group=account.gid, extra_groups=[], capture_output=True, check=False, cwd="/"
    )
    return done.returncode == 0


def test_the_account_reads_its_mods_and_can_not_change_the_store(server: Server) -> None:
    server.make(server.entry("pots"))
    account = GameUser.find(ACCOUNT)
    account.take(server.data_path)
    path = server.mods / "pots_1.0.0.zip"
    assert as_game("cat", str(path))
    assert not as_game("chmod", "666", str(path))
    assert not as_game("sh", "-c", f"echo x >> {path}")
    assert as_game("ls", str(server.data_path / "ModGenerations"))
    server.make(server.entry("pots"), server.entry("pans"))
    account.take(server.data_path)
    assert as_game("cat", str(server.mods / "pans_1.0.0.zip"))
    assert as_game("rm", str(path)), "it is the game's folder"
    assert server.generations.state().is_touched


@pytest.mark.parametrize("name", ["ModGenerations", "ModGenerations/2", "Mods", ".Mods.swap", "ModGenerations/.3.part"])
def test_links_that_the_account_lays_lead_nowhere(server: Server, name: str) -> None:
    server.make(server.entry("pots"))
    elsewhere = server.data_path.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").write_text("mine")
    path = server.data_path / name
    if path.is_symlink():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)
    path.symlink_to(elsewhere)
    try:
        server.make(server.entry("pots"), server.entry("pans"))
    except (ManagerError, OSError):
        assert name in {"ModGenerations", "Mods", "ModGenerations/2"}
    assert [each.name for each in elsewhere.iterdir()] == ["precious"]
    assert not list(server.store.folder.glob("*/*precious*"))


def test_a_manifest_of_the_account_brings_nothing_of_the_manager_into_its_reach(server: Server) -> None:
    server.make(server.entry("pots"))
    secret = server.data_path.parent / "secret"
    secret.write_text("secret")
    path = server.data_path / "ModGenerations" / "2.json"
    text = path.read_text()
    for bad in (text.replace("pots_1.0.0.zip", "../../../secret"), text.replace('"sha256":"', '"sha256":"../../')):
        path.write_text(bad)
        with pytest.raises(ManagerError):
            server.generations.make(server.generations.get(2).entries, base=2, why=WHY, waits=False)
        assert "secret" not in {each.name for each in server.mods.iterdir()}
