"""Of which mods an older release is worth a try, and which release that is."""

from vintagestory_api.server_mods.choice import lower_release
from vintagestory_api.server_mods.modinfo import Dependency
from vintagestory_api.server_mods.plan import Offer, Options, Release, Wish
from vintagestory_api.server_mods.plan_hints import in_the_way_of
from vintagestory_api.server_mods.resolve import resolve

GAME = "1.22.3"


def release(version: str, *needs: str, tags: tuple[str, ...] = (GAME,), is_retracted: bool = False) -> Release:
    return Release(version, tags, tuple(Dependency(modid, None) for modid in needs), is_retracted=is_retracted)


def worth_a_try(*wishes: Wish) -> list[str]:
    offers = [
        Offer("a", releases=(release("1.0.0"), release("2.0.0", "ghost"))),
        Offer("b", releases=(release("1.0.0", "c"),)),
        Offer("c", releases=(release("1.0.0", "ghost"),)),
        Offer("d", releases=(release("1.0.0"),)),
        Offer("ghost", is_known=False),
    ]
    return [chosen.modid for chosen in in_the_way_of(resolve([], wishes, offers, GAME), wishes)]


def test_what_needs_something_that_can_not_be_had_is_worth_a_try_and_what_does_not_is_not() -> None:
    assert worth_a_try(Wish("install", "A"), Wish("install", "d")) == ["a"]
    assert worth_a_try(Wish("install", "b")) == ["b"], "c, which it needs, is nobody's wish"


def test_a_version_that_somebody_wants_is_not_replaced_by_another() -> None:
    assert worth_a_try(Wish("install", "a", "2.0.0")) == []


def test_the_next_lower_release_fits_is_not_taken_back_and_lies_above_what_is_there() -> None:
    offer = Offer(
        "a",
        releases=(
            release("1.0.0"), release("1.5.0"), release("2.0.0"), release("2.5.0-rc.1"), release("2.6.0", tags=("1.23.0",)),
            release("2.7.0", is_retracted=True), release("3.0.0"),
        ),
    )  # fmt: skip

    def lower(below: str, above: str | None = None, options: Options | None = None) -> str | None:
        found = lower_release(offer, below, above, GAME, options or Options())
        return found.version if found else None

    assert (lower("3.0.0"), lower("2.0.0"), lower("1.0.0")) == ("2.0.0", "1.5.0", None)
    assert (lower("2.0.0", "1.5.0"), lower("3.0.0", "1.5.0")) == (None, "2.0.0")
    assert lower("3.0.0", None, Options(allow_prereleases=True)) == "2.5.0-rc.1"
    assert lower("2.7.0", "2.5.0", Options(allow_unfitting=True)) is None, "it is to fit, whatever is allowed"
