"""The mods of a server over HTTP: from files that people bring, with and without a running game."""

import io
import os
import shutil
import zipfile
from typing import Any

import pytest

from tests.server_mods.mods_of_servers import Mods
from tests.server_mods.zips import mod_zip, put_mod
from tests.servers.games import LONG, House
from vintagestory_api.server_mods import uploads as uploads_module


@pytest.fixture
def mods(house: House) -> Mods:
    return Mods(house)


def test_an_uploaded_mod_is_planned_installed_and_listed(mods: Mods) -> None:
    put_mod(mods.folder, "carrots")
    uploaded = mods.upload("pots", dependencies={"game": "1.22.0"})
    assert (uploaded["modid"], uploaded["version"], uploaded["troubles"]) == ("pots", "1.0.0", [])
    wish = {"action": "install", "sha256": uploaded["sha256"]}
    plan = mods.plan(wish)
    assert [(step["action"], step["modid"], step["to_version"]) for step in plan["steps"]] == [("install", "pots", "1.0.0")]
    assert (plan["can_be_applied"], plan["needs_restart"]) == (True, False)
    run = mods.change(wish, digest=plan["digest"], why="It was asked for")
    assert run["report"]["added"] == ["pots 1.0.0"]
    listed = mods.listed()
    assert listed["generation"] == run["report"]["generation"]
    mod = mods.mod("pots")
    assert (mod["modid"], mod["name"], mod["is_enabled"], mod["by_hand"], mod["fit"]) == ("pots", "Pots", True, False, "likely")
    newest = mods.generations()[0]
    assert (newest["why"], newest["run_id"], newest["is_current"]) == ("It was asked for", run["id"], True)
    assert newest["actor"]


def test_nothing_is_done_when_the_plan_that_was_seen_is_not_the_one_of_now(mods: Mods) -> None:
    wish = {"action": "install", "sha256": mods.upload("pots")["sha256"]}
    run = mods.change(wish, digest="0" * 64, state="failed")
    assert "another one than you have seen" in run["error"]["message"]
    assert mods.listed()["items"] == []


@pytest.mark.parametrize("name", ["../../pots", "a\\b", "a\nb"])
def test_what_can_be_no_name_of_a_mod_is_refused_in_words(mods: Mods, name: str) -> None:
    body = {"changes": [{"action": "install", "mod": name}]}
    answer = mods.house.app.ask("POST", f"/servers/{mods.id}/mods/plan", json=body)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["field"]) == (422, "changes.0.mod")
    assert error["message"] == "this is neither a mod's id nor the name of a file"


def test_a_missing_dependency_blocks_and_is_named(mods: Mods) -> None:
    uploaded = mods.upload("pans", dependencies={"pots": "1.0.0"})
    pots = mods.upload("pots")
    wishes = [{"action": "install", "sha256": each["sha256"]} for each in (uploaded, pots)]
    run = mods.change(*wishes)
    assert run["report"]["added"] == ["pans 1.0.0", "pots 1.0.0"]
    assert mods.mod("pots")["needed_by"] == ["pans"]
    plan = mods.plan({"action": "remove", "mod": "pots"})
    assert [(step["action"], step["modid"]) for step in plan["steps"]] == [("remove", "pans"), ("remove", "pots")]
    (mods.folder / "pots_1.0.0.zip").unlink()
    assert [trouble["code"] for trouble in mods.mod("pans")["troubles"]] == ["missing_dependency"]


def test_marks_disabling_and_removal(mods: Mods) -> None:
    mods.install("pots")
    mods.change({"action": "pin", "mod": "POTS"}, {"action": "disable", "mod": "pots"})
    mod = mods.mod("pots")
    assert (mod["is_pinned"], mod["is_enabled"]) == (True, False)
    assert mods.files() == []
    mods.change({"action": "enable", "mod": "pots"})
    assert mods.files() == ["pots_1.0.0.zip"]
    mods.change({"action": "remove", "mod": "pots"})
    assert mods.listed()["items"] == []
    assert mods.generations()[0]["diff"]["removed"] == ["pots 1.0.0"]


def test_going_back_to_an_earlier_set(mods: Mods) -> None:
    mods.install("pots", "1.0.0")
    before = mods.listed()["generation"]
    mods.install("pots", "2.0.0")
    assert mods.files() == ["pots_2.0.0.zip"]
    run = mods.house.does(mods.id, f"mod-generations/{before}/restore", {})
    assert run["report"]["updated"] == ["pots 2.0.0 → 1.0.0"]
    assert mods.files() == ["pots_1.0.0.zip"]
    assert mods.generations()[0]["why"] == f"Back to set {before}"
    assert mods.house.app.ask("POST", f"/servers/{mods.id}/mod-generations/99/restore", json={}).status_code == 404


def test_going_back_is_planned_and_only_that_plan_is_done(mods: Mods) -> None:
    put_mod(mods.folder, "carrots")
    (mods.folder / "readme.txt").write_text("Ours")
    mods.install("pots", "1.0.0")
    before = mods.listed()["generation"]
    mods.install("pots", "2.0.0")
    mods.change({"action": "remove", "mod": "carrots"}, {"action": "pin", "mod": "pots"})
    (mods.folder / "readme.txt").unlink()
    plan = mods.plan_back(before)
    assert {(step["action"], step["modid"], step["from_version"], step["to_version"]) for step in plan["steps"]} == {
        ("install", "carrots", None, "1.0.0"),
        ("install", "readme.txt", None, None),
        ("downgrade", "pots", "2.0.0", "1.0.0"),
        ("unpin", "pots", "2.0.0", None),
    }
    assert (plan["can_be_applied"], plan["needs_restart"], plan["notes"]) == (True, False, [])
    mods.install("pans")
    back = f"mod-generations/{before}/restore"
    run = mods.house.does(mods.id, back, {"digest": plan["digest"]}, state="failed")
    assert (run["error"]["type"], "pans_1.0.0.zip" in mods.files()) == ("PlanChanged", True)
    assert "another one than you have seen" in run["error"]["message"]
    mods.house.does(mods.id, back, {"digest": mods.plan_back(before)["digest"]})
    assert mods.files() == ["carrots_1.0.0.zip", "pots_1.0.0.zip", "readme.txt"]
    again = mods.plan_back(before)
    assert ([note["code"] for note in again["notes"]], again["can_be_applied"]) == (["nothing_to_do"], False)
    assert mods.house.app.ask("POST", f"/servers/{mods.id}/mod-generations/99/plan").status_code == 404


def test_a_plan_for_going_back_names_files_that_are_not_kept(mods: Mods) -> None:
    mods.install("pots", "1.0.0")
    before = mods.listed()["generation"]
    mods.install("pots", "2.0.0")
    sha256 = mods.house.app.get(f"/servers/{mods.id}/mod-generations/{before}")["lock"]["mods"][0]["sha256"]
    mods.house.app.manager.server_mods.store.path(sha256).unlink()
    for path in (mods.folder.parent / "ModGenerations").glob("*/pots_1.0.0.zip"):
        path.unlink()
    plan = mods.plan_back(before)
    assert [(note["code"], note["blocks"]) for note in plan["notes"]] == [("not_kept", True)]
    run = mods.house.does(mods.id, f"mod-generations/{before}/restore", {}, state="failed")
    assert "pots 1.0.0 is not kept any more" in run["error"]["message"]
    assert mods.files() == ["pots_2.0.0.zip"]


def test_a_plan_is_the_same_before_and_after_what_was_done_by_hand_is_a_set(mods: Mods) -> None:
    put_mod(mods.folder, "lids")
    (mods.folder / "readme.txt").write_text("Ours")
    mods.install("pots", "1.0.0")
    before = mods.listed()["generation"]
    (mods.folder / "pots_1.0.0.zip").unlink()
    put_mod(mods.folder, "pots", "1.0.0", description="Another file of the same version")
    put_mod(mods.folder, "carrots")
    (mods.folder / "out").symlink_to("/nowhere")
    (mods.folder / "notes.txt").write_text("Mine")
    os.mkfifo(mods.folder / "pipe")
    plan = mods.plan_back(before)
    assert {(step["action"], step["modid"]) for step in plan["steps"]} == {
        ("update", "pots"), ("remove", "carrots"), ("remove", "out"), ("remove", "notes.txt"),
    }  # fmt: skip
    mods.house.does(mods.id, f"mod-generations/{before}/restore", {"digest": plan["digest"]})
    assert mods.files() == ["lids_1.0.0.zip", "pots_1.0.0.zip", "readme.txt"]


def test_generations_come_in_pages(mods: Mods) -> None:
    for patch in range(3):
        mods.install("pots", f"1.0.{patch}")
    first = mods.house.app.get(f"/servers/{mods.id}/mod-generations", limit=2)
    assert [each["number"] for each in first["items"]] == [4, 3]
    rest = mods.house.app.get(f"/servers/{mods.id}/mod-generations", limit=2, cursor=first["next_cursor"])
    assert ([each["number"] for each in rest["items"]], rest["next_cursor"]) == ([2, 1], None)
    assert mods.house.app.ask("GET", f"/servers/{mods.id}/mod-generations", params={"cursor": "x"}).status_code == 422
    details = mods.house.app.get(f"/servers/{mods.id}/mod-generations/3")
    assert [(entry["modid"], entry["version"]) for entry in details["lock"]["mods"]] == [("pots", "1.0.1")]


def test_a_running_game_takes_a_change_at_its_next_start(mods: Mods) -> None:
    mods.house.does(mods.id, "start")
    wish = {"action": "install", "sha256": mods.upload("pots")["sha256"]}
    assert mods.plan(wish)["needs_restart"]
    run = mods.change(wish, why="For the kitchen")
    assert run["report"]["waits"]
    listed = mods.listed()
    assert listed["items"] == []
    assert listed["pending"]["added"] == ["pots 1.0.0"]
    (change,) = listed["pending"]["changes"]
    assert (change["why"], change["added"], change["actor"]) == (
        "For the kitchen",
        ["Pots 1.0.0"],
        mods.generations()[0]["actor"],
    )
    assert mods.pending() == listed["pending"]
    mods.house.does(mods.id, "restart")
    assert any("pots" in line and "sorted by dependency" in line for line in mods.house.console(mods.id))
    listed = mods.listed()
    assert (listed["pending"], [mod["modid"] for mod in listed["items"]]) == (None, ["pots"])
    assert mods.pending() is None
    newest = mods.generations()[0]
    assert (newest["is_current"], newest["is_loaded"]) == (True, True)


def test_a_change_may_restart_the_game_itself(mods: Mods) -> None:
    mods.house.does(mods.id, "start")
    run = mods.install("pots", when="restart")
    assert not run["report"]["waits"]
    assert run["report"]["ready_after_seconds"] is not None
    assert mods.house.get(mods.id)["state"] == "running"
    assert any("pots" in line and "sorted by dependency" in line for line in mods.house.console(mods.id))


def test_the_same_wish_for_a_second_time_makes_no_second_set(mods: Mods) -> None:
    mods.house.does(mods.id, "start")
    first = mods.install("pots")
    assert mods.install("pots")["report"] == {"generation": first["report"]["generation"], "changed": False}
    mods.install("pans")
    assert mods.listed()["pending"]["added"] == ["pans 1.0.0", "pots 1.0.0"]
    assert mods.pending() == mods.listed()["pending"]


def test_a_pin_is_in_force_at_once_also_while_the_game_runs(mods: Mods) -> None:
    mods.install("pots")
    mods.house.does(mods.id, "start")
    wish = {"action": "pin", "mod": "pots"}
    assert not mods.plan(wish)["needs_restart"]
    assert not mods.change(wish, when="restart")["report"]["waits"]
    assert (mods.mod("pots")["is_pinned"], mods.pending()) == (True, None)
    newest = mods.generations()[0]
    assert (newest["is_current"], newest["is_loaded"]) == (True, True)


def test_each_change_that_waits_keeps_who_made_it_and_why(mods: Mods) -> None:
    mods.install("cups")
    mods.house.does(mods.id, "start")
    mods.change({"action": "install", "sha256": mods.upload("pots")["sha256"]}, why="For Anna")
    pans = {"action": "install", "sha256": mods.upload("pans", name="Frying Pans")["sha256"]}
    mods.change(pans, {"action": "disable", "mod": "cups"}, why="For Ben")
    second, first = mods.generations()[:2]
    pending = mods.pending()
    assert pending is not None
    assert pending["changes"] == [
        {"generation": one["number"], "at": one["at"], "actor": one["actor"], "why": one["why"], **told}
        for one, told in (
            (first, {"added": ["Pots 1.0.0"], "updated": [], "removed": [], "changed": []}),
            (second, {"added": ["Frying Pans 1.0.0"], "updated": [], "removed": [], "changed": ["Cups disabled"]}),
        )
    ]
    assert (second["why"], second["diff"]["added"], second["is_joined"]) == ("For Ben", ["pans 1.0.0"], False)
    assert (first["why"], first["diff"]["added"], first["is_joined"]) == ("For Anna", ["pots 1.0.0"], True)
    assert first["actor"]
    assert first["run_id"]


def test_a_waiting_set_can_be_dropped(mods: Mods) -> None:
    mods.house.does(mods.id, "start")
    mods.install("pots")
    answer = mods.house.app.ask("DELETE", f"/servers/{mods.id}/mods/pending")
    assert answer.status_code == 200
    assert answer.json()["pending"] is None
    mods.house.does(mods.id, "restart")
    assert mods.files() == []


def test_the_timeline_tells_of_every_change_of_mods(mods: Mods) -> None:
    def told() -> list[dict[str, Any]]:
        return [entry for entry in mods.house.timeline(mods.id) if entry["kind"].startswith("mods_")]

    run = mods.install("pots")
    (first,) = told()
    assert (first["kind"], first["run_id"], first["details"]) == ("mods_changed", run["id"], {"set": 2, "installed": 1})
    assert first["actor"] == mods.generations()[0]["actor"] is not None
    put_mod(mods.folder, "carrots")
    mods.change({"action": "pin", "mod": "pots"}, {"action": "disable", "mod": "carrots"}, why="A rest")
    assert [(entry["kind"], entry["actor"] is None, entry["details"]) for entry in told()[1:]] == [
        ("mods_by_hand", True, {"set": 3, "installed": 1}),
        ("mods_changed", False, {"set": 4, "changed": 2, "text": "A rest"}),
    ]
    mods.change({"action": "pin", "mod": "pots"})
    assert len(told()) == 3, "nothing was changed"

    mods.house.does(mods.id, "start")
    mods.install("pots", "2.0.0")
    back = mods.house.does(mods.id, "mod-generations/2/restore", {})
    assert mods.house.app.ask("DELETE", f"/servers/{mods.id}/mods/pending").status_code == 200
    waiting = mods.install("pans")
    mods.house.does(mods.id, "restart")
    assert [(entry["kind"], entry["run_id"], entry["details"]) for entry in told()[4:]] == [
        ("mods_restored", back["id"], {"set": 6, "back_to": 2, "updated": 1, "removed": 1, "changed": 1, "waits": True}),
        ("mods_discarded", None, {"set": 6}),
        ("mods_changed", waiting["id"], {"set": 7, "installed": 1, "waits": True}),
        ("mods_loaded", waiting["id"], {"set": 7}),
    ]


def test_going_back_to_what_is_loaded_forgets_what_waits(mods: Mods) -> None:
    mods.install("pots")
    loaded = mods.listed()["generation"]
    mods.house.does(mods.id, "start")
    waiting = mods.install("pans")["report"]["generation"]
    run = mods.house.does(mods.id, f"mod-generations/{loaded}/restore", {"digest": mods.plan_back(loaded)["digest"]})
    assert run["report"] == {"generation": loaded, "changed": False, "discarded": waiting}
    assert mods.listed()["pending"] is None
    assert mods.house.entry(mods.id, "mods_discarded")["details"] == {"set": waiting}


def test_what_the_log_says_is_tied_to_the_mod(mods: Mods) -> None:
    put_mod(mods.folder, "pans", dependencies={"pots": "1.0.0"})
    mods.house.does(mods.id, "start")
    mod = mods.house.app.until(
        lambda: mods.mod("pans"), lambda mod: any(trouble["code"].startswith("log_") for trouble in mod["troubles"]), LONG
    )
    assert "log_missing" in {trouble["code"] for trouble in mod["troubles"]}


def test_what_was_there_by_hand_is_listed_and_respected(mods: Mods) -> None:
    put_mod(mods.folder, "carrots")
    (mods.folder / "broken.zip").write_bytes(b"<html>not found</html>")
    listed = mods.listed()
    assert listed["generation"] is None
    assert {mod["file_name"]: mod["by_hand"] for mod in listed["items"]} == {"broken.zip": True, "carrots_1.0.0.zip": True}
    broken = next(mod for mod in listed["items"] if mod["file_name"] == "broken.zip")
    assert [trouble["code"] for trouble in broken["troubles"]] == ["unreadable"]
    mods.install("pots")
    assert mods.files() == ["broken.zip", "carrots_1.0.0.zip", "pots_1.0.0.zip"]
    assert [each["why"] for each in mods.generations()] == ["Mods changed", "As it was found"]


def test_a_program_that_does_not_say_which_mod_it_is_is_listed_with_the_reason(mods: Mods) -> None:
    put_mod(mods.folder, "carrots")
    (mods.folder / "silent.dll").write_bytes(b"MZ" + bytes(100))
    (mods.folder / "silent.cs").write_text("class Silent {}")
    (mods.folder / "pans.cs").write_text('[assembly: ModInfo("Pans", "pans", Version = "1.0.0")]')
    for _ in range(2):
        troubles = {mod["file_name"]: [one["code"] for one in mod["troubles"]] for mod in mods.listed()["items"]}
        assert {name: troubles[name] for name in ("silent.dll", "silent.cs", "pans.cs")} == {
            "silent.dll": ["unreadable"],
            "silent.cs": ["unreadable"],
            "pans.cs": [],
        }
        mods.install("pots")


def test_of_two_files_of_one_mod_only_the_named_one_is_switched_off_or_taken_out(mods: Mods) -> None:
    for version in ("1.0.0", "2.0.0"):
        put_mod(mods.folder, "pots", version)
    assert [(mod["is_double"], mod["troubles"][0]["message"]) for mod in mods.listed()["items"]] == [
        (True, "pots_2.0.0.zip has the same mod id. The game loads the one with the highest version."),
        (True, "pots_1.0.0.zip has the same mod id. The game loads the one with the highest version."),
    ]
    plan = mods.plan({"action": "disable", "mod": "pots_2.0.0.zip"})
    assert [(step["action"], step["modid"], step["from_version"]) for step in plan["steps"]] == [
        ("disable", "pots_2.0.0.zip", "2.0.0")
    ]
    mods.change({"action": "disable", "mod": "pots_2.0.0.zip"}, digest=plan["digest"])
    assert mods.files() == ["pots_1.0.0.zip"]
    mods.change({"action": "enable", "mod": "pots_2.0.0.zip"})
    assert mods.files() == ["pots_1.0.0.zip", "pots_2.0.0.zip"]
    mods.change({"action": "remove", "mod": "pots_1.0.0.zip"})
    assert (mods.files(), mods.mod("pots")["is_double"]) == (["pots_2.0.0.zip"], False)
    put_mod(mods.folder, "pots", "1.0.0")
    steps = mods.plan({"action": "remove", "mod": "pots"})["steps"]
    assert [step["file_name"] for step in steps] == ["pots_1.0.0.zip", "pots_2.0.0.zip"]
    both = mods.plan(*({"action": "remove", "mod": f"pots_{version}.zip"} for version in ("1.0.0", "2.0.0")))
    assert both["steps"] == steps, "all files of a mod are the mod"


def test_only_what_somebody_has_changed_by_hand_is_marked_so(mods: Mods) -> None:
    for modid in ("pots", "pans", "lids", "cups"):
        mods.install(modid)
    mods.change({"action": "pin", "mod": "cups"})
    (mods.folder / "pans_1.0.0.zip").rename(mods.folder / "our pans.zip")
    copy = (mods.folder / "lids_1.0.0.zip").read_bytes()
    (mods.folder / "lids_1.0.0.zip").unlink()
    (mods.folder / "lids_1.0.0.zip").write_bytes(copy)
    (mods.folder / "cups_1.0.0.zip").unlink()
    put_mod(mods.folder, "cups", "1.1.0")
    put_mod(mods.folder, "carrots")
    os.mkfifo(mods.folder / "pipe.zip")
    by_hand = {"pots": False, "pans": False, "lids": False, "cups": True, "carrots": True}
    assert {mod["modid"]: mod["by_hand"] for mod in mods.listed()["items"] if mod["modid"]} == by_hand
    assert mods.mod("cups")["is_pinned"]
    lock = mods.house.app.get(f"/servers/{mods.id}/mods/lock-list")
    assert {entry["modid"]: entry["source"] == "hand" for entry in lock["mods"]} == by_hand
    mods.change({"action": "pin", "mod": "pots"})
    assert {mod["modid"]: mod["by_hand"] for mod in mods.listed()["items"]} == by_hand, "as it is when they are a set"


def test_a_folder_of_mods_in_the_place_of_the_link_is_known_by_its_files(mods: Mods) -> None:
    mods.install("pots")
    there = mods.folder.resolve()
    mods.folder.unlink()
    shutil.copytree(there, mods.folder)
    assert not mods.mod("pots")["by_hand"]
    shutil.rmtree(mods.folder)
    mods.folder.symlink_to(there.parent.parent)
    answer = mods.house.app.ask("GET", f"/servers/{mods.id}/mods")
    assert (answer.status_code, answer.json()["code"]) == (409, "mods_elsewhere")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.zip", b"<html>no</html>"),
        ("x.zip", b""),
        ("x.exe", mod_zip("pots")),
        ("x.zip", mod_zip("pots")[:-30]),
        ("%2e%2e", mod_zip("pots")),
        ("a%00.zip", mod_zip("pots")),
    ],
)
def test_a_file_that_is_no_mod_is_not_taken(mods: Mods, name: str, content: bytes) -> None:
    answer = mods.house.app.ask("PUT", f"/servers/{mods.id}/mods/uploads/{name}", content=content)
    assert answer.status_code in {404, 405, 422}, answer.text
    assert mods.listed()["items"] == []
    assert not list((mods.house.data_dir / "mods-store" / ".parts").glob("*"))


def test_an_upload_may_be_larger_than_other_bodies_but_not_endless(mods: Mods, monkeypatch: pytest.MonkeyPatch) -> None:
    filling = bytes(range(256)) * 12_000
    assert mods.upload("pots", filling=filling)["size_bytes"] > 3_000_000
    monkeypatch.setattr(uploads_module, "MAX_UPLOAD_BYTES", 1_000_000)
    answer = mods.house.app.ask("PUT", f"/servers/{mods.id}/mods/uploads/x.zip", content=mod_zip("pans", filling=filling))
    assert (answer.status_code, answer.json()["code"]) == (422, "mod_too_large")
    assert not list((mods.house.data_dir / "mods-store" / ".parts").iterdir())


def test_a_set_is_carried_to_another_server(mods: Mods) -> None:
    mods.install("pots")
    mods.install("pans")
    mods.change({"action": "pin", "mod": "pans"}, {"action": "disable", "mod": "pots"})
    lock = mods.house.app.get(f"/servers/{mods.id}/mods/lock-list")
    other = Mods(mods.house)
    put_mod(other.folder, "carrots")
    plan = mods.house.app.ask("POST", f"/servers/{other.id}/mods/lock-list/plan", json={"lock": lock, "dry_run": True})
    assert {(step["action"], step["modid"]) for step in plan.json()["steps"]} >= {("install", "pans"), ("remove", "carrots")}
    assert (
        mods.house.app.ask("POST", f"/servers/{other.id}/mods/lock-list", json={"lock": lock, "dry_run": True}).status_code == 422
    )
    assert other.files() == ["carrots_1.0.0.zip"]
    mods.house.does(other.id, "mods/lock-list", {"lock": lock})
    assert other.files() == ["pans_1.0.0.zip"]
    assert (other.mod("pans")["is_pinned"], other.mod("pots")["is_enabled"]) == (True, False)


def test_a_list_is_taken_over_as_it_was_planned_or_not_at_all(mods: Mods) -> None:
    mods.install("pots")
    lock = mods.house.app.get(f"/servers/{mods.id}/mods/lock-list")
    other = Mods(mods.house)
    body = {"lock": lock}
    plan = mods.house.app.ask("POST", f"/servers/{other.id}/mods/lock-list/plan", json=body).json()
    other.install("pans")
    run = mods.house.does(other.id, "mods/lock-list", {**body, "digest": plan["digest"]}, state="failed")
    assert (run["error"]["type"], other.files()) == ("PlanChanged", ["pans_1.0.0.zip"])
    plan = mods.house.app.ask("POST", f"/servers/{other.id}/mods/lock-list/plan", json=body).json()
    mods.house.does(other.id, "mods/lock-list", {**body, "digest": plan["digest"]})
    assert other.files() == ["pots_1.0.0.zip"]


def test_what_can_not_be_read_is_left_out_of_a_list_that_is_taken_over_and_told(mods: Mods) -> None:
    put_mod(mods.folder, "pots", dependencies={"game": "1.23.0"})
    (mods.folder / "broken.zip").write_bytes(b"<html>not found</html>")
    (mods.folder / "out.zip").symlink_to("/nowhere")
    mods.install("pans")
    lock = mods.house.app.get(f"/servers/{mods.id}/mods/lock-list")
    other = Mods(mods.house)
    plan = mods.house.app.ask("POST", f"/servers/{other.id}/mods/lock-list/plan", json={"lock": lock}).json()
    assert {(step["modid"], step["fit"]) for step in plan["steps"]} == {("pots", "not"), ("pans", "unknown")}
    assert {(note["code"], note["blocks"]) for note in plan["notes"]} == {("unreadable", False), ("not_fitting", False)}
    mods.house.does(other.id, "mods/lock-list", {"lock": lock, "digest": plan["digest"]})
    assert other.files() == ["pans_1.0.0.zip", "pots_1.0.0.zip"]


def test_what_can_not_be_read_and_is_not_there_keeps_no_list_from_being_taken_over(mods: Mods) -> None:
    mods.install("pots")
    (mods.folder / "garbage.zip").write_bytes(b"garbage of another manager")
    lock = mods.house.app.get(f"/servers/{mods.id}/mods/lock-list")
    (garbage,) = [one for one in lock["mods"] if one["modid"] is None]
    garbage["sha256"] = "9" * 64
    other = Mods(mods.house)
    plan = mods.house.app.ask("POST", f"/servers/{other.id}/mods/lock-list/plan", json={"lock": lock}).json()
    assert [step["modid"] for step in plan["steps"]] == ["pots"]
    (note,) = plan["notes"]
    assert (note["code"], note["blocks"]) == ("unreadable", False)
    assert note["message"].startswith("garbage.zip is left out")
    mods.house.does(other.id, "mods/lock-list", {"lock": lock, "digest": plan["digest"]})
    assert other.files() == ["pots_1.0.0.zip"]
    garbage["modid"] = "ours"
    plan = mods.house.app.ask("POST", f"/servers/{other.id}/mods/lock-list/plan", json={"lock": lock}).json()
    assert [note["blocks"] for note in plan["notes"]] == [True], "that one can be uploaded"


def test_a_mod_whose_name_can_not_be_used_is_listed_with_the_reason_and_fails_nothing(mods: Mods) -> None:
    put_mod(mods.folder, "pots")
    names = ["ctl\x01file.zip", os.fsdecode(b"b\xe4d.zip"), "\x02" * 250 + ".zip"]
    for name in names:
        (mods.folder / name).write_bytes(mod_zip("control"))
    (mods.folder / "away.zip").symlink_to(os.fsdecode(b"/no\xe4where"))

    def told() -> list[str]:
        found = [mod for mod in mods.listed()["items"] if mod["modid"] is None]
        for mod in found:
            is_link = mod["file_name"] == "away.zip"
            assert ("Take it out." if is_link else "Give it another name.") in mod["troubles"][0]["message"]
        return sorted(mod["file_name"] for mod in found)

    shown = told()
    assert len(shown) == 4
    assert {"ctl\ufffdfile.zip", "b\ufffdd.zip"} <= set(shown)
    assert mods.house.app.ask("GET", f"/servers/{mods.id}/mods/ready-for/1.23.0").status_code == 200
    assert mods.house.app.ask("GET", "/mod-updates").status_code == 200
    assert [step["modid"] for step in mods.plan({"action": "remove", "mod": "pots"})["steps"]] == ["pots"]
    mods.install("pans")
    assert mods.files() == sorted([*names, "away.zip", "pans_1.0.0.zip", "pots_1.0.0.zip"])
    assert told() == shown, "also of a set"


def test_a_link_among_the_mods_can_be_switched_off_and_taken_out(mods: Mods) -> None:
    mods.folder.mkdir(parents=True)
    (mods.folder / "out.zip").symlink_to("/nowhere")
    (mod,) = mods.listed()["items"]
    assert (mod["file_name"], mod["is_enabled"], [trouble["code"] for trouble in mod["troubles"]]) == (
        "out.zip",
        True,
        ["unreadable"],
    )
    mods.change({"action": "disable", "mod": "out.zip"})
    assert (mods.files(), mods.listed()["items"][0]["is_enabled"]) == ([], False)
    mods.change({"action": "enable", "mod": "out.zip"})
    assert str((mods.folder / "out.zip").readlink()) == "/nowhere"
    mods.change({"action": "remove", "mod": "out.zip"})
    assert (mods.files(), mods.listed()["items"]) == ([], [])


def test_a_list_that_lies_is_refused(mods: Mods) -> None:
    mods.install("pots")
    lock = mods.house.app.get(f"/servers/{mods.id}/mods/lock-list")
    for change in ({"file_name": "../../pots.zip"}, {"sha256": "0" * 64, "source": "hand"}, {"sha256": "../../x"}):
        bad = {**lock, "mods": [{**lock["mods"][0], **change}]}
        plan = mods.house.app.ask("POST", f"/servers/{mods.id}/mods/lock-list/plan", json={"lock": bad})
        assert plan.status_code in {200, 422}
        if plan.status_code == 200:
            assert not plan.json()["can_be_applied"]
    assert mods.files() == ["pots_1.0.0.zip"]


def test_players_get_one_zip_of_what_they_need(mods: Mods) -> None:
    mods.install("pots")
    mods.install("lamps", side="Client")
    mods.install("guards", side="Server")
    answer = mods.house.app.ask("GET", f"/servers/{mods.id}/mods/client-pack")
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as pack:
        assert pack.testzip() is None
        assert sorted(pack.namelist()) == ["lamps_1.0.0.zip", "pots_1.0.0.zip"], "nothing was left out"
        with zipfile.ZipFile(io.BytesIO(pack.read("pots_1.0.0.zip"))) as mod:
            assert mod.namelist() == ["modinfo.json"]


def test_players_get_a_pack_of_what_nobody_has_made_a_set_of(mods: Mods) -> None:
    put_mod(mods.folder, "carrots")
    folder = mods.folder / "handmade"
    folder.mkdir()
    (folder / "modinfo.json").write_text('{"type": "content", "modid": "handmade", "name": "x", "version": "0.1.0"}')
    (mods.folder / "broken.zip").write_bytes(b"<html>not found</html>")
    os.mkfifo(mods.folder / "pipe.zip")
    answer = mods.house.app.ask("GET", f"/servers/{mods.id}/mods/client-pack")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as pack:
        assert sorted(pack.namelist()) == ["LEFT OUT.txt", "carrots_1.0.0.zip", "handmade.zip"]
        told = pack.read("LEFT OUT.txt").decode().splitlines()
    assert mods.generations() == []
    contents = mods.house.app.get(f"/servers/{mods.id}/mods/client-pack/contents")
    assert contents["mods"] == ["Carrots 1.0.0", "x 0.1.0"]
    assert [one["file_name"] for one in contents["left_out"]] == ["broken.zip", "pipe.zip"]
    assert told[-3:] == ["", *(f"{one['file_name']}: {one['reason']}" for one in contents["left_out"])]


def test_a_pack_says_of_what_has_gone_meanwhile_that_it_is_not_in_it(mods: Mods) -> None:
    mods.install("pots")
    mods.install("pans")
    (sha256,) = {mod["sha256"] for mod in mods.listed()["items"] if mod["modid"] == "pots"}
    mods.house.app.manager.server_mods.store.path(sha256).unlink()
    answer = mods.house.app.ask("GET", f"/servers/{mods.id}/mods/client-pack")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as pack:
        assert sorted(pack.namelist()) == ["LEFT OUT.txt", "pans_1.0.0.zip"]
        assert b"\npots_1.0.0.zip: No such file or directory" in pack.read("LEFT OUT.txt")


def test_what_somebody_switched_off_by_its_name_is_switched_on_again(mods: Mods) -> None:
    put_mod(mods.folder, "carrots").rename(mods.folder / "carrots.zip.disabled")
    for _ in range(2):
        assert not mods.mod("carrots")["is_enabled"]
        mods.install("pots")
    assert "carrots.zip.disabled" in mods.files()
    mods.change({"action": "enable", "mod": "carrots"})
    assert mods.files() == ["carrots.zip", "pots_1.0.0.zip"]
    assert mods.mod("carrots")["is_enabled"]


def test_configuration_of_a_mod_is_changed_over_http(mods: Mods) -> None:
    mods.install("pots")
    folder = mods.folder.parent / "ModConfig"
    folder.mkdir(exist_ok=True)
    (folder / "pots.json").write_text('{"size": 1}')
    (file,) = mods.house.app.get(f"/servers/{mods.id}/mod-config")["items"]
    assert (file["path"], file["modid"]) == ("pots.json", "pots")
    address = f"/servers/{mods.id}/mod-config/pots.json/content"
    etag = mods.house.app.get(address)["etag"]
    broken = mods.house.app.ask("PUT", address, json={"text": "{", "etag": etag})
    assert (broken.status_code, broken.json()["code"]) == (422, "broken_json")
    answer = mods.house.app.ask("PUT", address, json={"text": '{"size": 2}', "etag": etag})
    assert answer.status_code == 200
    (version,) = answer.json()["versions"]
    assert mods.house.app.get(address, version=version)["text"] == '{"size": 1}'
    assert mods.house.app.ask("PUT", address, json={"text": "{}", "etag": etag}).status_code == 409
    assert mods.generations()[0]["number"] == 2, "the kept contents are no set of mods"
    entry = mods.house.app.get("/audit", action="write_mod_config")["items"][0]
    assert "size" not in str(entry["details"])


def test_a_change_waits_for_no_other_operation_but_names_it(mods: Mods) -> None:
    mods.house.post(mods.id, "start")
    answer = mods.house.app.ask("POST", f"/servers/{mods.id}/mods/changes", json={"changes": [{"action": "pin", "mod": "pots"}]})
    assert answer.status_code == 409
    assert answer.json()["code"] == "server_busy"
    mods.house.until(mods.id, state="running", operation=None)


def test_a_server_whose_folder_is_gone_says_so(mods: Mods) -> None:
    away = mods.folder.parent.with_name("away")
    mods.folder.parent.rename(away)
    assert mods.pending() is None, "where nobody ever changed mods through the manager"
    for path in ("mods", "mods/lock-list", "mods/client-pack"):
        answer = mods.house.app.ask("GET", f"/servers/{mods.id}/{path}")
        assert (answer.status_code, answer.json()["code"]) == (503, "mods_out_of_reach")
    run = mods.change({"action": "pin", "mod": "pots"}, state="failed")
    assert "Check that its folder is there" in run["error"]["message"]
    away.rename(mods.folder.parent)


def test_unknown_servers_have_no_mods(mods: Mods) -> None:
    for path in (
        "mods",
        "mods/pending",
        "mod-generations",
        "mods/lock-list",
        "mod-config",
        "mods/client-pack",
        "mods/client-pack/contents",
    ):
        assert mods.house.app.ask("GET", f"/servers/nobody/{path}").status_code == 404
