"""`vsmanager mods` on a manager whose mod database has the sandbox's mods, with servers of an older version of the game."""

import io
import itertools
import json
import os
import re
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands import Ended, words_of
from tests.cli.conftest import Run
from tests.managers import ManagerProcess, running_manager
from tests.server_mods.zips import mod_zip
from tests.servers.games import QUICK, free_port
from vintagestory_api.servers.local_host import end_all
from vintagestory_sandbox.dotnet_root import make_dotnet_root
from vintagestory_sandbox.upstream import start_upstream

#: The version that most of the mods with a story are made for.
VERSION, NEWER = "1.21.6", "1.22.7"

Mods = Callable[..., Ended]
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ManagerProcess]:
    folder = tmp_path_factory.mktemp("mods")
    dotnet = make_dotnet_root(folder / "dotnet")
    with start_upstream(mods=1, handmade=True, game_switches=QUICK) as upstream:
        try:
            with running_manager(folder / "data", upstream=upstream.url, DOTNET_ROOT=str(dotnet)) as running:
                for job_id in ("mod_cache_refresh", "server_versions_check"):
                    running.run_job(job_id)
                yield running
        finally:
            end_all(folder / "data" / "run" / "keepers", 10.0)


def make_server(manager: ManagerProcess) -> str:
    made = manager.post("/servers", {"name": f"Server {next(_numbers)}", "version": VERSION, "port": free_port()})
    assert made.status == 201, made.json
    assert manager.wait_for_run(made.json["operation"]["run_id"])["state"] == "succeeded"
    return str(made.json["id"])


@pytest.fixture
def server(manager: ManagerProcess) -> str:
    """A new one, stopped."""
    return make_server(manager)


@pytest.fixture
def mods(manager: ManagerProcess, run_here: Run) -> Mods:
    def run_it(*arguments: str) -> Ended:
        return run_here("mods", *arguments, VS_DATA_DIR=str(manager.data_dir))

    return run_it


def files_of(manager: ManagerProcess, server: str) -> list[str]:
    folder = Path(manager.get(f"/servers/{server}")["data_path"]) / "Mods"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


class Terminal(io.TextIOWrapper):
    """A standard input where somebody types."""

    def isatty(self) -> bool:
        return True


def typing(monkeypatch: pytest.MonkeyPatch, text: str, *, on_terminal: bool = True) -> None:
    stream = io.BytesIO(text.encode())
    monkeypatch.setattr(sys, "stdin", Terminal(stream) if on_terminal else io.TextIOWrapper(stream))


def test_a_mod_is_found_planned_installed_and_listed(mods: Mods, manager: ManagerProcess, server: str) -> None:
    head, *rows = words_of(mods("search", server, "Alpha").out)
    assert head[:6] == ["MOD ID", "NAME", "AUTHOR", "SIDE", "FITS", "INSTALLED"]
    assert next(row for row in rows if row[0] == "alpha")[3:6] == ["both", "likely", "–"]

    planned = mods("add", server, "alpha", "--dry-run")
    assert planned.code == 0, planned
    head, *rows = words_of(planned.out)
    assert head == ["STEP", "MOD ID", "NAME", "FROM", "TO", "FITS", "SIZE", "WHY"]
    assert [(row[0], row[1], row[4], row[5], row[7]) for row in rows] == [
        ("install", "alpha", "1.10.0", "yes", "asked for"),
        ("install", "betalib", "1.2.0", "yes", "needed by alpha"),
    ]
    assert files_of(manager, server) == []

    done = mods("add", server, "alpha", "--why", "It was asked for", "--wait")
    assert done.code == 0, done
    assert len(files_of(manager, server)) == 2
    head, *rows = words_of(mods("list", server).out)
    assert head == ["MOD ID", "NAME", "VERSION", "FITS", "UPDATE", "IS"]
    assert {(row[0], row[2], row[3]) for row in rows if len(row) == 6} == {
        ("alpha", "1.10.0", "yes"),
        ("betalib", "1.2.0", "yes"),
    }
    found = mods("search", server, "Alpha", "--fitting", "--json").json["items"]
    assert [mod["installed"] for mod in found] == ["1.10.0"]
    assert "It was asked for" in mods("history", server).out


def test_a_mod_is_updated_and_gone_back_from(mods: Mods, server: str) -> None:
    assert mods("add", server, "vintagestorymodinstall://camelcase@1.0.0", "--wait").code == 0
    checked = mods("check", server, "--wait")
    assert checked.code == 0, checked
    assert checked.out.startswith(f"Updates: 1 (see: vsmanager mods plan {server})."), checked
    _, row, *_ = words_of(mods("list", server, "--updates").out)
    assert row[:5] == ["CamelCase", "CamelCase", "1.0.0", "yes", "1.5.0"]

    assert mods("pin", server, "camelcase", "--wait").code == 0
    assert "There is nothing to do" in mods("plan", server).out
    assert mods("unpin", server, "camelcase", "--wait").code == 0
    _, row, *_ = words_of(mods("plan", server).out)
    assert (row[0], row[3:5]) == ("update", ["1.0.0", "1.5.0"])
    run = mods("update", server, "--wait", "--json").json
    assert (run["state"], run["report"]["updated"]) == ("succeeded", ["CamelCase 1.0.0 → 1.5.0"])

    first, table = mods("rollback", server, "--dry-run").out.split("\n\n")
    assert re.match(r"Set \d+, made .* by .*: Mods changed", first)
    assert [(row[0], row[1], row[3:5]) for row in words_of(table)[1:]] == [("downgrade", "CamelCase", ["1.5.0", "1.0.0"])]
    assert mods("rollback", server, "--dry-run", "--json").json["can_be_applied"]
    assert mods("list", server, "--json").json["items"][0]["version"] == "1.5.0"
    back = mods("rollback", server, "--wait")
    assert back.code == 0, back
    assert mods("list", server, "--json").json["items"][0]["version"] == "1.0.0"
    head, *rows = words_of(mods("history", server).out)
    assert head == ["SET", "WHEN", "WHO", "WHY", "MODS", "CHANGES", "IS"]
    assert rows[0][6] == "the present one"
    assert rows[-1][2:4] == ["–", "There was no folder of mods"], "nobody has made that one"
    shown = mods("show", server, rows[1][0])
    assert re.search(r"^Set +\d+$", shown.out, re.MULTILINE)
    assert "~ CamelCase 1.0.0 → 1.5.0" in shown.out


def test_nothing_to_do_is_no_failure(mods: Mods, server: str) -> None:
    assert mods("add", server, "CamelCase", "--wait").code == 0
    again = mods("update", server, "--wait")
    assert (again.code, again.out) == (0, "There is nothing to do.\n")
    run = mods("update", server, "--wait", "--json").json
    assert run["report"]["changed"] is False


@pytest.mark.parametrize("options", [["--dry-run"], ["--wait"], ["--dry-run", "--json"], ["--yes", "--json"]])
def test_a_plan_that_can_not_be_done_ends_with_the_reason(mods: Mods, server: str, options: list[str]) -> None:
    ended = mods("add", server, "needsmissing", *options)
    assert ended.code == 1
    assert "nobodyknowsit" in ended.err
    if "--json" in options:
        assert ended.problem["code"] == "mod_plan_blocked"
    else:
        assert "in the way: " in ended.out
    assert mods("list", server, "--json").json["items"] == []


def test_what_nobody_knows_and_what_does_not_fit_is_refused(mods: Mods, server: str) -> None:
    assert "nosuchmod" in mods("add", server, "nosuchmod").err
    refused = mods("add", server, "alpha@1.0.0", "--dry-run")
    assert refused.code == 1
    assert "1.19.7" in refused.err
    assert refused.err.endswith("Take it all the same with: --allow-unfitting\n")
    assert mods("add", server, "alpha@1.0.0", "--allow-unfitting", "--dry-run").code == 0
    assert mods("add", server, "@1.0").code == 2
    assert mods("add", server, "https://example.org/").code in {2, 5}


def test_several_changes_at_once_and_marks(mods: Mods, manager: ManagerProcess, server: str) -> None:
    assert mods("add", server, "alpha", "serveronly", "--wait").code == 0
    table, _notes = mods("remove", server, "betalib", "--dry-run").out.split("\n\n")
    _, *rows = words_of(table)
    assert [(row[0], row[1], row[-1]) for row in rows] == [
        ("remove", "alpha", "needs betalib"),
        ("remove", "betalib", "asked for"),
    ]
    mixed = mods("plan", server, "--add", "CamelCase@1.0.0", "--remove", "serveronly", "--disable", "alpha", "--apply", "--wait")
    assert mixed.code == 0, mixed
    listed = {mod["modid"]: mod for mod in mods("list", server, "--json").json["items"]}
    assert {modid: mod["is_enabled"] for modid, mod in listed.items()} == {
        "alpha": False, "betalib": True, "CamelCase": True,
    }  # fmt: skip
    assert mods("hold", server, "camelcase", "--wait").code == 0
    held = mods("remove", server, "camelcase")
    assert held.code == 1
    assert "held" in held.err
    assert mods("release", server, "camelcase", "--wait").code == 0
    assert mods("enable", server, "alpha", "--wait").code == 0
    assert mods("remove", server, "betalib", "alpha", "CamelCase", "--yes", "--wait").code == 0
    assert files_of(manager, server) == []


@pytest.mark.parametrize("name", ["../../x", "C:\\x", " "])
def test_what_no_mod_is_called_by_is_refused_in_one_sentence(mods: Mods, server: str, name: str) -> None:
    for arguments in (["pin", server, name], ["plan", server, "--remove", name]):
        refused = mods(*arguments)
        assert (refused.code, refused.out) == (2, "")
        assert refused.err == f"error: {name!r} is neither a mod's id nor the name of a file. See: vsmanager mods list SERVER\n"


def test_on_a_terminal_it_asks_first(mods: Mods, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    typing(monkeypatch, "n\n")
    refused = mods("add", server, "CamelCase", "--wait")
    assert refused.code == 1
    assert "Nothing was done." in refused.err
    assert mods("list", server, "--json").json["items"] == []
    typing(monkeypatch, "y\n")
    assert mods("add", server, "CamelCase", "--follow").code == 0
    assert len(mods("list", server, "--json").json["items"]) == 1
    typing(monkeypatch, "")
    assert mods("remove", server, "CamelCase", "--yes", "--wait").code == 0


def test_on_a_terminal_it_says_what_goes_on_while_a_plan_is_made(
    mods: Mods, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = (
        "Working out the plan; large files of mods that have to be looked into take a while. Nothing is changed yet, and "
        "Ctrl-C gives it up.\n"
    )
    assert words not in mods("add", server, "CamelCase", "--dry-run").err
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert mods("add", server, "CamelCase", "--dry-run").err == words
    assert words not in mods("add", server, "CamelCase", "--dry-run", "--json").err


def test_a_set_is_carried_to_another_server(
    mods: Mods, manager: ManagerProcess, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_server(manager)
    assert mods("add", server, "alpha", "--wait").code == 0
    assert mods("add", other, "CamelCase", "--wait").code == 0
    exported = mods("export", server)
    assert exported.json["format"] == "vsmanager-mods/1"
    file = tmp_path / "list.json"
    assert mods("export", server, "-").json["mods"] == exported.json["mods"]
    assert mods("export", server, str(file)).out == f"2 mods are listed in {file}.\n"
    assert json.loads(file.read_text())["mods"] == exported.json["mods"]

    assert mods("import", other, str(file), "--merge", "--wait").code == 0
    assert len(mods("list", other, "--json").json["items"]) == 3
    assert "remove " in mods("import", other, str(file), "--dry-run").out
    typing(monkeypatch, exported.out, on_terminal=False)
    assert mods("import", other, "-", "--wait").code == 0
    assert files_of(manager, other) == files_of(manager, server)


@pytest.mark.parametrize("content", [b"", b"[1]", b'{"mods": 1}', b'{"mods": [{}]}', b"\xff\xfe"])
def test_what_is_no_list_is_refused(mods: Mods, manager: ManagerProcess, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "list.json"
    file.write_bytes(content)
    refused = mods("import", "home", str(file), "--json")
    assert refused.code in {2, 5}
    assert refused.problem["exit_code"] == refused.code
    assert mods("import", "home", str(tmp_path / "missing.json")).code == 2


def test_a_file_is_brought_along_and_players_get_theirs(mods: Mods, manager: ManagerProcess, server: str, tmp_path: Path) -> None:
    file = tmp_path / "own mod.zip"
    file.write_bytes(mod_zip("ownmod", "0.1.0"))
    done = mods("upload", server, str(file), "--wait")
    assert done.code == 0, done
    assert done.out.startswith("own mod.zip holds ownmod 0.1.0, ")
    assert files_of(manager, server) == ["own mod.zip"]
    assert mods("add", server, "serveronly", "--wait").code == 0
    pack = tmp_path / "for players.zip"
    assert "is written: 1 mod, " in mods("client-pack", server, str(pack)).out
    with zipfile.ZipFile(pack) as archive:
        assert archive.namelist() == ["own mod.zip"]
    (Path(manager.get(f"/servers/{server}")["data_path"]) / "Mods" / "broken.zip").write_bytes(b"<html>gone</html>")
    told = mods("client-pack", server, str(pack))
    assert "is written: 1 mod, " in told.out
    assert "note: left out, because it can't be read: broken.zip: " in told.err
    (left_out,) = mods("client-pack", server, str(pack), "--json").json["left_out"]
    assert left_out.startswith("broken.zip: ")
    assert mods("client-pack", server, str(tmp_path / "no" / "folder.zip")).code == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["for players.zip", "own mod.zip"]

    file.write_bytes(b"<html>not found</html>")
    refused = mods("upload", server, str(file), "--json")
    assert (refused.code, refused.problem["code"]) == (2, "mod_refused")
    assert mods("upload", server, str(tmp_path / "missing.zip")).code == 2
    os.truncate(file, 201_000_000)
    assert "larger than a mod may be" in mods("upload", server, str(file)).err
    assert mods("upload", server, str(tmp_path)).code == 2


def test_which_mods_are_ready_for_a_newer_version_of_the_game(mods: Mods, server: str) -> None:
    assert mods("add", server, "CamelCase", "--wait").code == 0
    assert mods("ready-for", server, VERSION).code == 0
    newer = mods("ready-for", server, NEWER)
    assert newer.code == 1
    assert "For version 1.22.7 of the game: 0 ready, 1 not ready, 0 not known for certain." in newer.out
    assert mods("ready-for", server, "tomorrow").code == 2


def test_a_running_game_takes_mods_at_its_next_start_or_is_restarted(mods: Mods, manager: ManagerProcess, server: str) -> None:
    def console(text: str) -> list[Any]:
        return [line["text"] for line in manager.get(f"/servers/{server}/console?last=5000&q={text}")["lines"]]

    assert manager.wait_for_run(manager.post(f"/servers/{server}/start").json["id"])["state"] == "succeeded"
    waits = mods("add", server, "CamelCase@1.0.0", "--wait")
    assert waits.code == 0, waits
    assert "note: The server runs, so this waits for its next start" in waits.out
    assert "Done: set 2 waits for the next start of the server." in waits.out
    listed = mods("list", server).out
    assert "waits for the next start" in listed
    assert "    + CamelCase 1.0.0" in listed
    unclear = mods("rollback", server, "--json")
    assert (unclear.code, unclear.problem["code"]) == (1, "set_waits")
    assert "Done: set 1 stays, and set 2 does not wait any more." in mods("rollback", server, "1", "--wait").out
    assert mods("add", server, "CamelCase@1.0.0", "--wait").code == 0
    assert mods("add", server, "serveronly", "--wait").code == 0
    listed = mods("list", server).out
    assert "2 changes wait for the next start, as set 4:" in listed
    assert listed.endswith(f"vsmanager mods restart {server}, or forget it: vsmanager mods discard {server}\n")
    assert mods("discard", server).out == "Set 4 does not wait any more: 2 changes are forgotten.\n"
    assert mods("list", server, "--json").json["pending"] is None

    assert mods("restart", server, "--json").problem["code"] == "no_mods_wait"
    assert mods("add", server, "CamelCase@1.0.0", "--wait").code == 0
    now = mods("restart", server, "--wait")
    assert now.code == 0, now
    assert "the server was restarted" in now.out
    assert manager.get(f"/servers/{server}")["state"] == "running"
    assert any("camelcase" in line.lower() for line in console("sorted+by+dependency"))
    assert "loaded by the game" in mods("history", server).out
    assert manager.wait_for_run(manager.post(f"/servers/{server}/stop").json["id"])["state"] == "succeeded"


def test_configuration_files_are_listed_shown_and_changed(
    mods: Mods, manager: ManagerProcess, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "There are none yet." in mods("config", server).out
    folder = Path(manager.get(f"/servers/{server}")["data_path"]) / "ModConfig"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "pots & pans.json").write_text('{"size": 1}\n')
    name = "deep/pots & pans.json"
    assert words_of(mods("config", server).out)[1][0] == name
    assert mods("config", server, name).out == '{"size": 1}\n'
    assert "not changed here yet" in mods("config", server, name, "--versions").out

    changed = tmp_path / "changed.json"
    changed.write_text('{"size": 2}\n')
    assert mods("config", server, name, "--from", str(changed)).code == 0
    assert (folder / name).read_text() == '{"size": 2}\n'
    [moment] = mods("config", server, name, "--versions").out.splitlines()
    assert mods("config", server, name, "--version", moment).out == '{"size": 1}\n'

    typing(monkeypatch, '{"size": ', on_terminal=False)
    broken = mods("config", server, name, "--from", "-", "--json")
    assert (broken.code, broken.problem["code"]) == (2, "broken_json")
    assert "Mend it, or save it all the same. Do that with: --allow-broken\n" in broken.err
    typing(monkeypatch, '{"size": ', on_terminal=False)
    assert mods("config", server, name, "--from", "-", "--allow-broken").code == 0
    assert "no good JSON" in mods("config", server, name).err
    assert mods("config", server, "nothing.json").code == 5
    assert mods("config", server, "../serverconfig.json").code in {4, 5}
    assert mods("config", server, "--from", str(changed)).code == 2


def test_no_server_no_mods(mods: Mods, tmp_path: Path) -> None:
    file = tmp_path / "own.zip"
    file.write_bytes(mod_zip("own"))
    for arguments in (
        ["list"],
        ["search"],
        ["add", "alpha"],
        ["update"],
        ["remove", "alpha"],
        ["upload", str(file)],
        ["history"],
        ["rollback"],
        ["export"],
        ["ready-for", NEWER],
        ["check"],
        ["config"],
        ["client-pack", str(tmp_path / "pack.zip")],
    ):
        missing = mods(arguments[0], "nowhere", *arguments[1:], "--json")
        assert (missing.code, missing.problem["code"]) == (5, "server_not_found"), arguments
    assert list(tmp_path.iterdir()) == [file]


def test_a_server_without_a_history_has_no_way_back(mods: Mods, server: str, tmp_path: Path) -> None:
    assert "Nobody has changed" in mods("history", server).out
    missing = mods("rollback", server, "--json")
    assert (missing.code, missing.problem["code"]) == (5, "generation_not_found")
    missing = mods("show", server, "7")
    assert missing.code == 5
    assert "gets another number when a mod is pinned, held or put there by hand meanwhile." in missing.err
    assert f"See: vsmanager mods history {server}" in missing.err
    assert "No set was waiting" in mods("discard", server).out
    assert "players need none of this server's" in mods("client-pack", server, str(tmp_path / "pack.zip")).out
    assert "There are none yet" in mods("list", server).out
