"""The world: a file that changes, that a plain copy tears, and that survives what happens to the program."""

import shutil
import signal
import sqlite3
from pathlib import Path

import pytest

from tests.game.playing import Game, Play, in_order, texts, until


def health(path: Path) -> str:
    """What SQLite thinks of a file."""
    try:
        with sqlite3.connect(path) as connection:
            found = connection.execute("PRAGMA integrity_check").fetchone()[0]
        connection.close()
    except sqlite3.DatabaseError as error:
        return str(error)
    return str(found)


def save(game: Game) -> Path:
    return game.data / "Saves" / "default.vcdbs"


def backups(game: Game) -> list[Path]:
    return sorted((game.data / "Backups").iterdir())


def test_it_has_the_tables_of_the_game(play: Play) -> None:
    game = play("1.22.7", "--withconfig={ WhitelistMode: 1 }", script="0 join Alice").ready()
    game.wait_for("Alice .* joins")
    game.stop()
    with sqlite3.connect(save(game)) as world:
        names = {name for (name,) in world.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert names >= {"chunk", "mapchunk", "mapregion", "gamedata", "playerdata"}
        assert world.execute("SELECT count(*) FROM gamedata").fetchone() == (1,)
        assert [len(uid) for (uid,) in world.execute("SELECT playeruid FROM playerdata")] == [24]
        assert world.execute("PRAGMA page_size").fetchone() == (4096,)
    world.close()
    assert health(save(game)) == "ok"


def test_it_changes_while_it_runs(play: Play) -> None:
    game = play().ready()
    before = save(game).read_bytes()
    until(lambda: save(game).read_bytes() != before, "a change of the world")


def test_a_plain_copy_of_a_running_world_can_be_torn(play: Play, tmp_path: Path) -> None:
    game = play(speed=5).ready()
    copy = tmp_path / "copy.vcdbs"

    def copy_is_torn() -> bool:
        shutil.copyfile(save(game), copy)
        return health(copy) != "ok"

    until(copy_is_torn, "a torn copy")


def test_a_backup_is_whole_while_the_world_changes(play: Play) -> None:
    game = play(backup_seconds=10).ready()
    assert game.answer("/genbackup") == "Ok, generating backup, this might take a while"
    assert game.answer("/genbackup") == "Can't run backup. A backup is already in progress"
    game.wait_for(r"\[Server Notification\] Backup complete!$")
    (backup,) = backups(game)
    assert backup.name.startswith("default-20")
    assert backup.suffix == ".vcdbs"
    assert health(backup) == "ok"


def test_a_backup_is_there_before_it_is_complete(play: Play) -> None:
    game = play(speed=1, backup_seconds=600, world_mb=3).ready()
    game.answer("/genbackup by hand")
    backup = game.data / "Backups" / "by hand"
    until(lambda: backup.exists() and backup.stat().st_size > 0, "the start of the backup")
    assert game.stop() == 0
    assert "Backup complete!" not in game.raw.decode()
    assert health(backup) != "ok"


def test_a_backup_can_be_ignored(play: Play) -> None:
    game = play(backup_trouble="ignored").ready()
    game.ask("/genbackup mine")
    assert game.answer("/time").startswith("Server time")
    assert not (game.data / "Backups" / "mine").exists()


def test_a_backup_can_go_on_for_ever_and_keeps_others_away(play: Play) -> None:
    game = play(backup_trouble="never").ready()
    assert game.answer("/genbackup mine").startswith("Ok, generating backup")
    backup = game.data / "Backups" / "mine"
    until(lambda: backup.exists() and backup.stat().st_size and health(backup) == "ok", "all that is written of it")
    assert game.answer("/genbackup other") == "Can't run backup. A backup is already in progress"
    assert "Backup complete!" not in game.raw.decode()


def test_a_backup_can_be_told_in_other_words(play: Play) -> None:
    game = play(backup_trouble="mute").ready()
    assert "Backup" in game.answer("/genbackup mine")
    game.wait_for(r"\[Server Notification\] Backup fertig!$")
    assert health(game.data / "Backups" / "mine") == "ok"


def test_a_backup_can_be_torn_without_a_word(play: Play) -> None:
    game = play(backup_trouble="torn", world_mb=1).ready()
    game.answer("/genbackup mine")
    game.wait_for(r"\[Server Notification\] Backup complete!$")
    assert health(game.data / "Backups" / "mine") != "ok"


def test_a_backup_can_not_be_written_elsewhere(play: Play) -> None:
    game = play().ready()
    assert game.answer("/genbackup ../outside") == "Not a valid file name"
    assert not (game.data / "outside").exists()


def test_kill_leaves_a_world_that_opens_again(play: Play) -> None:
    for _ in range(3):
        game = play(speed=5).ready()
        until(save(game).with_name("default.vcdbs-journal").exists, "a change under way")
        game.process.send_signal(signal.SIGKILL)
        assert game.wait() == -signal.SIGKILL
    game = play().ready()
    game.stop()
    assert health(save(game)) == "ok"


def test_two_servers_can_not_have_one_world(play: Play) -> None:
    first = play().ready()
    second = play("1.22.7", "--append")
    assert second.wait() == 0
    assert "have no write access to it. Make sure no other server is accessing it." in second.raw.decode()
    assert first.answer("/time").startswith("Server time")


@pytest.mark.parametrize("damage", ["not a world at all" * 1000, None])
def test_a_damaged_world_keeps_it_from_starting_with_code_0(play: Play, damage: str | None) -> None:
    game = play().ready()
    game.stop()
    if damage is None:
        data = bytearray(save(game).read_bytes())
        data[4096:40_960] = b"\xff" * (40_960 - 4096)
        save(game).write_bytes(data)
    else:
        save(game).write_text(damage)
    kept = save(game).read_bytes()
    again = play()
    assert again.wait() == 0
    assert in_order(
        texts(again.lines),
        [
            "Caught unhandled exception in thread 'chunkdbthread'. Shutting down server.",
            "database disk image is malformed",
            "Stop reason: Exception thrown by server during startup or process",
            "Stopped the server!",
        ],
    )
    assert save(game).read_bytes() == kept


def test_a_new_world_can_be_large(play: Play) -> None:
    game = play(world_mb=5).ready()
    assert save(game).stat().st_size > 5_000_000


def test_the_same_seed_makes_the_same_world(play: Play, tmp_path: Path) -> None:
    chunks = []
    for name in ("one", "two"):
        game = play(data=tmp_path / name, seed=3, speed=1, boot_seconds=0).ready()
        game.process.kill()
        game.wait()
        with sqlite3.connect(save(game)) as world:
            chunks.append(world.execute("SELECT data FROM mapregion ORDER BY position").fetchall())
        world.close()
    assert chunks[0] == chunks[1]
