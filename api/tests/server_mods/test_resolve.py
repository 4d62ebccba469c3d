import dataclasses

import pytest

from vintagestory_api.server_mods.modinfo import Dependency
from vintagestory_api.server_mods.plan import Note, Offer, Options, Present, Release, Resolution, Wish
from vintagestory_api.server_mods.resolve import resolve

GAME = "1.22.3"


def needs(*wanted: str) -> tuple[Dependency, ...]:
    """`a@1.0` wants that version at least, `a` any."""
    pairs = [one.partition("@") for one in wanted]
    return tuple(Dependency(modid, version or None) for modid, _at, version in pairs)


def release(version: str, *wanted: str, tags: tuple[str, ...] = (GAME,), **more: object) -> Release:
    number = sum(map(ord, version))
    return dataclasses.replace(
        Release(version, tags, needs(*wanted), release_id=number, file_id=number + 1),
        **more,  # type: ignore[arg-type]
    )


def offer(modid: str, *releases: Release) -> Offer:
    return Offer(modid, releases=releases)


def present(modid: str, version: str = "1.0.0", *wanted: str, **more: object) -> Present:
    return dataclasses.replace(Present(modid, version, dependencies=needs(*wanted)), **more)  # type: ignore[arg-type]


def told(plan: Resolution) -> list[str]:
    """The steps in short: `update a 1.0.0 → 2.0.0`."""
    return [
        f"{step.action} {step.modid} "
        + " → ".join(version for version in (step.from_version, step.to_version) if version is not None)
        for step in plan.steps
    ]


def codes(plan: Resolution) -> set[tuple[str, bool]]:
    return {(note.code, note.blocks) for note in plan.notes}


def note(plan: Resolution, code: str) -> Note:
    found = [one for one in plan.notes if one.code == code]
    assert len(found) == 1, plan.notes
    return found[0]


def install(modid: str, version: str | None = None) -> Wish:
    return Wish("install", modid, version)


# Choosing a release


def test_the_highest_version_is_installed_and_not_the_latest() -> None:
    back_port, newest = release("1.9.0", release_id=99), release("1.10.0", release_id=5)
    plan = resolve([], [install("a")], [offer("a", back_port, newest)], GAME)
    assert told(plan) == ["install a 1.10.0"]
    assert plan.steps[0].fit == "verified"
    assert plan.can_be_applied


def test_a_release_for_another_line_of_the_game_is_not_taken_unless_it_is_allowed() -> None:
    offers = [offer("a", release("1.0.0", tags=("1.22.1",)), release("2.0.0", tags=("1.23.0",)))]
    plan = resolve([], [install("a")], offers, GAME)
    assert (told(plan), plan.steps[0].fit) == (["install a 1.0.0"], "likely")

    only = [offer("a", release("2.0.0", tags=("1.23.0",)))]
    plan = resolve([], [install("a")], only, GAME)
    assert not plan.steps
    assert not plan.can_be_applied
    assert note(plan, "not_fitting").blocks
    plan = resolve([], [install("a")], only, GAME, Options(allow_unfitting=True))
    assert told(plan) == ["install a 2.0.0"]
    assert not note(plan, "not_fitting").blocks


def test_a_release_without_any_version_of_the_game_is_taken_with_a_warning_where_there_is_no_other() -> None:
    plan = resolve([], [install("a")], [offer("a", release("1.0.0", tags=("0.0.0",)))], GAME)
    assert told(plan) == ["install a 1.0.0"]
    assert not note(plan, "unknown_fit").blocks
    fitting = offer("a", release("1.0.0"), release("2.0.0", tags=()))
    assert told(resolve([], [install("a")], [fitting], GAME)) == ["install a 1.0.0"]


def test_what_wants_a_later_game_inside_its_file_is_passed_over() -> None:
    offers = [offer("a", release("1.0.0", "game@1.22.0"), release("1.1.0", "game@1.22.4", tags=("1.22.4",)))]
    assert told(resolve([], [install("a")], offers, GAME)) == ["install a 1.0.0"]
    plan = resolve([], [install("a", "1.1.0")], offers, GAME)
    assert "1.22.4" in note(plan, "not_fitting").message
    assert not plan.can_be_applied


@pytest.mark.parametrize("builtin", ["game", "survival", "creative"])
def test_a_stable_game_that_is_wanted_is_not_its_release_candidate(builtin: str) -> None:
    offers = [offer("a", release("1.0.0", f"{builtin}@1.22.0", tags=("1.22.0-rc.3",)))]
    assert not resolve([], [install("a")], offers, "1.22.0-rc.3").can_be_applied
    assert resolve([], [install("a")], offers, "1.22.0").can_be_applied


def test_pre_releases_have_to_be_allowed_or_named() -> None:
    offers = [offer("a", release("1.0.0"), release("2.0.0-rc.1"))]
    assert told(resolve([], [install("a")], offers, GAME)) == ["install a 1.0.0"]
    assert told(resolve([], [install("a")], offers, GAME, Options(allow_prereleases=True))) == ["install a 2.0.0-rc.1"]
    assert told(resolve([], [install("a", "2.0.0-rc.1")], offers, GAME)) == ["install a 2.0.0-rc.1"]
    plan = resolve([], [install("a")], [offer("a", release("2.0.0-rc.1"))], GAME)
    assert note(plan, "prerelease_only").blocks


def test_retracted_releases_are_passed_over_and_refused_by_name() -> None:
    gone = release("2.0.0", is_retracted=True, retraction_reason="eats worlds")
    offers = [offer("a", release("1.0.0"), gone)]
    assert told(resolve([], [install("a")], offers, GAME)) == ["install a 1.0.0"]
    plan = resolve([], [install("a", "2.0.0")], offers, GAME)
    assert not plan.steps
    assert note(plan, "retracted").message.endswith("2.0.0 was retracted by its author (eats worlds).")
    moderated = release("2.0.0", is_retracted=True, is_by_moderator=True)
    plan = resolve([], [install("a", "2.0.0")], [offer("a", moderated)], GAME)
    assert note(plan, "retracted").message.endswith("2.0.0 was taken down by a moderator of the mod database.")
    assert note(resolve([], [install("a")], [offer("a", gone)], GAME), "retracted").blocks


def test_a_mod_that_stays_as_it_is_is_named_once() -> None:
    plan = resolve([present("a")], [Wish("update", "a")], [offer("a", release("2.0.0", tags=("1.23.0",)))], GAME)
    assert (
        note(plan, "not_fitting").message
        == f"a stays at 1.0.0: it has no release that fits version {GAME} of the game (the highest is 2.0.0)."
    )


def test_versions_without_a_place_in_the_order_never_win() -> None:
    offers = [offer("a", release("vNext"), release("0.1"), release("{version}"))]
    assert told(resolve([], [install("a")], offers, GAME)) == ["install a 0.1"]
    assert told(resolve([], [install("a", "vNext")], offers, GAME)) == ["install a vNext"]
    assert told(resolve([present("a", "vNext")], [Wish("update")], offers, GAME)) == []


def test_a_placeholder_for_a_version_is_compared_by_what_the_mod_database_calls_it() -> None:
    old, new = release("1.0.0", release_id=1), release("1.1.0", release_id=2)
    offers = [offer("a", old, new)]
    assert told(resolve([present("a", "{version}", release_id=1)], [Wish("update")], offers, GAME)) == [
        "update a {version} → 1.1.0"
    ]
    assert told(resolve([present("a", "{version}", release_id=2)], [Wish("update")], offers, GAME)) == []


def test_an_unknown_mod_is_said_to_be_unknown() -> None:
    plan = resolve([], [install("a")], [Offer("a", is_known=False)], GAME)
    assert (codes(plan), plan.is_complete) == ({("not_found", True)}, True)
    plan = resolve([], [install("a", "3.0")], [offer("a", release("1.0.0"))], GAME)
    assert note(plan, "no_release").blocks


@pytest.mark.parametrize("modid", ["game", "Survival", "creative"])
def test_the_games_own_mods_can_not_be_changed(modid: str) -> None:
    plan = resolve([], [install(modid)], [offer(modid, release("1.0.0"))], GAME)
    assert (told(plan), codes(plan)) == ([], {("not_found", True)})


def test_without_a_version_of_the_game_nothing_is_said_about_what_fits() -> None:
    plan = resolve([], [install("a")], [offer("a", release("1.0.0", "game@1.99"))], None)
    assert (told(plan), plan.notes) == (["install a 1.0.0"], ())


def test_what_is_only_for_players_is_pointed_out() -> None:
    plan = resolve([], [install("a")], [offer("a", release("1.0.0", side="client"))], GAME)
    assert plan.can_be_applied
    assert not note(plan, "client_only").blocks


def test_an_uploaded_file_is_installed_by_its_check_sum() -> None:
    offers = [offer("a", release("2.0.0"), release("1.0.0", sha256="ab" * 32, release_id=None))]
    plan = resolve([present("a", "1.0.0")], [Wish("install", sha256="ab" * 32)], offers, GAME)
    assert told(plan) == ["update a 1.0.0 → 1.0.0"]
    assert told(resolve([present("a", "1.0.0", sha256="ab" * 32)], [Wish("install", sha256="ab" * 32)], offers, GAME)) == []
    plan = resolve([], [Wish("install", sha256="cd" * 32)], offers, GAME)
    assert codes(plan) == {("not_found", True)}


# Updates, pins, holds


def test_all_mods_are_updated_and_pinned_and_held_ones_only_mentioned() -> None:
    installed = [
        present("a"),
        present("b", is_pinned=True),
        present("c", is_held=True),
        present("d", is_enabled=False),
        present("e", "2.0.0"),
    ]
    offers = [offer(one.modid, release("1.0.0"), release("2.0.0")) for one in installed]
    plan = resolve(installed, [Wish("update")], offers, GAME)
    assert told(plan) == ["update a 1.0.0 → 2.0.0", "update d 1.0.0 → 2.0.0"]
    assert codes(plan) == {("pinned", False), ("held", False)}
    assert [one.is_enabled for one in plan.result] == [True, True, True, False, True]


def test_a_pinned_mod_moves_when_somebody_names_a_version_and_stays_pinned() -> None:
    plan = resolve([present("a", is_pinned=True)], [install("a", "2.0.0")], [offer("a", release("2.0.0"))], GAME)
    assert told(plan) == ["update a 1.0.0 → 2.0.0"]
    assert plan.result[0].is_pinned


@pytest.mark.parametrize("action", ["install", "remove", "enable", "disable", "pin", "unpin"])
def test_nothing_changes_a_held_mod(action: str) -> None:
    held = present("a", is_held=True)
    plan = resolve([held], [Wish(action, "a")], [offer("a", release("2.0.0"))], GAME)  # type: ignore[arg-type]
    assert (told(plan), codes(plan)) == ([], {("held", True)})
    assert plan.result[0].present == held


def test_a_hold_can_be_released_and_the_mod_updated_in_one_go() -> None:
    plan = resolve(
        [present("a", is_held=True)], [Wish("release", "a"), Wish("update", "a")], [offer("a", release("2.0.0"))], GAME
    )
    assert told(plan) == ["release a 1.0.0", "update a 1.0.0 → 2.0.0"]


def test_pins_and_holds_are_steps_of_their_own() -> None:
    plan = resolve(
        [present("a"), present("b", is_pinned=True)], [Wish("pin", "a"), Wish("unpin", "b"), Wish("hold", "b")], [], GAME
    )
    assert told(plan) == ["unpin b 1.0.0", "pin a 1.0.0", "hold b 1.0.0"]
    assert plan.is_complete


def test_an_older_version_can_be_named_and_what_needs_a_later_one_stops_it() -> None:
    offers = [offer("a", release("1.0.0"), release("2.0.0"))]
    assert told(resolve([present("a", "2.0.0")], [install("a", "1.0.0")], offers, GAME)) == ["downgrade a 2.0.0 → 1.0.0"]
    plan = resolve([present("a", "2.0.0"), present("b", "1.0", "a@2.0.0")], [install("a", "1.0.0")], offers, GAME)
    assert note(plan, "dependency_too_old").blocks


def test_an_update_that_fits_only_another_game_is_mentioned() -> None:
    plan = resolve([present("a")], [Wish("update")], [offer("a", release("1.0.0"), release("2.0.0", tags=("1.23.0",)))], GAME)
    assert codes(plan) == {("not_fitting", False), ("nothing_to_do", False)}
    assert "2.0.0" in note(plan, "not_fitting").message
    assert not plan.can_be_applied


def test_what_fits_is_not_replaced_by_what_does_not_say_for_which_game_it_is() -> None:
    untagged = release("3.0.0", tags=())
    plan = resolve([present("a")], [Wish("update")], [offer("a", release("1.0.0"), untagged)], GAME)
    assert (told(plan), note(plan, "unknown_fit").blocks) == ([], False)
    plan = resolve([present("a")], [Wish("update")], [offer("a", release("1.0.0", tags=()), untagged)], GAME)
    assert told(plan) == ["update a 1.0.0 → 3.0.0"]


def test_an_update_may_be_to_a_release_that_fits_while_a_higher_one_does_not() -> None:
    offers = [offer("a", release("1.0.0"), release("1.1.0"), release("2.0.0", tags=("1.23.0",)))]
    assert told(resolve([present("a")], [Wish("update")], offers, GAME, Options(allow_unfitting=True))) == [
        "update a 1.0.0 → 1.1.0"
    ]


def test_a_release_that_is_installed_needs_nobody_to_look_into_it_again() -> None:
    unopened = dataclasses.replace(release("1.0.0"), dependencies=None)
    plan = resolve([present("a", "1.0.0", "game@1.22.0")], [install("a")], [offer("a", unopened)], GAME)
    assert plan.is_complete


def test_an_installed_release_that_was_retracted_is_pointed_out() -> None:
    plan = resolve([present("a")], [Wish("update")], [offer("a", release("1.0.0", is_retracted=True))], GAME)
    assert not note(plan, "retracted").blocks


def test_there_may_be_nothing_to_do() -> None:
    plan = resolve([present("a")], [Wish("update")], [offer("a", release("1.0.0"))], GAME)
    assert codes(plan) == {("nothing_to_do", False)}
    assert not plan.can_be_applied


def test_wishes_that_contradict_each_other_are_refused() -> None:
    for wishes in (
        [install("a", "1.0.0"), install("A", "2.0.0")],
        [install("a"), Wish("remove", "a")],
        [Wish("enable", "a"), Wish("disable", "a")],
    ):
        plan = resolve([], wishes, [offer("a", release("1.0.0"), release("2.0.0"))], GAME)
        assert (told(plan), codes(plan)) == ([], {("duplicate", True)})
    same = [install("a", "1.0"), install("a", "1.0.0")]
    assert told(resolve([], same, [offer("a", release("1.0.0"))], GAME)) == ["install a 1.0.0"]


# Dependencies


def test_what_a_mod_needs_is_installed_with_it() -> None:
    offers = [
        offer("a", release("1.0.0", "B@1.5", "game", "c")),
        offer("b", release("1.5.0", "c@2.0")),
        offer("C", release("2.1.0")),
    ]
    plan = resolve([], [install("a")], offers, GAME)
    assert told(plan) == ["install a 1.0.0", "install b 1.5.0", "install C 2.1.0"]
    assert [step.because for step in plan.steps] == [(), ("a",), ("a", "b")]
    assert plan.can_be_applied


def test_what_a_mod_needs_is_updated_and_enabled_with_it() -> None:
    offers = [offer("a", release("1.0.0", "b@1.5", "c")), offer("b", release("1.6.0")), offer("c", release("9.0.0"))]
    plan = resolve([present("b", "1.0.0"), present("c", "1.0.0", is_enabled=False)], [install("a")], offers, GAME)
    assert told(plan) == ["install a 1.0.0", "update b 1.0.0 → 1.6.0", "enable c 1.0.0"]


def test_nothing_is_brought_along_where_that_is_not_wanted() -> None:
    offers = [offer("a", release("1.0.0", "b")), offer("b", release("1.0.0"))]
    plan = resolve([], [install("a")], offers, GAME, Options(with_dependencies=False))
    assert told(plan) == ["install a 1.0.0"]
    assert (note(plan, "missing_dependency").blocks, plan.can_be_applied) == (False, True)


@pytest.mark.parametrize("version", [None, "*", ""])
def test_any_version_will_do_where_none_is_wanted(version: str | None) -> None:
    mod = Release("1.0.0", (GAME,), (Dependency("b", version),))
    assert resolve([present("b", "vNext")], [install("a")], [offer("a", mod)], GAME).can_be_applied


def test_a_dependency_on_a_version_that_does_not_exist_blocks_with_what_there_is() -> None:
    offers = [offer("a", release("1.0.0", "b@9.0")), offer("b", release("2.0.0"))]
    for installed in ([], [present("b", "1.0.0")]):
        plan = resolve(installed, [install("a")], offers, GAME)
        found = note(plan, "dependency_too_old")
        assert found.blocks
        assert "9.0" in found.message
        assert "2.0.0" in found.message


def test_a_dependency_that_nobody_knows_blocks() -> None:
    plan = resolve([], [install("a")], [offer("a", release("1.0.0", "b")), Offer("b", is_known=False)], GAME)
    assert note(plan, "missing_dependency").message == "a needs b, which is not there: b is not in the mod database."
    assert not plan.can_be_applied


@pytest.mark.parametrize(("flag", "code"), [("is_pinned", "pinned"), ("is_held", "held")])
def test_a_dependency_that_may_not_move_blocks(flag: str, code: str) -> None:
    offers = [offer("a", release("1.0.0", "b@2.0")), offer("b", release("2.0.0"))]
    installed = present("b", is_pinned=flag == "is_pinned", is_held=flag == "is_held")
    plan = resolve([installed], [install("a")], offers, GAME)
    assert told(plan) == ["install a 1.0.0"]
    assert note(plan, code).blocks


def test_a_dependency_of_which_there_is_only_a_pre_release_or_another_games_blocks() -> None:
    for found, code in ((release("2.0.0-rc.1"), "prerelease_only"), (release("2.0.0", tags=("1.23.0",)), "not_fitting")):
        plan = resolve([], [install("a")], [offer("a", release("1.0.0", "b")), offer("b", found)], GAME)
        assert note(plan, code).blocks


def test_what_was_broken_before_is_told_and_does_not_block_something_else() -> None:
    plan = resolve([present("x", "1.0.0", "gone@1.0")], [install("a")], [offer("a", release("1.0.0"))], GAME)
    assert note(plan, "missing_dependency") == Note(
        "missing_dependency", False, "x", "x needs gone 1.0 or later, which is not there."
    )
    assert plan.can_be_applied


def test_what_was_brought_for_a_release_that_was_replaced_on_the_way_is_not_installed() -> None:
    # a takes b 1.8, which needs x; c raises b to a release that does not.
    offers = [
        offer("a", release("1.0.0", "b@1.5")),
        offer("b", release("1.8.0", "x"), release("2.5.0", tags=())),
        offer("c", release("1.0.0", "b@2.0")),
        offer("x", release("1.0.0")),
    ]
    plan = resolve([], [install("a"), install("c")], offers, GAME)
    assert told(plan) == ["install a 1.0.0", "install b 2.5.0", "install c 1.0.0"]


@pytest.mark.parametrize("ring", [["a"], ["a", "b"], ["a", "b", "c", "d"]])
def test_mods_that_need_each_other_in_a_ring_are_installed_and_pointed_out(ring: list[str]) -> None:
    offers = [offer(modid, release("1.0.0", ring[(place + 1) % len(ring)])) for place, modid in enumerate(ring)]
    plan = resolve([], [install("a")], offers, GAME)
    assert [step.modid for step in plan.steps] == ring
    assert not note(plan, "dependency_cycle").blocks
    assert plan.can_be_applied


def test_a_mod_that_needs_a_later_version_of_itself_can_not_be_installed() -> None:
    plan = resolve([], [install("a")], [offer("a", release("1.0.0", "a@2.0"))], GAME)
    assert note(plan, "dependency_too_old").blocks


# Knowing more step by step


def test_what_is_not_known_yet_is_asked_for_round_by_round() -> None:
    first = resolve([], [install("a")], [], GAME)
    assert (first.unknown_mods, first.is_complete, first.can_be_applied) == (("a",), False, False)

    unopened = dataclasses.replace(release("1.0.0"), dependencies=None)
    second = resolve([], [install("a")], [offer("a", unopened)], GAME)
    assert second.unknown_mods == ()
    assert [(pick.modid, pick.release) for pick in second.unknown_dependencies_of] == [("a", unopened)]

    third = resolve([], [install("a")], [offer("a", release("1.0.0", "B"))], GAME)
    assert (third.unknown_mods, third.unknown_dependencies_of) == (("B",), ())
    assert not any(one.blocks for one in third.notes)

    last = resolve([], [install("a")], [offer("a", release("1.0.0", "B")), offer("b", release("1.0.0"))], GAME)
    assert last.can_be_applied


# Removing and disabling


def test_what_needs_a_mod_is_removed_with_it() -> None:
    installed = [
        present("a"),
        present("b", "1.0.0", "A"),
        present("c", "1.0.0", "b"),
        present("d", "1.0.0", "a", is_enabled=False),
    ]
    plan = resolve(installed, [Wish("remove", "a")], [], GAME)
    assert told(plan) == ["remove a 1.0.0", "remove b 1.0.0", "remove c 1.0.0"]
    assert [step.because for step in plan.steps] == [(), ("a",), ("b",)]
    assert [one.modid for one in plan.removed] == ["a", "b", "c"]
    assert [one.modid for one in plan.result] == ["d"]
    assert plan.can_be_applied


def test_what_needs_a_mod_is_disabled_with_it() -> None:
    plan = resolve([present("a"), present("b", "1.0.0", "a")], [Wish("disable", "a")], [], GAME)
    assert told(plan) == ["disable a 1.0.0", "disable b 1.0.0"]
    assert {(one.modid, one.is_enabled) for one in plan.result} == {("a", False), ("b", False)}


@pytest.mark.parametrize("action", ["remove", "disable"])
def test_a_mod_that_others_need_stays_where_they_may_not_go_with_it(action: str) -> None:
    wish = Wish(action, "a")  # type: ignore[arg-type]
    plan = resolve([present("a"), present("b", "1.0.0", "a")], [wish], [], GAME, Options(with_dependencies=False))
    assert note(plan, "needed_by_others").blocks
    plan = resolve([present("a"), present("b", "1.0.0", "a", is_held=True)], [wish], [], GAME)
    assert note(plan, "held").blocks


def test_removing_what_is_needed_by_what_is_being_installed_blocks() -> None:
    plan = resolve([present("a")], [Wish("remove", "a"), install("b")], [offer("b", release("1.0.0", "a"))], GAME)
    assert note(plan, "missing_dependency").blocks


def test_enabling_brings_what_is_needed() -> None:
    installed = [present("a", "1.0.0", "b", "c", is_enabled=False), present("b", is_enabled=False)]
    plan = resolve(installed, [Wish("enable", "a")], [offer("c", release("3.0.0"))], GAME)
    assert told(plan) == ["install c 3.0.0", "enable a 1.0.0", "enable b 1.0.0"]


@pytest.mark.parametrize("action", ["update", "remove", "enable", "pin"])
def test_what_is_not_installed_can_only_be_installed(action: str) -> None:
    plan = resolve([], [Wish(action, "a")], [offer("a", release("1.0.0"))], GAME)  # type: ignore[arg-type]
    assert (told(plan), codes(plan)) == ([], {("not_found", True)})


# The same mod twice


def test_a_mod_of_which_one_file_is_switched_off_is_not_there_twice_for_the_game() -> None:
    two = [present("a", "1.0.0", file_name="old.zip", is_enabled=False), present("A", "1.10.0", file_name="new.zip")]
    assert codes(resolve(two, [install("b")], [offer("b", release("1.0.0"))], GAME)) == set()


def test_a_mod_that_is_there_twice_is_told_and_left_alone() -> None:
    twice = [present("a", "1.0.0", file_name="old.zip"), present("A", "1.10.0", file_name="new.zip")]
    plan = resolve(twice, [install("b")], [offer("b", release("1.0.0"))], GAME)
    assert told(plan) == ["install b 1.0.0"]
    assert not note(plan, "duplicate").blocks
    kept = plan.result[0]
    assert (kept.present, kept.others) == (twice[1], (twice[0],))


def test_changing_a_mod_that_is_there_twice_leaves_one() -> None:
    twice = [present("a", "1.0.0", file_name="old.zip"), present("a", "1.10.0", file_name="new.zip")]
    plan = resolve(twice, [install("a")], [offer("a", release("2.0.0"))], GAME)
    assert told(plan) == ["remove a 1.0.0", "update a 1.10.0 → 2.0.0"]
    assert set(plan.result[0].replaces) == set(twice)
    plan = resolve(twice, [Wish("remove", "a")], [], GAME)
    assert told(plan) == ["remove a 1.0.0", "remove a 1.10.0"]
    assert set(plan.removed) == set(twice)


# The digest


def test_the_digest_is_that_of_what_is_done_and_warned_of() -> None:
    offers = [offer("a", release("1.0.0"))]
    one = resolve([], [install("a")], offers, GAME)
    opened = [offer("a", dataclasses.replace(release("1.0.0"), sha256="ab" * 32, size_bytes=5))]
    assert resolve([], [install("a")], opened, GAME).digest == one.digest
    assert len(one.digest) == 64
    assert resolve([], [install("a")], [offer("a", release("1.0.1"))], GAME).digest != one.digest
    assert resolve([], [install("a")], [offer("a", release("1.0.0", side="client"))], GAME).digest != one.digest
    assert resolve([], [install("a"), Wish("pin", "a")], offers, GAME).digest != one.digest
