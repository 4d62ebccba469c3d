"""The files in Logs/."""

from pathlib import Path

from tests.game.playing import Play


def test_each_type_of_line_has_its_file(play: Play) -> None:
    game = play(
        "1.22.7", "--withconfig={ WhitelistMode: 1 }", script="0 join Alice; 1 chat Alice hello there; 2 leave Alice"
    ).ready()
    game.wait_for("Player Alice left")
    game.stop()
    assert any(line.endswith("[Chat] 0 | Alice: hello there") for line in game.log("chat"))
    assert any(line.endswith("[Audit] Alice joined.") for line in game.log("audit"))
    assert any("[Debug] Response from auth server" in line for line in game.log("debug"))
    assert any("[Event] Alice [::ffff:203.0.113." in line for line in game.log("main"))
    assert not any("[Chat]" in line or "[Audit]" in line for line in game.log("main"))
    assert "[Server Audit]" not in game.raw.decode()


def test_old_versions_have_txt_files_one_for_events_and_other_chat(play: Play) -> None:
    game = play("1.19.8", script="0 join Alice; 1 chat Alice hi <b>").ready()
    game.wait_for(r"\[Server Chat\] Alice: <strong>Alice:</strong> hi &lt;b&gt;$")
    game.stop()
    assert any("[Event] Launching server..." in line for line in game.log("event", "txt"))
    assert any("[Event] Launching server..." in line for line in game.log("main", "txt"))


def test_the_logs_of_the_last_run_are_moved_away(play: Play) -> None:
    game = play().ready()
    game.stop()
    first = game.log()
    (game.data / "Logs" / "server-crash.log").write_text("an old report\n")
    again = play().ready()
    again.stop()
    (archive,) = (game.data / "Logs" / "Archive").iterdir()
    assert (archive / "server-main.log").read_text().splitlines() == first
    assert (game.data / "Logs" / "server-crash.log").exists()
    assert not (archive / "server-crash.log").exists()


def test_five_archives_are_kept(play: Play, tmp_path: Path) -> None:
    archive = tmp_path / "data" / "Logs" / "Archive"
    for day in range(1, 8):
        (archive / f"2026-01-0{day}_10_00_00").mkdir(parents=True)
        (archive / f"2026-01-0{day}_10_00_00" / "server-main.log").write_text("old\n")
    play().ready().stop()
    play().ready().stop()
    kept = sorted(path.name for path in archive.iterdir())
    assert len(kept) == 5
    assert kept[:4] == [f"2026-01-0{day}_10_00_00" for day in (4, 5, 6, 7)]


def test_append_continues_the_files(play: Play) -> None:
    play().ready().stop()
    game = play("1.22.7", "--append").ready()
    game.stop()
    assert sum("Server logger started." in line for line in game.log()) == 2
    assert not (game.data / "Logs" / "Archive").exists()


def test_logs_can_be_elsewhere(play: Play, tmp_path: Path) -> None:
    play("1.22.7", "--logPath", str(tmp_path / "elsewhere")).ready().stop()
    assert (tmp_path / "elsewhere" / "server-main.log").exists()
    assert not (tmp_path / "data" / "Logs").exists()


def test_a_file_that_is_full_is_followed_by_another(play: Play) -> None:
    game = play("1.22.7", "--withconfig={ LogFileSplitAfterLine: 1000 }", flood_lines=2500).ready()
    game.wait_for(r"line 2500 of 2500")
    game.stop()
    parts = [game.log("main"), game.log("main-2"), game.log("main-3")]
    assert [len(part) for part in parts[:2]] == [1000, 1000]
    numbers = [line.split()[5] for part in parts for line in part if "[flood] line" in line]
    assert numbers == [str(number) for number in range(1, 2501)]
