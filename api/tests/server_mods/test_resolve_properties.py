"""What holds for every plan, whatever is installed, wished and offered."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from vintagestory_api.server_mods.choice import release_named, satisfies
from vintagestory_api.server_mods.modinfo import BUILTIN_MODS, Dependency, mod_key
from vintagestory_api.server_mods.plan import Action, Chosen, Offer, Options, Present, Release, Resolution, Wish
from vintagestory_api.server_mods.resolve import resolve

GAME = "1.22.3"
IDS = ["a", "b", "c", "d", "e", "f"]
VERSIONS = ["0.9", "1.0.0", "1.1.0-rc.1", "1.1.0", "2.0.0", "10.0.0", "vNext", "{version}"]
TAGS = [(), ("1.22.3",), ("1.22.0", "1.21.4"), ("1.21.4",), ("v1.22.3",), ("0.0.0",), ("rubbish",)]

ACTIONS: tuple[Action, ...] = ("install", "update", "remove", "enable", "disable", "pin", "unpin", "hold", "release")


@dataclass(frozen=True)
class World:
    """`offers` hold everything; the resolution is told of it bit by bit."""

    installed: tuple[Present, ...]
    wishes: tuple[Wish, ...]
    offers: tuple[Offer, ...]
    options: Options


def some_dependencies(random: Random) -> tuple[Dependency, ...]:
    wanted = [None, "*", "", "1.22.0", "1.99", *VERSIONS]
    number = random.choice([0, 0, 1, 2, 3])
    return tuple(Dependency(some_id(random, *IDS, *IDS, "game", "Survival"), random.choice(wanted)) for _ in range(number))


def some_id(random: Random, *ids: str) -> str:
    modid = random.choice(ids)
    return modid.upper() if random.random() < 0.3 else modid


def some_present(random: Random) -> Present:
    return Present(
        some_id(random, *IDS),
        random.choice(VERSIONS),
        dependencies=some_dependencies(random),
        is_enabled=random.random() < 0.7,
        is_pinned=random.random() < 0.3,
        is_held=random.random() < 0.2,
        file_name=f"{random.randrange(100)}.zip",
    )


def some_offer(random: Random, modid: str, number: int) -> Offer:
    releases = tuple(
        Release(
            version,
            random.choice(TAGS),
            some_dependencies(random),
            random.choice(["both", "server", "client"]),
            is_retracted=random.random() < 0.15,
            release_id=number + place,
        )
        for place, version in enumerate(random.sample(VERSIONS, random.randrange(5)))
    )
    return Offer(modid, releases=releases, is_known=bool(releases) or random.random() < 0.5)


def some_wish(random: Random) -> Wish:
    if random.random() < 0.15:
        return Wish("update")
    return Wish(random.choice(ACTIONS), some_id(random, *IDS), random.choice([None, None, *VERSIONS]))


def some_world(seed: int, installed: int, wishes: int, with_dependencies: bool) -> World:
    random = Random(seed)
    offers = {modid: some_offer(random, modid, 10 * place) for place, modid in enumerate(IDS)}
    return World(
        installed=tuple(as_released(some_present(random), offers) for _ in range(installed)),
        wishes=tuple(some_wish(random) for _ in range(wishes)),
        offers=tuple(offers.values()),
        options=Options(random.random() < 0.3, random.random() < 0.3, with_dependencies),
    )


def as_released(present: Present, offers: dict[str, Offer]) -> Present:
    """What is installed says the same of itself as the release of its version."""
    release = release_named(offers[present.key], present.version)
    return present if release is None else dataclasses.replace(present, dependencies=release.dependencies or ())


def worlds() -> st.SearchStrategy[World]:
    """Drawn piece by piece they would take minutes."""
    seeds, switch = st.integers(0, 2**32), st.sampled_from([True, True, False])
    return st.builds(some_world, seeds, st.integers(0, 6), st.integers(1, 4), switch)


def plan(world: World) -> Resolution:
    return resolve(world.installed, world.wishes, world.offers, GAME, world.options)


def loaded(result: Sequence[Chosen]) -> dict[str, Chosen]:
    return {one.key: one for one in result if one.is_enabled}


def unmet(result: Sequence[Chosen]) -> set[tuple[str, Dependency]]:
    after = loaded(result)
    return {
        (one.key, needed)
        for one in after.values()
        for needed in needs_of(one)
        if (key := mod_key(needed.modid)) not in BUILTIN_MODS
        and not (key in after and satisfies(after[key].version, needed.version))
    }


def needs_of(one: Chosen) -> tuple[Dependency, ...]:
    if one.release is not None:
        return one.release.dependencies or ()
    return one.present.dependencies if one.present else ()


def applied(found: Resolution) -> tuple[Present, ...]:
    """The set as it is after the plan was done."""
    files: list[Present] = []
    for one in found.result:
        release = one.release
        files += [dataclasses.replace(file, is_pinned=one.is_pinned, is_held=one.is_held) for file in one.others]
        files.append(
            dataclasses.replace(
                one.present or Present(one.modid, one.version),
                version=one.version,
                dependencies=needs_of(one),
                is_enabled=one.is_enabled,
                is_pinned=one.is_pinned,
                is_held=one.is_held,
                **({"release_id": release.release_id} if release else {}),  # type: ignore[arg-type]
            )
        )
    return tuple(files)


@given(worlds())
@settings(max_examples=200, deadline=None)
def test_what_is_loaded_has_what_it_needs_or_it_is_said_what_it_lacks(world: World) -> None:
    found = plan(world)
    told = {mod_key(note.modid or "") for note in found.notes}
    assert {key for key, _needed in unmet(found.result)} <= told


@given(worlds())
@settings(max_examples=200, deadline=None)
def test_a_plan_that_can_be_applied_leaves_nothing_unmet_that_was_met_before(world: World) -> None:
    found = plan(world)
    if found.can_be_applied and world.options.with_dependencies:
        assert unmet(found.result) <= unmet(resolve(world.installed, [], [], GAME).result)


@given(worlds())
@settings(max_examples=200, deadline=None)
def test_the_result_holds_no_mod_twice_but_what_was_there_twice_and_is_left_alone(world: World) -> None:
    found = plan(world)
    keys = [one.key for one in found.result]
    assert len(keys) == len(set(keys))
    for one in found.result:
        assert not (one.others and one.release)
        assert set(one.others) <= set(world.installed)


@given(worlds())
@settings(max_examples=200, deadline=None)
def test_nothing_of_what_is_there_is_lost_or_made_up(world: World) -> None:
    found = plan(world)
    kept = [file for one in found.result for file in (*one.others, *one.replaces, *([one.present] if one.present else []))]
    assert sorted(map(repr, [*kept, *found.removed])) == sorted(map(repr, world.installed))


@given(worlds())
@settings(max_examples=200, deadline=None)
def test_held_mods_are_not_touched_unless_they_are_released(world: World) -> None:
    found = plan(world)
    released = {mod_key(wish.modid or "") for wish in world.wishes if wish.action == "release"}
    held = {file.key for file in world.installed if file.is_held} - released
    assert not [step for step in found.steps if mod_key(step.modid) in held]


@given(worlds())
@settings(max_examples=200, deadline=None)
def test_pinned_mods_move_only_where_a_version_is_named_or_the_pin_taken_away(world: World) -> None:
    found = plan(world)
    freed = {mod_key(wish.modid or "") for wish in world.wishes if wish.action == "unpin" or wish.version}
    moved = {mod_key(step.modid) for step in found.steps if step.action in {"update", "downgrade"}}
    assert not [one for one in resolve(world.installed, [], [], GAME).result if one.is_pinned and one.key in moved - freed]


@given(worlds())
@settings(max_examples=200, deadline=None)
def test_after_a_plan_was_done_nothing_is_left_to_do(world: World) -> None:
    found = plan(world)
    if not found.can_be_applied:
        return
    again = resolve(applied(found), world.wishes, world.offers, GAME, world.options)
    assert again.steps == ()


Item = TypeVar("Item")


def mixed(random: Random, items: Sequence[Item]) -> list[Item]:
    return random.sample(list(items), len(items))


@given(worlds(), st.integers(0, 1000))
@settings(max_examples=200, deadline=None)
def test_the_order_of_what_is_given_does_not_matter(world: World, seed: int) -> None:
    random = Random(seed)
    other = resolve(
        mixed(random, world.installed),
        mixed(random, world.wishes),
        [dataclasses.replace(offer, releases=tuple(mixed(random, offer.releases))) for offer in mixed(random, world.offers)],
        GAME,
        world.options,
    )
    assert other == plan(world)


@given(worlds())
@settings(max_examples=200, deadline=None)
def test_learning_round_by_round_ends_with_the_plan_of_somebody_who_knows_everything(world: World) -> None:
    whole = {offer.key: offer for offer in world.offers}
    known: dict[str, Offer] = {}
    rounds = 0
    while True:
        found = resolve(world.installed, world.wishes, known.values(), GAME, world.options)
        if found.is_complete:
            break
        rounds += 1
        assert rounds <= sum(1 + len(offer.releases) for offer in world.offers)
        for modid in found.unknown_mods:
            assert mod_key(modid) not in known
            offer = whole[mod_key(modid)]
            unopened = tuple(dataclasses.replace(one, dependencies=None, side=None) for one in offer.releases)
            known[offer.key] = dataclasses.replace(offer, releases=unopened)
        for pick in found.unknown_dependencies_of:
            key = mod_key(pick.modid)
            opened = {one.release_id: one for one in whole[key].releases}
            releases = tuple(opened[one.release_id] if one == pick.release else one for one in known[key].releases)
            assert releases != known[key].releases
            known[key] = dataclasses.replace(known[key], releases=releases)
    assert (found.steps, found.digest) == (plan(world).steps, plan(world).digest)


@given(st.integers(1, 40))
@settings(max_examples=10, deadline=None)
def test_long_rings_end(length: int) -> None:
    offers = [
        Offer(f"m{number}", releases=(Release("1.0.0", (GAME,), (Dependency(f"m{(number + 1) % length}", "1.0"),)),))
        for number in range(length)
    ]
    found = resolve([], [Wish("install", "m0")], offers, GAME)
    assert len(found.steps) == length
    assert found.can_be_applied
