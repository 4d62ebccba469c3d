"""Sets of mods on disk: made, gone back to, waiting for a start, changed by hand."""

import os
import shutil
from pathlib import Path

import pytest

from tests.server_mods.zips import mod_zip, put_mod
from vintagestory_api.server_mods import generations as generations_module
from vintagestory_api.server_mods import misnamed as misnamed_module
from vintagestory_api.server_mods.generations import Generations
from vintagestory_api.server_mods.lock_list import Manifest, SetEntry
from vintagestory_api.server_mods.misnamed import MisnamedFileStays
from vintagestory_api.server_mods.set_folders import GenerationIncomplete
from vintagestory_api.server_mods.set_states import GenerationNotFound, ModsElsewhere, SetChanged, Why
from vintagestory_api.server_mods.store import ModStore

WHY = Why("alice", "for the test")


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


class Server:
    """A server's folder with a store beside it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.data_path = root / "server"
        self.mods = self.data_path / "Mods"
        self.data_path.mkdir()
        self.store = ModStore(root / "store")
        self.store.folder.mkdir()
        self.generations = self.opened()

    def opened(self) -> Generations:
        """As a manager that has just started sees it."""
        return Generations(self.data_path, self.store, now=lambda: "2026-11-26T12:00:00.000Z")

    def entry(self, modid: str, version: str = "1.0.0", **fields: object) -> SetEntry:
        with self.store.new_part() as part:
            part.write(mod_zip(modid, version))
            stored = part.keep()
        return SetEntry(
            modid=modid, version=version, file_name=f"{modid}_{version}.zip", sha256=stored.sha256,
            size_bytes=stored.size_bytes, side="both", source="moddb", kind="zip",
        ).model_copy(update=fields)  # fmt: skip

    def make(self, *entries: SetEntry, waits: bool = False) -> Manifest:
        base = self.generations.take_stock().planned_on
        assert base is not None
        return self.generations.make(entries, base=base.number, why=WHY, waits=waits)

    def files(self) -> list[str]:
        return names_in(self.mods)


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path)


def test_a_folder_becomes_the_first_set_at_the_first_change(server: Server) -> None:
    put_mod(server.mods, "carrots")
    (server.mods / "readme.txt").write_text("mine")
    made = server.make(*server.generations.take_stock().planned_on.entries, server.entry("pots"))  # type: ignore[union-attr]
    assert server.mods.is_symlink()
    assert server.files() == ["carrots_1.0.0.zip", "pots_1.0.0.zip", "readme.txt"]
    newest, first = server.generations.history()
    assert (first.number, first.why, first.actor) == (1, "As it was found", None)
    assert (newest.number, newest.actor, newest.diff.added) == (made.number, "alice", ["pots 1.0.0"])
    assert not [name for name in names_in(server.data_path) if name.startswith(".")]


def test_what_is_asked_for_is_not_changed_by_looking(server: Server) -> None:
    put_mod(server.mods, "carrots")
    state = server.generations.state()
    assert state.current is None
    assert names_in(server.data_path) == ["Mods"]


def test_two_servers_share_the_file_of_a_mod(server: Server) -> None:
    entry = server.entry("pots")
    server.make(entry)
    assert (server.mods / entry.file_name).samefile(server.store.path(entry.sha256))
    assert not (server.mods / entry.file_name).stat().st_mode & 0o222


def test_going_back_needs_nothing_but_the_store(server: Server) -> None:
    server.make(server.entry("pots", "1.0.0"))
    first = server.generations.get(2)
    server.make(server.entry("pots", "2.0.0"), server.entry("pans"))
    back = server.make(*first.entries)
    assert server.files() == ["pots_1.0.0.zip"]
    assert (back.diff.updated, back.diff.removed) == (["pots 2.0.0 → 1.0.0"], ["pans 1.0.0"])


def test_a_disabled_mod_is_kept_outside_the_folder(server: Server) -> None:
    entry = server.entry("pots")
    server.make(entry)
    made = server.make(entry.model_copy(update={"is_enabled": False}))
    assert server.files() == []
    assert made.diff.changed == ["pots disabled"]
    assert server.generations.needed() == {entry.sha256}


def test_the_same_set_is_no_new_one(server: Server) -> None:
    first = server.make(server.entry("pots"))
    assert server.make(*first.entries).number == first.number


def test_a_set_waits_for_the_next_start(server: Server) -> None:
    server.make(server.entry("pots"))
    waiting = server.make(server.entry("pans"), waits=True)
    assert server.files() == ["pots_1.0.0.zip"]
    state = server.generations.state()
    assert state.waits is not None
    assert [(one.number, one.actor) for one in state.waits.sets] == [(waiting.number, "alice")]
    taken = server.generations.before_launch("start-1")
    assert taken is not None
    assert (taken.manifest.number, taken.has_waited) == (waiting.number, True)
    assert server.files() == ["pans_1.0.0.zip"]
    state = server.opened().state()
    assert state.waits is None
    assert state.loaded is not None
    assert (state.loaded.instance, state.loaded.generation) == ("start-1", waiting.number)


def test_a_set_on_trial_is_put_back_with_what_was_done_by_hand_meanwhile(server: Server) -> None:
    back_to = server.make(server.entry("pots"), server.entry("pans")).number
    tried = server.make(server.entry("pots", "2.0.0"), server.entry("pans"), server.entry("lids"), waits=True).number
    server.generations.begin_trial(tried, back_to)
    assert server.generations.trial() is None, "no start has loaded it yet"
    server.generations.before_launch("start-1")
    found = server.opened().trial()
    assert found is not None
    assert (found[0].generation, found[0].back_to, found[1]) == (tried, back_to, "start-1")
    put_mod(server.mods, "carrots")
    put = server.generations.put_back(WHY)
    assert put is not None
    assert (put.number, put.diff.updated) == (tried + 2, ["pots 2.0.0 → 1.0.0"])
    assert server.files() == ["carrots_1.0.0.zip", "pans_1.0.0.zip", "pots_1.0.0.zip"]
    assert server.generations.put_back(WHY) is None
    assert server.generations.trial() is None


def test_a_trial_is_over_when_it_is_said_so_or_another_set_is_made(server: Server) -> None:
    back_to = server.make(server.entry("pots")).number
    tried = server.make(server.entry("pots", "2.0.0")).number
    server.generations.begin_trial(tried, back_to)
    server.generations.end_trial()
    assert server.generations.put_back(WHY) is None
    server.generations.begin_trial(tried, back_to)
    server.make(server.entry("pots", "3.0.0"))
    assert server.generations.put_back(WHY) is None
    assert server.files() == ["pots_3.0.0.zip"]


def test_a_later_wish_joins_the_one_that_waits(server: Server) -> None:
    server.make(server.entry("pots"))
    first = server.make(server.entry("pots"), server.entry("pans"), waits=True)
    second = server.make(*first.entries, server.entry("lids"), waits=True)
    assert second.diff.added == ["lids 1.0.0"]
    history = server.opened().history()
    assert [(one.number, one.state) for one in history] == [(4, "waiting"), (3, "joined"), (2, "done"), (1, "done")]
    assert history[1].diff.added == ["pans 1.0.0"]
    server.generations.before_launch("start-1")
    assert server.files() == ["lids_1.0.0.zip", "pans_1.0.0.zip", "pots_1.0.0.zip"]
    assert [one.state for one in server.opened().history()] == ["done", "joined", "done", "done"]


def test_what_waits_stays_each_change_by_itself_whatever_is_done_meanwhile(server: Server) -> None:
    present = server.make(server.entry("pots"))
    first = server.make(*present.entries, server.entry("pans"), waits=True)
    second = server.make(*first.entries, server.entry("lids"), waits=True)
    server.make(*[entry.model_copy(update={"is_pinned": entry.modid == "pots"}) for entry in second.entries], waits=True)
    put_mod(server.mods, "carrots")
    server.generations.take_stock()
    waits = server.opened().waits()
    assert waits is not None
    assert [(one.at, one.diff.added) for one in waits.sets] == [(first.at, ["pans 1.0.0"]), (second.at, ["lids 1.0.0"])]
    assert {entry.modid for entry in waits.planned.entries} == {"pots", "pans", "lids", "carrots"}
    assert server.generations.drop_waiting() == waits.planned.number
    assert "joined" not in {one.state for one in server.generations.history()}, "what is forgotten was part of what waited"


def test_what_waits_is_forgotten_with_all_that_it_took_along(server: Server) -> None:
    server.make(server.entry("pots"))
    first = server.make(server.entry("pots"), server.entry("pans"), waits=True)
    second = server.make(*first.entries, server.entry("lids"), waits=True)
    assert server.generations.drop_waiting() == second.number
    assert [one.number for one in server.generations.history()] == [2, 1]
    assert server.make(server.entry("cups")).number == second.number + 1


def test_a_waiting_set_can_be_dropped(server: Server) -> None:
    server.make(server.entry("pots"))
    server.make(server.entry("pans"), waits=True)
    assert server.generations.drop_waiting()
    assert not server.generations.drop_waiting()
    server.generations.before_launch("start-1")
    assert server.files() == ["pots_1.0.0.zip"]
    assert [manifest.number for manifest in server.generations.history()] == [2, 1]
    assert server.make(server.entry("lids")).number == 4, "a number that people have read means no other set later"


def test_wishing_back_what_is_there_takes_the_waiting_set_away(server: Server) -> None:
    first = server.make(server.entry("pots"))
    server.make(server.entry("pans"), waits=True)
    server.make(*first.entries, waits=True)
    assert server.generations.state().waits is None


def test_a_pin_waits_for_no_start(server: Server) -> None:
    present = server.make(server.entry("pots"), server.entry("lids"))
    server.generations.before_launch("start-1")
    waiting = server.make(server.entry("pots", "2.0.0"), server.entry("lids"), server.entry("pans"), waits=True)
    made = server.make(*[entry.model_copy(update={"is_pinned": entry.modid == "pots"}) for entry in waiting.entries], waits=True)
    assert (made.state, made.diff.changed) == ("done", ["pots pinned"])
    state = server.opened().state()
    assert state.current is not None
    assert state.loaded is not None
    assert state.waits is not None
    assert (state.current.number, state.loaded.generation, state.is_touched) == (made.number, made.number, False)
    assert {(one.modid, one.version, one.is_pinned) for one in state.current.entries} == {
        ("pots", "1.0.0", True), ("lids", "1.0.0", False),
    }  # fmt: skip
    assert {(one.modid, one.version, one.is_pinned) for one in state.waits.planned.entries} == {
        ("pots", "2.0.0", True), ("lids", "1.0.0", False), ("pans", "1.0.0", False),
    }  # fmt: skip
    assert server.files() == sorted(entry.file_name for entry in present.entries)
    assert server.generations.drop_waiting()
    assert server.generations.history()[0].number == made.number, "the pin does not go with what waited"


def test_a_pin_of_what_waits_itself_waits_with_it(server: Server) -> None:
    server.make(server.entry("pots"))
    waiting = server.make(server.entry("pots"), server.entry("pans"), waits=True)
    marked = [entry.model_copy(update={"is_held": entry.modid == "pans"}) for entry in waiting.entries]
    assert server.make(*marked, waits=True).state == "waiting"


def test_what_was_done_by_hand_is_a_set_of_its_own(server: Server) -> None:
    server.make(server.entry("pots"), server.entry("pans"))
    (server.mods / "pans_1.0.0.zip").unlink()
    put_mod(server.mods, "carrots")
    assert server.generations.state().is_touched
    server.generations.take_stock()
    by_hand = server.generations.history()[0]
    assert (by_hand.why, by_hand.actor) == ("Changed by hand", None)
    assert (by_hand.diff.added, by_hand.diff.removed) == (["carrots 1.0.0"], ["pans 1.0.0"])
    assert {entry.modid: entry.source for entry in by_hand.entries} == {"carrots": "hand", "pots": "moddb"}
    server.make(*server.generations.get(2).entries)
    assert server.files() == ["pans_1.0.0.zip", "pots_1.0.0.zip"]


def test_a_file_replaced_by_hand_keeps_its_pin(server: Server) -> None:
    server.make(server.entry("pots").model_copy(update={"is_pinned": True}))
    (server.mods / "pots_1.0.0.zip").unlink()
    put_mod(server.mods, "pots", "1.1.0")
    current = server.generations.take_stock().current
    assert current is not None
    assert [(entry.version, entry.is_pinned) for entry in current.entries] == [("1.1.0", True)]


def test_touching_a_file_makes_no_set(server: Server) -> None:
    made = server.make(server.entry("pots"))
    path = server.mods / "pots_1.0.0.zip"
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content)
    current = server.generations.take_stock().current
    assert current is not None
    assert current.number == made.number
    assert not server.generations.state().is_touched


def test_a_hand_that_comes_between_a_plan_and_its_doing_stops_it(server: Server) -> None:
    base = server.generations.take_stock().planned_on
    assert base is not None
    put_mod(server.mods, "carrots")
    with pytest.raises(SetChanged):
        server.generations.make([server.entry("pots")], base=base.number, why=WHY, waits=False)
    assert server.files() == ["carrots_1.0.0.zip"]


def test_a_waiting_set_takes_along_what_a_hand_did_meanwhile(server: Server) -> None:
    server.make(server.entry("pots"), server.entry("pans"))
    server.make(server.entry("pots", "2.0.0"), server.entry("pans"), waits=True)
    put_mod(server.mods, "carrots")
    (server.mods / "pans_1.0.0.zip").unlink()
    server.generations.before_launch("start-1")
    assert server.files() == ["carrots_1.0.0.zip", "pots_2.0.0.zip"]


def test_a_mod_that_is_a_folder_is_carried_on(server: Server) -> None:
    folder = server.mods / "handmade"
    (folder / "assets").mkdir(parents=True)
    (folder / "modinfo.json").write_text('{"type": "content", "modid": "handmade", "name": "x", "version": "0.1.0"}')
    (folder / "assets" / "a.json").write_text("{}")
    (folder / "link").symlink_to("modinfo.json")
    current = server.generations.take_stock().current
    assert current is not None
    assert [(entry.modid, entry.kind) for entry in current.entries] == [("handmade", "folder")]
    server.make(*current.entries, server.entry("pots"))
    assert (folder / "assets" / "a.json").read_text() == "{}"
    assert (folder / "link").is_symlink()
    (folder / "assets" / "a.json").write_text('{"changed": 1}')
    assert server.generations.state().is_touched
    server.generations.take_stock()
    server.make(*server.generations.get(2).entries)
    assert (folder / "assets" / "a.json").read_text() == "{}"


def test_a_link_among_the_mods_is_kept_and_not_followed(server: Server) -> None:
    secret = server.root / "secret.zip"
    secret.write_bytes(b"nobody's business")
    server.mods.mkdir()
    (server.mods / "x.zip").symlink_to(secret)
    current = server.generations.take_stock().current
    assert current is not None
    assert [(entry.kind, entry.sha256) for entry in current.entries] == [("link", "")]
    server.make(*current.entries, server.entry("pots"))
    assert (server.mods / "x.zip").readlink() == secret
    assert not list(server.store.folder.glob("*/*x"))


def test_mods_that_are_a_link_elsewhere_are_left_alone(server: Server, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    server.mods.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ModsElsewhere, match="elsewhere"):
        server.generations.take_stock()
    assert names_in(server.data_path) == ["Mods"]


def test_a_set_whose_file_is_gone_is_not_made(server: Server) -> None:
    made = server.make(server.entry("pots"))
    lost = server.entry("pans")
    server.store.path(lost.sha256).unlink()
    with pytest.raises(GenerationIncomplete, match="pans"):
        server.make(*made.entries, lost)
    assert server.files() == ["pots_1.0.0.zip"]
    assert [manifest.number for manifest in server.generations.history()] == [2, 1]


def test_a_file_that_the_store_has_lost_is_found_in_an_older_set(server: Server) -> None:
    entry = server.entry("pots")
    server.make(entry)
    server.store.path(entry.sha256).unlink()
    assert server.generations.find_again(entry)
    assert server.store.verify(entry.sha256)


def test_a_folder_of_a_set_that_somebody_deleted_is_laid_out_again(server: Server) -> None:
    server.make(server.entry("pots"))
    shutil.rmtree(server.mods.resolve())
    server.generations.before_launch("start-1")
    assert server.files() == ["pots_1.0.0.zip"]


def test_only_so_many_sets_are_kept(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generations_module, "KEPT", 3)
    server.make(server.entry("pots", "0.0.1"))
    server.generations.before_launch("start-1")
    for patch in range(2, 8):
        server.make(server.entry("pots", f"0.0.{patch}"))
    assert [manifest.number for manifest in server.generations.history()] == [8, 7, 6, 2]
    with pytest.raises(GenerationNotFound):
        server.generations.get(5)


def test_a_manifest_that_was_tampered_with_leads_nowhere(server: Server) -> None:
    server.make(server.entry("pots"))
    path = server.data_path / "ModGenerations" / "1.json"
    path.write_text((server.data_path / "ModGenerations" / "2.json").read_text().replace("pots_1.0.0.zip", "../../pots.zip"))
    assert [manifest.number for manifest in server.generations.history()] == [2]


def test_on_a_file_system_without_links_files_are_copied_once(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = server.entry("pots")
    real = os.link

    def no_links_from_the_store(source: object, *args: object, **options: object) -> None:
        if isinstance(source, Path):
            raise OSError(18, "Invalid cross-device link")
        real(source, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "link", no_links_from_the_store)
    server.make(entry)
    first = server.mods.resolve() / entry.file_name
    assert not first.samefile(server.store.path(entry.sha256))
    server.make(entry, server.entry("pans"))
    assert first.samefile(server.mods / entry.file_name)
    assert not server.generations.state().is_touched


def test_without_the_exchange_of_names_a_folder_is_taken_over_in_two_steps(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cannot(*_: object) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(generations_module, "exchange", cannot)
    put_mod(server.mods, "carrots")
    server.generations.take_stock()
    assert server.mods.is_symlink()
    assert server.files() == ["carrots_1.0.0.zip"]


def test_history_survives_a_folder_that_took_the_place_of_the_link(server: Server) -> None:
    server.make(server.entry("pots"))
    target = server.mods.resolve()
    server.mods.unlink()
    shutil.copytree(target, server.mods)
    put_mod(server.mods, "carrots")
    server.generations.take_stock()
    assert server.files() == ["carrots_1.0.0.zip", "pots_1.0.0.zip"]
    assert [manifest.number for manifest in server.generations.history()] == [3, 2, 1]
    assert server.generations.history()[0].diff.added == ["carrots 1.0.0"]


def test_a_file_that_was_written_into_in_place_does_not_come_back_with_an_old_set(server: Server) -> None:
    entry = server.entry("pots")
    server.make(entry)
    path = server.mods / entry.file_name
    path.chmod(0o644)
    path.write_bytes(mod_zip("pots", "9.9.9"))
    current = server.generations.take_stock().current
    assert current is not None
    assert [(each.version, each.source) for each in current.entries] == [("9.9.9", "hand")]
    assert not server.store.has(entry.sha256), "the store's file is the same one"
    assert not server.generations.find_again(server.generations.get(2).entries[0])


def test_a_file_of_an_old_set_that_was_written_into_is_found_out(server: Server) -> None:
    entry = server.entry("pots")
    server.make(entry)
    old = server.mods.resolve()
    server.make(server.entry("pans"))
    (old / entry.file_name).chmod(0o644)
    (old / entry.file_name).write_bytes(mod_zip("pots", "9.9.9"))
    assert not server.generations.find_again(server.generations.get(2).entries[0])


NOT_UTF8 = os.fsdecode(b"b\xe4d.zip")
CONTROL = "ctl\x01file.zip"


def put_misnamed(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    (folder / NOT_UTF8).write_bytes(b"by hand")
    (folder / CONTROL).write_bytes(mod_zip("control"))
    (folder / "fol\x02der" / "inner").mkdir(parents=True)
    (folder / "fol\x02der" / "inner" / "modinfo.json").write_text("{}")
    (folder / "li\x03nk").symlink_to("/nowhere")
    (folder / "away.zip").symlink_to(os.fsdecode(b"/no\xe4where"))


MISNAMED = sorted(["away.zip", NOT_UTF8, CONTROL, "fol\x02der", "li\x03nk"])


def misnamed_in(server: Server) -> list[str]:
    return [name for name in server.files() if name in MISNAMED]


def test_files_whose_names_can_not_be_written_down_are_in_every_further_set(server: Server) -> None:
    put_misnamed(server.mods)
    first = server.make(server.entry("pots"))
    assert server.files() == sorted([*MISNAMED, "pots_1.0.0.zip"])
    server.make(server.entry("pans"), waits=True)
    (server.mods / "late\x04.zip").write_bytes(b"while it waited")
    server.generations.before_launch("start-1")
    assert server.files() == sorted([*MISNAMED, "late\x04.zip", "pans_1.0.0.zip"])
    put_mod(server.mods, "carrots")
    server.make(*server.generations.get(first.number).entries)
    assert server.files() == sorted([*MISNAMED, "late\x04.zip", "pots_1.0.0.zip"])
    assert (server.mods / NOT_UTF8).read_bytes() == b"by hand"
    assert (server.mods / "fol\x02der" / "inner" / "modinfo.json").read_text() == "{}"
    assert (server.mods / "li\x03nk").readlink() == Path("/nowhere")
    assert os.fsencode((server.mods / "away.zip").readlink()) == b"/no\xe4where"
    assert not server.generations.state().is_touched


def test_a_file_whose_name_can_not_be_written_down_is_gone_when_somebody_takes_it_out(server: Server) -> None:
    put_misnamed(server.mods)
    server.make(server.entry("pots"))
    (server.mods / CONTROL).unlink()
    server.make(server.entry("pans"))
    assert CONTROL not in server.files()


def test_where_a_file_can_have_no_second_name_it_is_copied(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    put_misnamed(server.mods)
    entry = server.entry("pots")
    server.make(entry)
    before = (server.mods / NOT_UTF8).stat()
    link = os.link

    def not_by_name(source: str, *args: object, **options: object) -> None:
        if source in MISNAMED:
            raise PermissionError(1, "Operation not permitted")
        link(source, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "link", not_by_name)
    server.make(entry, server.entry("pans"))
    after = (server.mods / NOT_UTF8).stat()
    assert misnamed_in(server) == MISNAMED
    assert before.st_ino != after.st_ino
    assert (before.st_size, before.st_mtime_ns, before.st_mode) == (after.st_size, after.st_mtime_ns, after.st_mode)


def test_a_change_that_would_lose_such_a_file_is_refused_and_names_it(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.make(server.entry("pots"))
    put_misnamed(server.mods)
    pans = server.entry("pans")
    with monkeypatch.context() as patch:

        def refused(*_args: object, **_options: object) -> None:
            raise PermissionError(13, "Permission denied")

        patch.setattr(misnamed_module, "_carry", refused)
        with pytest.raises(MisnamedFileStays, match=r"“away\.zip”.*Give it another name"):
            server.make(pans)
    assert server.files() == sorted([*MISNAMED, "pots_1.0.0.zip"])
    server.make(pans)
    assert server.files() == sorted([*MISNAMED, "pans_1.0.0.zip"])


@pytest.mark.parametrize("letter", ["\u00a0", "\u200b", "\u00ad", "\ue000"])
def test_names_with_letters_that_nobody_sees_are_part_of_the_set(server: Server, letter: str) -> None:
    server.mods.mkdir()
    (server.mods / f"car{letter}rots.zip").write_bytes(mod_zip("carrots"))
    (server.mods / f"read{letter}me.txt").write_text("mine")
    state = server.generations.take_stock()
    assert state.current is not None
    assert [entry.file_name for entry in state.current.entries] == [f"car{letter}rots.zip", f"read{letter}me.txt"]
    server.make(*state.current.entries, server.entry("pots"))
    assert server.files() == sorted([f"car{letter}rots.zip", f"read{letter}me.txt", "pots_1.0.0.zip"])
    (server.mods / f"new{letter}.zip").write_bytes(mod_zip("new"))
    assert server.generations.state().is_touched
