"""What becomes of a set of mods when another takes its place."""

from vintagestory_api.server_mods.lock_list import SetEntry
from vintagestory_api.server_mods.plan import Step
from vintagestory_api.server_mods.set_steps import item_of, steps_between


def entry(modid: str | None, version: str | None = "1.0.0", content: str | None = None, **fields: object) -> SetEntry:
    facts: dict[str, object] = {
        "modid": modid, "version": version, "file_name": f"{modid}_{version}.zip", "kind": "zip", "size_bytes": 1,
        "sha256": (content or f"{modid}{version}").encode().hex().ljust(64, "0")[:64], "side": "both", "source": "moddb",
    }  # fmt: skip
    return SetEntry.model_validate({**facts, **fields})


def steps(before: list[SetEntry], after: list[SetEntry]) -> list[tuple[str, str, str | None, str | None]]:
    found: tuple[Step, ...] = steps_between([item_of(one) for one in before], [item_of(one) for one in after])
    return [(step.action, step.modid, step.from_version, step.to_version) for step in found]


def test_a_set_in_the_place_of_the_same_one_changes_nothing() -> None:
    both = [entry("pots"), entry("pans", is_pinned=True), entry(None, None, file_name="readme.txt", kind="other")]
    assert steps(both, both) == []


def test_what_comes_goes_and_changes_its_version() -> None:
    before = [entry("pots"), entry("pans", "2.0.0"), entry("lids")]
    after = [entry("POTS", "1.1.0"), entry("pans"), entry("cups", is_enabled=False)]
    assert steps(before, after) == [
        ("update", "POTS", "1.0.0", "1.1.0"),
        ("downgrade", "pans", "2.0.0", "1.0.0"),
        ("install", "cups", None, "1.0.0"),
        ("disable", "cups", None, None),
        ("remove", "lids", "1.0.0", None),
    ]


def test_another_file_of_the_same_version_and_marks_are_steps() -> None:
    before = [entry("pots"), entry("pans", is_held=True)]
    after = [entry("pots", content="other"), entry("pans", is_pinned=True, is_enabled=False)]
    assert steps(before, after) == [
        ("update", "pots", "1.0.0", "1.0.0"),
        ("disable", "pans", "1.0.0", None),
        ("pin", "pans", "1.0.0", None),
        ("release", "pans", "1.0.0", None),
    ]


def test_a_mod_that_is_there_twice_goes_and_comes_file_by_file() -> None:
    two = [entry("pots"), entry("pots", "2.0.0")]
    assert steps(two, [entry("pots", "2.0.0")]) == [("remove", "pots", "1.0.0", None)]
    assert steps([entry("pots")], two) == [("install", "pots", None, "2.0.0")]
    assert steps(two, [entry("pans")]) == [
        ("install", "pans", None, "1.0.0"),
        ("remove", "pots", "1.0.0", None),
        ("remove", "pots", "2.0.0", None),
    ]


def test_what_is_no_mod_comes_and_goes_too_and_is_never_switched_off() -> None:
    note = entry(None, None, file_name="readme.txt", kind="other")
    link = entry(None, None, file_name="out", kind="link", sha256="", target="/elsewhere")
    moved = link.model_copy(update={"target": "/another"})
    assert steps([link], [note, moved]) == [("install", "readme.txt", None, None), ("update", "out", None, None)]
