"""Of which mods an older release is worth a try, because something is in the way of the newest. Pure."""

from collections.abc import Iterable

from vintagestory_api.server_mods.modinfo import mod_key
from vintagestory_api.server_mods.plan import Chosen, Resolution, Wish


def in_the_way_of(resolution: Resolution, wishes: Iterable[Wish]) -> list[Chosen]:
    """Mods that are wanted in whichever release is best, of which that one can't be had: for what it needs itself, or for what
    one needs that would come with it."""
    wanted, fixed, are_all_wanted = set(), set(), False
    for wish in wishes:
        if wish.action not in {"install", "update"}:
            continue
        if wish.modid is None:
            are_all_wanted = are_all_wanted or wish.sha256 is None
        elif wish.version or wish.sha256:
            fixed.add(mod_key(wish.modid))
        else:
            wanted.add(mod_key(wish.modid))
    causes = _causes(resolution)
    return [
        chosen
        for chosen in resolution.result
        if chosen.release is not None
        and chosen.key in causes
        and chosen.key not in fixed
        and (are_all_wanted or chosen.key in wanted)
    ]


def _causes(resolution: Resolution) -> set[str]:
    """The mods that something is in the way of, and those because of which they would come."""
    because = {mod_key(step.modid): {mod_key(modid) for modid in step.because} for step in resolution.steps}
    waiting = [mod_key(note.modid) for note in resolution.notes if note.blocks and note.modid]
    found: set[str] = set()
    while waiting:
        key = waiting.pop()
        if key not in found:
            found.add(key)
            waiting += because.get(key, ())
    return found
